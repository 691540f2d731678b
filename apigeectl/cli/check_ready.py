"""apigeectl check-ready."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from apigeectl.cli import options
from apigeectl.cli.connection import ClusterOptions
from apigeectl.cli.console import Console, table
from apigeectl.cli.durations import seconds
from apigeectl.cli.scopes import scope_of
from apigeectl.errors import ExitCode

if TYPE_CHECKING:
    from apigeectl.readiness.installation import ReadinessReport

ALL_READY = "All containers are ready."
"""Install scripts look for exactly this line on stderr."""


def register(app: typer.Typer, name: str) -> None:
    app.command(name)(check_ready)


def check_ready(
    overrides: options.OverridesFile = options.DEFAULT_OVERRIDES,
    wait: options.Wait = None,
    components: options.Components = None,
    output: options.OutputOption = options.Output.TEXT,
    verbose: options.Verbose = False,
    context: options.Context = None,
    kubeconfig: options.Kubeconfig = None,
    request_timeout: options.RequestTimeout = 30.0,
    release: options.ReleaseOption = None,
    no_color: options.NoColor = False,
) -> int:
    """Look once whether everything is ready: exit 0 and "All containers are ready." on stderr, else 1.

    As long as no runtime custom resource exists, what init installed is judged. --wait watches instead.
    """
    from apigeectl.actions.installation import installation_of
    from apigeectl.actions.preparation import prepare
    from apigeectl.readiness.installation import check, follow

    console = Console(no_color=no_color)
    timeout = seconds(wait, default=900.0)
    cluster = ClusterOptions(kubeconfig, context, request_timeout).connect(console)
    prepared = prepare(
        overrides,
        scope_of(components=components),
        release=release,
        environ=os.environ,
        cwd=Path.cwd(),
        cluster=cluster,
        check_files=False,
    )
    installation = installation_of(prepared)
    if timeout is None:
        report = check(cluster, installation)
    else:
        for report in follow(cluster, installation, timeout=timeout):
            if output is options.Output.TEXT:
                console.say(_progress(report), "dim")
    if output is options.Output.JSON:
        console.json_line(_document(report))
    return _verdict(console, report, verbose)


def _verdict(console: Console, report: ReadinessReport, verbose: bool) -> int:
    if verbose or not report.ready:
        rows = report.rows if verbose else report.not_ready
        console.say(table((str(row.ref), row.readiness.state.value, _words(row)) for row in rows))
    if report.ready:
        console.say(ALL_READY, "good")
        return int(ExitCode.OK)
    console.say(
        f"The ready check failed: {len(report.not_ready)} of {len(report.rows)} are not ready.", "bad"
    )
    return int(ExitCode.FAILED)


def _words(row: Any) -> str:
    return f"{row.readiness.message}: {row.last_words}" if row.last_words else str(row.readiness.message)


def _progress(report: ReadinessReport) -> str:
    waiting = report.not_ready
    if not waiting:
        return f"{len(report.rows)} of {len(report.rows)} ready"
    first = waiting[0]
    more = f" (and {len(waiting) - 1} more)" if len(waiting) > 1 else ""
    done = len(report.rows) - len(waiting)
    return f"{done} of {len(report.rows)} ready; {first.ref}: {first.readiness.message}{more}"


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
