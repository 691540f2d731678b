"""The walks over an object that server-side apply is made of: fields, merge, removal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from apigeectl.sandbox.kubernetes import field_sets
from apigeectl.sandbox.kubernetes.field_sets import Fields, Path
from apigeectl.sandbox.kubernetes.list_items import CONTAINER, by_element, content, element_of, is_whole
from apigeectl.sandbox.kubernetes.structure import ABSENT, Node, Shape

# --- fields -----------------------------------------------------------------------------------------


def fields_of(node: Node, value: Any) -> Fields:
    """The fields that a configuration claims: leaves, list items, and keys of free maps."""
    found: set[Path] = set()
    _claim(node, value, (), found)
    return frozenset(found)


def _claim(node: Node, value: Any, path: Path, found: set[Path]) -> None:
    shape = node.shape(value)
    if shape is Shape.SCALAR or is_whole(node, shape):
        if path:
            found.add(path)
    elif shape is Shape.LIST:
        _claim_items(node, value, path, found)
    elif isinstance(value, dict):
        for name, inner in value.items():
            below = (*path, field_sets.field(name))
            child = node.field(name)
            if child:
                _claim(child, inner, below, found)
            if inner is None or inner == {} or not node.declares(name):
                found.add(below)


def _claim_items(node: Node, value: Any, path: Path, found: set[Path]) -> None:
    for element, items in by_element(node, value).items():
        found.add((*path, element))
        if len(items) == 1:  # duplicates are owned as one lump
            _claim(node.items, items[0], (*path, element), found)


# --- merge ------------------------------------------------------------------------------------------


def merge(node: Node, live: Any, config: Any) -> Any:
    """The live value with the configuration laid over it."""
    if config is ABSENT or live is ABSENT:
        return live if config is ABSENT else config
    shape = node.shape(config)
    kind = CONTAINER.get(shape)
    if kind is None or is_whole(node, shape) or not (content(live, kind) or content(config, kind)):
        return config
    if shape is Shape.MAP:
        return _merge_maps(node, content(live, dict), content(config, dict))
    return _merge_lists(node, content(live, list), content(config, list))


def _merge_maps(node: Node, live: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
    merged = {}
    for name in {**live, **config}:
        child = node.field(name)
        if child:
            merged[name] = merge(child, live.get(name, ABSENT), config.get(name, ABSENT))
    return merged


def _merge_lists(node: Node, live: list[Any], config: list[Any]) -> list[Any]:
    """Items of both; shared ones stand in the configuration's order, others keep their neighbours."""
    known = by_element(node, live)
    wanted = {element_of(node, item): item for item in config}
    shared = [element for element in wanted if element in known]
    pending, merged, taken = list(wanted), list[Any](), set[str]()

    def take(element: str) -> None:
        pending.remove(element)
        taken.add(element)
        if shared[:1] == [element]:
            shared.pop(0)
        items = known.get(element, [ABSENT])
        merged.append(merge(node.items, items[0] if len(items) == 1 else None, wanted[element]))

    for item in live:
        element = element_of(node, item)
        if element not in wanted:
            merged.append(item)
        elif element not in taken and shared[:1] == [element]:
            while pending[0] != element:  # what the configuration puts before it
                take(pending[0])
            take(element)
    while pending:
        take(pending[0])
    return merged


# --- removal ----------------------------------------------------------------------------------------


def remove(node: Node, value: Any, fields: Fields) -> Any:
    """The object without these fields and what lies below them."""
    return _remove(node, value, field_sets.write_fields(fields)) if fields else value


def _remove(node: Node, value: Any, tree: Mapping[str, Any]) -> Any:
    shape = node.shape(value)
    if shape is Shape.SCALAR:
        return value
    if is_whole(node, shape) or not value or not isinstance(value, (dict, list)):
        return None
    kept = list(_kept(node, value, tree))
    if not kept:
        return None
    return dict(kept) if isinstance(value, dict) else [item for _, item in kept]


def _kept(
    node: Node, value: dict[str, Any] | list[Any], tree: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    for name, child, inner in _children(node, value):
        element = name if isinstance(value, list) else field_sets.field(name)
        below = tree.get(element)
        if below is None:
            yield name, inner
        elif below and "." not in below:
            yield name, _remove(child, inner, below) if child else inner


def _children(node: Node, value: dict[str, Any] | list[Any]) -> Iterator[tuple[str, Node | None, Any]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name, node.field(name), inner
    else:
        for item in value:
            yield element_of(node, item), node.items, item


def with_named_parents(node: Node, fields: Fields) -> Fields:
    """The fields, and every declared field on the way to them: owning `spec.a` counts as owning `spec`."""
    found = set(fields)
    places: dict[Path, Node | None] = {(): node}
    for path in fields:
        for depth in range(1, len(path)):
            prefix, element = path[:depth], path[depth - 1]
            parent = places[path[: depth - 1]]
            if parent and element.startswith("f:") and parent.declares(element[2:]):
                found.add(prefix)
            if prefix not in places:
                places[prefix] = _below(parent, element)
    return frozenset(found)


def _below(parent: Node | None, element: str) -> Node | None:
    if parent is None:
        return None
    return parent.field(element[2:]) if element.startswith("f:") else parent.items
