"""Problems as text: where, what, the source line with a caret, and what to do."""

from __future__ import annotations

import pathlib
import re
import unicodedata
from collections.abc import Collection, Iterable

from apigeectl.overrides import catalogue
from apigeectl.overrides.document import Overrides
from apigeectl.overrides.position import Path, Position
from apigeectl.overrides.problems import OverridesInvalid, Problem, headline

WIDTH = 120
"""Longer source lines are cut around the caret."""


def report(problems: Iterable[Problem], overrides: Overrides) -> str:
    """All of them, an empty line between two."""
    secrets = secret_places(overrides)
    return "\n\n".join(describe(problem, overrides.file, overrides.text, secrets) for problem in problems)


def report_invalid(error: OverridesInvalid) -> str:
    """The same for a file that could not even be read to its end."""
    return "\n\n".join(describe(problem, error.file, error.text) for problem in error.problems)


def describe(problem: Problem, file: pathlib.Path, text: str, secrets: Collection[Position] = ()) -> str:
    """One problem: headline, source line, caret and hint, without colour."""
    lines = [headline(file, problem)]
    if problem.position:
        lines += excerpt(text, problem.position, secrets)
    if problem.hint:
        lines.append(f"hint: {problem.hint}")
    return "\n".join(lines)


def excerpt(text: str, place: Position, secrets: Collection[Position] = ()) -> list[str]:
    """The source line and a caret below its column, secrets as asterisks; empty without such a line."""
    lines = _LINE_ENDS.split(text)
    if not 0 < place.line <= len(lines):
        return []
    line = lines[place.line - 1]
    start = _secret_start(lines, place, secrets)
    column = min(place.column - 1, len(line))
    if start is not None:
        line, column = line[:start] + _MASK, min(column, start)
    line, column = _cut(line, column)
    caret = "".join(_blank(character) for character in line[:column]) + "^"
    shown = "".join(
        " " if unicodedata.category(character) == "Cc" and character != "\t" else character
        for character in line
    )
    return [f"    {shown}".rstrip(), f"    {caret}"]


def secret_places(overrides: Overrides) -> frozenset[Position]:
    """Where values stand that must not be shown, behind aliases too."""
    return frozenset(
        place
        for path, place in overrides.values.items()
        if path and (catalogue.is_secret(path) or _is_misspelt_secret(path))
    )


_MASK = "********"
_LINE_ENDS = re.compile(r"\r\n|\n|\r")
_SECRET_IN_LINE = re.compile(
    r"""["']?[\w.-]*(?:password|passwd|passphrase|salt|token|(?:encryption|private|secret)_?key)["']?\s*:\s+(?=\S)""",
    re.IGNORECASE,
)


def _is_misspelt_secret(path: Path) -> bool:
    """A misspelt password key has no catalogue path, and its value is a password all the same."""
    if catalogue.find(path) is not None:
        return False
    suggestion = catalogue.suggest(path)
    return "auth" in path or (suggestion is not None and catalogue.is_secret(suggestion.path))


def _secret_start(lines: list[str], place: Position, secrets: Collection[Position]) -> int | None:
    """The index in the line from which on nothing may be shown; None when all may."""
    line = lines[place.line - 1]
    starts = [secret.column - 1 for secret in secrets if secret.line == place.line]
    match = _SECRET_IN_LINE.search(line)
    if match:
        starts.append(match.end())
    if _continues_secret(lines, place.line - 1):
        starts.append(len(line) - len(line.lstrip()))
    return min(starts, default=None)


def _continues_secret(lines: list[str], index: int) -> bool:
    """Whether the line is a further line of a secret that began above it, indented less."""
    indent = len(lines[index]) - len(lines[index].lstrip())
    for line in reversed(lines[:index]):
        if line.strip() and len(line) - len(line.lstrip()) < indent:
            return _SECRET_IN_LINE.search(line + " |") is not None
    return False


def _cut(line: str, column: int) -> tuple[str, int]:
    if len(line) <= WIDTH:
        return line, column
    start = max(0, min(column - WIDTH // 2, len(line) - WIDTH))
    before, after = "..." if start else "", "..." if start + WIDTH < len(line) else ""
    return before + line[start : start + WIDTH] + after, column - start + len(before)


def _blank(character: str) -> str:
    """As wide as the character: a tab stays a tab, a wide character takes two columns, an accent none."""
    if character == "\t":
        return "\t"
    if unicodedata.combining(character):
        return ""
    return "  " if unicodedata.east_asian_width(character) in "WF" else " "
