"""Words for people: data to stdout, talk to stderr, colour only on a terminal that wants it."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TextIO

from apigeectl.cli.tables import laid_out
from apigeectl.errors import InstallerError

_STYLES = {
    "error": "1;31",
    "warning": "1;33",
    "info": "36",
    "hint": "36",
    "good": "32",
    "bad": "31",
    "dim": "2",
}


class StdoutLost(InstallerError):
    """What was written to stdout did not arrive; `quiet` when its reader has gone, as after `| head`."""

    def __init__(self, error: OSError) -> None:
        super().__init__(f"cannot write to standard output: {error.strerror}")
        self.quiet = isinstance(error, BrokenPipeError)


class Console:
    """The one place that writes. Whether there is colour is decided once."""

    def __init__(
        self, *, no_color: bool = False, out: TextIO | None = None, err: TextIO | None = None
    ) -> None:
        self.out = out or sys.stdout
        self.err = err or sys.stderr
        self.color = not no_color and wants_color(self.err, os.environ)
        self.color_out = not no_color and wants_color(self.out, os.environ)
        self._put: Callable[[str], object] = self._write

    def data(self, text: str) -> None:
        """Data, to stdout, as it is. Raises StdoutLost."""
        try:
            if self.out is None:  # `>&-`
                raise OSError(0, "it is closed")
            self.out.write(text if text.endswith("\n") else text + "\n")
            self.out.flush()
        except OSError as error:
            raise StdoutLost(error) from error

    def json_line(self, document: Mapping[str, Any]) -> None:
        """One JSON document a line, to stdout."""
        self.data(json.dumps(document, ensure_ascii=False))

    def say(self, text: str = "", style: str = "") -> None:
        """Talk, to stderr."""
        self._put(self.styled(printable(text), style))

    def warn(self, text: str) -> None:
        """A warning, to stderr."""
        self._put(f"{self.styled('warning:', 'warning')} {printable(text)}")

    def hint(self, text: str) -> None:
        """The next thing to do, to stderr."""
        self._put(f"{self.styled('hint:', 'hint')} {printable(text)}")

    def table(self, rows: list[tuple[str, ...]]) -> None:
        """Rows as columns, to stderr, no wider than its terminal."""
        width = shutil.get_terminal_size().columns if _is_terminal(self.err) else None
        self.say(laid_out(rows, width))

    def error(self, error: InstallerError) -> None:
        """Message, details indented, hint; always in this order."""
        self._put(f"{self.styled('error:', 'error')} {printable(error.message)}")
        for detail in error.details:
            self._put(f"  {printable(detail)}")
        if error.hint:
            self.hint(error.hint)

    def styled(self, text: str, style: str) -> str:
        """Talk with the style's escape codes, or as it is without colour."""
        return painted(text, style) if self.color else text

    def confirmed(self, question: str) -> bool | None:
        """The answer to a yes-or-no question; None off a terminal, where nobody can be asked."""
        if not (_is_terminal(sys.stdin) and _is_terminal(self.err)):
            return None
        self.err.write(f"{question} [y/N] ")
        self.err.flush()
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    @contextmanager
    def through(self, put: Callable[[str], object]) -> Iterator[None]:
        """Hand each line of talk to something that keeps a part of the screen for itself."""
        self._put = put
        try:
            yield
        finally:
            self._put = self._write

    def _write(self, line: str) -> None:
        # Nobody to talk to is no reason to leave an installation half done.
        try:
            if self.err is not None:
                self.err.write(line + "\n")
                self.err.flush()
        except OSError:
            pass


def wants_color(stream: TextIO | None, environ: Mapping[str, str]) -> bool:
    """NO_COLOR, a dumb terminal and anything that is no terminal get none."""
    return _is_terminal(stream) and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def painted(text: str, style: str) -> str:
    """The text with the style's escape codes."""
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if style else text


def printable(text: str) -> str:
    """The text with control characters written out, so that no answer of a server can move the cursor."""
    return "".join(char if char in "\n\t" or char.isprintable() else f"\\x{ord(char):02x}" for char in text)


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()
