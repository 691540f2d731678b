"""apigeectl version."""

from __future__ import annotations

import typer

from apigeectl.cli.console import Console
from apigeectl.version import version_lines


def register(app: typer.Typer, name: str) -> None:
    app.command(name, short_help="Print what this build is.")(version)


def version() -> None:
    """Print what this build is. Asks nobody."""
    Console().data("\n".join(version_lines()))
