"""apigeectl encode."""

from __future__ import annotations

from typing import Annotated

import typer

from apigeectl.cli.console import Console
from apigeectl.errors import ExitCode, UsageError


def register(app: typer.Typer, name: str) -> None:
    app.command(name, short_help="Print the names of ApigeeDeployments, to stderr.")(encode)


def encode(
    org: Annotated[str, typer.Option("--org", metavar="ORG", help="The organization's name.")],
    env: Annotated[str | None, typer.Option("--env", metavar="ENV", help="An environment's name.")] = None,
) -> int:
    """Print the names of the ApigeeDeployments of an organization or environment, to stderr.

    Needs neither an overrides file nor a cluster.
    """
    from apigeectl.components.names import encode_env, encode_org

    for flag, value in (("--org", org), ("--env", env)):
        if value is not None and not value.strip():
            raise UsageError(f"{flag} is empty", hint=f"a variable that is not set, perhaps: {flag} NAME")
    console = Console()
    console.say("List of ApigeeDeployments are:")
    for name in encode_org(org) if env is None else encode_env(org, env):
        console.say(f"  {name}")
    return ExitCode.OK
