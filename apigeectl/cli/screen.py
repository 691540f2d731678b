"""Lines that stay on a terminal and move there, until they make room for what comes after them."""

from __future__ import annotations

import os
import shutil
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from apigeectl.cli.console import Console, printable

if TYPE_CHECKING:
    from typing import TextIO

    from apigeectl.cli.tree import Line

_TICK_SECONDS = 1.0
_NARROWEST = 20


@contextmanager
def screen(console: Console) -> Iterator[Callable[[Sequence[Line]], None]]:
    """Call what it yields with the lines to be seen now; the first one tells how long it has been going on.

    They never fill more than the terminal has, whatever its size becomes, and are gone at the end. Talk goes above
    them meanwhile.
    """
    frame = _Frame(console)
    over = threading.Event()

    def tick() -> None:
        while not over.wait(_TICK_SECONDS):
            frame.show()

    clock = threading.Thread(target=tick, daemon=True, name="screen")
    clock.start()
    try:
        with console.through(frame.put):
            yield frame.draw
    finally:
        over.set()
        frame.clear()


def size(stream: TextIO) -> os.terminal_size:
    """Of the terminal behind a stream: stdout may be elsewhere."""
    try:
        found = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        found = os.terminal_size((0, 0))
    return found if found.columns and found.lines else shutil.get_terminal_size()


class _Frame:
    """Nothing is erased before it is written over, so nothing flickers; the cursor stays visible below it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._begun = time.monotonic()
        self._lines: Sequence[Line] = ()
        self._widths: list[int] = []
        self._over = False
        self._lock = threading.Lock()

    def draw(self, lines: Sequence[Line]) -> None:
        with self._lock:
            self._lines = lines
            self._write()

    def show(self) -> None:
        """The same lines, on a terminal that may have another size by now."""
        with self._lock:
            if self._lines and not self._over:
                self._write()

    def put(self, text: str) -> None:
        """A line of talk, which stays."""
        with self._lock:
            self._send(f"{self._erase()}{text}\n")
            self._widths = []
            self._write()

    def clear(self) -> None:
        with self._lock:
            self._over = True
            self._send(self._erase())

    def _write(self) -> None:
        terminal = size(self._console.err)
        columns = max(_NARROWEST, terminal.columns)
        start = _up(self._rows())
        seconds = f", after {time.monotonic() - self._begun:.0f} s"
        texts = [(printable(line.text), line.style) for line in self._lines]
        texts[:1] = [(f"{text}{seconds}", style) for text, style in texts[:1]]
        shown = [(_cut(text, columns - 1), style) for text, style in _fitted(texts, terminal.lines - 1)]
        self._widths = [_cells(text) for text, _ in shown]
        rows = "".join(f"{self._console.styled(text, style)}{_CLEAR_REST}\n" for text, style in shown)
        self._send(f"{start}{rows}{_CLEAR_BELOW}")

    def _erase(self) -> str:
        # Row by row: a terminal that is told to clear all of itself may keep what it had in its scrollback.
        rows = self._rows()
        emptied = f"{_CLEAR_REST}\n" * rows
        return f"{_up(rows)}{emptied}{_CLEAR_REST}{_up(rows)}"

    def _rows(self) -> int:
        """How many hold what was written last; a terminal that became narrower has folded them."""
        columns = max(1, size(self._console.err).columns)
        return sum(max(1, -(-width // columns)) for width in self._widths)

    def _send(self, text: str) -> None:
        try:
            self._console.err.write(text)
            self._console.err.flush()
        except OSError:
            pass  # nobody looks any more; the wait goes on


def _up(rows: int) -> str:
    return f"\r\x1b[{rows}A" if rows else "\r"


_CLEAR_REST = "\x1b[K"
_CLEAR_BELOW = "\x1b[J"


def _fitted(texts: list[tuple[str, str]], rows: int) -> list[tuple[str, str]]:
    if len(texts) <= max(1, rows):
        return texts
    kept = texts[: max(1, rows - 1)]
    return [*kept, (f"... {len(texts) - len(kept)} more lines", "dim")]


def _cut(text: str, columns: int) -> str:
    if _cells(text) <= columns:
        return text
    while _cells(text) > columns - 1:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _cells(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(
        2 if unicodedata.east_asian_width(char) in "WF" else 0 if unicodedata.combining(char) else 1
        for char in text
    )
