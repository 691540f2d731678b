"""Plans and what becomes of them: words, plain lines or one JSON document a line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable

import typer

from apigeectl.apply.changes import ASKED, Action, Event
from apigeectl.apply.engine import Interrupted
from apigeectl.cli.console import Console
from apigeectl.cli.options import Output
from apigeectl.cli.progress import bar
from apigeectl.errors import ExitCode
from apigeectl.manifests import ObjectRef
from apigeectl.readiness.wait import Progress

_PAUSE = 5.0
"""Seconds between two lines about what is waited for."""

_STYLE = {Action.CREATE: "good", Action.CONFIGURE: "good", Action.DELETE: "good", Action.UNCHANGED: "dim"}


def show_events(
    console: Console, events: Iterable[Event | Progress], *, title: str, total: int, output: Output
) -> None:
    """Every event as it comes, then how many objects had which end; an interrupted run says how far it came."""
    teller = _Teller(console, output)
    try:
        with bar(console, title, total) as advance:
            _show_all(events, lambda item: teller.show(item, advance))
    except Interrupted as stopped:
        _show_interrupted(console, stopped)
        raise typer.Exit(ExitCode.INTERRUPTED) from stopped
    if output is Output.TEXT:
        console.say(summary(teller.counts))


def _show_all(events: Iterable[Event | Progress], show: Callable[[Event | Progress], None]) -> None:
    """Show each. A Ctrl-C that comes while one is shown is the engine's to answer: it finishes what it has begun."""
    try:
        for item in events:
            show(item)
    except Interrupted:
        raise
    except KeyboardInterrupt as interrupt:
        if not isinstance(events, Generator):
            raise
        show(events.throw(interrupt))
        for item in events:
            show(item)


class _Teller:
    """Says each event, and now and then what is waited for."""

    def __init__(self, console: Console, output: Output) -> None:
        self.counts: Counter[Action] = Counter()
        self._console = console
        self._output = output
        self._said = -_PAUSE

    def show(self, item: Event | Progress, advance: Callable[[], None]) -> None:
        """Events always, progress every few seconds and only as text."""
        if isinstance(item, Event):
            show_event(self._console, item, self._output)
            self.counts[item.action] += 1
            advance()
        elif self._output is Output.TEXT and not item.readiness.ready and item.seconds >= self._said + _PAUSE:
            self._said = item.seconds
            self._console.say(f"{item.ref}: {item.readiness.message}", "dim")


def show_event(console: Console, event: Event, output: Output, *, dry: bool = False) -> None:
    """One event, as a line or a JSON document; `dry` for what only would happen."""
    if output is Output.JSON:
        console.json_line(_document(event) | ({"dryRun": True} if dry else {}))
        return
    note = f" ({event.message})" if event.message else ""
    console.say(f"{event.ref} {event.action.done}{DRY if dry else ''}{note}", _STYLE.get(event.action, ""))


DRY = " (server dry run)"
"""What ends a line about something that was not done."""


def summary(counts: Counter[Action]) -> str:
    """How many objects had which end."""
    return (
        ", ".join(f"{counts[action]} {action.done}" for action in Action if counts[action]) or "nothing to do"
    )


def _show_interrupted(console: Console, stopped: Interrupted) -> None:
    console.say("interrupted")
    written = [event for event in stopped.done if event.action.writes]
    asked = [event.ref for event in written if event.message == ASKED]
    done = [event.ref for event in written if event.message != ASKED]
    for title, refs in (("done:", done), (f"{ASKED}:", asked), ("not begun:", stopped.remaining)):
        if refs or title != f"{ASKED}:":
            console.say(title if refs else f"{title} nothing")
        list_refs(console, refs)
    console.hint("the same command again does what is left")


def list_refs(console: Console, refs: Iterable[ObjectRef]) -> None:
    """One a line, indented."""
    for ref in refs:
        console.say(f"  {ref}")


def ref_document(ref: ObjectRef) -> dict[str, str]:
    """An object's place, as a part of a versioned document."""
    return {"group": ref.group, "kind": ref.kind, "namespace": ref.namespace, "name": ref.name}


def _document(event: Event) -> dict[str, object]:
    return {
        "apiVersion": "apigeectl/v1",
        "kind": "Event",
        "object": ref_document(event.ref),
        "action": event.action.done,
        "message": event.message,
        "seconds": round(event.seconds, 3),
    }
