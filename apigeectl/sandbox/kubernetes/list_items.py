"""How a place is taken apart: items of lists and what they are called, what is whole."""

from __future__ import annotations

from typing import Any

from apigeectl.sandbox.kubernetes import field_sets
from apigeectl.sandbox.kubernetes.structure import UNSET, Node, Shape


class StructureMismatch(Exception):
    """A value that does not fit the structure; path and words as the API server prints them."""

    def __init__(self, words: str, path: str = "") -> None:
        super().__init__(f"{path}: {words}" if path else words)
        self.words = words
        self.path = path


def element_of(node: Node, item: Any) -> str:
    """The path element of an item of a set or of a map list."""
    if not node.keys:
        if item is None or isinstance(item, (dict, list)):
            raise StructureMismatch(_UNFIT_MEMBERS[type(item)])
        return field_sets.member(item)
    if not isinstance(item, dict):
        words = "null element" if item is None else "non-map elements"
        raise StructureMismatch(f"associative list with keys may not have {'a ' * (item is None)}{words}")
    return field_sets.keyed({key: _key_value(node, item, key) for key in node.keys})


def _key_value(node: Node, item: dict[str, Any], key: str) -> Any:
    if key in item:
        return item[key]
    declared = node.items.properties.get(key) or {}
    fallback = declared.get("default", declared.get(UNSET))
    if fallback is None:
        raise StructureMismatch(
            f'associative list with keys has an element that omits key field "{key}"'
            " (and doesn't have default value)"
        )
    return fallback


_UNFIT_MEMBERS: dict[type, str] = {
    type(None): "associative list without keys has an element that's an explicit null",
    dict: "associative list without keys has an element that's a map type",
    list: "not supported: associative list with lists as elements",
}


def by_element(node: Node, value: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for item in content(value, list):
        found.setdefault(element_of(node, item), []).append(item)
    return found


CONTAINER: dict[Shape, type] = {Shape.MAP: dict, Shape.LIST: list}


def content(value: Any, kind: type) -> Any:
    return value if isinstance(value, kind) else kind()


def is_whole(node: Node, shape: Shape) -> bool:
    """Atomic: changed and owned as one."""
    if shape is Shape.MAP:
        return node.atomic_map
    return shape is Shape.LIST and node.list_type == "atomic"
