from pathlib import Path

import pytest

from apigeectl.checks.hints import Hint

PAGE = Path(__file__).parents[2] / "docs" / "hints.md"


@pytest.mark.parametrize("hint", list(Hint), ids=lambda hint: hint.value)
def test_every_hint_has_its_section(hint: Hint):
    assert f"\n## {hint.value}\n" in PAGE.read_text()


def test_the_page_has_no_section_without_a_hint():
    sections = {line[3:] for line in PAGE.read_text().splitlines() if line.startswith("## ")}

    assert sections == {hint.value for hint in Hint}
