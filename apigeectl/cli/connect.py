"""apigeectl connect."""

from __future__ import annotations

from typing import Annotated

import typer

from apigeectl.cli import options
from apigeectl.cli.connect_connections import connections
from apigeectl.cli.connect_logs import logs
from apigeectl.cli.connect_setup import setup
from apigeectl.cli.connect_show import show_step, show_verdict, status_document
from apigeectl.cli.connect_site import SiteFlags
from apigeectl.cli.connect_switch import disable, enable
from apigeectl.cli.console import Console
from apigeectl.cli.groups import flat
from apigeectl.cli.options import Output
from apigeectl.cli.outcomes import show_outcome
from apigeectl.errors import ExitCode

__all__ = ["register", "show_step"]


def register(app: typer.Typer, name: str) -> None:
    connect = typer.Typer(
        help="Apigee Connect: how it stands, its switch, its streams.", no_args_is_help=True
    )
    connect.callback()(_group)
    connect.command("status", short_help="Walk the chain from the organization to MART.")(flat(status))
    connect.command("setup", short_help="Do what is missing of the chain, and prove it.")(flat(setup))
    connect.command("enable", short_help="Switch Apigee Connect on for the organization.")(flat(enable))
    connect.command("disable", short_help="Switch Apigee Connect off for the organization.")(flat(disable))
    connect.command("connections", short_help="List the streams that Apigee Connect sees.")(flat(connections))
    connect.command("logs", short_help="Show the logs of all agents, understood.")(flat(logs))
    app.add_typer(connect, name=name)


def _group() -> None:
    """Apigee Connect: how it stands, its switch, its streams."""


Probe = Annotated[
    bool, typer.Option("--probe", help="Also ask Google for developers, which only MART can answer.")
]


def status(
    *,
    where: SiteFlags,
    probe: Probe = False,
    output: options.OutputOption = Output.TEXT,
    no_color: options.NoColor = False,
) -> int:
    """Walk the chain from the organization to MART; each line is a fact or a broken link, the first one explained.

    Exit 0 when nothing is broken and everything that matters could be seen, else 1. In Google's audit log look for the methods
    ConnectionService.ListConnections (DATA_READ) and Tether.Egress (DATA_WRITE) of
    protoPayload.serviceName="apigeeconnect.googleapis.com".
    """
    from apigeectl.actions import connect as story
    from apigeectl.checks.repairs import first_broken

    console = Console(no_color=no_color)
    site = where.site(console)
    answers = []
    for check, outcome in story.status(site, probe=probe):
        answers.append((check, outcome))
        if output is Output.TEXT:
            show_outcome(console, check.title, outcome)
    healthy = story.verdict(answers)
    broken = first_broken(site, answers)
    if output is Output.JSON:
        console.json_line(status_document(answers, broken, healthy=healthy))
    else:
        show_verdict(console, broken, healthy=healthy)
    return ExitCode.OK if healthy else ExitCode.FAILED
