"""apigeectl apply."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from apigeectl.cli import options
from apigeectl.cli.connection import ClusterFlags, connect_site, permissions_of
from apigeectl.cli.durations import WAIT_SECONDS, seconds
from apigeectl.cli.flags import ApplyChoiceFlags, FileFlags, ModeFlags, ScopeFlags, TalkFlags
from apigeectl.cli.groups import flat
from apigeectl.errors import ExitCode

if TYPE_CHECKING:
    from apigeectl.actions.rendering import Choices
    from apigeectl.apply.changes import Event
    from apigeectl.apply.plan import Plan
    from apigeectl.checks.site import Site
    from apigeectl.cli.task import Task
    from apigeectl.clients.iam import Permissions
    from apigeectl.clients.kubernetes import Cluster
    from apigeectl.components.render import Rendering
    from apigeectl.readiness.wait import Progress


def register(app: typer.Typer, name: str) -> None:
    app.command(name, short_help="Apply the runtime components.")(flat(apply))


def apply(
    *,
    file: FileFlags,
    scope: ScopeFlags,
    mode: ModeFlags,
    wait: options.Wait = None,
    choices: ApplyChoiceFlags,
    talk: TalkFlags,
    where: ClusterFlags,
    account: options.KeyFile = None,
) -> int:
    """Apply the runtime components that an overrides file describes; without a scope flag, all of them.

    Scope flags add up. Returns when everything is written; --wait waits until it is ready. With the organization in scope it
    ends by switching Apigee Connect on for the organization, once this cluster's agent holds a stream.
    """
    from apigeectl.cli.readiness import until_ready
    from apigeectl.cli.task import begin
    from apigeectl.cli.writing import tell

    timeout = seconds(wait, default=WAIT_SECONDS)
    task = begin(file, scope.scope(), where, mode, talk)
    story = _Applying(task, choices.choices(), where.request_timeout, judge_accounts=not mode.dry)
    cluster = tell(story, task, mode, choices, title="applying")
    if cluster is None:
        return ExitCode.OK
    if task.prepared.scope.wants_org():
        _switch_connect_on(
            task, connect_site(task.prepared.overrides, lambda: cluster, account, where.request_timeout)
        )
    if timeout is None:
        return ExitCode.OK
    return until_ready(task.console, task.prepared, cluster, talk, timeout)


@dataclass(frozen=True)
class _Applying:
    """The steps of an apply."""

    task: Task
    choices: Choices
    request_timeout: float
    judge_accounts: bool

    def render(self, cluster: Cluster | None) -> Rendering:
        from apigeectl.actions.rendering import render_scope

        return render_scope(self.task.prepared, Path.cwd(), self.choices, cluster)

    def plan(self, rendering: Rendering, cluster: Cluster) -> Plan:
        from apigeectl.actions.accounts import validate
        from apigeectl.actions.apply import plan
        from apigeectl.actions.preflight import require_server

        require_server(cluster)
        if self.judge_accounts:
            for warning in validate(self.task.prepared, self._permissions, Path.cwd()):
                self.task.console.warn(warning)
        return plan(self.task.prepared, rendering, cluster, self.choices)

    def carry_out(self, changes: Plan, cluster: Cluster) -> Iterator[Event | Progress]:
        from apigeectl.actions.apply import carry_out, plan

        def again() -> Plan:
            return plan(self.task.prepared, self.render(cluster), cluster, self.choices, changes)

        return carry_out(self.task.prepared, changes, cluster, self.choices, again=again)

    def _permissions(self, key_file: Path) -> Permissions:
        return permissions_of(self.task.prepared.overrides, key_file, self.request_timeout)


def _switch_connect_on(task: Task, site: Site) -> None:
    from apigeectl.actions.connect import after_apply
    from apigeectl.cli.connect import show_step

    for step in after_apply(site):
        show_step(task.console, step, task.output)
