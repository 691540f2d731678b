from __future__ import annotations

from pathlib import Path

from apigeectl.cli.known_problems import page

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "known-problems.md"


def test_the_page_is_what_the_data_say(update: bool):
    if update:
        PAGE.write_text(page(), encoding="utf-8")

    assert PAGE.read_text(encoding="utf-8") == page(), "pytest tests/diagnosis --update writes it anew"
