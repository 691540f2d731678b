"""From YAML nodes to plain data, with the place of every key and value kept beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from apigeectl.overrides.document import Written
from apigeectl.overrides.position import Path, Position, dotted
from apigeectl.overrides.problems import Problem, Severity
from apigeectl.overrides.scalars import resolve_as_go
from apigeectl.yaml import Node

MAX_VALUES = 50_000
"""Counted after aliases are expanded; a thousand environments need a third of it."""

MAX_DEPTH = 100


class TooMuch(Exception):
    """With its aliases expanded, the document is larger or deeper than any overrides file."""

    def __init__(self, message: str, position: Position) -> None:
        super().__init__(message)
        self.position = position


@dataclass
class Reading:
    """One document while it is read: the places met so far, and what was noticed on the way."""

    keys: dict[Path, Position] = field(default_factory=dict)
    values: dict[Path, Position] = field(default_factory=dict)
    raw: dict[Path, Written] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    _count: int = 0
    _open: list[Node] = field(default_factory=list)

    def read(self, node: Node, path: Path = ()) -> Any:
        """The plain value of a node; the places of everything below it are recorded under its path."""
        self._enter(node)
        self.values[path] = position(node)
        if node.tag is not None and node.tag not in _CORE_TAGS:
            self._report("yaml-tag", _TAG_MESSAGE, path, position(node), _TAG_HINT)
        value: Any
        if node.id == "mapping":
            pairs = self._pairs(node, path)
            value = {name: self._read_under(key, item, (*path, name)) for name, (key, item) in pairs.items()}
        elif node.id == "sequence":
            value = [self._read_under(item, item, (*path, index)) for index, item in enumerate(node.value)]
        else:
            value = self._read_scalar(node, path)
        self._open.pop()
        return value

    def _enter(self, node: Node) -> None:
        self._count += 1
        if any(node is outer for outer in self._open):
            raise TooMuch("this anchor contains an alias of itself, so it has no end", position(node))
        if len(self._open) >= MAX_DEPTH:
            raise TooMuch(f"nested more than {MAX_DEPTH} levels deep", position(node))
        if self._count > MAX_VALUES:
            raise TooMuch(f"more than {MAX_VALUES:,} values once the aliases are expanded", position(node))
        self._open.append(node)

    def _read_under(self, key: Node, node: Node, path: Path) -> Any:
        self.keys[path] = position(key)
        return self.read(node, path)

    def _read_scalar(self, node: Node, path: Path) -> Any:
        plain = node.style is None and node.tag is None
        self.raw[path] = Written(node.value, plain)
        return resolve_as_go(node.value) if plain or node.tag in _RESOLVED_TAGS else node.value

    def _pairs(self, node: Node, path: Path) -> dict[str, tuple[Node, Node]]:
        """The keys of a map, merge keys resolved: own win over merged ones, earlier sources over later."""
        own: dict[str, tuple[Node, Node]] = {}
        merged: dict[str, tuple[Node, Node]] = {}
        for key, value in node.value:
            if key.id != "scalar":
                message = "a key must be a word; here stands a list or a map"
                self._report("yaml-key", message, path, position(key), _KEY_HINT)
            elif key.value == "<<" and key.style is None:
                for source in self._merge_sources(value, path):
                    for name, pair in self._pairs_of_source(source, path).items():
                        merged.setdefault(name, pair)
            else:
                if key.value in own:
                    self._report_duplicate((*path, key.value), own[key.value], (key, value))
                own[key.value] = (key, value)
        return {**own, **{name: pair for name, pair in merged.items() if name not in own}}

    def _pairs_of_source(self, source: Node, path: Path) -> dict[str, tuple[Node, Node]]:
        self._enter(source)
        pairs = self._pairs(source, path)
        self._open.pop()
        return pairs

    def _merge_sources(self, node: Node, path: Path) -> Iterator[Node]:
        for source in node.value if node.id == "sequence" else [node]:
            if source.id == "mapping":
                yield source
            else:
                message = "the merge key << takes an alias of a map, or a list of such aliases"
                self._report("yaml-merge", message, path, position(source))

    def _report_duplicate(self, path: Path, first: tuple[Node, Node], second: tuple[Node, Node]) -> None:
        values = []
        for _, node in (first, second):
            aside = Reading(_count=self._count, _open=self._open)
            values.append(aside.read(node, path))
            self._count = aside._count
        same = _same(*values)
        before, here = position(first[0]), position(second[0])
        ending, hint = _SAME if same else _DIFFERENT
        message = f"{dotted(path)} is written twice, in line {before.line} and here, with {ending}"
        severity = Severity.WARNING if same else Severity.ERROR
        self.problems.append(Problem(severity, "duplicate-key", message, path, here, hint, (before,)))

    def _report(self, code: str, message: str, path: Path, place: Position, hint: str | None = None) -> None:
        self.problems.append(Problem(Severity.ERROR, code, message, path, place, hint))


def position(node: Node) -> Position:
    """Where a node starts."""
    return Position(node.start_mark.line + 1, node.start_mark.column + 1)


_SAME = ("the same value", "remove one of the two")
_DIFFERENT = (
    "different values",
    "readers keep the last one and drop the other: join the two, or remove one",
)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return repr(one) == repr(other)


_KEY_HINT = "run the template first if this is one, or quote what is meant literally"
_TAG_MESSAGE = "a tag (a word after !) has no meaning in an overrides file"
_TAG_HINT = "remove it, or quote the text if the ! is meant literally"
_CORE_PREFIX = "tag:yaml.org,2002:"
_CORE_TAGS = frozenset(
    {
        "!",
        *(
            _CORE_PREFIX + name
            for name in ("str", "int", "float", "bool", "null", "map", "seq", "merge", "timestamp")
        ),
    }
)
_RESOLVED_TAGS = frozenset(_CORE_PREFIX + name for name in ("int", "float", "bool", "null"))
