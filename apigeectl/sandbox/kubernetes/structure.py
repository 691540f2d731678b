"""What a place in an object may hold: one view over a CRD's schema and over the table of built-in types.

The words are those of OpenAPI as Kubernetes extends it. Nothing is compiled ahead: a node is made when a
value is met, because Google's schemas have megabytes and an object touches a few lines of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

Fragment = Mapping[str, Any]
"""A piece of an OpenAPI schema."""


UNSET = "x-unset"
"""In a fragment: what an answer shows of a field that is not set."""


class Shape(Enum):
    """How a value is taken apart."""

    MAP = "map"
    SCALAR = "scalar"
    LIST = "list"


class Absent(Enum):
    """Not there at all, which is something else than null."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT


class Node:
    """One place in the structure of a kind."""

    __slots__ = ("_children", "_resolve", "open", "spec")

    def __init__(
        self, spec: Fragment, resolve: Callable[[str], Fragment] | None = None, *, open_: bool = False
    ):
        if resolve and "$ref" in spec:
            spec = {**resolve(spec["$ref"]), **{key: value for key, value in spec.items() if key != "$ref"}}
        self.spec = spec
        self.open = open_ or spec.get("x-kubernetes-preserve-unknown-fields") is True
        self._resolve = resolve
        self._children: dict[str, Node | None] = {}

    @property
    def properties(self) -> Mapping[str, Fragment]:
        return self.spec.get("properties") or {}

    @property
    def shapes(self) -> tuple[Shape, ...]:
        return _SHAPES.get(self.spec.get("type", ""), (Shape.SCALAR,))

    def shape(self, value: Any) -> Shape:
        """How this value is taken apart here; null and absent take the form that the node prefers."""
        own = _shape_of(value)
        return own if own in self.shapes else self.shapes[0]

    @property
    def atomic_map(self) -> bool:
        return self.spec.get("x-kubernetes-map-type") == "atomic"

    @property
    def list_type(self) -> str:
        """atomic, set or map."""
        return str(self.spec.get("x-kubernetes-list-type", "atomic"))

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(self.spec.get("x-kubernetes-list-map-keys") or ())

    @property
    def items(self) -> Node:
        return self._child("[]", lambda: self.spec.get("items") or UNTYPED) or Node(UNTYPED)

    def declares(self, name: str) -> bool:
        """Whether the name is a field of its own here, not a key of a free map."""
        return name in self.properties

    def field(self, name: str) -> Node | None:
        """The node under this name; None when the structure has no room for it."""
        if name in self.properties:
            return self._child("." + name, lambda: self.properties[name])
        return self._child("*", self._additional)

    def _additional(self) -> Fragment | None:
        additional = self.spec.get("additionalProperties")
        if isinstance(additional, Mapping):
            return additional
        if additional or (additional is None and (self.open or not self.properties)):
            return UNTYPED if self.atomic_map else FREE
        return None

    def _child(self, key: str, fragment: Callable[[], Fragment | None]) -> Node | None:
        if key not in self._children:
            spec = fragment()
            self._children[key] = None if spec is None else Node(spec, self._resolve, open_=self.open)
        return self._children[key]


FREE: Fragment = {}
"""Anything; maps are shared field by field, lists are whole."""

UNTYPED: Fragment = {"x-kubernetes-map-type": "atomic", "x-kubernetes-preserve-unknown-fields": True}
"""Anything, and always whole."""

_SHAPES = {
    "": (Shape.MAP, Shape.SCALAR, Shape.LIST),
    "object": (Shape.MAP,),
    "array": (Shape.LIST,),
}


def _shape_of(value: Any) -> Shape | None:
    if value is None or value is ABSENT:
        return None
    if isinstance(value, dict):
        return Shape.MAP
    return Shape.LIST if isinstance(value, list) else Shape.SCALAR
