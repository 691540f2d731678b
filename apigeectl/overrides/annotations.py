"""Problems as annotations of GitHub Actions, which shows them beside the lines of a pull request."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterable

from apigeectl.overrides.position import Files
from apigeectl.overrides.problems import Problem, Severity

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def workflow_commands(problems: Iterable[Problem], files: Files, cwd: pathlib.Path) -> str:
    """One workflow command a line, for every problem that no comment silences."""
    return "\n".join(_annotation(problem, files, cwd) for problem in problems if problem.silenced is None)


def _annotation(problem: Problem, files: Files, cwd: pathlib.Path) -> str:
    properties = {"file": str(files.last)}
    if problem.position:
        place = files.locate(problem.position)
        properties = {"file": str(place.file), "line": str(place.line), "col": str(place.column)}
    if os.path.isabs(properties["file"]):
        properties["file"] = relative(properties["file"], cwd)
    properties["title"] = problem.code
    written = ",".join(f"{name}={_escaped(value, ':,')}" for name, value in properties.items())
    words = "\n".join(filter(None, (problem.message, problem.hint and f"hint: {problem.hint}")))
    return f"::{_COMMANDS[problem.severity]} {written}::{_escaped(words)}"


def relative(file: str, cwd: pathlib.Path) -> str:
    """The file as seen from the working directory, which is the repository there, when it lies below it."""
    inside = os.path.relpath(file, cwd)
    return file if inside.startswith(os.pardir) else inside


def _escaped(text: str, more: str = "") -> str:
    """`%`, line ends and, in properties, `:` and `,` would end the value."""
    for character in f"%\r\n{more}":
        text = text.replace(character, f"%{ord(character):02X}")
    return text
