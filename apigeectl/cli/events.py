"""Plans and what becomes of them: words, plain lines or one JSON document a line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from apigeectl.apply.changes import Action, Event
from apigeectl.apply.plan import Plan
from apigeectl.cli.console import Console
from apigeectl.cli.options import Output
from apigeectl.cli.progress import follow
from apigeectl.manifests import ObjectRef
from apigeectl.readiness.wait import Progress

_PAUSE = 5.0
"""Seconds between two lines about what is waited for."""

_STYLE = {Action.CREATE: "good", Action.CONFIGURE: "good", Action.DELETE: "good", Action.UNCHANGED: "dim"}


def show_events(
    console: Console,
    events: Iterable[Event | Progress],
    *,
    title: str,
    total: int,
    output: Output,
    suffix: str = "",
) -> None:
    """Every event as it comes, then how many objects had which end."""
    waited = 0.0

    def show(item: Event | Progress) -> None:
        nonlocal waited
        if isinstance(item, Event):
            _show_event(console, item, output, suffix)
        elif output is Output.TEXT and not item.readiness.ready and item.seconds >= waited:
            waited = item.seconds + _PAUSE
            console.say(f"{item.ref}: {item.readiness.message}", "dim")

    seen = follow(console, events, show, title=title, total=total)
    counts = Counter(item.action for item in seen if isinstance(item, Event))
    if output is Output.TEXT:
        words = ", ".join(f"{counts[action]} {action.done}" for action in Action if counts[action])
        console.say(f"{words or 'nothing to do'}{suffix}")


def show_plan(console: Console, plan: Plan, *, output: Output) -> None:
    """What the plan says beside its changes."""
    for note in plan.notes:
        console.warn(note)
    if plan.leftovers and output is Output.TEXT:
        console.say("no longer in the overrides file, and left as it is:")
        for ref in plan.leftovers:
            console.say(f"  {ref}")


def show_dry_run(console: Console, plan: Plan, output: Output) -> None:
    """A plan that stays one."""
    events = [
        Event(change.ref, change.action, change.note or _fields(change.fields)) for change in plan.changes
    ]
    show_events(console, events, title="dry run", total=0, output=output, suffix=" (server dry run)")


def _show_event(console: Console, event: Event, output: Output, suffix: str) -> None:
    if output is Output.JSON:
        console.json_line(
            {"apiVersion": "apigeectl/v1", "kind": "Event", **_object(event.ref), **_what(event)}
        )
        return
    note = f" ({event.message})" if event.message else ""
    console.say(f"{event.ref} {event.action.done}{suffix}{note}", _STYLE.get(event.action, ""))


def _object(ref: ObjectRef) -> dict[str, object]:
    return {"object": {"group": ref.group, "kind": ref.kind, "namespace": ref.namespace, "name": ref.name}}


def _what(event: Event) -> dict[str, object]:
    return {"action": event.action.done, "message": event.message, "seconds": round(event.seconds, 3)}


def _fields(fields: tuple[str, ...]) -> str:
    shown = ", ".join(fields[:3])
    return f"{shown} and {len(fields) - 3} more" if len(fields) > 3 else shown
