"""A bar with rich on a terminal that takes escape codes, nothing elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from apigeectl.cli.console import Console, printable

if TYPE_CHECKING:
    from apigeectl.cli.tree import Line


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


@contextmanager
def screen(console: Console) -> Iterator[Callable[[Sequence[Line]], None]]:
    """Call what it yields with the lines that are to be seen now; they are gone at the end."""
    from rich.console import Console as RichConsole
    from rich.console import Group
    from rich.live import Live
    from rich.text import Text

    terminal = RichConsole(file=console.err)

    def put(line: str) -> None:
        terminal.print(Text.from_ansi(line), soft_wrap=True)

    with (
        Live(
            console=terminal,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            vertical_overflow="ellipsis",
        ) as live,
        console.through(put),
    ):

        def draw(lines: Sequence[Line]) -> None:
            rows = [Text.from_ansi(console.styled(printable(line.text), line.style)) for line in lines]
            for row in rows:
                row.no_wrap, row.overflow = True, "ellipsis"
            live.update(Group(*rows))

        yield draw
