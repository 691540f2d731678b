"""Whether a configuration fits its kind, in the words of the API server's typed objects."""

from __future__ import annotations

import json
from typing import Any

from apigeectl.sandbox.kubernetes import field_sets
from apigeectl.sandbox.kubernetes.list_items import StructureMismatch, element_of
from apigeectl.sandbox.kubernetes.structure import Node, Shape


def check_fits(node: Node, value: Any) -> None:
    """Raise StructureMismatch for unknown fields, wrong types, missing or repeated list keys."""
    found: list[StructureMismatch] = []
    _visit(node, value, "", found)
    if len(found) == 1:
        raise found[0]
    if found:
        raise StructureMismatch("\n".join(["errors:", *(f"  {mismatch}" for mismatch in found)]))


def _visit(node: Node, value: Any, path: str, found: list[StructureMismatch]) -> None:
    shape = node.shape(value)
    if value is None:
        return
    if shape is Shape.SCALAR:
        words = _unfit_scalar(node, value)
        if words:
            found.append(StructureMismatch(words, path))
    elif shape is Shape.MAP:
        _visit_map(node, value, path, found)
    elif isinstance(value, list):
        _visit_items(node, value, path, found)
    else:
        found.append(StructureMismatch(f"expected list, got {_go(value)}", path))


def _visit_map(node: Node, value: Any, path: str, found: list[StructureMismatch]) -> None:
    if not isinstance(value, dict):
        found.append(StructureMismatch(f"expected map, got {_go(value)}", path))
        return
    for name in sorted(value):
        child = node.field(name)
        if child is None:
            found.append(StructureMismatch("field not declared in schema", f"{path}.{name}"))
            return
        _visit(child, value[name], f"{path}.{name}", found)


def _visit_items(node: Node, value: list[Any], path: str, found: list[StructureMismatch]) -> None:
    seen: set[str] = set()
    for index, item in enumerate(value):
        where = f"[{index}]"
        if node.list_type != "atomic":
            try:
                element = element_of(node, item)
            except StructureMismatch as mismatch:
                found.append(StructureMismatch(f"element {index}: {mismatch.words}", path))
                return
            where = field_sets.element_text(element)
            if element in seen:
                found.append(StructureMismatch(f"duplicate entries for key {where}", path))
            seen.add(element)
        _visit(node.items, item, path + where, found)


def _unfit_scalar(node: Node, value: Any) -> str:
    kind = node.spec.get("type")
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind in ("integer", "number") and not number:
        return f"expected numeric (int or float), got {_GO_TYPES.get(type(value), 'string')}"
    if kind == "string" and node.spec.get("format", "byte") == "byte" and not isinstance(value, str):
        return f"expected string, got {_go_value(value)}"
    if kind == "boolean" and not isinstance(value, bool):
        return f"expected boolean, got {_go(value)}"
    if isinstance(value, (dict, list)):
        return f"expected any scalar, got {_go(value)}"
    return ""


_GO_TYPES: dict[type, str] = {
    str: "string",
    bool: "bool",
    dict: "map[string]interface {}",
    list: "[]interface {}",
}


def _go(value: Any) -> str:
    """A value as Go's %v prints the API server's value wrapper."""
    return f"&{{{_plain(value)}}}"


def _go_value(value: Any) -> str:
    """A value as Go's %#v prints the API server's value wrapper."""
    return f"&value.valueUnstructured{{Value:{_literal(value)}}}"


def _literal(value: Any) -> str:
    if isinstance(value, dict):
        inner = ", ".join(f"{_literal(name)}:{_literal(value[name])}" for name in sorted(value))
        return f"map[string]interface {{}}{{{inner}}}"
    if isinstance(value, list):
        return f"[]interface {{}}{{{', '.join(map(_literal, value))}}}"
    return "interface {}(nil)" if value is None else json.dumps(value, ensure_ascii=False)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "map[" + " ".join(f"{name}:{_plain(value[name])}" for name in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(map(_plain, value)) + "]"
    return "<nil>" if value is None else str(value)
