"""How readiness is shown: what is not ready and why, or the one line that scripts look for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apigeectl.cli.console import Console
from apigeectl.cli.flags import TalkFlags
from apigeectl.cli.options import Output
from apigeectl.errors import ExitCode

if TYPE_CHECKING:
    from apigeectl.actions.preparation import Prepared
    from apigeectl.readiness.installation import Cluster, ReadinessReport, Row

ALL_READY = "All containers are ready."
"""Install scripts look for exactly this line on stderr."""


def look_once(console: Console, prepared: Prepared, cluster: Cluster, talk: TalkFlags) -> int:
    """The verdict of one look."""
    from apigeectl.actions.installation import installation_of
    from apigeectl.readiness.installation import check

    return _verdict(console, check(cluster, installation_of(prepared)), talk)


def until_ready(
    console: Console, prepared: Prepared, cluster: Cluster, talk: TalkFlags, timeout: float
) -> int:
    """The verdict when everything is ready; raises when something failed for good or time ran out."""
    from apigeectl.actions.installation import installation_of
    from apigeectl.readiness.installation import follow

    report = None
    said = ""
    for report in follow(cluster, installation_of(prepared), timeout=timeout):
        words = _progress(report)
        if talk.output is Output.TEXT and words != said:
            console.say(words, "dim")
            said = words
    return _verdict(console, report, talk) if report else ExitCode.FAILED


def _verdict(console: Console, report: ReadinessReport, talk: TalkFlags) -> int:
    if talk.output is Output.JSON:
        console.json_line(_document(report))
    rows = report.rows if talk.verbose else report.not_ready
    if rows and talk.output is Output.TEXT:
        console.table([(str(row.ref), row.readiness.state.value, _words(row)) for row in rows])
    if report.ready:
        console.say(ALL_READY, "good")
        return ExitCode.OK
    behind, all_of_them = len(report.not_ready), len(report.rows)
    console.say(
        f"the ready check failed: {behind} of {all_of_them} {'is' if behind == 1 else 'are'} not ready", "bad"
    )
    return ExitCode.FAILED


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
