"""apigeectl connect logs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from apigeectl.cli import options
from apigeectl.cli.connect_site import SiteFlags
from apigeectl.cli.console import Console, painted, printable
from apigeectl.cli.options import Output
from apigeectl.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from apigeectl.actions.connect_logs import Entry

Follow = Annotated[bool, typer.Option("--follow", help="Go on with every line that is written.")]
Since = Annotated[
    str | None, typer.Option("--since", metavar="DURATION", help="Only the last 90s, 10m or 2h.")
]
Raw = Annotated[bool, typer.Option("--raw", help="Every line as it stands, not only what it says.")]

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}
_STYLES = {"error": "bad", "opened": "good", "closed": "dim", "request": "dim"}
_WORDS = {"opened": "tether opened", "closed": "tether closed"}
_SHOWN = frozenset({"started", "opened", "closed", "request", "error"})


def logs(
    *,
    where: SiteFlags,
    follow: Follow = False,
    since: Since = None,
    raw: Raw = False,
    output: options.OutputOption = Output.TEXT,
    no_color: options.NoColor = False,
) -> int:
    """Show the logs of all agent pods by time: started, tether opened, tether closed, request, error.

    That tethers close and others open is normal. Of an agent that crashed its earlier run is shown, too.
    """
    from apigeectl.actions import connect_logs as story

    console = Console(no_color=no_color)
    seconds = _seconds(since)
    overrides = where.read(console)
    cluster = where.cluster.connect(console)
    if follow:
        if not story.agents(cluster, overrides.namespace, overrides.org):
            about = f"organization {overrides.org} in namespace {overrides.namespace}"
            console.say(f"there is no agent pod of {about} yet; what one writes is shown once it runs", "dim")
        entries = story.follow(cluster, overrides.namespace, overrides.org, since=seconds)
    else:
        entries = iter(story.written(cluster, overrides.namespace, overrides.org, since=seconds))
    for entry in entries:
        _show(console, entry, raw=raw, output=output)
    return ExitCode.OK


def _show(console: Console, entry: Entry, *, raw: bool, output: Output) -> None:
    kind = entry.kind.value
    if output is Output.JSON:
        document = {
            "apiVersion": "apigeectl/v1",
            "kind": "AgentLogLine",
            "pod": entry.pod,
            "time": entry.time,
        }
        understood = {"event": kind, "subject": entry.subject, "value": entry.value}
        console.json_line({**document, **understood, "text": entry.raw if raw else entry.text})
    elif raw:
        console.data(printable(f"{entry.pod}  {entry.raw}"))
    elif kind in _SHOWN:
        words = _WORDS.get(kind, kind)
        line = printable(f"{entry.time[:19]}  {entry.pod[-11:]}  {words:<13}  {_message(entry)}")
        console.data(painted(line, _STYLES.get(kind, "")) if console.color_out else line)


def _message(entry: Entry) -> str:
    return entry.subject if entry.kind.value in _WORDS else entry.text


def _seconds(since: str | None) -> int | None:
    if since is None:
        return None
    match = re.fullmatch(r"(\d{1,7})([smh]?)", since)
    if not match or not int(match[1]):
        raise UsageError(f'--since: "{since}" is no duration', hint="write seconds, or 10m, or 2h")
    return int(match[1]) * _UNITS[match[2]]
