"""Problems as text: where, what, the source line with a caret, and what to do."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Collection, Iterable
from functools import cached_property

from apigeectl.overrides import catalogue
from apigeectl.overrides.document import Overrides
from apigeectl.overrides.findings import holds_password
from apigeectl.overrides.position import Files, Path, Position
from apigeectl.overrides.problems import OverridesInvalid, Problem, Severity, headline

WIDTH = 120
"""Longer source lines are cut around the caret."""

MAX_SHOWN = 1000
"""Nobody reads more problems than this; errors come first then."""


def report(problems: Iterable[Problem], overrides: Overrides, width: int = WIDTH) -> str:
    """All that no comment silences, an empty line between two. Source lines are cut to the width."""
    problems = list(problems)
    secrets = secret_places(overrides) if problems else ()
    return _described(problems, overrides.files, Source(overrides.text, secrets, width))


def report_invalid(error: OverridesInvalid, width: int = WIDTH) -> str:
    """The same for a file that could not even be read to its end."""
    return _described(error.problems, error.files, Source(error.text, width=width))


def _described(problems: Iterable[Problem], files: Files, source: Source) -> str:
    shown = [problem for problem in problems if problem.silenced is None]
    left_out = len(shown) - MAX_SHOWN
    if left_out > 0:
        shown = sorted(shown, key=lambda problem: problem.severity is not Severity.ERROR)[:MAX_SHOWN]
    words = [describe(problem, files, source) for problem in shown]
    if left_out > 0:
        words.append(f"and {left_out:,} more; -o json lists them all")
    return "\n\n".join(words)


def describe(problem: Problem, files: Files, source: Source) -> str:
    """One problem: headline, source line, caret, other places and hint, without colour."""
    lines = [headline(files, problem)]
    if problem.position:
        lines += source.excerpt(problem.position)
    for place in problem.related:
        lines += ["{}:{}:{}: note: see also here".format(*files.locate(place)), *source.excerpt(place)]
    if problem.hint:
        lines.append(f"hint: {problem.hint}")
    return "\n".join(lines)


class Source:
    """The text of the files, as it may be shown: what is secret as asterisks."""

    def __init__(self, text: str, secrets: Collection[Position] = (), width: int = WIDTH) -> None:
        self._lines = _LINE_ENDS.split(text)
        self._width = width
        self._starts: dict[int, int | None] = {}
        self._secrets: dict[int, int] = {}
        for place in secrets:
            self._secrets[place.line] = min(place.column, self._secrets.get(place.line, place.column))

    def excerpt(self, place: Position) -> list[str]:
        """The source line and a caret below its column; empty without such a line."""
        if not 0 < place.line <= len(self._lines):
            return []
        line = self._lines[place.line - 1]
        if place.line not in self._starts:
            self._starts[place.line] = self._secret_start(place.line)
        start = self._starts[place.line]
        column = min(place.column - 1, len(line))
        if start is not None:
            line, column = line[:start] + _MASK, min(column, start)
        line, column = _cut(line, column, self._width)
        caret = "".join(_blank(character) for character in line[:column]) + "^"
        shown = "".join(
            " " if unicodedata.category(character) == "Cc" and character != "\t" else character
            for character in line
        )
        return [f"    {shown}".rstrip(), f"    {caret}"]

    def _secret_start(self, number: int) -> int | None:
        """The index in the line from which on nothing may be shown; None when all may."""
        line = self._lines[number - 1]
        starts = [self._secrets[number] - 1] if number in self._secrets else []
        match = _SECRET_IN_LINE.search(line)
        if match:
            starts.append(match.end())
        above = self._parents[number - 1]
        if above is not None and _SECRET_IN_LINE.search(self._lines[above] + " |"):
            starts.append(_indent(line))
        return min(starts, default=None)

    @cached_property
    def _parents(self) -> list[int | None]:
        """For every line the next one above that is indented less: the one it continues or belongs to."""
        parents: list[int | None] = []
        outer: list[tuple[int, int]] = []
        for index, line in enumerate(self._lines):
            indent = _indent(line)
            while outer and outer[-1][1] >= indent:
                outer.pop()
            parents.append(outer[-1][0] if outer else None)
            if line.strip():
                outer.append((index, indent))
        return parents


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def secret_places(overrides: Overrides) -> frozenset[Position]:
    """Where values stand that must not be shown, behind aliases too."""
    guesses = 0
    places = set()
    for path, written in overrides.raw.items():
        if holds_password(written.text):
            places.add(overrides.values[path])
    for path, place in overrides.values.items():
        if not path:
            continue
        if not (secret := catalogue.is_secret(path)) and catalogue.find(path) is None:
            guesses += 1
            secret = guesses > _MAX_GUESSES or _is_misspelt_secret(path)
        if secret:
            places.add(place)
    return frozenset(places)


_MASK = "********"
_MAX_GUESSES = 500
"""A guess takes a while; in a file of unknown keys the values behind this many are taken for secrets unseen."""
_LINE_ENDS = re.compile(r"\r\n|\n|\r")
_SECRET_IN_LINE = re.compile(
    r"""(?:password|passwd|passphrase|salt|token|(?:encryption|private|secret)_?key)["']?\s*:\s+(?=\S)""",
    re.IGNORECASE,
)
_SECRET_WORDS = ("password", "passphrase", "encryptionkey", "privatekey", "token", "salt", "pwd")
"""What a misspelt key may have meant where even its place is misspelt, so that nothing else can be guessed."""


def _is_misspelt_secret(path: Path) -> bool:
    """A misspelt password key has no catalogue path, and its value is a password all the same."""
    if "auth" in path or difflib.get_close_matches(str(path[-1]).lower(), _SECRET_WORDS, n=1, cutoff=0.8):
        return True
    suggestion = catalogue.suggest(path)
    return suggestion is not None and catalogue.is_secret(suggestion.path)


def _cut(line: str, column: int, width: int) -> tuple[str, int]:
    if len(line) <= width:
        return line, column
    start = max(0, min(column - width // 2, len(line) - width))
    before, after = "..." if start else "", "..." if start + width < len(line) else ""
    return before + line[start : start + width] + after, column - start + len(before)


def _blank(character: str) -> str:
    """As wide as the character: a tab stays a tab, a wide character takes two columns, an accent none."""
    if character == "\t":
        return "\t"
    if unicodedata.combining(character):
        return ""
    return "  " if unicodedata.east_asian_width(character) in "WF" else " "
