"""Plain sentences for text that is not YAML."""

from __future__ import annotations

from dataclasses import dataclass

from apigeectl.overrides.position import Position
from apigeectl.overrides.problems import Problem, Severity
from apigeectl.yaml import YAMLSyntaxError


def syntax_problem(error: YAMLSyntaxError, text: str) -> Problem:
    """The parser's complaint in the words of somebody who edits the file, at the place to edit."""
    place = Position(error.line or 1, error.column or 1)
    start = _start_of_construct(error)
    lines = text.splitlines()
    line = lines[place.line - 1] if place.line <= len(lines) else ""
    for sentence in _SENTENCES:
        if all(part in error.message for part in sentence.parts) and sentence.fits(line, place.column):
            where = start if sentence.at_start and start else place
            related = (
                (place,)
                if where != place
                else ((start,) if start and start != place and sentence.at_start else ())
            )
            return Problem(Severity.ERROR, "yaml-syntax", sentence.message, (), where, sentence.hint, related)
    return Problem(Severity.ERROR, "yaml-syntax", f"This is not YAML: {error.message}.", (), place)


@dataclass(frozen=True)
class _Sentence:
    """What to say when every part occurs in the parser's message, and the line looks as `line` says."""

    parts: tuple[str, ...]
    message: str
    hint: str | None = None
    at_start: bool = False
    """The place to edit is where the construct begins, not where the parser gave up."""
    line: str = ""

    def fits(self, line: str, column: int) -> bool:
        if self.line == "tab":
            return "\t" in line[:column]
        if self.line == "second colon":
            return ": " in line[: max(column - 1, 0)]
        return True


def _start_of_construct(error: YAMLSyntaxError) -> Position | None:
    mark = getattr(error.__cause__, "context_mark", None)
    return Position(mark.line + 1, mark.column + 1) if mark else None


_SPACES = "Indent with spaces; two per level is usual."
_ALIGN = "Keys that belong together start in the same column."

_SENTENCES = (
    _Sentence(("cannot start any token", "'\\t'"), "A tab stands where YAML wants spaces.", _SPACES),
    _Sentence(("expected",), "A tab stands where YAML wants spaces.", _SPACES, line="tab"),
    _Sentence(
        ("quoted scalar", "end of stream"),
        "This quote is never closed.",
        "Add the closing quote.",
        at_start=True,
    ),
    _Sentence(
        ("quoted scalar", "document separator"),
        "This quote is never closed.",
        "Add the closing quote.",
        at_start=True,
    ),
    _Sentence(
        ("unknown escape character",),
        "This backslash means nothing between double quotes.",
        "Write \\\\ for one backslash, or use single quotes.",
    ),
    _Sentence(
        ("flow sequence", "expected"),
        "This [ is never closed, or a comma is missing after it.",
        "Add the ] or the comma.",
        at_start=True,
    ),
    _Sentence(
        ("flow mapping", "expected"),
        "This { is never closed, or a comma is missing after it.",
        "Add the } or the comma.",
        at_start=True,
    ),
    _Sentence(
        ("mapping values are not allowed",),
        "A second colon stands in this line.",
        "Quote a text that contains a colon and a space.",
        line="second colon",
    ),
    _Sentence(
        ("mapping values are not allowed",),
        "A key is not expected here.",
        "Either the line above lacks its colon (or the space after it), or this line is indented too far.",
    ),
    _Sentence(
        ("simple key", "could not find expected ':'"),
        "This line has no colon.",
        "Write key: value, with a space after the colon.",
        at_start=True,
    ),
    _Sentence(
        ("block mapping", "expected <block end>", "'<scalar>'"),
        "Text follows here after the value has ended.",
        "Put the whole value into one pair of quotes.",
    ),
    _Sentence(
        ("block mapping", "expected <block end>", "'-'"),
        "A list item stands here among keys.",
        "Indent the list below the key that it belongs to.",
    ),
    _Sentence(
        ("expected <block end>", "'<block sequence start>'"),
        "This list item does not line up with the others.",
        "All items of a list start in the same column.",
    ),
    _Sentence(
        ("expected <block end>", "'<block mapping start>'"),
        "This line does not line up with the lines above it.",
        _ALIGN,
    ),
    _Sentence(
        ("block collection", "expected <block end>"),
        "A key stands here among list items.",
        "Indent it below its item, or end the list by starting the key further left.",
    ),
    _Sentence(("expected <block end>", "']'"), "This ] closes nothing.", "Remove it."),
    _Sentence(("but found '}'",), "This } closes nothing.", "Remove it, or write {} for an empty map."),
    _Sentence(("but found ']'",), "This ] closes nothing.", "Remove it, or write [] for an empty list."),
    _Sentence(("expected <block end>",), "This line does not line up with the lines above it.", _ALIGN),
    _Sentence(
        ("undefined alias",),
        "This alias has no anchor above it.",
        "Write &name before the value that it should repeat, or quote the * if it is meant literally.",
    ),
    _Sentence(("cannot start any token",), "A value cannot start with this character.", "Quote the value."),
    _Sentence(
        ("undefined tag handle",),
        "A tag (a word after !) has no meaning in an overrides file.",
        "Quote the value if the ! is meant literally.",
    ),
    _Sentence(
        ("another document",),
        "A second document starts here; an overrides file is exactly one.",
        "Remove the --- line, or keep the two in separate files.",
    ),
    _Sentence(
        ("block scalar",),
        "After | or > only + or - and a digit may stand.",
        "Quote the value if | or > is meant literally.",
    ),
)
"""The first that fits speaks, so the narrower ones come first."""
