"""How readiness is shown: what is not ready and why, or the one line that scripts look for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apigeectl.cli.console import Console, table
from apigeectl.cli.options import Output
from apigeectl.errors import ExitCode

if TYPE_CHECKING:
    from apigeectl.actions.preparation import Prepared
    from apigeectl.readiness.installation import Cluster, ReadinessReport, Row

ALL_READY = "All containers are ready."
"""Install scripts look for exactly this line on stderr."""


def look_once(
    console: Console, prepared: Prepared, cluster: Cluster, output: Output, *, verbose: bool
) -> int:
    """The verdict of one look."""
    from apigeectl.actions.installation import installation_of
    from apigeectl.readiness.installation import check

    return _verdict(console, check(cluster, installation_of(prepared)), output, verbose=verbose)


def until_ready(
    console: Console,
    prepared: Prepared,
    cluster: Cluster,
    timeout: float,
    output: Output,
    *,
    verbose: bool = False,
) -> int:
    """The verdict when everything is ready; raises when something failed for good or time ran out."""
    from apigeectl.actions.installation import installation_of
    from apigeectl.readiness.installation import follow

    report = None
    for report in follow(cluster, installation_of(prepared), timeout=timeout):
        if output is Output.TEXT:
            console.say(_progress(report), "dim")
    return _verdict(console, report, output, verbose=verbose) if report else int(ExitCode.FAILED)


def _verdict(console: Console, report: ReadinessReport, output: Output, *, verbose: bool) -> int:
    if output is Output.JSON:
        console.json_line(_document(report))
    rows = report.rows if verbose else report.not_ready
    if rows and output is Output.TEXT:
        console.say(table((str(row.ref), row.readiness.state.value, _words(row)) for row in rows))
    if report.ready:
        console.say(ALL_READY, "good")
        return int(ExitCode.OK)
    console.say(
        f"The ready check failed: {len(report.not_ready)} of {len(report.rows)} are not ready.", "bad"
    )
    return int(ExitCode.FAILED)


def _words(row: Row) -> str:
    return f"{row.readiness.message}: {row.last_words}" if row.last_words else row.readiness.message


def _progress(report: ReadinessReport) -> str:
    waiting = report.not_ready
    done = f"{len(report.rows) - len(waiting)} of {len(report.rows)} ready"
    if not waiting:
        return done
    more = f" (and {len(waiting) - 1} more)" if len(waiting) > 1 else ""
    return f"{done}; {waiting[0].ref}: {waiting[0].readiness.message}{more}"


def _document(report: ReadinessReport) -> dict[str, Any]:
    return {
        "apiVersion": "apigeectl/v1",
        "kind": "Readiness",
        "ready": report.ready,
        "applied": report.applied,
        "objects": [
            {
                "kind": row.ref.kind,
                "namespace": row.ref.namespace,
                "name": row.ref.name,
                "state": row.readiness.state.value,
                "message": row.readiness.message,
                "reason": row.readiness.reason,
            }
            for row in report.rows
        ],
    }
