from __future__ import annotations

from pathlib import Path

from tests.fuzz import case, outcome


def test_mutated_files_end_with_exit_0_or_3(tmp_path: Path) -> None:
    """A sample; `python -m tests.fuzz 10000` runs as many as wanted."""
    bad = {number: wrong for number in range(150) if (wrong := outcome(number, tmp_path))}

    assert bad == {}


def test_a_case_is_always_the_same() -> None:
    assert case(7) == case(7)
    assert case(7) != case(8)
