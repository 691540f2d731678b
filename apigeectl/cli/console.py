"""Words for people: data to stdout, talk to stderr, colour only on a terminal that wants it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

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


class Console:
    """The one place that writes. `color` is decided once, for stderr."""

    def __init__(
        self, *, no_color: bool = False, out: TextIO | None = None, err: TextIO | None = None
    ) -> None:
        self.out = out or sys.stdout
        self.err = err or sys.stderr
        self.color = not no_color and wants_color(self.err, os.environ)

    def data(self, text: str) -> None:
        """Data, to stdout, as it is."""
        self.out.write(text if text.endswith("\n") else text + "\n")
        self.out.flush()

    def json_line(self, document: Mapping[str, Any]) -> None:
        """One JSON document a line, to stdout."""
        self.data(json.dumps(document, ensure_ascii=False))

    def say(self, text: str = "", style: str = "") -> None:
        """Talk, to stderr."""
        self.err.write(self.styled(printable(text), style) + "\n")
        self.err.flush()

    def warn(self, text: str) -> None:
        """A warning, to stderr."""
        self.err.write(f"{self.styled('warning:', 'warning')} {printable(text)}\n")
        self.err.flush()

    def error(self, error: InstallerError) -> None:
        """Message, details indented, hint; always in this order."""
        self.err.write(f"{self.styled('error:', 'error')} {printable(error.message)}\n")
        for detail in error.details:
            self.err.write(f"  {printable(detail)}\n")
        if error.hint:
            self.err.write(f"{self.styled('hint:', 'hint')} {printable(error.hint)}\n")
        self.err.flush()

    def styled(self, text: str, style: str) -> str:
        """The text with the style's escape codes, or as it is without colour."""
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if style and self.color else text

    def terminal(self) -> bool:
        """Whether somebody watches stderr and a line may be rewritten."""
        return self.err.isatty() and os.environ.get("TERM") != "dumb"

    def confirmed(self, question: str) -> bool | None:
        """The answer to a yes-or-no question; None off a terminal, where nobody can be asked."""
        if not (sys.stdin.isatty() and self.err.isatty()):
            return None
        self.err.write(f"{question} [y/N] ")
        self.err.flush()
        return sys.stdin.readline().strip().lower() in ("y", "yes")


def wants_color(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """NO_COLOR, a dumb terminal and anything that is no terminal get none."""
    return stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def printable(text: str) -> str:
    """The text with control characters written out, so that no answer of a server can move the cursor."""
    return "".join(char if char in "\n\t" or char.isprintable() else f"\\x{ord(char):02x}" for char in text)


def table(rows: Iterable[Sequence[str]], *, indent: str = "") -> str:
    """Columns padded to their widest cell, the last one as it is."""
    lines = [[str(cell) for cell in row] for row in rows]
    if not lines:
        return ""
    widths = [max(len(line[index]) for line in lines) for index in range(len(lines[0]) - 1)]
    return "\n".join(
        (
            indent
            + "  ".join([*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[-1]])
        ).rstrip()
        for line in lines
    )
