"""Waiting in view: the synchronisation bar while pods report, and how far the question for states has come."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from apigeectl.cli.console import Console
from apigeectl.cli.deployments_show import progress_line
from apigeectl.cli.progress import bar
from apigeectl.clients.pace import READS_PER_SECOND
from apigeectl.deployments.ages import span

if TYPE_CHECKING:
    from apigeectl.actions.deployments_status import Look

_EVERY_SECONDS = 5.0
"""Between two lines about how far it has come, where there is no bar."""


def follow(console: Console, looks: Iterable[Look]) -> Look:
    """Show looks until the last one, and return it. A line for each that moved."""
    with synchronisation(console) as show:
        for seen in looks:
            show(seen)
    return seen


@contextmanager
def synchronisation(console: Console) -> Iterator[Callable[[Look], None]]:
    """Call what it yields with each look."""
    shown = 0
    said = ""
    with bar(console, "runtime pods reported, %", 100) as advance:

        def show(seen: Look) -> None:
            nonlocal shown, said
            for _ in range(seen.verdict.reported - shown):
                advance()
            shown = max(shown, seen.verdict.reported)
            if (line := progress_line(seen)) != said:
                console.say(line, "dim")
                said = line

        yield show


@contextmanager
def asking(console: Console, total: int) -> Iterator[Callable[[], None]]:
    """Call what it yields for each state that came; says at once how many there are and how long they take."""
    if total > READS_PER_SECOND:
        console.say(f"asking for {total} states, about {span(total / READS_PER_SECOND)}", "dim")
    done, said = 0, time.monotonic()
    with bar(console, "states", total) as advance:

        def came() -> None:
            nonlocal done, said
            done += 1
            advance()
            if not console.color and time.monotonic() - said >= _EVERY_SECONDS:
                said = time.monotonic()
                console.say(f"{done} of {total} states", "dim")

        yield came
