"""The place where a YAML parser gave up, and the lines around it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from apigeectl.overrides.position import Position
from apigeectl.yaml import YAMLSyntaxError


@dataclass(frozen=True)
class Spot:
    """The complaint and the lines around the place where the parser gave up."""

    error: YAMLSyntaxError
    lines: list[str]

    @cached_property
    def place(self) -> Position:
        return Position(self.error.line or 1, self.error.column or 1)

    @property
    def start(self) -> Position:
        """Where the construct begins that could not be finished."""
        return Position(*self.error.context) if self.error.context else self.place

    @property
    def quote(self) -> Position | None:
        """The opening quote of the text that ends here, when it stands in a line above."""
        return Position(*self.error.quote) if self.error.quote else None

    @property
    def line(self) -> str:
        return self._line(self.place.line)

    @property
    def before(self) -> str:
        return self.line[: self.place.column - 1]

    @property
    def rest(self) -> str:
        return self.line[self.place.column - 1 :]

    @cached_property
    def key(self) -> Position:
        """The first word of the line."""
        return Position(self.place.line, indent(self.line) + 1)

    @cached_property
    def above(self) -> Position:
        """The first word of the next line upwards that says something; the place itself without one."""
        for number in range(self.place.line - 1, 0, -1):
            words = self._line(number).strip()
            if words and not words.startswith("#"):
                return Position(number, indent(self._line(number)) + 1)
        return self.place

    @property
    def words_above(self) -> str:
        return self._line(self.above.line).strip() if self.above != self.place else ""

    @cached_property
    def conflict(self) -> Position | None:
        """The first line that a version control system left in the file."""
        for number, line in enumerate(self.lines, 1):
            if _CONFLICT.match(line):
                return Position(number, 1)
        return None

    @property
    def begins_line(self) -> bool:
        return not self.before.strip()

    @property
    def among(self) -> bool:
        """It stands in the very column of the keys or items around it."""
        return self.begins_line and self.place.column == self.start.column

    def _line(self, number: int) -> str:
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""


def indent(line: str) -> int:
    return len(line) - len(line.lstrip())


_CONFLICT = re.compile(r"(<{7}|={7}|>{7}|\|{7})(?: |$)")
