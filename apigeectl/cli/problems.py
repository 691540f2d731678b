"""How problems of an overrides file are shown."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from typing import Any

from apigeectl.cli.console import Console, painted
from apigeectl.cli.tables import counted
from apigeectl.overrides.document import Overrides, dotted
from apigeectl.overrides.position import Files, Position
from apigeectl.overrides.problems import OverridesInvalid, Problem, Severity
from apigeectl.overrides.report import WIDTH, report, report_invalid

_SHOWN = (Severity.ERROR, Severity.WARNING)
_STYLES = {"error": "error", "warning": "warning"}
_SEVERITY = re.compile(r"^(\S[^\n]*?: )(error|warning|info|note)(?=: )", re.MULTILINE)
_NOUNS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "remark"}


def show_problems(
    console: Console, overrides: Overrides, problems: Sequence[Problem], *, verbose: bool
) -> None:
    """Errors and warnings, to stderr; with verbose also what is only information."""
    shown = [problem for problem in problems if verbose or problem.severity in _SHOWN]
    if text := report(shown, overrides, source_width()):
        console.say(text)


def show_invalid(console: Console, error: OverridesInvalid) -> None:
    """A file that stops the command: every problem with its source line."""
    console.say(report_invalid(error, source_width()))


def highlighted(text: str) -> str:
    """A report with the severity of every problem in its colour."""
    return _SEVERITY.sub(lambda found: found[1] + painted(found[2], _STYLES.get(found[2], "info")), text)


def source_width() -> int:
    """How much of a source line fits the terminal beside its margin and the dots that say it was cut."""
    return max(20, min(WIDTH, shutil.get_terminal_size((WIDTH + 10, 24)).columns - 10))


def tally(problems: Sequence[Problem]) -> str:
    """How many there are of each kind; those silenced are counted by themselves."""
    loud = [problem.severity for problem in problems if problem.silenced is None]
    counts = [counted(loud.count(severity), noun) for severity, noun in _NOUNS.items()]
    silenced = len(problems) - len(loud)
    return ", ".join(
        [*counts[:2], *counts[2:][: loud.count(Severity.INFO)], *[f"{silenced} silenced"][:silenced]]
    )


def as_json(problems: Sequence[Problem], files: Files) -> dict[str, Any]:
    """The versioned document of `validate -o json`."""
    return {
        "apiVersion": "apigeectl/v1",
        "kind": "Problems",
        "files": [str(file) for file, _ in files.starts],
        "problems": [
            {
                "severity": problem.severity.value,
                "code": problem.code,
                "message": problem.message,
                "path": dotted(problem.path),
                **_place(problem.position, files),
                "hint": problem.hint,
                "related": [_place(place, files) for place in problem.related],
                "silenced": problem.silenced,
            }
            for problem in problems
        ],
    }


def _place(position: Position | None, files: Files) -> dict[str, Any]:
    if position is None:
        return {"file": str(files.last), "line": None, "column": None}
    place = files.locate(position)
    return {"file": str(place.file), "line": place.line, "column": place.column}
