"""Plain sentences for text that is not YAML."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from apigeectl.overrides.position import Position
from apigeectl.overrides.problems import Problem, Severity
from apigeectl.overrides.spot import Spot, indent
from apigeectl.yaml import YAMLSyntaxError


def syntax_problem(error: YAMLSyntaxError, text: str) -> Problem:
    """The parser's complaint in the words of somebody who edits the file, at the place to edit."""
    spot = Spot(error, _LINE_ENDS.split(text))
    for sentence in _SENTENCES:
        if re.search(sentence.complaint, error.message) and sentence.fits(spot):
            where = sentence.where(spot)
            related = (spot.place,) if where is not spot.place and where == spot.start != spot.place else ()
            return Problem(Severity.ERROR, sentence.code, sentence.message, (), where, sentence.hint, related)
    return Problem(Severity.ERROR, "yaml-syntax", f"this is not YAML: {error.message}", (), spot.place)


_LINE_ENDS = re.compile(r"\r\n|\n|\r")
_NO_SPACE = re.compile(r"(?:- +)*[\w.-]+:(?=[^\s:/])(?!.*: )")
_HAS_VALUE = re.compile(r"[\w.-]+: *[^\s#|>]")
_ANYTHING = ""
_UNEXPECTED = r"expected <block end>|did not find expected (?:key|'-' indicator)"
"""What stands here belongs to no open map or list; libyaml's words and those of its translation."""


def _place(spot: Spot) -> Position:
    return spot.place


def _start(spot: Spot) -> Position:
    return spot.start


def _key(spot: Spot) -> Position:
    return spot.key


def _above(spot: Spot) -> Position:
    return spot.above


def _behind_colon_above(spot: Spot) -> Position:
    return Position(spot.above.line, spot.above.column + spot.words_above.index(":") + 1)


@dataclass(frozen=True)
class _Sentence:
    """What to say when the parser's message and the lines around look like this, and where to edit."""

    complaint: str
    message: str
    hint: str
    fits: Callable[[Spot], bool] = lambda spot: True
    where: Callable[[Spot], Position] = _place
    code: str = "yaml-syntax"


_SPACES = "indent with spaces; two per level is usual"
_ALIGN = "keys that belong together start in the same column"

