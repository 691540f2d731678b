"""Where something stands in an overrides file: a path through its data, a line and a column."""

from __future__ import annotations

import json
import pathlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

Path = tuple[str | int, ...]
"""A way through the data from the top: `("envs", 0, "name")`."""


class Position(NamedTuple):
    """A place in the text; both count from 1. Where several files are one, lines count on from file to file."""

    line: int
    column: int


class Place(NamedTuple):
    """A place in one file."""

    file: pathlib.Path
    line: int
    column: int


@dataclass(frozen=True)
class Files:
    """The files whose texts stand one behind the other, each with the number of lines before it."""

    starts: tuple[tuple[pathlib.Path, int], ...]

    @classmethod
    def of(cls, file: pathlib.Path) -> Files:
        """A single one."""
        return cls(((file, 0),))

    @classmethod
    def together(cls, files: Sequence[pathlib.Path]) -> Files:
        """Several whose texts are not known."""
        return cls(tuple((file, 0) for file in files))

    @property
    def last(self) -> pathlib.Path:
        return self.starts[-1][0]

    def locate(self, position: Position) -> Place:
        """The file in which a position of the whole text lies, and the line there."""
        file, before = next(
            start for start in reversed(self.starts) if start[1] < position.line or not start[1]
        )
        return Place(file, position.line - before, position.column)

    def __str__(self) -> str:
        return ", ".join(str(file) for file, _ in self.starts)


def dotted(path: Path) -> str:
    """A path as the documentation writes it: `envs[0].name`; a key with a dot in it is quoted."""
    words = ""
    for part in path:
        if isinstance(part, int):
            words += f"[{part}]"
        elif _PLAIN_KEY.fullmatch(part):
            words += f".{part}" if words else part
        else:
            words += f"[{json.dumps(part, ensure_ascii=False)}]"
    return words


def parse_dotted(text: str) -> Path:
    """The path that `dotted` wrote as this text."""
    path: list[str | int] = []
    for match in _STEP.finditer(text):
        index, quoted, name = match.groups()
        if index is not None:
            path.append(int(index))
        elif quoted is not None:
            path.append(json.loads(quoted, strict=False))
        else:
            path.append(name)
    return tuple(path)


_PLAIN_KEY = re.compile(r"[^\s.\[\]\"\\\x00-\x1f\x7f-\x9f]+")
_STEP = re.compile(r'\[([0-9]+)\]|\[("(?:[^"\\]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*")\]|([^\s.\[\]"\\]+)')
