"""What can be wrong with an overrides file, as data."""

from __future__ import annotations

import pathlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from apigeectl.errors import OverridesError
from apigeectl.overrides.position import Files, Path, Position


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
    silenced: str | None = None
    """The reason that a comment in the file gives for silencing it."""


class OverridesInvalid(OverridesError):
    """The file has errors at known places; `overrides.report` shows them with their source lines."""

    def __init__(self, files: pathlib.Path | Files, text: str, problems: Iterable[Problem]) -> None:
        self.files = files if isinstance(files, Files) else Files.of(files)
        self.text = text
        self.problems = tuple(problems)
        count = len(errors(self.problems))
        super().__init__(
            f"{self.files} has {'one error' if count == 1 else f'{count} errors'}; nothing was touched",
            details=[headline(self.files, problem) for problem in self.problems if problem.silenced is None],
        )

    @property
    def file(self) -> pathlib.Path:
        return self.files.last


def errors(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Those that stop an installation."""
    return tuple(problem for problem in problems if problem.severity is Severity.ERROR)


def headline(files: Files, problem: Problem) -> str:
    """`file:line:column: severity: message [code]`, the form that editors and CI systems can jump to."""
    place = files.last if problem.position is None else "{}:{}:{}".format(*files.locate(problem.position))
    return f"{place}: {problem.severity.value}: {problem.message} [{problem.code}]"
