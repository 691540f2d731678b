"""apigeectl validate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from apigeectl.cli import options
from apigeectl.cli.console import Console
from apigeectl.cli.scopes import scope_of
from apigeectl.errors import ExitCode


def register(app: typer.Typer, name: str) -> None:
    app.command(name)(validate)


def validate(
    overrides: options.OverridesFile = options.DEFAULT_OVERRIDES,
    org: options.OrgScope = False,
    env: options.EnvScope = None,
    all_envs: options.AllEnvsScope = False,
    datastore: options.DatastoreScope = False,
    redis: options.RedisScope = False,
    telemetry: options.TelemetryScope = False,
    settings: options.SettingsScope = None,
    release: options.ReleaseOption = None,
    strict: Annotated[bool, typer.Option("--strict", help="Treat warnings as errors.")] = False,
    skip_files: Annotated[
        bool, typer.Option("--skip-files", help="Leave out what needs the files that the overrides name.")
    ] = False,
    output: options.OutputOption = options.Output.TEXT,
    no_color: options.NoColor = False,
) -> int:
    """Find every mistake in an overrides file. Needs no cluster and no network."""
    from apigeectl.actions.preparation import judge
    from apigeectl.cli.problems import as_json
    from apigeectl.overrides.problems import OverridesInvalid, errors
    from apigeectl.overrides.report import report, report_invalid

    console = Console(no_color=no_color)
    scope = scope_of(
        org=org,
        env=env,
        all_envs=all_envs,
        datastore=datastore,
        redis=redis,
        telemetry=telemetry,
        settings=settings,
    )
    try:
        read, problems = judge(
            overrides, scope, release=release, cwd=Path.cwd(), check_files=not skip_files, strict=strict
        )
        text = report(problems, read)
    except OverridesInvalid as invalid:
        problems, text = invalid.problems, report_invalid(invalid)
    if output is options.Output.JSON:
        console.json_line(as_json(str(overrides), problems))
    elif problems:
        console.data(text)
    wrong = errors(problems)
    console.say(f"{overrides}: {len(wrong)} errors, {len(problems) - len(wrong)} other remarks")
    return int(ExitCode.OVERRIDES if wrong else ExitCode.OK)
