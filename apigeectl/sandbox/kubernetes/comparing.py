"""What differs from one object to the next, field by field as ownership counts them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from apigeectl.sandbox.kubernetes import field_sets
from apigeectl.sandbox.kubernetes.field_sets import Fields, Path
from apigeectl.sandbox.kubernetes.list_items import CONTAINER, by_element, content, is_whole
from apigeectl.sandbox.kubernetes.structure import ABSENT, Node, Shape


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
        kind = CONTAINER.get(shape)
        empty = kind and not content(old, kind) and not content(new, kind)
        if kind is None or empty or is_whole(node, shape):
            self.leaf(old, new, path)
            return True
        if shape is Shape.MAP:
            self.maps(node, content(old, dict), content(new, dict), path)
        else:
            self.lists(node, content(old, list), content(new, list), path)
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
        left, right = by_element(node, old), by_element(node, new)
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
