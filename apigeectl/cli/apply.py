"""apigeectl apply."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from apigeectl.cli import options
from apigeectl.cli.connection import AccountFlags, ClusterFlags, connect_site
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
    account: AccountFlags,
) -> int:
    """Apply the runtime components that an overrides file describes; without a scope flag, all of them.

    Scope flags add up. Returns when everything is written; --wait waits until it is ready. With the organization in scope it
    ends by switching Apigee Connect on for the organization, once this cluster's agent holds a stream.
    """
    from apigeectl.cli.task import begin
    from apigeectl.cli.writing import tell

    timeout = seconds(wait, default=WAIT_SECONDS)
    task = begin(file, scope.scope(), where, mode, talk)
    kept = _keeping_agent(task, account, where.request_timeout, dry=mode.dry)
    story = _Applying(kept, choices.choices(), account, where.request_timeout, ask_google=not mode.dry)
    cluster = tell(story, kept, mode, choices, title="applying")
    if cluster is None:
        return ExitCode.OK
    if task.prepared.scope.wants_org():
        site = connect_site(task.prepared.overrides, lambda: cluster, account.named(), where.request_timeout)
        _switch_connect_on(task, site)
    if timeout is None:
        return ExitCode.OK
    from apigeectl.cli.readiness import until_ready

    return until_ready(task.console, task.prepared, cluster, talk, timeout)


@dataclass(frozen=True)
class _Applying:
    """The steps of an apply."""

    task: Task
    choices: Choices
    account: AccountFlags
    request_timeout: float
    ask_google: bool

    def render(self, cluster: Cluster | None) -> Rendering:
        from apigeectl.actions.rendering import render_scope

        return render_scope(self.task.prepared, Path.cwd(), self.choices, cluster)

    def plan(self, rendering: Rendering, cluster: Cluster) -> Plan:
        from apigeectl.actions.apply import plan
        from apigeectl.actions.preflight import require_server
        from apigeectl.cli.before_applying import ask_google

        require_server(cluster)
        if self.ask_google:
            ask_google(self.task.console, self.task.prepared, self.account.named(), self.request_timeout)
        return plan(self.task.prepared, rendering, cluster, self.choices)

    def carry_out(self, changes: Plan, cluster: Cluster) -> Iterator[Event | Progress]:
        from apigeectl.actions.apply import carry_out, plan
        from apigeectl.apply.prune import as_shown

        def again() -> Plan:
            found = plan(self.task.prepared, self.render(cluster), cluster, self.choices, changes)
            return replace(found, pruned=as_shown(found.pruned, changes.pruned))

        return carry_out(self.task.prepared, changes, cluster, self.choices, again=again)


def _keeping_agent(task: Task, account: AccountFlags, timeout: float, *, dry: bool) -> Task:
    """The task with the Connect agent in it as long as Google comes through it, whatever the file says; a dry run only
    says so, as it does not ask Google."""
    cluster, prepared = task.cluster, task.prepared
    if cluster is None or not prepared.scope.wants_org():
        return task
    from apigeectl.actions.connect_agent import is_to_go, why_kept

    site = connect_site(prepared.overrides, lambda: cluster, account.named(), timeout)
    disable = f"apigeectl connect disable -f {prepared.overrides.file}"
    if dry:
        if is_to_go(site):
            task.console.warn(
                f"connectAgent.enabled is false: apply takes the agent down, once Google no longer uses it ({disable})"
            )
        return task
    reason = why_kept(site)
    if reason is None:
        return task
    task.console.warn(
        f"connectAgent.enabled is false, and the agent stays: {reason}; {disable} switches it off first"
    )
    return task.keeping_agent()


def _switch_connect_on(task: Task, site: Site) -> None:
    from apigeectl.actions.connect import after_apply
    from apigeectl.cli.connect import show_step

    for step in after_apply(site):
        show_step(task.console, step, task.output)
