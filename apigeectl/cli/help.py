"""apigeectl help."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer, name: str) -> None:
    app.command(name, short_help="Print the help of a command.")(help_of)


def help_of(
    command: Annotated[list[str] | None, typer.Argument(metavar="[COMMAND]", help="Which one.")] = None,
) -> None:
    """Print the help of a command; without one, the list of commands."""
    # Never called: the root turns `help COMMAND` into `COMMAND --help`.
