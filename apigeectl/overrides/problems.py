"""What can be wrong with an overrides file, as data."""

from __future__ import annotations

import pathlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from apigeectl.errors import OverridesError
from apigeectl.overrides.position import Path, Position


class Severity(Enum):
    """ERROR: the installation would fail or be wrong for certain. WARNING: said loudly, stops nothing."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True)
class Problem:
    """One broken rule. Neither message nor hint ever carries a secret value."""

    severity: Severity
    code: str
    message: str
    path: Path = ()
    position: Position | None = None
    hint: str | None = None
    related: tuple[Position, ...] = ()


class OverridesInvalid(OverridesError):
    """The file has errors at known places; `overrides.report` shows them with their source lines."""

    def __init__(self, file: pathlib.Path, text: str, problems: Iterable[Problem]) -> None:
        self.file = file
        self.text = text
        self.problems = tuple(problems)
        count = len(errors(self.problems))
        super().__init__(
            f"{file} has {'one error' if count == 1 else f'{count} errors'}; nothing was touched.",
            details=[headline(file, problem) for problem in self.problems],
        )


def errors(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Those that stop an installation."""
    return tuple(problem for problem in problems if problem.severity is Severity.ERROR)


def headline(file: pathlib.Path, problem: Problem) -> str:
    """`file:line:column: severity: message`, the form that editors and CI systems can jump to."""
    place = f":{problem.position.line}:{problem.position.column}" if problem.position else ""
    return f"{file}{place}: {problem.severity.value}: {problem.message}"
