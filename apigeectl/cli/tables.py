"""Columns, and words that count."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

_INDENT = "    "


def laid_out(rows: Iterable[Sequence[str]], width: int | None = None) -> str:
    """Columns padded to their widest cell, the last one as it is.

    Where that is wider than the width, the last cell of every row goes below the others.
    """
    lines = [[str(cell) for cell in row] for row in rows]
    if not lines:
        return ""
    widths = [max(len(line[index]) for line in lines) for index in range(len(lines[0]) - 1)]
    aligned = [
        "  ".join([*(cell.ljust(size) for cell, size in zip(line, widths, strict=False)), line[-1]]).rstrip()
        for line in lines
    ]
    if width is None or max(map(len, aligned)) <= width:
        return "\n".join(aligned)
    return "\n".join(text for line in lines for text in _stacked(line, widths[:-1], width))


def counted(number: int, noun: str) -> str:
    """`1 object`, `2 objects`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _stacked(line: list[str], widths: list[int], width: int) -> Iterator[str]:
    above = [*(cell.ljust(size) for cell, size in zip(line, widths, strict=False)), *line[-2:-1]]
    yield "  ".join(above).rstrip()
    yield from textwrap.wrap(
        line[-1],
        max(width, 40),
        initial_indent=_INDENT,
        subsequent_indent=_INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )
