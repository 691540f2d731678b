"""apigeectl validate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from apigeectl.cli import options
from apigeectl.cli.flags import FileFlags, ScopeFlags
from apigeectl.cli.groups import flat
from apigeectl.errors import ExitCode


def register(app: typer.Typer, name: str) -> None:
    app.command(name, short_help="Find every mistake in an overrides file.")(flat(validate))


def validate(
    *,
    file: FileFlags,
    scope: ScopeFlags,
    strict: Annotated[bool, typer.Option("--strict", help="Treat warnings as errors.")] = False,
    skip_files: Annotated[
        bool, typer.Option("--skip-files", help="Leave out what needs the files that the overrides name.")
    ] = False,
    output: options.OutputOption = options.Output.TEXT,
    no_color: options.NoColor = False,
) -> int:
    """Find every mistake in an overrides file. Needs no cluster and no network."""
    from apigeectl.actions.preparation import judge
    from apigeectl.cli.console import Console
    from apigeectl.cli.problems import as_json, tally
    from apigeectl.overrides.problems import OverridesInvalid, errors
    from apigeectl.overrides.report import report, report_invalid

    console = Console(no_color=no_color)
    try:
        overrides, problems = judge(
            file.overrides,
            scope.scope(),
            release=file.release,
            cwd=Path.cwd(),
            check_files=not skip_files,
            strict=strict,
        )
        text = report(problems, overrides)
    except OverridesInvalid as invalid:
        problems, text = invalid.problems, report_invalid(invalid)
    if output is options.Output.JSON:
        console.json_line(as_json(str(file.overrides), problems))
    elif problems:
        console.data(text)
    console.say(f"{file.overrides}: {tally(problems)}")
    return ExitCode.OVERRIDES if errors(problems) else ExitCode.OK
