"""Values that a built-in kind cannot even be decoded from, in the words of the API server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from apigeectl.sandbox.kubernetes.builtin_kinds import TYPE
from apigeectl.sandbox.kubernetes.quantities import is_quantity
from apigeectl.sandbox.kubernetes.schema import Schema
from apigeectl.sandbox.kubernetes.structure import Node


def decoding_problem(obj: dict[str, Any], schema: Schema) -> str | None:
    """Why the object cannot be decoded (400), None when it can; custom resources have validation instead."""
    if schema.custom:
        metadata = schema.root.field("metadata")
        inside = _problems(metadata, obj.get("metadata"), "", "ObjectMeta", "ObjectMeta") if metadata else ()
        return next(iter(inside), None)
    return next(_problems(schema.root, obj, "", schema.kind, schema.kind), None)


def _problems(node: Node, value: Any, path: str, owner: str, wanted: str) -> Iterator[str]:
    """Walks in the order of the document; owner is the type whose field we are in."""
    form = node.spec.get("format", "")
    if value is None:
        return
    if form == "quantity":
        if not is_quantity(value):
            yield _NO_QUANTITY
    elif form == "byte" and isinstance(value, str):
        yield from _base64_problem(value)
    elif not _fits(node, value):
        yield f"json: cannot unmarshal {_json_name(value)} into Go struct field {owner}.{path} of type {wanted}"
    elif isinstance(value, dict):
        yield from _field_problems(node, value, path, owner)
    elif isinstance(value, list):
        for item in value:
            yield from _problems(node.items, item, path, owner, _go_type(node.items))


def _field_problems(node: Node, value: dict[str, Any], path: str, owner: str) -> Iterator[str]:
    owner = node.spec.get(TYPE, owner)
    for name, inner in value.items():
        child = node.field(name)
        if child:
            below = f"{path}.{name}".lstrip(".") if node.declares(name) else path
            yield from _problems(child, inner, below, owner, _go_type(child))


def _fits(node: Node, value: Any) -> bool:
    wanted = node.spec.get("type")
    if wanted is None:
        return True
    if node.spec.get("format") == "int-or-string":
        return isinstance(value, (int, str))
    if wanted == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if wanted == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, _PYTHON[wanted])


def _go_type(node: Node) -> str:
    kind = node.spec.get("type", "")
    if kind == "array":
        return f"[]{_go_type(node.items)}"
    if TYPE in node.spec:
        return f"v1.{node.spec[TYPE]}"
    if "additionalProperties" in node.spec:
        values = node.field("")
        return f"map[string]{_go_type(values) if values else 'string'}"
    return _GO_SCALARS.get(kind, "string")


def _json_name(value: Any) -> str:
    if isinstance(value, float):
        return f"number {value}"
    return _JSON_NAMES[type(value)]


def _base64_problem(value: str) -> Iterator[str]:
    fit = re.match(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?", value)
    end = fit.end() if fit else 0
    if end < len(value):
        odd = re.search(r"[^A-Za-z0-9+/]", value[end:])
        yield f"illegal base64 data at input byte {end + odd.start() if odd else end}"


_NO_QUANTITY = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
_PYTHON: dict[str, type] = {"array": list, "boolean": bool, "object": dict, "string": str}
_GO_SCALARS = {"boolean": "bool", "integer": "int32", "number": "float64"}
_JSON_NAMES: dict[type, str] = {
    bool: "bool",
    dict: "object",
    int: "number",
    list: "array",
    str: "string",
}
