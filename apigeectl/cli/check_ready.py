"""apigeectl check-ready."""

from __future__ import annotations

import typer

from apigeectl.cli import options
from apigeectl.cli.connection import ClusterFlags
from apigeectl.cli.durations import WAIT_SECONDS, seconds
from apigeectl.cli.flags import FileFlags, ScopeFlags, TalkFlags
from apigeectl.cli.groups import flat


def register(app: typer.Typer, name: str) -> None:
    app.command(name, short_help="Look once whether everything is ready; --wait watches.")(flat(check_ready))


def check_ready(
    *,
    file: FileFlags,
    wait: options.Wait = None,
    components: options.Components = None,
    talk: TalkFlags,
    where: ClusterFlags,
) -> int:
    """Look once whether everything is ready: exit 0 and "All containers are ready." on stderr, else 1.

    As long as no runtime custom resource exists, what init installed is judged. --wait watches instead.
    """
    from apigeectl.cli.readiness import look_once, until_ready
    from apigeectl.cli.task import prepared_for

    timeout = seconds(wait, default=WAIT_SECONDS)
    console = talk.console()
    connect = where.lazily(console)
    prepared = prepared_for(console, file, ScopeFlags(components=components).scope(), connect)
    if talk.verbose:
        console.say(prepared.release_reason)
    if timeout is None:
        return look_once(console, prepared, connect(), talk)
    return until_ready(console, prepared, connect(), talk, timeout)
