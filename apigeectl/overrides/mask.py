"""The lines of an overrides file as they may be shown."""

from __future__ import annotations

import re

from apigeectl.overrides.document import Overrides
from apigeectl.overrides.report import secret_places

_MASK = "********"
_LINE_ENDS = re.compile(r"\r\n|\n|\r")


def masked_lines(overrides: Overrides) -> list[str]:
    """Every line, what a secret property holds as asterisks, further lines of the same value too."""
    lines = _LINE_ENDS.split(overrides.text)
    if not lines[-1]:
        lines.pop()
    for place in secret_places(overrides):
        index = place.line - 1
        margin = _indent(lines[index])
        lines[index] = lines[index][: place.column - 1] + _MASK
        for below in range(index + 1, len(lines)):
            if lines[below].strip() and _indent(lines[below]) <= margin:
                break
            lines[below] = _MASK if lines[below].strip() else lines[below]
    return lines


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
