"""Where everything of a YAML text stands, as far as splicing needs it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from apigeectl.yaml import Node, compose


@dataclass(frozen=True)
class Slot:
    """One place of a value. A node with aliases has several; only the place of its anchor has entries."""

    node: Node
    start: int
    """Anchor and tag included."""
    end: int
    """Behind the last character of content; comments and blank lines after it belong to nobody."""
    alias: bool = False
    brackets: bool = False
    in_flow: bool = False
    entries: tuple[Entry, ...] = ()

    @property
    def anchor(self) -> str:
        """`&name` when an anchor stands here."""
        return f"&{self.node.anchor}" if self.node.anchor and not self.alias else ""

    @property
    def empty(self) -> bool:
        """Nothing is written, or null, or an empty pair of brackets."""
        if self.node.id == "scalar":
            return self.node.style is None and self.node.value in ("", "~", "null", "Null", "NULL")
        return not self.node.value

    def own(self, name: str | int) -> list[Entry]:
        """The entries under a key; more than one when it is written twice."""
        return [entry for entry in self.entries if entry.name == name]


@dataclass(frozen=True)
class Entry:
    """A pair of a map or an item of a list."""

    name: str | int | None
    """None for a key that is no word."""
    lead: int
    """Where it begins: its key, or the dash before it."""
    mark: int
    """Behind its colon or dash."""
    value: Slot


@dataclass
class Layout:
    """A text and its tree of slots."""

    text: str
    root: Slot = field(init=False)
    places: dict[int, list[Slot]] = field(default_factory=dict)
    """Every slot of a node, by the node's identity."""

    def __post_init__(self) -> None:
        self.newline = "\r\n" if "\r\n" in self.text[: self.text.find("\n") + 1] else "\n"
        root = compose(self.text)
        if root is None:
            raise ValueError("an empty text has no layout")
        self.root = self._slot(root, 0, in_flow=False)

    def line(self, index: int) -> int:
        """The number of the line, from 1."""
        return self.text.count("\n", 0, index) + 1

    def line_start(self, index: int) -> int:
        return self.text.rfind("\n", 0, index) + 1

    def line_end(self, index: int) -> int:
        """Before the line break, if there is one."""
        end = self.text.find("\n", index)
        if end < 0:
            return len(self.text)
        return end - 1 if end and self.text[end - 1] == "\r" else end

    def next_line(self, end: int) -> int:
        """Behind the line break that stands there; line ends may be mixed."""
        return end + (2 if self.text.startswith("\r\n", end) else 1)

    def column(self, index: int) -> int:
        """How many characters stand before it in its line."""
        return index - self.line_start(index)

    def begins_line(self, index: int) -> bool:
        """Whether only spaces stand before it."""
        return not self.text[self.line_start(index) : index].strip(" ")

    def one_line(self, start: int, end: int) -> bool:
        return "\n" not in self.text[start:end]

    def within(self, slot: Slot) -> Iterator[Slot]:
        """The slot and all below it."""
        yield slot
        for entry in slot.entries:
            yield from self.within(entry.value)

    def after_blanks(self, index: int) -> int:
        """Behind white space, line breaks and comments."""
        found = _BLANKS.match(self.text, index)
        return found.end() if found else index

    def _slot(self, node: Node, cursor: int, *, in_flow: bool) -> Slot:
        """The slot of a node whose text begins behind the cursor."""
        places = self.places.setdefault(id(node), [])
        if places:
            start = self.after_blanks(cursor)
            name = _ALIAS.match(self.text, start)
            slot = Slot(node, start, name.end() if name else start, alias=True, in_flow=in_flow)
        elif node.id == "scalar":
            start, end = self._scalar_span(node, cursor)
            slot = Slot(node, start, end, in_flow=in_flow)
        else:
            slot = self._collection(node, in_flow)
        places.append(slot)
        return slot

    def _scalar_span(self, node: Node, cursor: int) -> tuple[int, int]:
        start, end = node.start_mark.index, node.end_mark.index
        if start >= end:
            return cursor, cursor
        header = _BLOCK_HEADER.match(self.text, start) if node.style in ("|", ">") else None
        if header and "+" in header.group(1):  # the line breaks at the end are content, all but the last
            return start, start + len(_LAST_BREAK.sub("", self.text[start:end]))
        return (start, start + len(self.text[start:end].rstrip())) if header else (start, end)

    def _collection(self, node: Node, in_flow: bool) -> Slot:
        start = node.start_mark.index
        properties = _PROPERTIES.match(self.text, start)
        cursor = self.after_blanks(properties.end() if properties else start)
        brackets = self.text[cursor : cursor + 1] in ("{", "[")
        inside = in_flow or brackets
        build = self._pairs if node.id == "mapping" else self._items
        entries = tuple(build(node, cursor + brackets, inside))
        end = node.end_mark.index if brackets or not entries else max(entries[-1].value.end, entries[-1].mark)
        return Slot(node, start, end, brackets=brackets, in_flow=in_flow, entries=entries)

    def _pairs(self, node: Node, cursor: int, in_flow: bool) -> Iterator[Entry]:
        for key_node, value_node in node.value:
            key = self._slot(key_node, self._after_comma(cursor, in_flow), in_flow=in_flow)
            colon = self.after_blanks(key.end)
            mark = colon + 1 if self.text[colon : colon + 1] == ":" else key.end
            value = self._slot(value_node, mark, in_flow=in_flow)
            cursor = max(mark, value.end)
            yield Entry(key_node.value if key_node.id == "scalar" else None, key.start, mark, value)

    def _items(self, node: Node, cursor: int, in_flow: bool) -> Iterator[Entry]:
        for index, item in enumerate(node.value):
            lead = self._after_comma(cursor, in_flow)
            mark = lead if in_flow else lead + 1
            value = self._slot(item, mark, in_flow=in_flow)
            cursor = max(mark, value.end)
            yield Entry(index, lead, mark, value)

    def _after_comma(self, cursor: int, in_flow: bool) -> int:
        start = self.after_blanks(cursor)
        if in_flow and self.text[start : start + 1] == ",":
            start = self.after_blanks(start + 1)
        return start


_BREAKS = r"\r\n\x85\u2028\u2029"
_BLANKS = re.compile(rf"(?:[ \t{_BREAKS}]|#[^{_BREAKS}]*)*")
_PROPERTIES = re.compile(rf"(?:[&!][^\s,\[\]{{}}]*(?:[ \t{_BREAKS}]+|(?=[,\]}}])|\Z))*")
_ALIAS = re.compile(r"\*[^\s,\[\]{}]+")
_LAST_BREAK = re.compile(r"\r?\n\Z")
_BLOCK_HEADER = re.compile(r"(?:[&!]\S*\s+)*[|>]([-+0-9]*)")
