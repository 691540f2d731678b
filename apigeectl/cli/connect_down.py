"""Taking the Connect agent out of the cluster, where the file wants none: planned first, done after the switch."""

from __future__ import annotations

from dataclasses import dataclass, replace

from apigeectl.actions.connect_agent import is_to_go
from apigeectl.actions.preparation import Prepared
from apigeectl.apply.plan import Plan
from apigeectl.cli.connect_site import SiteFlags
from apigeectl.cli.connection import connect_site
from apigeectl.cli.console import Console
from apigeectl.cli.events import show_events
from apigeectl.cli.options import Output
from apigeectl.cli.organization_scope import applied, planned, prepared_file
from apigeectl.cli.plans import show_notes, show_plan
from apigeectl.clients.kubernetes import Cluster
from apigeectl.errors import APIError, InstallerError, NoCredentials, Unreachable
from apigeectl.overrides.document import Overrides


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
        prepared = replace(prepared_file(console, where, release, connect), overrides=overrides)
        return cls(console, prepared, connect(), planned(prepared, connect()))

    def show(self) -> None:
        """The plan, as apply shows it."""
        self.console.say("the agent is taken down, by an apply of the organization's scope:")
        show_notes(self.console, self.plan, output=Output.TEXT)
        show_plan(self.console, self.plan)

    def carry_out(self) -> None:
        """Write it. The property has to be off by then."""
        try:
            events = applied(self.prepared, self.plan, self.cluster)
            show_events(
                self.console, events, title="applying", total=len(self.plan.changes), output=Output.TEXT
            )
        except InstallerError as error:
            error.details = (
                *error.details,
                "the property is off; the agent still runs, and nothing comes through it",
            )
            raise
