from __future__ import annotations

from pathlib import Path

import pytest

from apigeectl.overrides.load import parse
from apigeectl.overrides.position import Files, Position
from apigeectl.overrides.problems import OverridesInvalid, Problem, Severity
from apigeectl.overrides.report import Source, describe, report, report_invalid
from apigeectl.overrides.rules import FileCheck, validate
from apigeectl.overrides.scope import Scope

FILE = Path("overrides.yaml")


def shown(text: str) -> str:
    """What a judgement of the text shows altogether."""
    overrides = parse(text, FILE)
    return report(validate(overrides, Scope(), None, files=FileCheck(None)), overrides)


def excerpt(text: str, place: Position) -> list[str]:
    return Source(text).excerpt(place)


def test_a_problem_is_a_headline_its_line_a_caret_and_a_hint() -> None:
    problem = Problem(Severity.WARNING, "unknown-key", "b is unknown", ("a", "b"), Position(2, 3), "try c")
    assert describe(problem, Files.of(FILE), Source("a:\n  b: 1\n")) == (
        "overrides.yaml:2:3: warning: b is unknown [unknown-key]\n      b: 1\n      ^\nhint: try c"
    )


def test_a_problem_without_a_place_is_a_headline() -> None:
    problem = Problem(Severity.ERROR, "x", "no")

    assert describe(problem, Files.of(FILE), Source("")) == "overrides.yaml: error: no [x]"


def test_another_place_has_its_own_line_and_caret() -> None:
    problem = Problem(Severity.ERROR, "x", "twice", (), Position(2, 1), None, (Position(1, 1),))

    assert describe(problem, Files.of(FILE), Source("a: 1\na: 2\n")).splitlines() == [
        "overrides.yaml:2:1: error: twice [x]",
        "    a: 2",
        "    ^",
        "overrides.yaml:1:1: note: see also here",
        "    a: 1",
        "    ^",
    ]


def test_what_a_comment_silences_is_not_shown() -> None:
    problem = Problem(Severity.WARNING, "x", "no", silenced="a reason")

    assert report([problem], parse("org: o", FILE)) == ""


@pytest.mark.parametrize(
    ("line", "column", "caret"),
    [
        ("a\t: x", 5, " \t  ^"),
        ("日本: x", 5, "      ^"),
        ("e\u0301: x", 5, "   ^"),
        ("abc", 4, "   ^"),
        ("abc", 99, "   ^"),
    ],
)
def test_the_caret_stands_below_its_column(line: str, column: int, caret: str) -> None:
    assert excerpt(line, Position(1, column)) == ["    " + line, "    " + caret]


def test_a_long_line_is_cut_around_the_caret() -> None:
    line, caret = excerpt("x" * 500 + "!" + "y" * 500, Position(1, 501))
    assert len(line) < 140
    assert line[caret.index("^")] == "!"


def test_windows_line_ends_are_no_part_of_the_line() -> None:
    assert excerpt("a: 1\r\nb: 2\r\n", Position(2, 1)) == ["    b: 2", "    ^"]


def test_a_line_that_is_not_there_shows_nothing() -> None:
    assert excerpt("a: 1", Position(9, 1)) == []


@pytest.mark.parametrize(
    "text",
    [
        "redis: {auth: {password: hunter2, extra: 1}}\n",
        "redis:\n  auth:\n    password: hunter2 # note\n    password: hunter2\n",
        "redis: {auth: {pasword: hunter2}}\n",
        "kmsEncryptonKey: hunter2\nenvs: []\n",
        "cassandra: {auht: {admin: {passwrd: hunter2}}}\n",
        "kmsEncryptionKey: hunter2\n",
        "kmsEncryptionKey: &key hunter2\nzzz: *key\n",
        "zzz: &key hunter2\nkmsEncryptionKey: *key\n",
        "httpProxy: {'password':   hunter2, scheme: x}\n",
        "kmsEncryptionKey:\n  hunter2\n",
        "kmsEncryptionKey: >-\n  hunter2\n",
        "axHashSalt: [hunter2]\n",
        "runtime: {annotations: {token: hunter2}}\nqqq: 1\n",
    ],
)
def test_a_secret_is_masked_in_the_source_line(text: str) -> None:
    words = shown(text)
    assert "error" in words
    assert "hunter2" not in words


@pytest.mark.parametrize(
    "text",
    [
        "redis:\n  password: 'hunter2\n",
        "redis:\n  password: hunter2: x\n",
        "redis:\n  password: !vault hunter2\n",
        "redis:\n  password: hunter2\n  password: hunter3\n",
        "kmsEncryptionKey: |\n  hunter2\n\thunter2\n",
        "kmsEncryptionKey: *hunter2\n",
        "kmsEncryptionKey: @hunter2\n",
    ],
)
def test_a_secret_is_masked_even_when_the_file_cannot_be_read(text: str) -> None:
    try:
        overrides = parse(text, FILE)
        error = OverridesInvalid(FILE, text, overrides.problems)
    except OverridesInvalid as refused:
        error = refused
    words = report_invalid(error)
    assert words
    assert "hunter" not in words + str(error) + str(error.details)


def test_the_caret_does_not_stand_inside_the_mask() -> None:
    line, caret = excerpt("password: hunter2 rest", Position(1, 20))
    assert (line, caret) == ("    password: ********", "              ^")


def test_names_and_paths_of_secrets_are_shown() -> None:
    assert excerpt("kmsEncryptionPath: ./key", Position(1, 1))[0] == "    kmsEncryptionPath: ./key"
