"""An apply of the organization's scope, as a part of commands that are about Apigee Connect."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from apigeectl.actions import apply
from apigeectl.actions.preparation import Prepared, prepare
from apigeectl.actions.rendering import Choices, render_scope
from apigeectl.apply.changes import Event
from apigeectl.apply.plan import Plan
from apigeectl.cli.connect_site import SiteFlags
from apigeectl.cli.console import Console
from apigeectl.cli.task import invalid_shown
from apigeectl.clients.kubernetes import Cluster
from apigeectl.errors import InstallerError
from apigeectl.overrides.scope import Scope
from apigeectl.readiness.wait import Progress


def prepared_file(
    console: Console, where: SiteFlags, release: str | None, connect: Callable[[], Cluster]
) -> Prepared:
    """The file, judged for this scope; one with errors is shown and stops."""
    with invalid_shown(console):
        return prepare(
            where.files,
            Scope(org=True),
            release=release,
            environ=os.environ,
            cwd=Path.cwd(),
            cluster=connect,
        )


def planned(prepared: Prepared, cluster: Cluster) -> Plan:
    """What it would change."""
    choices = Choices()
    with _options_named(prepared):
        return apply.plan(prepared, render_scope(prepared, Path.cwd(), choices, cluster), cluster, choices)


def applied(prepared: Prepared, plan: Plan, cluster: Cluster) -> Iterator[Event | Progress]:
    """Write the plan, made again under the lease."""
    with _options_named(prepared):
        yield from apply.carry_out(
            prepared, plan, cluster, Choices(), again=lambda: planned(prepared, cluster)
        )


@contextmanager
def _options_named(prepared: Prepared) -> Iterator[None]:
    """Options that a refused apply asks for are those of `apply`; these commands never destroy anything."""
    try:
        yield
    except InstallerError as error:
        if error.hint and ("--force-conflicts" in error.hint or "--replace-secret" in error.hint):
            error.hint += f"; that is an option of apigeectl apply -f {prepared.overrides.file} --org"
        raise
