"""The three kinds of patch that change an object: JSON patch, merge patch and strategic merge patch."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

from apigeectl.sandbox.kubernetes.comparing import equal
from apigeectl.sandbox.kubernetes.strategic import PatchError, strategic_merge

Operation = dict[str, Any]

__all__ = ["PatchError", "json_patch", "merge_patch", "strategic_merge"]


def json_patch(document: Any, operations: Any) -> Any:
    """RFC 6902 as the API server understands it: replacing a key that is not there adds it."""
    if not isinstance(operations, list):
        raise PatchError("json: cannot unmarshal object into Go value of type jsonpatch.Patch")
    patched = copy.deepcopy(document)
    for operation in operations:
        if not isinstance(operation, dict) or operation.get("op") not in _OPERATIONS:
            kind = operation.get("op") if isinstance(operation, dict) else operation
            raise PatchError(f"Unexpected kind: {kind}")
        patched = _OPERATIONS[operation["op"]](patched, copy.deepcopy(operation))
    return patched


def merge_patch(document: Any, patch: Any) -> Any:
    """RFC 7386: maps are merged, null removes, everything else replaces."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    merged = dict(document) if isinstance(document, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return copy.deepcopy(merged)


def _add(document: Any, operation: Operation) -> Any:
    path = _pointer(operation, "path")
    if not path:
        return _value(operation)
    _put(_parent(document, path, operation), _key(path), _value(operation))
    return document


def _remove(document: Any, operation: Operation) -> Any:
    path = _pointer(operation, "path")
    _take(_parent(document, path, operation), _key(path))
    return document


def _replace(document: Any, operation: Operation) -> Any:
    path = _pointer(operation, "path")
    if not path:
        return _value(operation)
    parent = _parent(document, path, operation)
    _get(parent, _key(path))
    parent[_place(parent, _key(path))] = _value(operation)
    return document


def _test(document: Any, operation: Operation) -> Any:
    path = _pointer(operation, "path")
    found = _get(_parent(document, path, operation), _key(path)) if path else document
    if not equal(found, operation.get("value")):
        raise PatchError(f"testing value {path} failed: test failed")
    return document


def _move(document: Any, operation: Operation) -> Any:
    source, path = _pointer(operation, "from"), _pointer(operation, "path")
    parent = _parent(document, source, operation)
    value = _get(parent, _key(source))
    _take(parent, _key(source))
    _put(_parent(document, path, operation), _key(path), value)
    return document


def _copy(document: Any, operation: Operation) -> Any:
    source, path = _pointer(operation, "from"), _pointer(operation, "path")
    value = copy.deepcopy(_get(_parent(document, source, operation), _key(source)))
    _put(_parent(document, path, operation), _key(path), value)
    return document


_OPERATIONS: dict[Any, Callable[[Any, Operation], Any]] = {
    "add": _add,
    "copy": _copy,
    "move": _move,
    "remove": _remove,
    "replace": _replace,
    "test": _test,
}


def _value(operation: Operation) -> Any:
    if "value" not in operation:
        raise PatchError(f"{operation['op']} operation has no value: missing value")
    return operation["value"]


def _pointer(operation: Operation, name: str) -> str:
    pointer = operation.get(name)
    if not isinstance(pointer, str) or (pointer and not pointer.startswith("/")):
        raise PatchError(f"{operation['op']} operation failed to decode {name}: missing value")
    return pointer


def _parent(document: Any, path: str, operation: Operation) -> Any:
    place = document
    for key in path.split("/")[1:-1]:
        place = _get(place, _unescaped(key)) if isinstance(place, (dict, list)) else None
    if not isinstance(place, (dict, list)) or not path:
        raise PatchError(
            f'{operation["op"]} operation does not apply: doc is missing path: "{path}": missing value'
        )
    return place


def _key(path: str) -> str:
    return _unescaped(path.rpartition("/")[2])


def _unescaped(key: str) -> str:
    return key.replace("~1", "/").replace("~0", "~")


def _get(parent: Any, key: str) -> Any:
    return parent.get(key) if isinstance(parent, dict) else parent[_place(parent, key)]


def _put(parent: Any, key: str, value: Any) -> None:
    if isinstance(parent, dict):
        parent[key] = value
    elif key == "-":
        parent.append(value)
    else:
        parent.insert(_place(parent, key, room=1), value)


def _take(parent: Any, key: str) -> None:
    if isinstance(parent, dict) and key not in parent:
        raise PatchError(f"Unable to remove nonexistent key: {key}: missing value")
    del parent[_place(parent, key)]


def _place(parent: Any, key: str, *, room: int = 0) -> Any:
    """The key of a map; the index in a list, which may count from its end."""
    if isinstance(parent, dict):
        return key
    size = len(parent) + room
    if not re.fullmatch(r"-?(0|[1-9][0-9]*)", key):
        raise PatchError(f"value was not a proper array index: '{key}'")
    if not -size <= int(key) < size:
        raise PatchError(f"Unable to access invalid index: {key}: invalid index referenced")
    return int(key) % size
