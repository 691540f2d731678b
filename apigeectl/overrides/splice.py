"""Which characters of an overrides file to replace, so that it says something else and stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from apigeectl.overrides.layout import Entry, Layout, Slot
from apigeectl.overrides.position import Path, dotted
from apigeectl.overrides.stanza import block, inline


class Splice(NamedTuple):
    """The text between two indices, and what takes its place."""

    start: int
    end: int
    text: str

    def into(self, text: str) -> str:
        return text[: self.start] + self.text + text[self.end :]


class Unspliceable(Exception):
    """The text cannot be changed in this place without touching more; the index says where."""

    def __init__(self, message: str, index: int) -> None:
        super().__init__(message)
        self.message = message
        self.index = index


@dataclass(frozen=True)
class Splicer:
    """Finds the splice for one edit of a text whose plain data are known."""

    layout: Layout

    def set(self, path: Path, value: Any) -> Splice:
        """Give the value at the path; what is missing on the way there is made."""
        slot, entry = self.layout.root, None
        for depth, name in enumerate(path):
            rest = _nested(path[depth + 1 :], value)
            if entry and slot.empty and not slot.alias:
                return self._replace(entry, _nested(path[depth:], value), path[:depth])
            self._require_own(slot, path[:depth], name)
            found = self._found(slot, path[: depth + 1])
            if found is None:
                return self._insert(slot, name, rest, path[: depth + 1])
            slot, entry = found.value, found
        if entry is None:
            raise Unspliceable("the whole file cannot be set", 0)
        return self._replace(entry, value, path)

    def add_after(self, path: Path, stanza: Mapping[str, Any]) -> Splice:
        """Put keys behind the one at the path, comments before the next key left in front of that."""
        slot = self._parent(path)
        entry = self._existing(slot, path)
        for key in stanza:
            for there in slot.own(key):
                raise Unspliceable(f"{dotted((*path[:-1], key))} is there already", there.lead)
        if slot.brackets:
            at = max(entry.mark, entry.value.end)
            return Splice(at, at, "".join(f", {inline(key)}: {inline(item)}" for key, item in stanza.items()))
        self._require_block(slot, path)
        at = self._end_of_stanza(slot, entry)
        gap = self.layout.newline * (2 if self._spaced(slot, entry, at) else 1)
        parts = [self._block({key: item}, self._column(slot)) for key, item in stanza.items()]
        return Splice(at, at, "".join(gap + part for part in parts))

    def remove(self, path: Path) -> Splice:
        """Take away what stands at the path. Comments above it stay."""
        slot = self._parent(path)
        entry = self._existing(slot, path)
        self._require_unshared(entry.value, path)
        if len(slot.entries) == 1 and not slot.brackets:
            if len(path) == 1:
                raise Unspliceable(f"{dotted(path)} is all there is", entry.lead)
            parent = self._existing(self._parent(path[:-1]), path[:-1])
            return self._replace(parent, [] if slot.node.id == "sequence" else {}, path[:-1])
        if not slot.brackets and self.layout.begins_line(entry.lead):
            return self._without_lines(entry)
        index = slot.entries.index(entry)
        if index + 1 < len(slot.entries):
            return Splice(entry.lead, slot.entries[index + 1].lead, "")
        before = slot.entries[index - 1] if index else None
        start = max(before.mark, before.value.end) if before else entry.lead
        return Splice(start, max(entry.mark, entry.value.end), "")

    def _parent(self, path: Path) -> Slot:
        slot = self.layout.root
        for depth, name in enumerate(path):
            self._require_own(slot, path[:depth], name)
            if depth < len(path) - 1:
                slot = self._existing(slot, path[: depth + 1]).value
        return slot

    def _existing(self, slot: Slot, path: Path) -> Entry:
        found = self._found(slot, path)
        if found is None:
            merged = " itself, and what << brings in stands elsewhere" if slot.own("<<") else ""
            raise Unspliceable(f"{dotted(path)} is not there{merged}", slot.start)
        return found

    def _found(self, slot: Slot, path: Path) -> Entry | None:
        """The entry of the path's last step in the slot that the other steps lead to."""
        found = slot.own(path[-1])
        if len(found) > 1:
            first = self.layout.line(found[0].lead)
            raise Unspliceable(f"{dotted(path)} is written twice, in line {first} and here", found[1].lead)
        return found[0] if found else None

    def _require_own(self, slot: Slot, path: Path, name: str | int) -> None:
        """Stop where a step leads into something of another kind, or into what others share."""
        what = dotted(path) or "the file"
        if slot.node.id != ("sequence" if isinstance(name, int) else "mapping"):
            kind = {"mapping": "a map", "sequence": "a list"}.get(slot.node.id, "a single value")
            raise Unspliceable(f"{what} is {kind}", slot.start)
        if slot.alias:
            message = f"{what} is an alias, and changing what it stands for would change other places, too"
            raise Unspliceable(message, slot.start)
        others = [place for place in self.layout.places[id(slot.node)] if place is not slot]
        if others:
            line = self.layout.line(others[0].start)
            message = f"{what} is used in line {line} by an alias, too, and changing it would change both"
            raise Unspliceable(message, slot.start)

    def _require_unshared(self, slot: Slot, path: Path) -> None:
        """Stop when an alias elsewhere needs an anchor that would go."""
        inside = list(self.layout.within(slot))
        for one in (one for one in inside if not one.alias):
            for place in self.layout.places[id(one.node)]:
                if not any(place is other for other in inside):
                    line = self.layout.line(place.start)
                    raise Unspliceable(f"{dotted(path)} has an anchor that line {line} uses", one.start)

    def _require_block(self, slot: Slot, path: Path) -> None:
        if slot.in_flow or not slot.entries:
            raise Unspliceable(f"nothing can be put beside {dotted(path)}", slot.start)

    def _insert(self, slot: Slot, name: str | int, value: Any, path: Path) -> Splice:
        """A new last entry of a map or list that has some."""
        if isinstance(name, int) and name != len(slot.entries):
            raise Unspliceable(f"{dotted(path[:-1])} has {len(slot.entries)} items only", slot.start)
        if slot.brackets:
            text = inline(value) if isinstance(name, int) else f"{inline(name)}: {inline(value)}"
            last = slot.entries[-1] if slot.entries else None
            at = max(last.mark, last.value.end) if last else slot.end - 1
            return Splice(at, at, f", {text}" if last else text)
        self._require_block(slot, path)
        last = slot.entries[-1]
        at = self.layout.line_end(max(last.mark, last.value.end))
        new = [value] if isinstance(name, int) else {name: value}
        apart = last.value.entries and not last.value.brackets and self._spaced(slot, last, at)
        gap = self.layout.newline * (2 if apart else 1)
        return Splice(at, at, gap + self._block(new, self._column(slot)))

    def _replace(self, entry: Entry, value: Any, path: Path) -> Splice:
        slot = entry.value
        self._require_unshared(slot, path)
        anchor = slot.anchor
        collection = isinstance(value, (Mapping, list)) and bool(value)
        if collection and not slot.in_flow and (slot.empty or not slot.brackets):
            return self._replace_by_block(entry, value, anchor)
        quote = slot.node.style if slot.node.id == "scalar" and not slot.alias else None
        new = f"{anchor} {inline(value, quote)}" if anchor else inline(value, quote)
        below = slot.node.id != "scalar" and not (slot.brackets or slot.alias)
        if below and not self.layout.one_line(entry.mark, slot.start):
            rest = self.layout.text[entry.mark : self.layout.line_end(entry.mark)]
            return Splice(entry.mark, self.layout.line_end(slot.end), f" {new}{rest}")
        space = "" if slot.start > entry.mark or (slot.in_flow and isinstance(entry.name, int)) else " "
        return Splice(slot.start, slot.end, space + new)

    def _replace_by_block(self, entry: Entry, value: Any, anchor: str) -> Splice:
        layout, slot = self.layout, entry.value
        if isinstance(entry.name, int):
            column = layout.column(entry.lead) + 2
            lines = self._block(value, column).lstrip(" ")
            first = f" {anchor}{layout.newline}{' ' * column}" if anchor else " "
            return Splice(entry.mark, max(slot.end, entry.mark), first + lines)
        below = slot.entries and not slot.brackets and layout.begins_line(slot.entries[0].lead)
        if below and isinstance(value, list) == (slot.node.id == "sequence"):
            start = layout.line_start(slot.entries[0].lead)
            return Splice(start, layout.line_end(slot.end), self._block(value, self._column(slot)))
        column = layout.column(entry.lead) + (0 if isinstance(value, list) else self._indent())
        lines = self._block(value, column)
        if below:
            return Splice(layout.line_start(slot.entries[0].lead), layout.line_end(slot.end), lines)
        head = layout.text[entry.mark : slot.start].rstrip() + (f" {anchor}" if anchor else "")
        tail = layout.text[slot.end : layout.line_end(slot.end)]
        return Splice(entry.mark, layout.line_end(slot.end), head + tail + layout.newline + lines)

    def _without_lines(self, entry: Entry) -> Splice:
        """The lines of an entry and of comments right below that are indented more, which were about its values; of two
        blank lines that would then meet, one goes."""
        text, layout = self.layout.text, self.layout
        start = layout.line_start(entry.lead)
        end = self._end_of_inner_comments(entry)
        if end == len(text):  # the last line break goes instead
            return Splice(layout.line_end(max(start - 1, 0)) if start else 0, end, "")
        after = layout.next_line(end)
        following = text[after : layout.line_end(after)]
        blank_before = start == 0 or not text[layout.line_start(start - 1) : start].strip()
        if blank_before and not following.strip() and after < len(text):
            after = layout.next_line(layout.line_end(after))
        return Splice(start, min(after, len(text)), "")

    def _end_of_inner_comments(self, entry: Entry) -> int:
        layout, column = self.layout, self.layout.column(entry.lead)
        end = at = layout.line_end(max(entry.mark, entry.value.end))
        while at < len(layout.text):
            start = layout.next_line(at)
            at = layout.line_end(start)
            line = layout.text[start:at]
            inner = line.lstrip(" ")
            if inner.startswith("#") and len(line) - len(inner) > column:
                end = at
            elif line.strip():
                break
        return end

    def _block(self, value: Any, column: int) -> str:
        margin = " " * column
        return self.layout.newline.join(margin + line for line in block(value, self._indent()))

    def _column(self, slot: Slot) -> int:
        return self.layout.column(slot.entries[0].lead)

    def _indent(self) -> int:
        """How far the file indents a map within a map."""
        for entry in self.layout.root.entries:
            inner = entry.value
            if inner.node.id == "mapping" and inner.entries and not inner.brackets and not inner.alias:
                return max(self._column(inner) - self.layout.column(entry.lead), 1)
        return 2

    def _end_of_stanza(self, slot: Slot, entry: Entry) -> int:
        """Behind the content and the comments that belong to it: those indented more, and those that a blank
        line parts from the next key."""
        layout, column = self.layout, self._column(slot)
        end = comments = at = layout.line_end(max(entry.mark, entry.value.end))
        attached = True
        while at < len(layout.text):
            start = layout.next_line(at)
            at = layout.line_end(start)
            line = layout.text[start:at]
            if not line.strip():
                end, attached = (comments if attached else end), False
            elif not line.lstrip(" ").startswith("#"):
                break
            elif len(line) - len(line.lstrip(" ")) > column:
                end = comments = at
            elif attached:
                comments = at
            else:
                break
        return end

    def _spaced(self, slot: Slot, entry: Entry, at: int) -> bool:
        """Whether the file parts this entry from its neighbour by a blank line."""
        index = slot.entries.index(entry)
        if self._keeps_breaks(entry.value):
            return False
        if index + 1 < len(slot.entries):
            between = self.layout.text[at : slot.entries[index + 1].lead]
        elif index:
            before = slot.entries[index - 1]
            between = self.layout.text[max(before.mark, before.value.end) : entry.lead]
        else:
            return False
        return any(not line.strip() for line in between.split("\n")[1:-1])

    def _keeps_breaks(self, slot: Slot) -> bool:
        """Whether a blank line behind it would become content: it ends with a block scalar like `|+`."""
        while slot.entries:
            slot = slot.entries[-1].value
        header = self.layout.text[slot.start : self.layout.line_end(slot.start)].partition("#")[0]
        return slot.node.style in ("|", ">") and "+" in header


def _nested(path: Path, value: Any) -> Any:
    """The value within the maps and lists that lead to it."""
    for name in reversed(path):
        value = [value] if isinstance(name, int) else {name: value}
    return value
