"""apigeectl delete."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from apigeectl.cli import options
from apigeectl.cli.connection import AccountFlags, ClusterFlags, connect_site
from apigeectl.cli.durations import seconds
from apigeectl.cli.flags import DeleteModeFlags, FileFlags, ScopeFlags, TalkFlags
from apigeectl.cli.groups import flat
from apigeectl.cli.tables import counted
from apigeectl.errors import ExitCode, InstallerError

if TYPE_CHECKING:
    from apigeectl.apply.plan import Plan
    from apigeectl.cli.task import Task
    from apigeectl.clients.google import Account
    from apigeectl.clients.kubernetes import Cluster
    from apigeectl.manifests import ObjectRef

GOODBYE_SECONDS = 720.0
"""Connect agents drain their streams for up to seven minutes; other pods have ten minutes of grace."""

GOOGLE_SECONDS = 5.0
"""How long a delete may be held up by asking Google whether something still needs the organization's agents."""


def register(app: typer.Typer, name: str) -> None:
    app.command(name, short_help="Delete what apply installed; with --all also what init did.")(flat(delete))


def delete(
    *,
    file: FileFlags,
    everything: Annotated[bool, typer.Option("--all", help="Also what init installed.")] = False,
    scope: ScopeFlags,
    mode: DeleteModeFlags,
    wait: options.WaitGone = None,
    talk: TalkFlags,
    where: ClusterFlags,
    account: AccountFlags,
) -> int:
    """Delete what apply installed, in reverse order, and wait until it is gone.

    Volumes, the certificate authority, namespaces and, while Cassandra's volumes exist, keys, salts and passwords always stay.
    """
    from apigeectl.cli.task import begin

    timeout = seconds(wait, default=GOODBYE_SECONDS)
    task = begin(file, scope.scope(), where, mode, talk, check_files=False)
    story = _Deleting(task, everything, mode.print_yaml)
    if task.cluster is None:
        story.name()
        return ExitCode.OK
    plan = story.plan(task.cluster)
    if task.prepared.scope.wants_org():
        _warn_of_connect(task, task.cluster, account.named())
    if mode.dry:
        story.show(plan)
    else:
        story.carry_out(plan, task.cluster, GOODBYE_SECONDS if timeout is None else timeout)
    return ExitCode.OK


@dataclass(frozen=True)
class _Deleting:
    """The steps of a delete."""

    task: Task
    everything: bool
    print_yaml: bool

    def name(self) -> None:
        """Without a cluster: what would be deleted where it exists, and nothing that could be kept."""
        from apigeectl.actions.delete import names_offline

        refs = names_offline(self.task.prepared, everything=self.everything)
        self._print(refs)
        for ref in refs:
            self.task.console.say(f"{ref} would be deleted (client dry run)")
        where = "where it exists" if len(refs) == 1 else "where they exist"
        self.task.console.say(f"{counted(len(refs), 'object')} would be deleted {where} (client dry run)")

    def plan(self, cluster: Cluster) -> Plan:
        """What goes and what stays, said as far as it is no event."""
        from apigeectl.apply.changes import Action
        from apigeectl.cli.plans import show_notes

        changes = self._planned(cluster)
        show_notes(self.task.console, changes, output=self.task.output)
        self._print([change.ref for change in changes.changes if change.action is Action.DELETE])
        return changes

    def show(self, changes: Plan) -> None:
        """The plan as a dry run."""
        from apigeectl.cli.plans import show_dry_run

        show_dry_run(self.task.console, changes, self.task.output)

    def carry_out(self, changes: Plan, cluster: Cluster, timeout: float) -> None:
        """The plan, or what has become of it once nobody else may write."""
        from apigeectl.actions.delete import carry_out
        from apigeectl.cli.events import show_events

        events = carry_out(
            self.task.prepared,
            changes,
            cluster,
            wait_timeout=timeout,
            everything=self.everything,
            again=lambda: self._planned(cluster),
        )
        total = len(changes.changes)
        show_events(self.task.console, events, title="deleting", total=total, output=self.task.output)

    def _planned(self, cluster: Cluster) -> Plan:
        from apigeectl.actions.delete import plan

        return plan(self.task.prepared, cluster, everything=self.everything)

    def _print(self, refs: Sequence[ObjectRef]) -> None:
        from apigeectl.actions.delete import stubs
        from apigeectl.yaml import dump

        if self.print_yaml:
            self.task.console.data(dump(stubs(self.task.prepared, refs)))


def _warn_of_connect(task: Task, cluster: Cluster, account: Account) -> None:
    """Say what Google's side still expects of the agents that go; silence when it cannot be asked soon."""
    from apigeectl.actions.connect import before_delete

    warnings: list[str] = []

    def ask() -> None:
        try:
            site = connect_site(task.prepared.overrides, lambda: cluster, account, GOOGLE_SECONDS)
            site.who()
            warnings.extend(filter(None, [before_delete(site)]))
        except InstallerError:
            return  # no credentials, no answer: a delete needs neither

    asking = threading.Thread(target=ask, name="connect", daemon=True)
    asking.start()
    asking.join(GOOGLE_SECONDS)
    for warning in warnings:
        task.console.warn(warning)
