"""Plans, before they are carried out or when they stay plans."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from apigeectl.apply.changes import Action, Change, Event
from apigeectl.apply.plan import Plan
from apigeectl.cli.console import Console
from apigeectl.cli.events import DRY, list_refs, show_event, summary
from apigeectl.cli.options import Output

_ALONE = 3
"""So many new objects of one kind have a line each in the table; more share one."""


def show_notes(console: Console, plan: Plan, *, output: Output) -> None:
    """What the plan says beside its changes."""
    for note in plan.notes:
        console.warn(note)
    kept = [ref for ref in plan.leftovers if ref not in {one.ref for one in plan.pruned}]
    if kept and output is Output.TEXT:
        console.say("no longer in the overrides file, and left as it is:")
        list_refs(console, kept)


def show_plan(console: Console, plan: Plan) -> None:
    """A table of what is about to be changed; nothing when that is nothing."""
    changes = [change for change in plan.changes if change.action.writes]
    changes += plan.pruned  # also what stays, and why
    if changes:
        console.say("plan:")
        console.table([*_rows(changes)])


def show_dry_run(console: Console, plan: Plan, output: Output) -> None:
    """A plan that stays one."""
    changes = (*plan.changes, *plan.pruned)
    for change in changes:
        event = Event(change.ref, change.action, change.note or _some(change.fields))
        show_event(console, event, output, dry=True)
    if output is Output.TEXT:
        console.say(summary(Counter(change.action for change in changes)) + DRY)


def _rows(changes: Iterable[Change]) -> Iterator[tuple[str, str, str]]:
    created: dict[str, list[Change]] = {}
    others = []
    for change in changes:
        if change.action is Action.CREATE:
            created.setdefault(change.ref.kind, []).append(change)
        else:
            others.append(change)
    for kind, group in created.items():
        if len(group) > _ALONE:
            names = _some([change.ref.name for change in group])
            yield "  create", f"{len(group)} {kind}", names
        else:
            yield from (("  create", str(change.ref), "") for change in group)
    for change in others:
        yield f"  {change.action.value}", str(change.ref), change.note or _some(change.fields)


def _some(names: Iterable[str]) -> str:
    every = list(names)
    shown = ", ".join(every[:3])
    return f"{shown} and {len(every) - 3} more" if len(every) > 3 else shown
