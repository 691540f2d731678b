"""apigeectl diff."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apigeectl.cli.connection import ClusterFlags
from apigeectl.cli.flags import ApplyChoiceFlags, FileFlags, ModeFlags, ScopeFlags, TalkFlags
from apigeectl.cli.groups import flat
from apigeectl.cli.options import DryRun, Output
from apigeectl.errors import ExitCode

if TYPE_CHECKING:
    from apigeectl.apply.plan import Plan
    from apigeectl.cli.task import Task
    from apigeectl.clients.kubernetes import Cluster

SameExit = Annotated[
    bool, typer.Option("--exit-code", help=f"Exit with {ExitCode.DIFFERENT.value} when something differs.")
]


def register(app: typer.Typer, name: str) -> None:
    app.command(name, short_help="Compare the cluster with the overrides file.")(flat(diff))


def diff(
    *,
    file: FileFlags,
    scope: ScopeFlags,
    exit_code: SameExit = False,
    choices: ApplyChoiceFlags,
    talk: TalkFlags,
    where: ClusterFlags,
) -> int:
    """Compare the cluster with what apply would make of it, field by field. Nothing is written.

    The API server says what an apply would change, so what it, the operator and autoscalers fill in is no difference.
    Secret values are shown as fingerprints, which are other ones in every run. --verbose shows the fields of new objects, too.
    """
    from apigeectl.apply.diff import Fingerprints
    from apigeectl.cli.differences import as_json, as_text, tally
    from apigeectl.cli.task import begin

    task = begin(file, scope.scope(), where, ModeFlags(DryRun.SERVER), talk)
    assert task.cluster is not None  # noqa: S101  # a server dry run has one
    plan = _planned(task, task.cluster, choices)
    if talk.output is Output.JSON:
        task.console.json_line(as_json(plan, Fingerprints()))
    elif text := as_text(plan, Fingerprints(), color=task.console.color_out, verbose=talk.verbose):
        task.console.data(text)
    task.console.say(tally(plan))
    return ExitCode.DIFFERENT if exit_code and plan.writes else ExitCode.OK


def _planned(task: Task, cluster: Cluster, choices: ApplyChoiceFlags) -> Plan:
    from apigeectl.actions.apply import plan
    from apigeectl.actions.rendering import render_scope
    from apigeectl.cli.plans import show_notes

    rendering = render_scope(task.prepared, Path.cwd(), choices.choices(), cluster)
    for warning in rendering.warnings:
        task.console.warn(warning)
    found = plan(task.prepared, rendering, cluster, replace(choices.choices(), only_look=True))
    show_notes(task.console, found, output=task.output)
    return found
