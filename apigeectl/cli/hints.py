"""The pages that say what codes mean, as they are shipped: those of hints, and those of problems in a file."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path

WIDTH = 80

_PAGES = ("hints.md", "reference/problems.md")
"""In docs; in the installed package they lie side by side."""


def sections() -> Mapping[str, str]:
    """The text of each section by its code, paragraphs no wider than a narrow terminal."""
    return {code: _wrapped(text.strip("\n")) for page in _PAGES for code, text in _parts(page)}


def _parts(page: str) -> Iterator[tuple[str, str]]:
    _, *parts = re.split(r"^## (.+)\n", _place(page).read_text(encoding="utf-8"), flags=re.MULTILINE)
    return zip(parts[::2], parts[1::2], strict=True)


def _place(page: str) -> Path:
    """Inside the installed package, or where it is written in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / Path(page).name
    return installed if installed.is_file() else package.parent / "docs" / page


def _wrapped(text: str) -> str:
    """Indented lines are to be copied and stay as they are."""
    paragraphs = text.split("\n\n")
    return "\n\n".join(
        part
        if part.startswith("    ")
        else textwrap.fill(part, WIDTH, break_long_words=False, break_on_hyphens=False)
        for part in paragraphs
    )
