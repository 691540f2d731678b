"""After a run against a real API server: how many answers were the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest

EXCUSED = ("conformance", "excused")
"""The property of a test whose servers differ for a stated reason."""

_PARTS = {
    "tests/conformance/test_conformance.py": "requests",
    "tests/conformance/managed_fields/test_scenarios.py": "managed fields histories",
    "tests/conformance/schemas/test_creates.py": "create bodies",
    "tests/conformance/test_kubectl.py": "kubectl commands",
}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    counts = _counts(terminalreporter.stats)
    if not counts:
        return
    terminalreporter.section("conformance of the in-memory API")
    for part in _PARTS.values():
        if part in counts:
            terminalreporter.write_line(f"{part:<26}{_line(counts[part])}")
    total = sum(counts.values(), Counter[str]())
    terminalreporter.write_line(f"conformance: {_line(total)}")


def _counts(stats: dict[str, list[object]]) -> dict[str, Counter[str]]:
    """By part: equal, excused and different comparisons. What was skipped compared nothing."""
    counts: dict[str, Counter[str]] = {}
    for report in _reports(stats):
        part = next((name for file, name in _PARTS.items() if report.nodeid.startswith(f"{file}::")), None)
        if part is None or report.skipped or (report.when != "call" and not report.failed):
            continue
        verdict = "excused" if EXCUSED in map(tuple, report.user_properties) else "equal"
        counts.setdefault(part, Counter())[verdict if report.passed else "different"] += 1
    return counts


def _reports(stats: dict[str, list[object]]) -> Iterable[pytest.TestReport]:
    for outcome in ("passed", "failed", "error"):
        yield from (report for report in stats.get(outcome, ()) if isinstance(report, pytest.TestReport))


def _line(counts: Counter[str]) -> str:
    text = f"{counts['equal']} of {sum(counts.values())} equal"
    if counts["excused"]:
        text += f", {counts['excused']} differ for a reason that the table states"
    if counts["different"]:
        text += f", {counts['different']} DIFFERENT"
    return text
