"""What every command about an installation begins with: words, the prepared file, the cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from apigeectl.actions.preparation import Prepared, prepare
from apigeectl.cli.connection import ClusterFlags
from apigeectl.cli.console import Console
from apigeectl.cli.flags import FileFlags, ModeFlags, TalkFlags
from apigeectl.cli.options import Output
from apigeectl.cli.problems import show_invalid, show_problems
from apigeectl.overrides.problems import OverridesInvalid
from apigeectl.overrides.scope import Scope

if TYPE_CHECKING:
    from apigeectl.clients.kubernetes import Cluster


@dataclass(frozen=True)
class Task:
    """A file that may be acted on, and where. A client dry run has no cluster."""

    console: Console
    output: Output
    prepared: Prepared
    cluster: Cluster | None

    def keeping_agent(self) -> Task:
        """The same with the Connect agent in it, whatever the file says."""
        from apigeectl.actions.connect_file import as_if_wanted

        overrides = as_if_wanted(self.prepared.overrides)
        return replace(self, prepared=replace(self.prepared, overrides=overrides))


def begin(
    file: FileFlags,
    scope: Scope,
    where: ClusterFlags,
    mode: ModeFlags,
    talk: TalkFlags,
    *,
    check_files: bool = True,
) -> Task:
    """Read and judge the file, show what is odd about it and connect; a dry run says which release it renders."""
    mode.check(talk.output)
    console = talk.console()
    connect = None if mode.offline else where.lazily(console)
    prepared = prepared_for(console, file, scope, connect, check_files=check_files)
    show_problems(console, prepared.overrides, prepared.problems, verbose=talk.verbose)
    for note in prepared.notes:
        console.warn(note)
    if mode.dry or talk.verbose:
        console.say(prepared.release_reason)
    return Task(console, talk.output, prepared, connect() if connect else None)


def prepared_for(
    console: Console,
    file: FileFlags,
    scope: Scope,
    connect: Callable[[], Cluster] | None,
    *,
    check_files: bool = False,
) -> Prepared:
    """The prepared file; one with errors is shown and stops."""
    with invalid_shown(console):
        return prepare(
            file.files,
            scope,
            release=file.release,
            environ=os.environ,
            cwd=Path.cwd(),
            cluster=connect,
            check_files=check_files,
        )


@contextmanager
def invalid_shown(console: Console) -> Iterator[None]:
    """A file that stops the command is shown with its source lines instead of the error's own details."""
    try:
        yield
    except OverridesInvalid as error:
        show_invalid(console, error)
        error.details = ()
        raise
