"""apigeectl connect."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from apigeectl.cli import options
from apigeectl.cli.connection import ClusterFlags, connect_site
from apigeectl.cli.console import Console
from apigeectl.cli.groups import flat
from apigeectl.cli.options import Output
from apigeectl.cli.outcomes import as_json, show_outcome
from apigeectl.errors import ExitCode
from apigeectl.overrides.scope import Scope

if TYPE_CHECKING:
    from apigeectl.actions.connect import Step, Switch
    from apigeectl.checks.site import Site


def register(app: typer.Typer, name: str) -> None:
    connect = typer.Typer(help="Apigee Connect: how it stands, and its switch.", no_args_is_help=True)
    connect.callback()(_group)
    connect.command("status", short_help="Walk the chain from the organization to the streams.")(flat(status))
    connect.command("enable", short_help="Switch Apigee Connect on for the organization.")(flat(enable))
    connect.command("disable", short_help="Switch Apigee Connect off for the organization.")(flat(disable))
    app.add_typer(connect, name=name)


def _group() -> None:
    """Apigee Connect: how it stands, and its switch."""


@dataclass(frozen=True)
class SiteFlags:
    """Where to look, and as whom."""

    overrides: options.OverridesFile = options.DEFAULT_OVERRIDES
    cluster: ClusterFlags = field(default_factory=ClusterFlags)
    account: options.KeyFile = None

    def site(self, console: Console) -> Site:
        """What the questions look at; nothing is asked yet. Raises OverridesInvalid for a file with errors."""
        from apigeectl.actions.preparation import judge
        from apigeectl.cli.task import invalid_shown
        from apigeectl.overrides.problems import OverridesInvalid, errors

        scope = Scope(org=True)
        with invalid_shown(console):
            read, problems = judge(self.overrides, scope, release=None, cwd=Path.cwd(), check_files=False)
            if errors(problems):
                raise OverridesInvalid(read.file, read.text, problems)
        connect = self.cluster.lazily(console)
        return connect_site(read, connect, self.account, self.cluster.request_timeout)


def status(
    *, where: SiteFlags, output: options.OutputOption = Output.TEXT, no_color: options.NoColor = False
) -> int:
    """Walk the chain from the organization to the agent's streams; each line is a fact or the broken link.

    Exit 0 when nothing is broken and everything that matters could be seen, else 1. In Google's audit log look for the methods
    ConnectionService.ListConnections (DATA_READ) and Tether.Egress (DATA_WRITE) of
    protoPayload.serviceName="apigeeconnect.googleapis.com".
    """
    from apigeectl.actions import connect as story

    console = Console(no_color=no_color)
    answers = []
    for check, outcome in story.status(where.site(console)):
        answers.append((check, outcome))
        if output is Output.TEXT:
            show_outcome(console, check.title, outcome)
    healthy = story.verdict(answers)
    if output is Output.JSON:
        checks = [as_json(check.title, outcome) for check, outcome in answers]
        console.json_line(
            {"apiVersion": "apigeectl/v1", "kind": "ConnectStatus", "healthy": healthy, "checks": checks}
        )
    return ExitCode.OK if healthy else ExitCode.FAILED


def enable(*, where: SiteFlags, yes: options.YesToSwitch = False, no_color: options.NoColor = False) -> int:
    """Set features.mart.connect.enabled of the organization to true; refuses while no agent holds a stream."""
    from apigeectl.actions.connect import enable as story

    console = Console(no_color=no_color)
    return _switched(console, story(where.site(console), yes=yes))


def disable(*, where: SiteFlags, no_color: options.NoColor = False) -> int:
    """Set features.mart.connect.enabled of the organization to false. Do this before the agent goes, never after."""
    from apigeectl.actions.connect import disable as story

    console = Console(no_color=no_color)
    return _switched(console, story(where.site(console)))


def show_step(console: Console, step: Step, output: Output) -> None:
    """One event of the end of an apply."""
    if output is Output.JSON:
        console.json_line(
            {"apiVersion": "apigeectl/v1", "kind": "Step", "step": step.kind.value, "message": step.message}
        )
        return
    waiting = step.kind.value == "waiting"
    console.say(f"waiting {step.message}" if waiting else f"Apigee Connect: {step.message}")
    if step.hint:
        console.hint(step.hint)


def _switched(console: Console, switch: Switch) -> int:
    was = "absent" if switch.before is None else switch.before
    now = "absent" if switch.after is None else switch.after
    words = f"was {was} and is {now}" if switch.changed else f"is {now} already; nothing was written"
    console.say(f"features.mart.connect.enabled of organization {switch.organization} {words}")
    return ExitCode.OK
