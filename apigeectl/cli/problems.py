"""How problems of an overrides file are shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apigeectl.cli.console import Console
from apigeectl.cli.tables import counted
from apigeectl.overrides.document import Overrides, dotted
from apigeectl.overrides.problems import OverridesInvalid, Problem, Severity, errors
from apigeectl.overrides.report import report, report_invalid

_SHOWN = (Severity.ERROR, Severity.WARNING)


def show_problems(
    console: Console, overrides: Overrides, problems: Sequence[Problem], *, verbose: bool
) -> None:
    """Errors and warnings, to stderr; with verbose also what is only information."""
    shown = [problem for problem in problems if verbose or problem.severity in _SHOWN]
    if shown:
        console.say(report(shown, overrides))


def show_invalid(console: Console, error: OverridesInvalid) -> None:
    """A file that stops the command: every problem with its source line."""
    console.say(report_invalid(error))


def tally(problems: Sequence[Problem]) -> str:
    """How many there are."""
    wrong = len(errors(problems))
    return f"{counted(wrong, 'error')}, {counted(len(problems) - wrong, 'other remark')}"


def as_json(file: str, problems: Sequence[Problem]) -> dict[str, Any]:
    """The versioned document of `validate -o json`."""
    return {
        "apiVersion": "apigeectl/v1",
        "kind": "Problems",
        "file": file,
        "problems": [
            {
                "severity": problem.severity.value,
                "code": problem.code,
                "message": problem.message,
                "path": dotted(problem.path),
                "line": problem.position.line if problem.position else None,
                "column": problem.position.column if problem.position else None,
                "hint": problem.hint,
            }
            for problem in problems
        ],
    }
