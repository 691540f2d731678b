"""Where something stands in an overrides file: a path through its data, a line and a column."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

Path = tuple[str | int, ...]
"""A way through the data from the top: `("envs", 0, "name")`."""


class Position(NamedTuple):
    """A place in the text; both count from 1."""

    line: int
    column: int


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
