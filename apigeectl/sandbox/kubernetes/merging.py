"""The walks over an object that server-side apply is made of: fields, comparison, merge, removal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apigeectl.sandbox.kubernetes import field_sets
from apigeectl.sandbox.kubernetes.field_sets import Fields, Path
from apigeectl.sandbox.kubernetes.structure import ABSENT, UNSET, Node, Shape


class StructureMismatch(Exception):
    """A value that does not fit the structure; path and words as the API server prints them."""

    def __init__(self, words: str, path: str = "") -> None:
        super().__init__(f"{path}: {words}" if path else words)
        self.words = words
        self.path = path


@dataclass(frozen=True)
class Comparison:
    """What differs from one object to the next."""

    added: Fields
    modified: Fields
    removed: Fields

    def without(self, roots: tuple[Path, ...]) -> Comparison:
        """The comparison, blind for some trees."""
        return Comparison(
            *(field_sets.without_trees(side, roots) for side in (self.added, self.modified, self.removed))
        )


# --- fields -----------------------------------------------------------------------------------------


def fields_of(node: Node, value: Any) -> Fields:
    """The fields that a configuration claims: leaves, list items, and keys of free maps."""
    found: set[Path] = set()
    _claim(node, value, (), found)
    return frozenset(found)


def _claim(node: Node, value: Any, path: Path, found: set[Path]) -> None:
    shape = node.shape(value)
    if shape is Shape.SCALAR or _is_whole(node, shape):
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
    for element, items in _by_element(node, value).items():
        found.add((*path, element))
        if len(items) == 1:  # duplicates are owned as one lump
            _claim(node.items, items[0], (*path, element), found)


# --- comparison -------------------------------------------------------------------------------------


def compare(node: Node, old: Any, new: Any) -> Comparison:
    """What was added, changed and removed, down to single fields."""
    walk = _Compare()
    walk.visit(node, old, new, ())
    return Comparison(frozenset(walk.added), frozenset(walk.modified), frozenset(walk.removed))


class _Compare:
    def __init__(self) -> None:
        self.added: set[Path] = set()
        self.modified: set[Path] = set()
        self.removed: set[Path] = set()

    def visit(self, node: Node, old: Any, new: Any, path: Path) -> None:
        before, after = node.shape(old), node.shape(new)
        if new is ABSENT:
            leaf = self.take_apart(node, before, old, new, path)
        else:
            if old is not ABSENT and before is not after:
                self.take_apart(node, before, old, new, path)
            leaf = self.take_apart(node, after, old, new, path)
        if not leaf and path and (old is ABSENT or new is ABSENT):
            (self.added if old is ABSENT else self.removed).add(path)

    def take_apart(self, node: Node, shape: Shape, old: Any, new: Any, path: Path) -> bool:
        """Compare in one shape; true when the place is a leaf."""
        kind = _CONTAINER.get(shape)
        empty = kind and not _content(old, kind) and not _content(new, kind)
        if kind is None or empty or _is_whole(node, shape):
            self.leaf(old, new, path)
            return True
        if shape is Shape.MAP:
            self.maps(node, _content(old, dict), _content(new, dict), path)
        else:
            self.lists(node, _content(old, list), _content(new, list), path)
        return False

    def leaf(self, old: Any, new: Any, path: Path) -> None:
        if not path:
            return
        if old is ABSENT:
            self.added.add(path)
        elif new is ABSENT:
            self.removed.add(path)
        elif not equal(old, new):
            self.modified.add(path)

    def maps(self, node: Node, old: dict[str, Any], new: dict[str, Any], path: Path) -> None:
        for name in {**old, **new}:
            child = node.field(name)
            if child:
                below = (*path, field_sets.field(name))
                self.visit(child, old.get(name, ABSENT), new.get(name, ABSENT), below)

    def lists(self, node: Node, old: list[Any], new: list[Any], path: Path) -> None:
        left, right = _by_element(node, old), _by_element(node, new)
        for element in {**left, **right}:
            before, after = left.get(element, []), right.get(element, [])
            below = (*path, element)
            if len(before) <= 1 and len(after) <= 1:
                self.visit(node.items, _first(before), _first(after), below)
            elif len(before) >= 2 and len(after) >= 2:
                if not equal(before, after):
                    self.modified.add(below)
            elif len(before) >= 2:
                if after:
                    self.visit(node.items, ABSENT, after[0], below)
                self.removed.add(below)
            else:
                if before:
                    self.visit(node.items, before[0], ABSENT, below)
                self.added.add(below)


def _first(items: list[Any]) -> Any:
    return items[0] if items else ABSENT


def equal(left: Any, right: Any) -> bool:
    """JSON equality: 1 is 1.0 but never true."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(left[name], right[name]) for name in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


# --- merge ------------------------------------------------------------------------------------------


def merge(node: Node, live: Any, config: Any) -> Any:
    """The live value with the configuration laid over it."""
    if config is ABSENT or live is ABSENT:
        return live if config is ABSENT else config
    shape = node.shape(config)
    kind = _CONTAINER.get(shape)
    if kind is None or _is_whole(node, shape) or not (_content(live, kind) or _content(config, kind)):
        return config
    if shape is Shape.MAP:
        return _merge_maps(node, _content(live, dict), _content(config, dict))
    return _merge_lists(node, _content(live, list), _content(config, list))


def _merge_maps(node: Node, live: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
    merged = {}
    for name in {**live, **config}:
        child = node.field(name)
        if child:
            merged[name] = merge(child, live.get(name, ABSENT), config.get(name, ABSENT))
    return merged


def _merge_lists(node: Node, live: list[Any], config: list[Any]) -> list[Any]:
    """Items of both; shared ones stand in the configuration's order, others keep their neighbours."""
    known = _by_element(node, live)
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
    if _is_whole(node, shape) or not value or not isinstance(value, (dict, list)):
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


# --- list items -------------------------------------------------------------------------------------


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


def _by_element(node: Node, value: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for item in _content(value, list):
        found.setdefault(element_of(node, item), []).append(item)
    return found


_CONTAINER: dict[Shape, type] = {Shape.MAP: dict, Shape.LIST: list}


def _content(value: Any, kind: type) -> Any:
    return value if isinstance(value, kind) else kind()


def _is_whole(node: Node, shape: Shape) -> bool:
    """Atomic: changed and owned as one."""
    if shape is Shape.MAP:
        return node.atomic_map
    return shape is Shape.LIST and node.list_type == "atomic"
