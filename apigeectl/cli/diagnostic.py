"""apigeectl diagnostic: what the original had and we do not offer."""

from __future__ import annotations

import typer

from apigeectl.cli.options import DEFAULT_OVERRIDES, OverridesFile
from apigeectl.errors import InstallerError


def register(app: typer.Typer, name: str) -> None:
    app.command(name, hidden=True)(diagnostic)


def diagnostic(action: str = typer.Argument(""), overrides: OverridesFile = DEFAULT_OVERRIDES) -> None:
    """Not offered: the original's collector uploads to Google through images that are Google's own."""
    raise InstallerError(
        "apigeectl does not offer the diagnostic collector of the original",
        hint="check-ready says what is not ready and why; kubectl cluster-info dump collects the rest",
    )
