"""Problems in the Static Analysis Results Interchange Format, SARIF 2.1.0."""

from __future__ import annotations

import os
import pathlib
import urllib.parse
from collections.abc import Iterable
from typing import Any

from apigeectl.overrides.annotations import relative
from apigeectl.overrides.codes import CODES
from apigeectl.overrides.position import Files, Position, dotted
from apigeectl.overrides.problems import Problem, Severity

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def sarif(problems: Iterable[Problem], files: Files, version: str, cwd: pathlib.Path) -> dict[str, Any]:
    """The log of one run; what a comment silences is there with the reason."""
    problems = tuple(problems)
    rules = {code: index for index, code in enumerate(sorted({problem.code for problem in problems}))}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "apigeectl",
                        "version": version,
                        "rules": [_rule(code) for code in rules],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(problem, files, rules, cwd) for problem in problems],
            }
        ],
    }


def _rule(code: str) -> dict[str, Any]:
    known = CODES.get(code)
    return {"id": code, "shortDescription": {"text": known.title}} if known else {"id": code}


def _result(problem: Problem, files: Files, rules: dict[str, int], cwd: pathlib.Path) -> dict[str, Any]:
    words = f"{problem.message} ({problem.hint})" if problem.hint else problem.message
    result: dict[str, Any] = {
        "ruleId": problem.code,
        "ruleIndex": rules[problem.code],
        "level": _LEVELS[problem.severity],
        "message": {"text": words},
        "locations": [_location(problem.position, files, cwd)],
    }
    if problem.path:
        result["locations"][0]["logicalLocations"] = [{"fullyQualifiedName": dotted(problem.path)}]
    if problem.related:
        result["relatedLocations"] = [
            {"id": number, **_location(place, files, cwd)} for number, place in enumerate(problem.related, 1)
        ]
    if problem.silenced is not None:
        result["suppressions"] = [{"kind": "inSource", "justification": problem.silenced}]
    return result


def _location(position: Position | None, files: Files, cwd: pathlib.Path) -> dict[str, Any]:
    if position is None:
        return {"physicalLocation": {"artifactLocation": {"uri": _uri(files.last, cwd)}}}
    place = files.locate(position)
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(place.file, cwd)},
            "region": {"startLine": place.line, "startColumn": place.column},
        }
    }


def _uri(file: pathlib.Path, cwd: pathlib.Path) -> str:
    """Relative to the working directory where that is possible, so that the log fits the repository elsewhere."""
    path = relative(os.path.join(cwd, file), cwd)
    return pathlib.Path(path).as_uri() if os.path.isabs(path) else urllib.parse.quote(path)
