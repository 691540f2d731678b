"""apigeectl explain."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated

import typer

from apigeectl.cli.console import Console
from apigeectl.errors import ExitCode, UsageError


def register(app: typer.Typer, name: str) -> None:
    app.command(name, short_help="Say what the code of a hint means.")(explain)


def explain(
    code: Annotated[str, typer.Argument(metavar="CODE", help="A code, such as connect-property-off.")] = "",
) -> int:
    """Print what the code of a hint means and what to do; without a code, all codes."""
    from apigeectl.cli.hints import sections

    known = sections()
    if code and code not in known:
        close = get_close_matches(code, known, 1)
        hint = f'did you mean "{close[0]}"?' if close else "apigeectl explain lists the codes"
        raise UsageError(f'there is no hint "{code}"', hint=hint)
    Console().data(known[code] if code else "\n".join(known))
    return ExitCode.OK
