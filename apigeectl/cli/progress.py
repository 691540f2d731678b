"""Events as they come: a bar with rich on a terminal, plain lines off it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from apigeectl.cli.console import Console

Item = TypeVar("Item")


@contextmanager
def _bar(console: Console, title: str, total: int) -> Iterator[Callable[[], None]]:
    if not (console.terminal() and total):
        yield lambda: None
        return
    from rich.console import Console as RichConsole
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    screen = RichConsole(file=console.err, no_color=not console.color)
    with Progress(*columns, console=screen, transient=True, redirect_stdout=False) as progress:
        task = progress.add_task(title, total=total)
        yield lambda: progress.advance(task)


def follow(
    console: Console, items: Iterable[Item], show: Callable[[Item], None], *, title: str, total: int
) -> list[Item]:
    """Show each item as it comes; every one of them, when the last has come."""
    seen: list[Item] = []
    with _bar(console, title, total) as advance:
        for item in items:
            show(item)
            advance()
            seen.append(item)
    return seen
