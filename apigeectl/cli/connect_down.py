"""Taking the Connect agent out of the cluster, where the file wants none: planned first, done after the switch."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from apigeectl.actions.connect_agent import is_to_go
from apigeectl.actions.preparation import Prepared, prepare
from apigeectl.apply.plan import Plan
from apigeectl.cli.connect_site import SiteFlags
from apigeectl.cli.connection import connect_site
from apigeectl.cli.console import Console
from apigeectl.cli.events import show_events
from apigeectl.cli.options import Output
from apigeectl.cli.plans import show_notes, show_plan
from apigeectl.cli.task import invalid_shown
from apigeectl.clients.kubernetes import Cluster
from apigeectl.errors import APIError, InstallerError, NoCredentials, Unreachable
from apigeectl.overrides.document import Overrides
from apigeectl.overrides.scope import Scope


@dataclass(frozen=True)
class TakeDown:
    """An apply of the organization's scope for a file without the agent."""

    console: Console
    prepared: Prepared
    cluster: Cluster
    plan: Plan

    @classmethod
    def planned(
        cls, console: Console, where: SiteFlags, release: str | None, overrides: Overrides
    ) -> TakeDown | None:
        """What it would change; None when the file wants the agent, or when the cluster has none or does not answer."""
        connect = where.cluster.lazily(None)
        site = connect_site(overrides, connect, where.account.named(), where.cluster.request_timeout)
        try:
            if not is_to_go(site):
                return None
        except (APIError, NoCredentials, Unreachable):
            return None  # the wait for its goodbye says so
        prepared = _prepared(console, where, release, connect, overrides)
        return cls(console, prepared, connect(), _planned(prepared, connect()))

    def show(self) -> None:
        """The plan, as apply shows it."""
        self.console.say("the agent is taken down, by an apply of the organization's scope:")
        show_notes(self.console, self.plan, output=Output.TEXT)
        show_plan(self.console, self.plan)

    def carry_out(self) -> None:
        """Write it. The property has to be off by then."""
        from apigeectl.actions.apply import carry_out
        from apigeectl.actions.rendering import Choices

        def again() -> Plan:
            return _planned(self.prepared, self.cluster)

        try:
            events = carry_out(self.prepared, self.plan, self.cluster, Choices(), again=again)
            show_events(
                self.console, events, title="applying", total=len(self.plan.changes), output=Output.TEXT
            )
        except InstallerError as error:
            error.details = (
                *error.details,
                "the property is off; the agent still runs, and nothing comes through it",
            )
            raise


def _prepared(
    console: Console,
    where: SiteFlags,
    release: str | None,
    connect: Callable[[], Cluster],
    overrides: Overrides,
) -> Prepared:
    with invalid_shown(console):
        read = prepare(
            where.files, Scope(org=True), release=release, environ=os.environ, cwd=Path.cwd(), cluster=connect
        )
    return replace(read, overrides=overrides)


def _planned(prepared: Prepared, cluster: Cluster) -> Plan:
    from apigeectl.actions.apply import plan
    from apigeectl.actions.rendering import Choices, render_scope

    choices = Choices()
    return plan(prepared, render_scope(prepared, Path.cwd(), choices, cluster), cluster, choices)
