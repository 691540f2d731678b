"""What a terminal shows, in its scrollback and on its screen, while lines move and it changes its size."""

from __future__ import annotations

import io
import os
import re

import pytest

from apigeectl.cli import screen as module
from apigeectl.cli.console import Console
from apigeectl.cli.screen import screen
from apigeectl.cli.tree import Line


class Emulated(io.StringIO):
    """A terminal that folds its rows when it becomes narrower, as most do."""

    def __init__(self, columns: int = 40, lines: int = 6) -> None:
        super().__init__()
        self.columns, self.lines = columns, lines
        self.rows = [""]
        self.row = self.column = 0

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        for token in re.findall(r"\x1b\[[\d;?]*[A-Za-z]|.|\n", text):
            self._take(token)
        return len(text)

    def _take(self, token: str) -> None:
        row = self.rows[self.row]
        if token == "\n":
            self.row, self.column = self.row + 1, 0
            self.rows += [""] * (self.row - len(self.rows) + 1)
        elif token == "\r":
            self.column = 0
        elif token.endswith("A"):
            top = max(0, len(self.rows) - self.lines)
            self.row = max(top, self.row - int(token[2:-1]))
        elif token == "\x1b[K":
            self.rows[self.row] = row[: self.column]
        elif token == "\x1b[J":
            top = max(0, len(self.rows) - self.lines)
            assert (self.row, self.column) != (top, 0) or len(self.rows) - top < self.lines
            self.rows = [*self.rows[: self.row], row[: self.column]]
        elif not token.startswith("\x1b"):
            self.rows[self.row] = row[: self.column] + token + row[self.column + 1 :]
            self.column += 1
            assert self.column <= self.columns

    def resize(self, columns: int) -> None:
        self.columns = columns
        folded = [row[at : at + columns] for row in self.rows for at in range(0, max(1, len(row)), columns)]
        self.row += len(folded) - len(self.rows)
        self.rows = folded

    @property
    def shown(self) -> list[str]:
        return [row for row in self.rows if row]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Emulated:
    terminal = Emulated()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(module, "size", lambda stream: os.terminal_size((terminal.columns, terminal.lines)))
    return terminal


def lines(count: int, text: str = "line") -> list[Line]:
    return [Line(f"{text} {number}", "bad") for number in range(count)]


def test_lines_are_written_over_and_gone_at_the_end(terminal: Emulated):
    terminal.write("before\n")
    with screen(Console(err=terminal)) as draw:
        draw(lines(3))
        assert terminal.shown == ["before", "line 0, after 0 s", "line 1", "line 2"]
        draw(lines(2, "other"))
        assert terminal.shown == ["before", "other 0, after 0 s", "other 1"]

    assert terminal.shown == ["before"]


def test_more_than_the_terminal_holds_is_counted_and_leaves_nothing_behind(terminal: Emulated):
    with screen(Console(err=terminal)) as draw:
        for count in (3, 300, 300):
            draw(lines(count))
        assert terminal.shown == ["line 0, after 0 s", "line 1", "line 2", "line 3", "... 296 more lines"]

    assert terminal.shown == []


def test_long_lines_are_cut(terminal: Emulated):
    with screen(Console(err=terminal)) as draw:
        draw([Line("head"), Line("x" * 90), Line("字" * 30)])

        assert terminal.shown[1:] == ["x" * 38 + "…", "字" * 19 + "…"]


def test_a_terminal_that_becomes_narrower_keeps_no_rest(terminal: Emulated):
    terminal.write("before\n")
    with screen(Console(err=terminal)) as draw:
        draw(lines(2, "x" * 30))
        terminal.resize(25)
        draw(lines(2, "y" * 30))
        assert terminal.shown == ["before", "y" * 23 + "…", "y" * 23 + "…"]

    assert terminal.shown == ["before"]


def test_talk_stays_above(terminal: Emulated):
    console = Console(err=terminal)
    with screen(console) as draw:
        draw(lines(2))
        console.warn("look")
        assert terminal.shown == ["warning: look", "line 0, after 0 s", "line 1"]

    assert terminal.shown == ["warning: look"]


def test_nothing_is_left_after_an_interrupt(terminal: Emulated):
    with pytest.raises(KeyboardInterrupt), screen(Console(err=terminal)) as draw:
        draw(lines(3))
        raise KeyboardInterrupt

    assert terminal.shown == []
    assert "?25" not in terminal.getvalue()  # the cursor was never away
