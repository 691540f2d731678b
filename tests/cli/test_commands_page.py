from __future__ import annotations

from pathlib import Path

from tests.cli.commands_page import page

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "commands.md"


def test_the_page_of_commands_is_what_help_prints(update: bool):
    made = page()
    if update:
        PAGE.write_text(made, encoding="utf-8")

    assert PAGE.read_text(encoding="utf-8") == made
