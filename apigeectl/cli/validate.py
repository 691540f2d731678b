"""apigeectl validate."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apigeectl.cli import options
from apigeectl.cli.flags import FileFlags, ScopeFlags
from apigeectl.cli.groups import flat
from apigeectl.cli.options import Format
from apigeectl.errors import ExitCode, OverridesError, UsageError

if TYPE_CHECKING:
    from apigeectl.cli.console import Console
    from apigeectl.overrides.position import Files
    from apigeectl.overrides.problems import Problem
    from apigeectl.overrides.scope import Scope


def register(app: typer.Typer, name: str) -> None:
    app.command(name, short_help="Find every mistake in an overrides file.")(flat(validate))


def validate(
    *,
    alone: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILE]...", help="Files judged each by itself; those of -f make one together."
        ),
    ] = None,
    file: FileFlags,
    scope: ScopeFlags,
    strict: Annotated[bool, typer.Option("--strict", help="Treat warnings as errors.")] = False,
    skip_files: Annotated[
        bool, typer.Option("--skip-files", help="Leave out what needs the files that the overrides name.")
    ] = False,
    output: options.FormatOption = Format.TEXT,
    no_color: options.NoColor = False,
) -> int:
    """Find every mistake in an overrides file. Needs no cluster and no network.

    Scope flags judge a file that holds a part of an installation only. A comment on its line or above it silences a warning:
    # apigeectl: ignore=CODE -- reason
    """
    from apigeectl.cli.console import Console

    if alone and file.overrides:
        raise UsageError(
            "files stand behind -f and without it", hint="with -f they make one, without each is judged"
        )
    if alone and len(alone) > 1 and output is Format.SARIF:
        raise UsageError("a SARIF document is written for one file only", hint="name one file")
    judging = _Judging(
        Console(no_color=no_color),
        scope.scope(),
        release=file.release,
        check_files=not skip_files,
        strict=strict,
        output=output,
    )
    each: list[tuple[Path, ...]] = [(path,) for path in alone or ()]
    return max(map(judging.judged, each or [file.files]))


@dataclass(frozen=True)
class _Judging:
    """How files are judged and shown."""

    console: Console
    scope: Scope
    release: str | None
    check_files: bool
    strict: bool
    output: Format

    def judged(self, named: tuple[Path, ...]) -> int:
        """The exit code for what these files make together, after showing what is wrong with it."""
        from apigeectl.actions.preparation import judge
        from apigeectl.cli.problems import highlighted, source_width, tally
        from apigeectl.overrides.position import Files
        from apigeectl.overrides.problems import OverridesInvalid, Problem, Severity, errors
        from apigeectl.overrides.report import report, report_invalid

        try:
            overrides, problems = judge(
                named,
                self.scope,
                release=self.release,
                cwd=Path.cwd(),
                environ=os.environ,
                check_files=self.check_files,
                strict=self.strict,
            )
            files, text = overrides.files, report(problems, overrides, source_width())
        except OverridesInvalid as invalid:
            files, problems, text = invalid.files, invalid.problems, report_invalid(invalid, source_width())
        except OverridesError as error:  # no reason to leave the next file unread
            if self.output is Format.TEXT:
                self.console.error(error)
                return error.exit_code
            files, text = Files.together(named), ""
            problems = (Problem(Severity.ERROR, "unreadable", error.message, hint=error.hint),)
        if data := text if self.output is Format.TEXT else _formatted(self.output, problems, files):
            plain = self.output is not Format.TEXT or not self.console.color_out
            self.console.data(data if plain else highlighted(data))
        self.console.say(f"{files}: {tally(problems)}")
        return ExitCode.OVERRIDES if errors(problems) else ExitCode.OK


def _formatted(output: Format, problems: Sequence[Problem], files: Files) -> str:
    from apigeectl import __version__

    if output is Format.GITHUB:
        from apigeectl.overrides.annotations import workflow_commands

        return workflow_commands(problems, files, Path.cwd())
    if output is Format.SARIF:
        from apigeectl.overrides.sarif import sarif

        return json.dumps(sarif(problems, files, __version__, Path.cwd()), ensure_ascii=False)
    from apigeectl.cli.problems import as_json

    return json.dumps(as_json(problems, files), ensure_ascii=False)
