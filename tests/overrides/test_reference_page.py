from __future__ import annotations

from apigeectl.overrides import catalogue
from tests.overrides.reference_page import PAGE, page


def test_the_reference_page_says_what_the_catalogue_says(update: bool) -> None:
    if update:
        PAGE.write_text(page(), encoding="utf-8")

    assert PAGE.read_text(encoding="utf-8") == page(), "pytest tests/overrides --update writes it anew"


def test_the_reference_page_has_a_row_for_every_property() -> None:
    named = [line.split("`")[1] for line in page().splitlines() if line.startswith("| `")]

    assert sorted(named) == sorted(each.path for each in catalogue.properties())
