"""A bar with rich on a terminal that takes escape codes, nothing elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from apigeectl.cli.console import Console


@contextmanager
def bar(console: Console, title: str, total: int) -> Iterator[Callable[[], None]]:
    """Call what it yields for each of the total that is done; talk goes above the bar meanwhile."""
    if not (console.color and total):
        yield lambda: None
        return
    from rich.console import Console as RichConsole
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    from rich.text import Text

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    screen = RichConsole(file=console.err)

    def put(line: str) -> None:
        screen.print(Text.from_ansi(line), soft_wrap=True)

    with (
        Progress(
            *columns, console=screen, transient=True, redirect_stdout=False, redirect_stderr=False
        ) as progress,
        console.through(put),
    ):
        task = progress.add_task(title, total=total)
        yield lambda: progress.advance(task)
