"""apigeectl version."""

from __future__ import annotations

import typer

from apigeectl.version import version_lines


def register(app: typer.Typer, name: str) -> None:
    app.command(name)(version)


def version() -> None:
    """Print what this build is. Asks nobody."""
    typer.echo("\n".join(version_lines()))
