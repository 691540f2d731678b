"""Strategic merge patch: a merge patch that knows by which key the items of a list are told apart."""

from __future__ import annotations

import copy
from typing import Any

from apigeectl.sandbox.kubernetes.comparing import equal
from apigeectl.sandbox.kubernetes.schema import Schema
from apigeectl.sandbox.kubernetes.structure import Node


class PatchError(Exception):
    """A patch that cannot be carried out."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def strategic_merge(document: Any, patch: Any, schema: Schema) -> Any:
    """The document with the patch merged into it by the list keys of its kind."""
    if not isinstance(patch, dict):
        raise PatchError("a strategic merge patch is a map")
    return _merge_maps(schema.root, copy.deepcopy(document), copy.deepcopy(patch))


DIRECTIVE = "$patch"
RETAIN = "$retainKeys"
ORDER = "$setElementOrder/"
DELETE_MEMBERS = "$deleteFromPrimitiveList/"


def _merge_maps(node: Node | None, original: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    directive = patch.pop(DIRECTIVE, None)
    if directive in ("replace", "delete"):
        return patch if directive == "replace" else {}
    if directive is not None:
        raise PatchError(f"unknown patch type: {directive} in map: {patch}")
    _retain(original, patch)
    orders = _pop_prefixed(patch, ORDER)
    for name, dropped in _pop_prefixed(patch, DELETE_MEMBERS).items():
        original[name] = [item for item in original.get(name) or [] if item not in dropped]
    for name in {**patch, **orders}:
        child = node.field(name) if node else None
        if name in patch and patch[name] is None:
            original.pop(name, None)
        elif isinstance(original.get(name), dict) and isinstance(patch.get(name), dict):
            original[name] = _merge_maps(child, original[name], patch[name])
        elif isinstance(original.get(name), list) and isinstance(patch.get(name, []), list):
            original[name] = _merge_lists(child, original[name], patch.get(name), orders.get(name))
        elif name in patch and not _is_directive(patch[name]):
            original[name] = _bare(patch[name])
    return original


def _retain(original: dict[str, Any], patch: dict[str, Any]) -> None:
    kept = patch.pop(RETAIN, None)
    if kept is None:
        return
    if any(value is not None and name not in kept for name, value in patch.items() if name[:1] != "$"):
        raise PatchError("invalid patch format of retainKeys")
    for name in [name for name in original if name not in kept]:
        del original[name]


def _pop_prefixed(patch: dict[str, Any], prefix: str) -> dict[str, Any]:
    names = [name for name in patch if name.startswith(prefix)]
    return {name[len(prefix) :]: patch.pop(name) for name in names}


def _merge_lists(node: Node | None, original: list[Any], patch: list[Any] | None, order: Any) -> list[Any]:
    """A list with its patch merged in; the order is that of the patch, or the one asked for."""
    if node is None or node.list_type == "atomic":
        return original if patch is None else patch
    key = node.keys[0] if node.keys else None
    patch = patch or []
    if key is None:
        merged = original + [item for item in patch if item not in original]
        return _in_order(merged, original, patch if order is None else order, key)
    plain = [item for item in patch if not _is_directive(item)]
    for item in patch:
        original = _without_deleted(original, item, key)
    merged = list(original)
    for item in plain:
        _merge_item(node, merged, item, key)
    return _in_order(merged, original, plain if order is None else order, key)


def _without_deleted(original: list[Any], item: Any, key: str) -> list[Any]:
    directive = item.get(DIRECTIVE) if isinstance(item, dict) else None
    if directive == "replace":
        return []
    if directive == "delete":
        return [other for other in original if not equal(other.get(key), _key_of(item, key))]
    if directive is not None:
        raise PatchError(f"unknown patch type: {directive} in map: {item}")
    return original


def _merge_item(node: Node, merged: list[Any], item: Any, key: str) -> None:
    name = _key_of(item, key)
    for index, other in enumerate(merged):
        if equal(other.get(key), name):
            merged[index] = _merge_maps(node.items, other, item)
            return
    merged.append(_merge_maps(node.items, {}, item))


def _key_of(item: Any, key: str) -> Any:
    if not isinstance(item, dict) or key not in item:
        raise PatchError(f"map: {item} does not contain declared merge key: {key}")
    return item[key]


def _is_directive(item: Any) -> bool:
    return isinstance(item, dict) and DIRECTIVE in item


def _bare(value: Any) -> Any:
    """A value of a patch that met nothing to merge with."""
    if isinstance(value, dict):
        return {
            name: _bare(inner)
            for name, inner in value.items()
            if inner is not None and not _is_directive(inner) and not name.startswith((ORDER, RETAIN))
        }
    if isinstance(value, list):
        return [_bare(item) for item in value if not _is_directive(item)]
    return value


def _in_order(merged: list[Any], original: list[Any], order: list[Any], key: str | None) -> list[Any]:
    """Items in the order asked for; the others stay before those that they stood before."""

    def name(item: Any) -> Any:
        return item.get(key) if key and isinstance(item, dict) else item

    asked = [name(item) for item in order]
    stood = [name(item) for item in original]
    moved = sorted((item for item in merged if name(item) in asked), key=lambda item: asked.index(name(item)))
    others = [item for item in merged if name(item) not in asked]

    def before(left: Any, right: Any) -> bool:
        return left in stood and right in stood and stood.index(left) < stood.index(right)

    listed: list[Any] = []
    for item in moved:
        while others and before(name(others[0]), name(item)):
            listed.append(others.pop(0))
        listed.append(item)
    return listed + others
