"""What commands that change a cluster do before they do."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from apigeectl.actions.preparation import Cluster, Prepared, prepare
from apigeectl.cli.console import Console, table
from apigeectl.cli.problems import show_invalid, show_problems
from apigeectl.errors import Refused
from apigeectl.overrides.problems import OverridesInvalid
from apigeectl.overrides.scope import Scope

if TYPE_CHECKING:
    from apigeectl.actions.rendering import Choices
    from apigeectl.apply.changes import Change
    from apigeectl.apply.plan import Plan


def prepared_for(
    console: Console,
    file: Path,
    scope: Scope,
    release: str | None,
    cluster: Callable[[], Cluster] | None,
    *,
    verbose: bool,
    dry: bool = False,
    check_files: bool = True,
    quiet: bool = False,
) -> Prepared:
    """The prepared file, after showing what is odd about it (not when quiet: commands that change nothing
    are called in loops); a dry run says which release it renders."""
    try:
        prepared = prepare(
            file,
            scope,
            release=release,
            environ=os.environ,
            cwd=Path.cwd(),
            cluster=cluster,
            check_files=check_files,
        )
    except OverridesInvalid as error:
        show_invalid(console, error)
        error.details = ()
        raise
    if not quiet:
        show_problems(console, prepared.overrides, prepared.problems, verbose=verbose)
    if dry or verbose:
        console.say(prepared.release_reason)
    return prepared


def asked_for(console: Console, choices: Choices, plan: Plan, *, yes: bool) -> None:
    """What can destroy shows its plan and asks; off a terminal it stops and names --yes."""
    flags = [f"--replace-secret {name}" for name in sorted(choices.replace_secrets)]
    flags += ["--force-conflicts"] if choices.force_conflicts else []
    changes = [change for change in plan.changes if change.action.writes]
    if yes or not flags or not changes:
        return
    console.say(f"{' and '.join(flags)}: this run would")
    console.say(table((change.action.value, str(change.ref), _fields(change)) for change in changes))
    answer = console.confirmed("Go on?")
    if answer is None:
        raise Refused(
            f"{flags[0]} can destroy, and there is no terminal to ask on", hint="add --yes to go on"
        )
    if not answer:
        raise Refused("stopped before anything was written")


def _fields(change: Change) -> str:
    return ", ".join(change.fields[:4])
