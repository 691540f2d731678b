"""apigeectl secrets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apigeectl.cli import options
from apigeectl.cli.connection import ClusterFlags
from apigeectl.cli.console import Console
from apigeectl.cli.flags import FileFlags
from apigeectl.cli.groups import flat
from apigeectl.cli.options import DryRun, Output
from apigeectl.cli.tables import counted
from apigeectl.errors import ExitCode, NoCredentials, Unreachable, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apigeectl.actions.secrets import Cluster, NewFile, NewSecret
    from apigeectl.overrides.document import Overrides
    from apigeectl.overrides.edit import Edit


def register(app: typer.Typer, name: str) -> None:
    secrets = typer.Typer(help="Keys, salts and passwords of an installation.", no_args_is_help=True)
    secrets.callback()(_group)
    secrets.command("create", short_help="Make strong ones for a new installation.")(flat(create))
    app.add_typer(secrets, name=name)


def _group() -> None:
    """Keys, salts and passwords of an installation."""


@dataclass(frozen=True)
class _Goal:
    """Where the secrets go."""

    output_dir: Annotated[
        Path | None,
        typer.Option(
            "--output-dir",
            metavar="DIR",
            help="Write files that only you can read.",
        ),
    ] = None
    write: Annotated[
        bool, typer.Option("--write", help="Name the files of --output-dir in the overrides file, too.")
    ] = False
    apply: Annotated[bool, typer.Option("--apply", help="Create the Secrets in the cluster.")] = False

    def check(self) -> None:
        if self.apply == (self.output_dir is not None):
            raise UsageError(
                "secrets create needs one place to write to", hint="add --apply, or --output-dir DIR"
            )
        if self.write and self.output_dir is None:
            raise UsageError("--write names files, and --apply makes none", hint="add --output-dir DIR")


def create(
    *,
    file: FileFlags,
    goal: _Goal,
    dry_run: options.DryRunOption = DryRun.NONE,
    where: ClusterFlags,
    output: options.OutputOption = Output.TEXT,
    no_color: options.NoColor = False,
) -> int:
    """Make strong keys, salts and passwords for a new installation, before init and apply.

    What the overrides file or the cluster has already is kept, and no file and no Secret is replaced. Refuses where data
    exists that other keys were made for. Nothing secret is printed. Without this command, init and apply use the
    original's defaults, which are publicly known.
    """
    from apigeectl.actions import secrets as story

    goal.check()
    console = Console(no_color=no_color)
    overrides = _judged(console, file)
    cluster = _asked(console, overrides, where, dry_run, must=goal.apply)
    secrets = story.new_secrets(overrides, Path.cwd(), cluster)
    files: Sequence[NewFile] = ()
    if not any(secret.made for secret in secrets):
        console.say(f"nothing to make: the cluster and {overrides.files} have it all")
        secrets = ()
    elif goal.output_dir is None:
        _into_cluster(console, overrides, secrets, cluster, dry_run)
    else:
        files = story.files_for(overrides, secrets)
        edit = _edit(overrides, files, goal.output_dir) if goal.write else None
        _into_files(console, overrides, files, goal.output_dir, edit, dry_run)
        if output is Output.TEXT:
            _show_lines(console, overrides, files, goal.output_dir, edit)
    if output is Output.JSON:
        console.json_line(_document(overrides, secrets, files, goal, dry_run))
    return ExitCode.OK


def _judged(console: Console, file: FileFlags) -> Overrides:
    from apigeectl.actions.preparation import judge
    from apigeectl.cli.task import invalid_shown
    from apigeectl.overrides.problems import OverridesInvalid, errors
    from apigeectl.overrides.scope import Scope

    with invalid_shown(console):
        overrides, problems = judge(
            file.files, Scope(), release=file.release, cwd=Path.cwd(), check_files=False
        )
        if errors(problems):
            raise OverridesInvalid(overrides.files, overrides.text, problems)
    return overrides


def _asked(
    console: Console, overrides: Overrides, where: ClusterFlags, dry_run: DryRun, *, must: bool
) -> Cluster | None:
    """The cluster, once it is known to hold no data; None when it was not or, for files, could not be asked."""
    from apigeectl.actions.secrets import require_new

    if dry_run is not DryRun.CLIENT:
        try:
            cluster = where.connect(console)
            require_new(overrides, cluster)
        except (NoCredentials, Unreachable) as error:
            if must:
                raise
            console.warn(
                f"{error.message}; whether the cluster holds data or keys already is not known. If it does, apply "
                "keeps its keys and stops at different ones"
            )
        else:
            return cluster
    require_new(overrides, None)
    return None


def _into_cluster(
    console: Console,
    overrides: Overrides,
    secrets: Sequence[NewSecret],
    cluster: Cluster | None,
    dry_run: DryRun,
) -> None:
    from apigeectl.actions.secrets import create as carry_out

    if cluster is None or dry_run is not DryRun.NONE:
        for secret in secrets:
            console.say(
                f"{secret.manifest(overrides.namespace).ref} would be created: {_listed(secret.made)}"
            )
        console.say(f"{counted(len(secrets), 'Secret')} would be created (dry run)")
        return
    for event in carry_out(overrides, secrets, cluster):
        console.say(f"{event.ref} {event.action.done}" + (f": {event.message}" if event.message else ""))
    console.say(f"{counted(len(secrets), 'Secret')} created; init and apply keep what they hold")
    console.hint(
        "keep a copy in a safe place: without these Secrets the data of Cassandra cannot be read, and another "
        "region needs the same"
    )


def _into_files(
    console: Console,
    overrides: Overrides,
    files: Sequence[NewFile],
    folder: Path,
    edit: Edit | None,
    dry_run: DryRun,
) -> None:
    from apigeectl.actions.private_files import write_new
    from apigeectl.actions.secrets import SECRETS_FILE
    from apigeectl.overrides.save import write as save

    would = dry_run is not DryRun.NONE
    if not would:
        write_new(folder, {file.name: file.content for file in files})
    for file in files:
        console.say(f"{folder / file.name} {'would be ' if would else ''}written" + _naming(file))
    if edit:
        if not would:
            save(overrides.file, edit.text, before=edit.before)
        console.say(f"{overrides.file} {'would be' if would else 'was'} changed")
    if any(file.name == SECRETS_FILE for file in files):
        console.hint(
            f"{folder / SECRETS_FILE} holds what no property can name; before init, create the namespace "
            f"{overrides.namespace} and run kubectl create --field-manager=apigeectl -f {folder / SECRETS_FILE}"
        )
    console.hint("keep the files in a safe place: without them the data of Cassandra cannot be read")


def _show_lines(
    console: Console,
    overrides: Overrides,
    files: Sequence[NewFile],
    folder: Path,
    edit: Edit | None,
) -> None:
    """The lines that name the files, or how they changed the overrides file, as data."""
    from apigeectl.actions.secrets import lines_for
    from apigeectl.overrides.stanza import block

    if edit is None:
        lines = lines_for(overrides, files, _written(folder, overrides))
        if lines:
            console.data("\n".join(block(lines)))
            console.say(f"add these lines to {overrides.files}, or let --write do it", "dim")
        return
    console.data(edit.diff())


def _document(
    overrides: Overrides,
    secrets: Sequence[NewSecret],
    files: Sequence[NewFile],
    goal: _Goal,
    dry_run: DryRun,
) -> dict[str, Any]:
    """What was made and for which properties; never what it is."""
    folder = goal.output_dir or Path()
    return {
        "apiVersion": "apigeectl/v1",
        "kind": "NewSecrets",
        "dryRun": dry_run is not DryRun.NONE,
        "namespace": overrides.namespace,
        "secrets": [{"name": secret.name, "made": list(secret.made)} for secret in secrets],
        "files": [{"path": str(folder / file.name), "property": file.property or None} for file in files],
    }


def _edit(overrides: Overrides, files: Sequence[NewFile], folder: Path) -> Edit | None:
    """The overrides file with every property set that names a file; None when there is none."""
    from apigeectl.overrides.edit import Edit, set_value

    new = overrides
    for file in (file for file in files if file.property):
        new = set_value(new, file.property, f"{_written(folder, overrides)}/{file.name}").overrides()
    return Edit(overrides.file, overrides.text, new.text) if new is not overrides else None


def _written(folder: Path, overrides: Overrides) -> str:
    """The folder as seen from that of the overrides file when it lies below it, so that it is found from anywhere."""
    base = overrides.file.absolute().parent
    place = Path.cwd() / folder
    return f"./{place.relative_to(base).as_posix()}" if place.is_relative_to(base) else folder.as_posix()


def _naming(file: NewFile) -> str:
    return f" for {file.property}" if file.property else ""


def _listed(made: Sequence[str]) -> str:
    return ", ".join(made) or "nothing new in it"
