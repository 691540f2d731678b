"""Plans and what becomes of them: words, plain lines or one JSON document a line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import typer

from apigeectl.apply.changes import Action, Event
from apigeectl.apply.engine import Interrupted
from apigeectl.apply.plan import Plan
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
    counts: Counter[Action] = Counter()
    said = -_PAUSE
    try:
        with bar(console, title, total) as advance:
            for item in events:
                if isinstance(item, Event):
                    _show_event(console, item, output)
                    counts[item.action] += 1
                    advance()
                elif output is Output.TEXT and not item.readiness.ready and item.seconds >= said + _PAUSE:
                    said = item.seconds
                    console.say(f"{item.ref}: {item.readiness.message}", "dim")
    except Interrupted as stopped:
        _show_interrupted(console, stopped)
        raise typer.Exit(ExitCode.INTERRUPTED) from stopped
    if output is Output.TEXT:
        console.say(_summary(counts))


def show_plan(console: Console, plan: Plan, *, output: Output) -> None:
    """What the plan says beside its changes."""
    for note in plan.notes:
        console.warn(note)
    if plan.leftovers and output is Output.TEXT:
        console.say("no longer in the overrides file, and left as it is:")
        _list(console, plan.leftovers)


def show_dry_run(console: Console, plan: Plan, output: Output) -> None:
    """A plan that stays one."""
    for change in plan.changes:
        event = Event(change.ref, change.action, change.note or _fields(change.fields))
        _show_event(console, event, output, dry=True)
    if output is Output.TEXT:
        console.say(_summary(Counter(change.action for change in plan.changes)) + _DRY)


def _show_event(console: Console, event: Event, output: Output, *, dry: bool = False) -> None:
    if output is Output.JSON:
        console.json_line(_document(event) | ({"dryRun": True} if dry else {}))
        return
    note = f" ({event.message})" if event.message else ""
    console.say(f"{event.ref} {event.action.done}{_DRY if dry else ''}{note}", _STYLE.get(event.action, ""))


_DRY = " (server dry run)"


def _summary(counts: Counter[Action]) -> str:
    return (
        ", ".join(f"{counts[action]} {action.done}" for action in Action if counts[action]) or "nothing to do"
    )


def _show_interrupted(console: Console, stopped: Interrupted) -> None:
    console.say("interrupted")
    written = [event.ref for event in stopped.done if event.action.writes]
    for title, refs in (("done:", written), ("not begun:", stopped.remaining)):
        console.say(title if refs else f"{title} nothing")
        _list(console, refs)
    console.hint("the same command again does what is left")


def _list(console: Console, refs: Iterable[ObjectRef]) -> None:
    for ref in refs:
        console.say(f"  {ref}")


def _document(event: Event) -> dict[str, object]:
    ref = event.ref
    return {
        "apiVersion": "apigeectl/v1",
        "kind": "Event",
        "object": {"group": ref.group, "kind": ref.kind, "namespace": ref.namespace, "name": ref.name},
        "action": event.action.done,
        "message": event.message,
        "seconds": round(event.seconds, 3),
    }


def _fields(fields: tuple[str, ...]) -> str:
    shown = ", ".join(fields[:3])
    return f"{shown} and {len(fields) - 3} more" if len(fields) > 3 else shown
