"""Deployments for people and as JSON: the marks, the synchronisation bar, the table of runtime pods."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from apigeectl.cli.console import Console, painted, printable
from apigeectl.cli.tables import counted, laid_out
from apigeectl.deployments.ages import age
from apigeectl.deployments.judgement import Mark

if TYPE_CHECKING:
    from apigeectl.actions.deployments import Listing, Row
    from apigeectl.actions.deployments_status import Look
    from apigeectl.deployments.judgement import Count, Verdict
    from apigeectl.deployments.model import Instance
    from apigeectl.deployments.pods import Row as Pod

MARKS = {
    Mark.NOT_DEPLOYED: ("○", "not deployed", "dim"),
    Mark.FINE: ("✓", "fine", "good"),
    Mark.ATTENTION: ("!", "needs attention", "warning"),
    Mark.ERROR: ("✗", "error", "bad"),
}
"""The four marks of the hybrid UI."""

_WIDTH = 20
_WIDE = 100
"""Columns from which on a terminal has room for an environment a column."""


def bar(percentage: int) -> str:
    """`[##########..........]  50 %`."""
    filled = percentage * _WIDTH // 100
    return f"[{'#' * filled}{'.' * (_WIDTH - filled)}] {percentage:3d} %"


def show_rows(
    console: Console,
    rows: Sequence[Row],
    environments: Sequence[str],
    now: float,
    *,
    states: bool,
    columns: int | None,
    brief: bool = False,
) -> None:
    """A row for each deployment, or a column for each environment where the terminal has room.

    `brief` leaves out the rows that only say where else a proxy is not deployed.
    """
    if not rows:
        console.say("nothing matches" if environments else "there are no environments")
        return
    if columns and columns >= _WIDE and len(environments) > 1:
        matrix = laid_out(_matrix(rows, environments, now, states=states))
        if max(map(len, matrix.splitlines())) <= columns:
            console.data(printable(matrix))
            return
    paths = any(row.base_paths for row in rows)
    header = ["PROXY", "ENVIRONMENT", "REVISION", "SINCE", *(["STATE"] if states else ())]
    lines = [[*header, "BASE PATHS"] if paths else header]
    for row in _compact(rows, environments) if brief else rows:
        since = age(row.since, now) if row.deployed else "-"
        line = [row.proxy, row.environment or "-", row.revision or "-", since]
        line += [_state(row)] if states else []
        lines.append([*line, " ".join(row.base_paths)] if paths else line)
    console.data(printable(laid_out(lines)))


def _compact(rows: Sequence[Row], environments: Sequence[str]) -> list[Row]:
    """One that runs nowhere keeps one row."""
    from dataclasses import replace

    somewhere = {row.proxy for row in rows if row.deployed}
    if len(environments) == 1:
        return list(rows)
    nowhere: dict[str, Row] = {}
    for row in rows:
        if row.proxy not in somewhere:
            nowhere.setdefault(row.proxy, replace(row, environment=""))
    found = [row for row in rows if row.deployed]
    return sorted([*found, *nowhere.values()], key=lambda row: row.proxy)


def list_document(org: str, found: Listing, rows: Sequence[Row], *, shared_flows: bool) -> dict[str, Any]:
    """The list for programs: every proxy and environment, deployed or not."""
    return {
        "apiVersion": "apigeectl/v1",
        "kind": "DeploymentList",
        "organization": org,
        "sharedFlows": shared_flows,
        "environments": list(found.environments),
        "items": [
            {
                "proxy": row.proxy,
                "environment": row.environment,
                "revision": row.revision or None,
                "since": moment(row.since),
                "basePaths": list(row.base_paths),
                "state": row.mark.value if row.mark else None,
            }
            for row in rows
        ],
    }


def show_look(console: Console, seen: Look, now: float) -> None:
    """Everything about one deployment; long texts are wrapped for a terminal."""
    found, verdict = seen.deployment, seen.verdict
    columns = shutil.get_terminal_size().columns if console.out.isatty() else None
    heading = (
        f"{found.proxy} revision {found.revision} in {found.environment}, deployed {age(found.started, now)}"
    )
    lines = [printable(heading)]
    for label, text in _facts(console, seen):
        lines += _labelled(label, text, columns)
    if verdict.pods:
        rows = [("NAME", "STATUS", "REPORTED", "REVISION", "")]
        rows += [
            (
                pod.name,
                pod.status,
                age(pod.reported, now) if pod.reported else "-",
                pod.revision or "-",
                pod.note,
            )
            for pod in verdict.pods
        ]
        lines += ["  runtime pods", *(f"    {printable(line)}" for line in laid_out(rows).splitlines())]
    console.data("\n".join(lines))


def progress_line(seen: Look) -> str:
    """One look in one line."""
    found, verdict = seen.deployment, seen.verdict
    state = found.state.value if found.state else MARKS[verdict.mark][1]
    return f"{found.proxy} revision {found.revision} in {found.environment}: {bar(verdict.reported)} {state}"


def look_document(org: str, seen: Look) -> dict[str, Any]:
    """One deployment for programs."""
    found, verdict = seen.deployment, seen.verdict
    return {
        "apiVersion": "apigeectl/v1",
        "kind": "DeploymentStatus",
        "organization": org,
        "proxy": found.proxy,
        "environment": found.environment,
        "revision": found.revision,
        "since": moment(found.started),
        "mark": verdict.mark.value,
        "state": found.state.value if found.state else None,
        "complete": verdict.complete,
        "failed": verdict.failed,
        "reportedPercentage": verdict.reported,
        "syncedPercentage": verdict.synced,
        "otherRevisionsPercentage": verdict.older,
        "podsWithErrors": _count_document(verdict.errors),
        "podsInUnknownStatus": _count_document(verdict.unknown),
        "causes": [{"message": cause.message, "times": cause.times} for cause in verdict.causes],
        "warnings": list(verdict.warnings),
        "notes": list(verdict.notes),
        "basePaths": list(found.base_paths),
        "instances": [_instance_document(instance) for instance in found.instances],
        "pods": [_pod_document(pod) for pod in verdict.pods],
    }


def moment(milliseconds: int | None) -> str | None:
    """ISO 8601 in UTC; None for a time that is unknown or beyond any calendar."""
    if milliseconds is None:
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, timezone.utc).isoformat(timespec="milliseconds")
    except (OverflowError, ValueError, OSError):
        return None


def _matrix(rows: Sequence[Row], environments: Sequence[str], now: float, *, states: bool) -> list[list[str]]:
    cells: dict[str, dict[str, list[str]]] = {}
    paths: dict[str, dict[str, None]] = {}
    for row in rows:
        paths.setdefault(row.proxy, {}).update(dict.fromkeys(row.base_paths))
        words = f"{row.revision} {_mark(row) if states else ''}".rstrip()
        text = (
            f"{words} ({age(row.since, now)})" if row.deployed else _mark(row) if states and row.mark else "-"
        )
        cells.setdefault(row.proxy, {}).setdefault(row.environment, []).append(text)
    lines = [["PROXY", *environments, *(["BASE PATHS"] if any(paths.values()) else ())]]
    for proxy, by_environment in cells.items():
        found = (", ".join(by_environment.get(each, ["-"])) for each in environments)
        lines.append([proxy, *found, *([" ".join(paths[proxy])] if any(paths.values()) else ())])
    return lines


def _mark(row: Row) -> str:
    return MARKS[row.mark][0] if row.mark else "?"


def _state(row: Row) -> str:
    return " ".join(MARKS[row.mark][:2]) if row.mark else "? could not be read"


def _facts(console: Console, seen: Look) -> Iterator[tuple[str, str]]:
    found, verdict = seen.deployment, seen.verdict
    mark, words, style = MARKS[verdict.mark]
    state = f" ({found.state.value})" if found.state else ""
    yield "state", f"{painted(mark, style) if console.color_out else mark} {words}{state}"
    yield "synchronised", f"{bar(verdict.reported)} of the runtime pods reported{_rest(verdict)}"
    errors = "some pods reported errors" if verdict.failed else "no pods reported errors"
    yield "errors", _counted(verdict.errors, "reported errors") if verdict.errors else errors
    unknown = f"{100 - verdict.reported} % of the pods in unknown status"
    yield "unknown", _counted(verdict.unknown, "in unknown status") if verdict.unknown else unknown
    for cause in verdict.causes:
        yield "cause", str(cause)
    for instance in found.instances:
        shares = ", ".join(f"revision {share.revision} on {share.percentage} %" for share in instance.shares)
        yield "instance", f"{instance.name}: {shares or 'nothing reported'}"
        for route in instance.routes:
            where = route.environment or "an environment not reported yet"
            yield "route", f"{route.base_path} in group {route.group} to {where} on {route.percentage} %"
    yield from (("warning", warning) for warning in verdict.warnings)
    yield from (("note", note) for note in verdict.notes)


def _labelled(label: str, text: str, columns: int | None) -> list[str]:
    """The text behind its label; only what came from us may hold escape codes, and that is never wrapped."""
    first = f"  {label:<14}"
    if columns is None or len(first) + len(text) <= columns or label == "state":
        return [first + (text if label == "state" else printable(text))]
    return textwrap.wrap(
        printable(text),
        max(columns, 40),
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _rest(verdict: Verdict) -> str:
    silent = max(0, 100 - verdict.reported - verdict.older)
    parts = [f"{verdict.older} % still run another revision"] if verdict.older else []
    parts += [f"{silent} % said nothing of it"] if silent else []
    return f"; {', '.join(parts)}" if parts else ""


def _counted(count: Count, words: str) -> str:
    number = counted(count.number, "pod") if count.number else "no pods"
    return f"{number} {words}{' (estimate)' if count.estimated else ''}"


def _instance_document(instance: Instance) -> dict[str, Any]:
    return {
        "instance": instance.name,
        "revisions": [
            {"revision": share.revision, "percentage": share.percentage} for share in instance.shares
        ],
        "routes": [
            {
                "basePath": route.base_path,
                "environmentGroup": route.group,
                "environment": route.environment or None,
                "percentage": route.percentage,
            }
            for route in instance.routes
        ],
    }


def _pod_document(pod: Pod) -> dict[str, Any]:
    return {
        "name": pod.name,
        "status": pod.status,
        "reported": moment(pod.reported),
        "revision": pod.revision or None,
        "note": pod.note or None,
    }


def _count_document(count: Count | None) -> dict[str, Any] | None:
    return None if count is None else {"count": count.number, "estimated": count.estimated}
