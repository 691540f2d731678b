"""The table of built-in types, read into the same words as a CRD's schema."""

from __future__ import annotations

import functools
import re
from typing import Any

from apigeectl.sandbox.kubernetes.builtin_types import KINDS, TYPES
from apigeectl.sandbox.kubernetes.field_sets import Path
from apigeectl.sandbox.kubernetes.structure import UNSET, UNTYPED, Fragment, Node

ZERO_COUNTS = "x-zero-counts"
"""A zero that was set stays."""

TYPE = "x-type"


@functools.cache
def kind_node(group: str, kind: str) -> Node | None:
    """The structure of a built-in kind; None when the table does not know it."""
    if kind not in KINDS.get(group, ()):
        return None
    return Node({"$ref": kind}, type_fragment)


@functools.cache
def type_fragment(name: str) -> Fragment:
    """One type of the table as an OpenAPI fragment."""
    head, _, body = _lines()[name].partition(": ")
    properties: dict[str, Any] = {}
    if name in _TOP_LEVEL:
        properties |= {"apiVersion": {"type": "string"}, "kind": {"type": "string"}}
    for group in body.split("; "):
        form, names = _split_form(group)
        properties |= dict.fromkeys(names.split(), read_form(form))
    fragment = {"type": "object", TYPE: name, "properties": dict(sorted(properties.items()))}
    return _atomic(fragment) if head.endswith("#") else fragment


def type_names() -> tuple[str, ...]:
    return tuple(_lines())


def read_form(form: str) -> Fragment:
    """A form of the table as an OpenAPI fragment."""
    form, equals, default = form.partition("=") if "=" in form and "[" not in form else (form, "", "")
    bare = form.rstrip("!&?*")
    fragment: dict[str, Any] = dict(_base(bare.rstrip("#")))
    if bare.endswith("#"):
        fragment = _atomic(fragment)
    if equals:
        fragment["default"] = default
    mark = form[len(bare) :]
    if mark == "*":
        fragment[ZERO_COUNTS] = True
    elif mark:
        fragment[UNSET] = {"?": None, "&": {}, "!": _ZEROS.get(fragment.get("type", ""), "")}[mark]
    return fragment


def reset_fields(group: str, kind: str, subresource: str) -> tuple[Path, ...]:
    """The trees that a write through this door cannot touch, and so cannot own."""
    if subresource == "status":
        return _STATUS_RESETS.get((group, kind), (("f:spec",),))
    return (("f:status",),) if subresource in ("", "finalize") else ()


def _base(form: str) -> Fragment:
    if form.startswith("{"):
        return {"type": "object", "additionalProperties": read_form(form[1:-1])}
    if form.startswith("["):
        item, _, keys = form[1:-1].rpartition(" ") if " " in form else (form[1:-1], "", "")
        fragment = {"type": "array", "items": read_form(item)}
        if keys == "=":
            return {**fragment, "x-kubernetes-list-type": "set"}
        if keys:
            words = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": keys.split(",")}
            return {**fragment, **words}
        return fragment
    return _SCALARS.get(form) or {"$ref": form}


def _atomic(fragment: dict[str, Any]) -> dict[str, Any]:
    return {**fragment, "x-kubernetes-map-type": "atomic"}


@functools.cache
def _lines() -> dict[str, str]:
    joined = re.sub(r"\n  ", " ", TYPES.strip())
    return {re.split(r"[#:]", line, maxsplit=1)[0]: line for line in joined.split("\n")}


def _split_form(group: str) -> tuple[str, str]:
    """The form and the names of a group; a form in brackets may hold a blank."""
    _, form, names = re.split(r"^(\[[^\]]*\]\S*|\S+) ", group, maxsplit=1)
    return form, names


_TOP_LEVEL = frozenset(kind for kinds in KINDS.values() for kind in kinds)

_SCALARS: dict[str, Fragment] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "bool": {"type": "boolean"},
    "num": {"type": "number"},
    "bytes": {"type": "string", "format": "byte"},
    "time": {"type": "string", "format": "date-time"},
    "microtime": {"type": "string", "format": "date-time"},
    "quantity": {"type": "string", "format": "quantity"},
    "intstr": {"type": "string", "format": "int-or-string"},
    "any": UNTYPED,
    "free": {"x-kubernetes-preserve-unknown-fields": True},
}

_ZEROS: dict[str, Any] = {"string": "", "integer": 0, "number": 0, "boolean": False}

_STATUS_RESETS: dict[tuple[str, str], tuple[Path, ...]] = {
    ("apps", "Deployment"): (("f:spec",), ("f:metadata", "f:labels")),
    ("", "Pod"): (("f:spec",), ("f:metadata", "f:deletionTimestamp"), ("f:metadata", "f:ownerReferences")),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): (("f:spec",), ("f:metadata",)),
    ("apiregistration.k8s.io", "APIService"): (("f:spec",), ("f:metadata",)),
}
