"""Plans, before they are carried out or when they stay plans."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from apigeectl.apply.changes import Action, Change, Event
from apigeectl.apply.plan import Plan
from apigeectl.cli.console import Console
from apigeectl.cli.events import DRY, list_refs, show_event, summary
from apigeectl.cli.options import Output
from apigeectl.cli.tables import counted

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
        console.table([*_rows(changes, None if _is_read_by_programs(console) else _ALONE)])


def show_dry_run(console: Console, plan: Plan, output: Output) -> None:
    """A plan that stays one."""
    changes = (*plan.changes, *plan.pruned)
    longest = None if output is Output.JSON or _is_read_by_programs(console) else _ALONE
    for change in changes:
        event = Event(change.ref, change.action, change.note or _some(_parts(change.fields), longest))
        show_event(console, event, output, dry=True)
    if output is Output.TEXT:
        console.say(summary(Counter(change.action for change in changes)) + DRY)


def _is_read_by_programs(console: Console) -> bool:
    """They get lists as long as they are."""
    return console.err is None or not console.err.isatty()


def _rows(changes: Iterable[Change], longest: int | None) -> Iterator[tuple[str, str, str]]:
    created: dict[str, list[Change]] = {}
    others = []
    for change in changes:
        if change.action is Action.CREATE:
            created.setdefault(change.ref.kind, []).append(change)
        else:
            others.append(change)
    for kind, group in created.items():
        if longest is not None and len(group) > _ALONE:
            names = _some([change.ref.name for change in group], longest)
            yield "  create", f"{len(group)} {kind}", names
        else:
            yield from (("  create", str(change.ref), "") for change in group)
    for change in others:
        yield (
            f"  {change.action.value}",
            str(change.ref),
            change.note or _some(_parts(change.fields), longest),
        )


def _parts(fields: Sequence[str]) -> list[str]:
    """What of an object changes: its own fields first, since labels and annotations rarely matter."""
    rest = list(fields)
    counts = []
    for noun, start in _NOTES.items():
        notes = [field for field in rest if field.startswith(start)]
        rest = [field for field in rest if field not in notes]
        if notes:
            counts.append(counted(len(notes), noun))
    return [*rest, *counts]


_NOTES = {"label": "metadata.labels", "annotation": "metadata.annotations"}


def _some(names: Sequence[str], longest: int | None) -> str:
    shown = ", ".join(names[:longest])
    return f"{shown} and {len(names) - longest} more" if longest and len(names) > longest else shown
