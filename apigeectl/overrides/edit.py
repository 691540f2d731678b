"""Change an overrides file by splicing text: comments, order, quotes, anchors and line ends of all else stay.

Every edit is verified: the new text is read again, and must mean exactly what was asked.
"""

from __future__ import annotations

import difflib
import pathlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from apigeectl.errors import InstallerError, OverridesError, Refused
from apigeectl.overrides.document import Overrides
from apigeectl.overrides.layout import Layout
from apigeectl.overrides.load import parse
from apigeectl.overrides.mask import masked_lines
from apigeectl.overrides.position import Path, dotted, parse_dotted
from apigeectl.overrides.problems import errors
from apigeectl.overrides.splice import Splice, Splicer, Unspliceable

_BY_HAND = "make this change by hand"


@dataclass(frozen=True)
class Edit:
    """A file's text before and after."""

    file: pathlib.Path
    before: str = field(repr=False)
    text: str = field(repr=False)

    @property
    def changed(self) -> bool:
        return self.before != self.text

    def diff(self) -> str:
        """A unified diff to show, keys and passwords as asterisks; empty when nothing changes."""
        old, new = (masked_lines(parse(text, self.file)) for text in (self.before, self.text))
        lines = difflib.unified_diff(old, new, str(self.file), str(self.file), lineterm="")
        return "\n".join(lines)

    def overrides(self) -> Overrides:
        """The new text as data, for the next edit."""
        return parse(self.text, self.file)


def set_value(overrides: Overrides, path: str | Path, value: Any) -> Edit:
    """Give the value at a path; maps that are missing on the way are made, a list grows by its next index.

    Raises Refused, naming the line, for what cannot be changed without changing more.
    """
    way, new = _path(path), _plain(value)
    return _edited(overrides, lambda splicer: splicer.set(way, new), _with(overrides.data, way, new), way)


def add_after(overrides: Overrides, after: str | Path, stanza: Mapping[str, Any]) -> Edit:
    """Put the keys of a stanza behind an existing key. Raises Refused when that is absent, or when they are there with
    other values."""
    way, new = _path(after), _plain(stanza)
    expected = overrides.data
    for key, value in new.items():
        expected = _with(expected, (*way[:-1], key), value)
    return _edited(overrides, lambda splicer: splicer.add_after(way, new), expected, way)


def remove(overrides: Overrides, path: str | Path) -> Edit:
    """Take away a key or an item of a list; what is absent changes nothing. Raises Refused when other places need it."""
    way = _path(path)
    return _edited(overrides, lambda splicer: splicer.remove(way), _without(overrides.data, way), way)


def _edited(overrides: Overrides, find: Callable[[Splicer], Splice], expected: Any, path: Path) -> Edit:
    if overrides.merged:
        raise Refused(f"{overrides.merged} were read as one; only a single file can be changed")
    if _same(overrides.data, expected):
        return Edit(overrides.file, overrides.text, overrides.text)
    layout = Layout(overrides.text)
    try:
        splice = find(Splicer(layout))
    except Unspliceable as error:
        place = f"{overrides.file}:{layout.line(error.index)}"
        raise Refused(f"{place}: {error.message}; nothing was changed", hint=_BY_HAND) from None
    edit = Edit(overrides.file, overrides.text, splice.into(overrides.text))
    if not _means(edit, overrides, expected):
        place = f"{overrides.file}:{layout.line(splice.start)}"
        message = (
            f"{place}: {dotted(path)} cannot be changed without changing other things; nothing was changed"
        )
        raise Refused(message, hint=_BY_HAND)
    return edit


def _means(edit: Edit, before: Overrides, expected: Any) -> bool:
    try:
        after = edit.overrides()
    except OverridesError:
        return False
    new_errors = {one.code for one in errors(after.problems)} - {one.code for one in errors(before.problems)}
    return not new_errors and _same(after.data, expected)


def _same(one: Any, other: Any) -> bool:
    """Equal, numbers and booleans of one kind only; the order of keys does not count."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return repr(one) == repr(other)


def _path(path: str | Path) -> Path:
    way = parse_dotted(path) if isinstance(path, str) else path
    if not way or (isinstance(path, str) and dotted(way) != path):
        raise InstallerError(f'"{path}" is no path of a property', hint="a path reads like envs[0].name")
    return way


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _with(data: Any, path: Path, value: Any) -> Any:
    """The data with the value at the path; nothing of the given data is changed or shared on the way."""
    if not path:
        return value
    name, rest = path[0], path[1:]
    if isinstance(name, int):
        items = list(data) if isinstance(data, list) else []
        inner = items[name] if name < len(items) else None
        return [*items[:name], _with(inner, rest, value), *items[name + 1 :]]
    pairs = data if isinstance(data, Mapping) else {}
    return {**pairs, name: _with(pairs.get(name), rest, value)}


def _without(data: Any, path: Path) -> Any:
    name, rest = path[0], path[1:]
    if isinstance(name, int) and isinstance(data, list) and name < len(data):
        inner = [_without(data[name], rest)] if rest else []
        return [*data[:name], *inner, *data[name + 1 :]]
    if isinstance(data, Mapping) and name in data:
        kept = {key: item for key, item in data.items() if key != name}
        return {**kept, name: _without(data[name], rest)} if rest else kept
    return data
