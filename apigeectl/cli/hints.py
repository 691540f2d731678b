"""The page that says what hints mean: docs/hints.md, as it is shipped."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from pathlib import Path

WIDTH = 80


def sections() -> Mapping[str, str]:
    """The text of each section by its code, paragraphs no wider than a narrow terminal."""
    _, *parts = re.split(r"^## ", _page().read_text(encoding="utf-8"), flags=re.MULTILINE)
    split = (part.partition("\n") for part in parts)
    return {code.strip(): _wrapped(text.strip("\n")) for code, _, text in split}


def _page() -> Path:
    """Inside the installed package, or where it is written in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "hints.md"
    return installed if installed.is_file() else package.parent / "docs" / "hints.md"


def _wrapped(text: str) -> str:
    """Indented lines are to be copied and stay as they are."""
    paragraphs = text.split("\n\n")
    return "\n\n".join(
        part
        if part.startswith("    ")
        else textwrap.fill(part, WIDTH, break_long_words=False, break_on_hyphens=False)
        for part in paragraphs
    )
