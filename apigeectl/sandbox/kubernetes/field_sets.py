"""Sets of fields, and how `fieldsV1` and conflict messages write them.

A path is a tuple of elements as `fieldsV1` spells them: `f:NAME` a field, `k:{...}` an item of a list
by its keys, `v:VALUE` a member of a set. A set of fields is a plain frozenset of paths: owning a parent
and owning its child are two things, so union, intersection and difference are Python's own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

Path = tuple[str, ...]
Fields = frozenset[Path]

NONE: Fields = frozenset()


def field(name: str) -> str:
    return f"f:{name}"


def keyed(keys: Mapping[str, Any]) -> str:
    return "k:" + _json({name: keys[name] for name in sorted(keys)})


def member(value: Any) -> str:
    return "v:" + _json(value)


def without_trees(fields: Fields, roots: Iterable[Path]) -> Fields:
    """The fields that lie neither at nor below one of the roots."""
    cut = tuple(roots)
    return frozenset(path for path in fields if not any(path[: len(root)] == root for root in cut))


def parse_fields(tree: Mapping[str, Any] | None) -> Fields:
    """The fields that a `fieldsV1` document names."""
    found: set[Path] = set()
    _collect((), tree or {}, found)
    return frozenset(found)


def write_fields(fields: Fields) -> dict[str, Any]:
    """The `fieldsV1` document of a set; empty inner map for a leaf, `.` where a parent is owned too."""
    tree: dict[str, Any] = {}
    for path in sorted(fields, key=lambda path: [_order(element) for element in path]):
        place = tree
        for element in path[:-1]:
            if place.get(element) == {}:
                place[element] = {".": {}}
            place = place.setdefault(element, {})
        place.setdefault(path[-1], {})
    return tree


def in_order(fields: Iterable[Path]) -> list[Path]:
    """Paths as the API server lists them: at every level the owned names first, then what lies deeper."""

    def order(path: Path) -> list[Any]:
        last = len(path) - 1
        return [(depth < last, _order(element)) for depth, element in enumerate(path)]

    return sorted(fields, key=order)


def dotted(path: Path) -> str:
    """The path for people: `.spec.containers[name="c"].image`, `.metadata.finalizers[="x"]`."""
    return "".join(element_text(element) for element in path)


def element_text(element: str) -> str:
    kind, _, rest = element.partition(":")
    if kind == "f":
        return f".{rest}"
    value = json.loads(rest)
    if kind == "k":
        return "[" + ",".join(f"{name}={_json(value[name])}" for name in value) + "]"
    return f"[={_json(value)}]"


def _collect(prefix: Path, tree: Mapping[str, Any], found: set[Path]) -> None:
    for element, below in tree.items():
        if element == "." or element[:2] not in _ORDER:
            continue
        path = (*prefix, _canonical(element))
        if not below or "." in below:
            found.add(path)
        _collect(path, below, found)


def _canonical(element: str) -> str:
    kind, rest = element[:2], element[2:]
    if kind == "k:":
        return keyed(json.loads(rest))
    return member(json.loads(rest)) if kind == "v:" else element


_ORDER = {"f:": 0, "k:": 1, "v:": 2, "i:": 3}


def _order(element: str) -> tuple[Any, ...]:
    kind, rest = element[:2], element[2:]
    if kind == "f:":
        return (0, rest)
    value = json.loads(rest)
    if kind == "k:":
        return (1, tuple((name, _value_order(value[name])) for name in sorted(value)))
    return (_ORDER[kind], _value_order(value))


def _value_order(value: Any) -> tuple[int, Any]:
    if isinstance(value, bool):
        return (2, value)
    if isinstance(value, (int, float)):
        return (0, value)
    return (1, str(value))


def _json(value: Any) -> str:
    return json.dumps(_whole_numbers(value), separators=(",", ":"), ensure_ascii=False)


def _whole_numbers(value: Any) -> Any:
    """80.0 and 80 are one number, so they must be one key."""
    if isinstance(value, dict):
        return {name: _whole_numbers(inner) for name, inner in value.items()}
    return int(value) if isinstance(value, float) and value.is_integer() else value
