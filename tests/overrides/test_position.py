from __future__ import annotations

import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apigeectl.overrides.document import Path, dotted, parse_dotted
from apigeectl.overrides.position import Files, Position


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (("org",), "org"),
        (("envs", 0, "name"), "envs[0].name"),
        (("runtime", "cwcAppend", "a.b"), 'runtime.cwcAppend["a.b"]'),
        ((), ""),
        (("a\nb",), '["a\\nb"]'),
    ],
)
def test_a_path_is_written_as_the_documentation_writes_it(path: Path, words: str) -> None:
    assert dotted(path) == words


@given(st.lists(st.one_of(st.text(min_size=1), st.integers(0, 99))).map(tuple))
def test_a_written_path_reads_back(path: Path) -> None:
    assert parse_dotted(dotted(path)) == path


@given(st.text(min_size=1))
def test_a_written_path_is_one_printable_line(key: str) -> None:
    assert not any(ord(character) < 32 for character in dotted((key,)))


def test_a_line_of_several_files_is_found_in_its_file() -> None:
    files = Files(((pathlib.Path("a"), 0), (pathlib.Path("b"), 3), (pathlib.Path("c"), 10)))

    assert [files.locate(Position(line, 5)) for line in (1, 3, 4, 10, 11, 99)] == [
        (pathlib.Path("a"), 1, 5),
        (pathlib.Path("a"), 3, 5),
        (pathlib.Path("b"), 1, 5),
        (pathlib.Path("b"), 7, 5),
        (pathlib.Path("c"), 1, 5),
        (pathlib.Path("c"), 89, 5),
    ]
    assert str(files) == "a, b, c"