_SENTENCES = (
    _Sentence(
        _ANYTHING,
        "a merge conflict was left in the file",
        "choose between the two sides and remove the lines with the markers",
        lambda spot: spot.conflict is not None,
        lambda spot: spot.conflict or spot.place,
    ),
    _Sentence(
        _ANYTHING,
        "a template stands here; an overrides file is plain YAML",
        "run the template first and give its result to -f",
        lambda spot: spot.line.lstrip().startswith(("{{", "{%")) or spot.words_above.startswith(("{{", "{%")),
        lambda spot: spot.key if spot.line.lstrip().startswith(("{{", "{%")) else spot.above,
    ),
    _Sentence(
        r"tab character|cannot start any token",
        "a tab stands where YAML wants spaces",
        _SPACES,
        lambda spot: spot.rest.startswith("\t"),
    ),
    _Sentence(
        r"expected|not allowed",
        "a tab stands where YAML wants spaces",
        _SPACES,
        lambda spot: "\t" in spot.line[: indent(spot.line)],
        lambda spot: Position(spot.place.line, spot.line.index("\t") + 1),
    ),
    _Sentence(
        r"quoted scalar .*(end of stream|document (separator|indicator))",
        "this quote is never closed",
        "add the closing quote",
        where=_start,
    ),
    _Sentence(
        r"unknown escape character",
        "this backslash means nothing between double quotes",
        "write \\\\ for one backslash, or use single quotes",
        where=lambda spot: Position(
            spot.place.line, spot.place.column - (0 if spot.rest.startswith("\\") else 1)
        ),
    ),
    _Sentence(
        r"hex\w*decimal|character escape code",
        "this escape stands for no character",
        "write \\\\ for one backslash, or use single quotes",
        code="yaml-character",
    ),
    _Sentence(
        r"flow sequence.*expected",
        "this [ is never closed, or a comma is missing after it",
        "add the ] or the comma",
        where=_start,
    ),
    _Sentence(
        r"flow mapping.*expected",
        "this { is never closed, or a comma is missing after it",
        "add the } or the comma; quote the text if the { is meant literally",
        where=_start,
    ),
    _Sentence(
        r"found unexpected ':'",
        "a colon ends this value between brackets",
        "quote the value, or remove the colon",
    ),
    _Sentence(
        r"mapping values are not allowed",
        "a second colon stands in this line",
        "quote a text that contains a colon and a space",
        lambda spot: ": " in spot.before,
    ),
    _Sentence(
        r"mapping values are not allowed",
        "there is no space after this colon",
        "write key: value, with a space after the colon",
        lambda spot: _NO_SPACE.match(spot.words_above) is not None,
        _behind_colon_above,
    ),
    _Sentence(
        r"mapping values are not allowed",
        "this line has no colon",
        "write key: value, with a space after the colon",
        lambda spot: spot.words_above != "" and ":" not in spot.words_above,
        _above,
    ),
    _Sentence(
        rf"mapping values are not allowed|{_UNEXPECTED}",
        "this line is indented too far: the key above it has a value already",
        _ALIGN,
        lambda spot: (
            spot.key.column > spot.above.column
            and ":" not in spot.before
            and _HAS_VALUE.match(spot.words_above) is not None
        ),
        _key,
    ),
    _Sentence(r"mapping values are not allowed", "a key is not expected here", _ALIGN, where=_key),
    _Sentence(
        r"simple key.*could not find expected ':'",
        "this line has no colon",
        "write key: value, with a space after the colon",
        where=_start,
    ),
    _Sentence(
        r"sequence entries are not allowed",
        "a list cannot begin behind its key",
        "start every item with a dash in a line of its own below the key",
    ),
    _Sentence(
        _UNEXPECTED,
        "this quote is not closed where its line ends",
        "add the closing quote",
        lambda spot: not spot.begins_line and spot.quote is not None,
        lambda spot: spot.quote or spot.place,
    ),
    _Sentence(_UNEXPECTED, "this ] closes nothing", "remove it", lambda spot: spot.rest.startswith("]")),
    _Sentence(_UNEXPECTED, "this } closes nothing", "remove it", lambda spot: spot.rest.startswith("}")),
    _Sentence(
        _UNEXPECTED,
        "text follows here after the value has ended",
        "put the whole value into one pair of quotes",
        lambda spot: not spot.begins_line,
    ),
    _Sentence(
        _UNEXPECTED,
        "a list item stands here among keys",
        "indent the list below the key that it belongs to",
        lambda spot: spot.among and spot.rest.startswith("-"),
    ),
    _Sentence(
        _UNEXPECTED,
        "a key stands here among list items",
        "indent it below its item, or end the list by starting the key further left",
        lambda spot: spot.among,
    ),
    _Sentence(
        _UNEXPECTED,
        "this list item does not line up with the others",
        "all items of a list start in the same column",
        lambda spot: spot.rest.startswith("- "),
    ),
    _Sentence(
        _UNEXPECTED,
        "this line does not line up with the lines above it",
        _ALIGN,
    ),
    _Sentence(
        r"expected (the )?node content",
        "this bracket closes nothing",
        "remove it, or write [] for an empty list and {} for an empty map",
        lambda spot: spot.rest.startswith(("]", "}")),
    ),
    _Sentence(
        r"cannot start any token|expected (the )?node content",
        "a value cannot start with this character",
        "quote the value",
    ),
    _Sentence(
        r"mapping keys are not allowed",
        "a ? cannot begin a key here",
        "quote the value if the ? is meant literally",
    ),
    _Sentence(r"incompatible YAML", "only versions 1.x of YAML are known", "remove the %YAML line"),
    _Sentence(
        r"undefined alias",
        "this alias has no anchor above it",
        "write &name before the value that it should repeat, or quote the * if it is meant literally",
    ),
    _Sentence(
        r"scanning an? (alias|anchor)",
        "a name must follow this * or &",
        "quote the value if the sign is meant literally",
        where=_start,
    ),
    _Sentence(
        r"tag",
        "a tag (a word after !) has no meaning in an overrides file",
        "quote the value if the ! is meant literally",
        where=_start,
    ),
    _Sentence(
        r"another document|document start",
        "a second document starts here; an overrides file is exactly one",
        "remove the --- line, or keep the two in separate files and give each with -f",
    ),
    _Sentence(
        r"block scalar",
        "after | or > only + or - and a digit may stand",
        "quote the value if | or > is meant literally",
        where=_start,
    ),
)
"""The first that fits speaks, so the narrower ones come first."""
