"""A line, cleaned, to the known problem that it gives away. Patterns are compiled when the first line comes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from apigeectl.diagnosis.model import Place
from apigeectl.diagnosis.patterns import PATTERNS, Pattern

LONGEST = 300


@dataclass(frozen=True)
class Match:
    """Which problem a line gives away, and what it names: an image, a host, an account."""

    code: str
    line: str
    names: Mapping[str, str] = field(default_factory=dict)
    minutes: int = 0
    """A patience of its own; 0 for that of the problem."""


def match(place: Place, text: str) -> Match | None:
    """What one line, message or answer gives away; its line is fit to be shown."""
    line = cleaned(text)
    for pattern, regex in _compiled(place):
        found = regex.search(line)
        if found:
            names = {_bare(name): value for name, value in found.groupdict().items() if value}
            return Match(pattern.code, shown(line), names, pattern.minutes)
    return None


def newest(place: Place, text: str) -> Match | None:
    """What the newest line of a log gives away that gives anything away."""
    return next((found for line in reversed(text.splitlines()) if (found := match(place, line))), None)


def last_line(text: str) -> str:
    """The newest line that is not empty, fit to be shown; "" when there is none."""
    return next((shown(line) for line in reversed(text.splitlines()) if line.strip()), "")


def cleaned(text: str) -> str:
    """Without colours, folds, typographic quotes and those that JSON escapes, so that words can be compared."""
    return " ".join(_ESCAPES.sub("", text).translate(_QUOTES).replace('\\"', '"').split())


def shown(text: str) -> str:
    """Cleaned, without what must not be shown, and no longer than a reader wants."""
    line = cleaned(text)
    for regex, instead in _SECRETS:
        line = regex.sub(instead, line)
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


@cache
def _compiled(place: Place) -> tuple[tuple[Pattern, re.Pattern[str]], ...]:
    return tuple((each, re.compile(each.regex)) for each in PATTERNS if each.place is place)


def _bare(name: str) -> str:
    return name.rstrip("0123456789")


_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_QUOTES = str.maketrans("‘’“”", "''\"\"")
_SECRETS = (
    (re.compile(r"-----BEGIN [A-Z ]*KEY-----.*?(-----END [A-Z ]*KEY-----|$)"), "(key hidden)"),
    (re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+@"), "***:***@"),
    (re.compile(r"(?i)(\bbearer\s+)[\w.~+/=-]{8,}"), r"\1***"),
    (re.compile(r"\bya29\.[\w.-]+"), "***"),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]+(\.[\w-]*)?"), "***"),
    (re.compile(r"(encryption key ')[^']*"), r"\1***"),
    (
        re.compile(
            r"(?i)((?:password|passwd|secret|token|private_?key(?:_id)?|api_?key|assertion)"
            r"[\"']?\s*[=:]\s*)(?:\"[^\"]*\"|'[^']*'|[^\s,;&}]+)"
        ),
        r"\1***",
    ),
)
"""Key material, tokens, passwords in addresses and in settings, the decoded key that a chart puts into an error."""
