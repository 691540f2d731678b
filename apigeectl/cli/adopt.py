"""apigeectl adopt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from apigeectl.cli.connection import ClusterFlags
from apigeectl.cli.flags import ChoiceFlags, FileFlags, ModeFlags, ScopeFlags, TalkFlags
from apigeectl.cli.groups import flat
from apigeectl.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from apigeectl.actions.rendering import Choices
    from apigeectl.apply.changes import Event
    from apigeectl.apply.plan import Plan
    from apigeectl.cli.task import Task
    from apigeectl.clients.kubernetes import Cluster
    from apigeectl.components.render import Rendering
    from apigeectl.readiness.wait import Progress


def register(app: typer.Typer, name: str) -> None:
    app.command(name, short_help="Take over what the original, Helm or somebody by hand installed.")(
        flat(adopt)
    )


@dataclass(frozen=True)
class AdoptChoiceFlags(ChoiceFlags):
    """Adopting always asks."""

    def dangers(self, plan: Plan) -> list[str]:
        """As soon as the plan writes."""
        return ["adopting"] if plan.writes else []


def adopt(
    *,
    file: FileFlags,
    scope: ScopeFlags,
    mode: ModeFlags,
    choices: AdoptChoiceFlags,
    talk: TalkFlags,
    where: ClusterFlags,
) -> int:
    """Take over a running installation that the original apigeectl, Helm or somebody by hand made of the same overrides.

    Objects that exist and that apigeectl did not write are compared with the file, the plan is shown (ideally it changes
    no field), and after a yes they belong to apigeectl. Nothing is created or deleted; Helm's records are left alone.
    """
    from apigeectl.cli.task import begin
    from apigeectl.cli.writing import tell

    if mode.offline:
        raise UsageError("adopt compares with the cluster", hint="use --dry-run=server")
    task = begin(file, scope.scope(), where, mode, talk)
    task = _keeping_agent(task, where)
    tell(_Adopting(task, choices.choices()), task, mode, choices, title="adopting")
    return ExitCode.OK


def _keeping_agent(task: Task, where: ClusterFlags) -> Task:
    """The task with the Connect agent that runs in it, whatever the file says: adopting takes nothing down."""
    from apigeectl.actions.connect_agent import is_to_go
    from apigeectl.cli.connection import connect_site

    cluster, prepared = task.cluster, task.prepared
    if cluster is None or not prepared.scope.wants_org():
        return task
    site = connect_site(prepared.overrides, lambda: cluster, None, where.request_timeout)
    if not is_to_go(site):
        return task
    task.console.warn(
        "connectAgent.enabled is false, and an agent runs: it is adopted as it is; apigeectl connect disable -f "
        f"{prepared.overrides.file} takes it down"
    )
    return task.keeping_agent()


@dataclass(frozen=True)
class _Adopting:
    """The steps of an adoption."""

    task: Task
    choices: Choices

    def render(self, cluster: Cluster | None) -> Rendering:
        from apigeectl.actions.rendering import render_scope

        return render_scope(self.task.prepared, Path.cwd(), self.choices, cluster)

    def plan(self, rendering: Rendering, cluster: Cluster) -> Plan:
        from apigeectl.actions.adopt import plan

        return plan(self.task.prepared, rendering, cluster)

    def carry_out(self, changes: Plan, cluster: Cluster) -> Iterator[Event | Progress]:
        from apigeectl.actions.adopt import carry_out

        def again() -> Plan:
            return self.plan(self.render(cluster), cluster)

        return carry_out(self.task.prepared, changes, cluster, again=again)
