"""apigeectl encode."""

from __future__ import annotations

from typing import Annotated

import typer

from apigeectl.cli.console import Console


def register(app: typer.Typer, name: str) -> None:
    app.command(name)(encode)


def encode(
    org: Annotated[str, typer.Option("--org", metavar="ORG", help="The organization's name.")],
    env: Annotated[str | None, typer.Option("--env", metavar="ENV", help="An environment's name.")] = None,
) -> None:
    """Print the names of the ApigeeDeployments of an organization or environment, to stderr.

    Needs neither an overrides file nor a cluster.
    """
    from apigeectl.components.names import encode_env, encode_org

    console = Console()
    console.say("List of ApigeeDeployments are:")
    for name in encode_env(org, env) if env else encode_org(org):
        console.say(f"  {name}")
