"""apigeectl render."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apigeectl.cli import options
from apigeectl.cli.flags import FileFlags, ScopeFlags
from apigeectl.cli.groups import flat
from apigeectl.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from apigeectl.cli.console import Console
    from apigeectl.components.render import Rendering


def register(app: typer.Typer, name: str) -> None:
    app.command(name, short_help="Print the manifests, or write them to a folder.")(flat(render))


def render(
    *,
    file: FileFlags,
    scope: ScopeFlags,
    init: Annotated[
        bool, typer.Option("--init", help="What init applies, instead of what apply does.")
    ] = False,
    output_dir: Annotated[
        Path | None,
        typer.Option("--output-dir", metavar="DIR", help="One file an object, with a kustomization.yaml."),
    ] = None,
    templates: options.Templates = None,
    verbose: options.Verbose = False,
    no_color: options.NoColor = False,
) -> int:
    """Render the manifests of an overrides file, Secrets included. Needs no cluster and no network.

    Without --output-dir they go to stdout. A folder keeps what else it holds: only files are replaced or deleted that
    the last run listed in its apigeectl-index.json and that nobody changed since.
    """
    from apigeectl.actions.rendering import Choices, render_prerequisites, render_scope
    from apigeectl.cli.console import Console
    from apigeectl.cli.problems import show_problems
    from apigeectl.cli.task import prepared_for
    from apigeectl.overrides.scope import Scope
    from apigeectl.yaml import dump

    wanted = scope.scope()
    if init and wanted != Scope():
        raise UsageError("--init has no parts", hint="leave the scope flags out, or --init")
    console = Console(no_color=no_color)
    prepared = prepared_for(console, file, wanted, None, check_files=True)
    show_problems(console, prepared.overrides, prepared.problems, verbose=verbose)
    console.say(prepared.release_reason)
    render_part = render_prerequisites if init else render_scope
    rendering = render_part(prepared, Path.cwd(), Choices(templates=templates))
    for warning in rendering.warnings:
        console.warn(warning)
    if output_dir is None:
        console.data(dump(manifest.body for manifest in rendering.manifests))
    else:
        _write(console, rendering, output_dir)
    return ExitCode.OK


def _write(console: Console, rendering: Rendering, folder: Path) -> None:
    from apigeectl.actions.render import files_of, write_folder
    from apigeectl.cli.tables import counted

    done = write_folder(folder, files_of(rendering.manifests))
    console.say(
        f"{folder}: {counted(len(done.written), 'file')} written, {len(done.unchanged)} unchanged, "
        f"{len(done.deleted)} deleted"
    )
    if done.secrets:
        console.hint(
            f"{counted(len(done.secrets), 'Secret')} among them, as plain text to whoever can read them: "
            "keep them out of repositories"
        )
