"""apigeectl schema."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from apigeectl.cli.console import Console
from apigeectl.errors import ExitCode, UsageError


def register(app: typer.Typer, name: str) -> None:
    app.command(name, short_help="Print the JSON Schema of overrides files, for editors.")(schema)


def schema(
    release: Annotated[
        str | None,
        typer.Option(
            "--release", metavar="1.x", help="The hybrid release; without one, what any release takes."
        ),
    ] = None,
) -> int:
    """Print the JSON Schema of overrides files.

    Keep it in a file, overrides.schema.json for example, and begin the overrides file with the line
    "# yaml-language-server: $schema=./overrides.schema.json".
    """
    import json

    from apigeectl.overrides.schema import json_schema

    Console().data(json.dumps(json_schema(_minor(release)), indent=2, ensure_ascii=False))
    return ExitCode.OK


def _minor(release: str | None) -> str | None:
    """`1.10.3` as 1.10; raises UsageError for what is no release."""
    from apigeectl.overrides.schema import RELEASES

    if release is None:
        return None
    written = re.fullmatch(r"v?(1\.\d{1,2})(\.\d{1,2})?", release, re.ASCII)
    if written is None or written[1] not in RELEASES:
        hint = f"known are {RELEASES[0]} to {RELEASES[-1]}"
        raise UsageError(f'there is no hybrid release "{release}"', hint=hint)
    return written[1]
