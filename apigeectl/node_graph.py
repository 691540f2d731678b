"""A YAML text as a graph of nodes that know their places, put together from a parser's events."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any, NamedTuple

from apigeectl.errors import InstallerError


class YAMLSyntaxError(InstallerError):
    """Text that is not YAML. Line and column count from 1; 0 when the parser names no place.

    The context is where the construct begins that the parser could not finish, the quote where the last quoted text
    begins that goes over several lines and ends before the place.
    """

    def __init__(
        self,
        message: str,
        line: int = 0,
        column: int = 0,
        *,
        context: tuple[int, int] | None = None,
        quote: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(message)
        self.line = line
        self.column = column
        self.context = context
        self.quote = quote


class YAMLLimitError(YAMLSyntaxError):
    """Text that goes deeper, or holds more, than the reader allows."""


class Mark(NamedTuple):
    """A place in a text, in characters; all three count from 0. Lines end where editors end them."""

    index: int  # type: ignore[assignment]  # a tuple has a method of that name, which nobody asks for here
    line: int
    column: int


@dataclass(slots=True, eq=False)
class Node:
    """One value as it was written. An alias is the very Node of its anchor.

    `value` is text, a list of Nodes, or a list of pairs of them; `tag` is in its long form and None when none is
    written; `style` is the quote or block sign of a scalar, None for a plain one.
    """

    id: str
    tag: str | None
    value: Any
    start_mark: Mark
    end_mark: Mark
    style: str | None = None
    flow_style: bool = False
    anchor: str | None = None


class Composer:
    """Puts the parser's events together, one after the other."""

    def __init__(self, places: Places, max_depth: int, max_nodes: int) -> None:
        self.place = places
        self.root: Node | None = None
        self.last: Node | None = None
        self._max_depth, self._max_nodes = max_depth, max_nodes
        self._open: list[Node] = []
        self._keys: list[Node | None] = []
        self._anchors: dict[str, Node] = {}
        self._count = 0
        self._document: Mark | None = None

    def take(self, event: Any) -> None:
        """The next event of the parser."""
        name = type(event).__name__
        if name == "ScalarEvent":
            self.last = self._node("scalar", event, event.value, event.style or None)
            self._add(self.last)
        elif name in _COLLECTIONS:
            node = self._node(_COLLECTIONS[name], event, [], None)
            if len(self._open) >= self._max_depth:
                raise self._limit(f"nested more than {self._max_depth} levels deep", node.start_mark)
            self._open.append(node)
            self._keys.append(None)
        elif name in ("MappingEndEvent", "SequenceEndEvent"):
            node = self._open.pop()
            self._keys.pop()
            node.end_mark = self.place(event.end_mark)
            self._add(node)
        elif name == "AliasEvent":
            self._add(self._aliased(event))
        elif name == "DocumentStartEvent":
            self._document, self._anchors = self.place(event.start_mark), {}

    def _node(self, kind: str, event: Any, value: Any, style: str | None) -> Node:
        self._count += 1
        start, end = self.place(event.start_mark), self.place(event.end_mark)
        if self._count > self._max_nodes:
            raise self._limit(f"more than {self._max_nodes:,} keys and values", start)
        tag = str(event.tag) if event.tag is not None else None
        flow = bool(getattr(event, "flow_style", False))
        node = Node(kind, tag, value, start, end, style, flow, event.anchor)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _aliased(self, event: Any) -> Node:
        if event.anchor not in self._anchors:
            raise YAMLSyntaxError(
                f"found undefined alias {event.anchor!r}", *from_one(self.place(event.start_mark))
            )
        return self._anchors[event.anchor]

    def _add(self, node: Node) -> None:
        if not self._open:
            self._end_document(node)
            return
        parent, key = self._open[-1], self._keys[-1]
        if parent.id == "sequence":
            parent.value.append(node)
        elif key is None:
            self._keys[-1] = node
        else:
            parent.value.append((key, node))
            self._keys[-1] = None

    def _end_document(self, node: Node) -> None:
        if node.id == "scalar" and not node.value and node.style is None and node.tag is None:
            return  # generators like to close with a --- that nothing follows
        if self.root is not None:
            raise YAMLSyntaxError("found another document", *from_one(self._document or node.start_mark))
        self.root = node

    def _limit(self, message: str, at: Mark) -> YAMLLimitError:
        return YAMLLimitError(message, *from_one(at))


_COLLECTIONS = {"MappingStartEvent": "mapping", "SequenceStartEvent": "sequence"}


class Places:
    """From the parser's marks to ours. The parser also ends lines where no editor does."""

    def __init__(self, text: str) -> None:
        self._starts: list[int] = []
        if _OTHER_LINE_ENDS.search(text):
            self._starts = [0, *(match.end() for match in _LINE_ENDS.finditer(text))]

    def __call__(self, mark: Any) -> Mark:
        if not self._starts:
            return Mark(mark.index, mark.line, mark.column)
        line = bisect_right(self._starts, mark.index) - 1
        return Mark(mark.index, line, mark.index - self._starts[line])


_LINE_ENDS = re.compile(r"\r\n|\n|\r")
_OTHER_LINE_ENDS = re.compile("[\x85\u2028\u2029]")


def from_one(mark: Mark) -> tuple[int, int]:
    """Line and column as people count them."""
    return mark.line + 1, mark.column + 1
