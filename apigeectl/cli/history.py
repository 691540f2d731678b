"""apigeectl history."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from apigeectl.cli.connection import ClusterFlags
from apigeectl.cli.flags import FileFlags, ModeFlags, TalkFlags
from apigeectl.cli.groups import flat
from apigeectl.cli.options import DryRun, Output
from apigeectl.cli.tables import laid_out
from apigeectl.errors import ExitCode
from apigeectl.overrides.scope import Scope

if TYPE_CHECKING:
    from apigeectl.apply.history import Run


def register(app: typer.Typer, name: str) -> None:
    app.command(name, short_help="Who changed this installation, when, and how it ended.")(flat(history))


def history(*, file: FileFlags, talk: TalkFlags, where: ClusterFlags) -> int:
    """List the runs of init, apply and delete that changed this installation, the newest last.

    A run that found nothing to change is none of them. The digest is of the overrides without their secrets; a * marks
    those of the file as it is now.
    """
    from apigeectl.actions.recording import digest, runs_of
    from apigeectl.cli.task import begin

    task = begin(file, Scope(), where, ModeFlags(DryRun.SERVER), talk, check_files=False)
    assert task.cluster is not None  # noqa: S101  # a server dry run has one
    runs, now = runs_of(task.prepared, task.cluster), digest(task.prepared)
    if talk.output is Output.JSON:
        task.console.json_line(
            {
                "apiVersion": "apigeectl/v1",
                "kind": "History",
                "digest": now,
                "runs": [asdict(run) for run in runs],
            }
        )
    elif runs:
        wide = None if not task.console.out.isatty() else shutil.get_terminal_size().columns
        task.console.data(laid_out(_rows(runs, now), wide))
    else:
        task.console.say("no run is recorded")
    return ExitCode.OK


def _rows(runs: Iterable[Run], now: str) -> Iterator[tuple[str, ...]]:
    yield "BEGAN", "WHO", "COMMAND", "RELEASE", "OVERRIDES", "RESULT"
    for run in runs:
        counts = ", ".join(f"{number} {word}" for word, number in run.counts.items())
        mark = "*" if run.digest == now else ""
        result = f"{run.result}: {counts}" if counts else run.result
        yield run.began, run.who, run.command, run.release, f"{run.digest[:8]}{mark}", result
