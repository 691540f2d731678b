from __future__ import annotations

from pathlib import Path

import pytest

from apigeectl.overrides.load import parse
from apigeectl.overrides.position import Position
from apigeectl.overrides.problems import Problem, Severity
from apigeectl.overrides.silence import silenced

FILE = Path("overrides.yaml")
ODD = Problem(Severity.WARNING, "unknown-key", "odd", position=Position(2, 1))


def judged(text: str, *problems: Problem, complete: bool = True) -> list[tuple[str, str | None]]:
    """Code or message of every problem, and the reason that silences it."""
    found = silenced(problems, parse(text, FILE).silences, complete=complete)
    return [
        (problem.message if problem.code == "silence" else problem.code, problem.silenced)
        for problem in found
    ]


@pytest.mark.parametrize(
    "text",
    [
        "org: o\nodd: 1 # apigeectl: ignore=unknown-key -- it is ours\n",
        "# apigeectl: ignore=unknown-key -- it is ours\nodd: 1\norg: o\n",
        "#apigeectl:ignore=unknown-key--it is ours\nodd: 1\norg: o\n",
        "# apigeectl: ignore = wrong-type, unknown-key -- it is ours\nodd: 1 # apigeectl: ignore=wrong-type -- b\norg: o\n",
        "org: o\r\nodd: 1 # apigeectl: ignore=unknown-key -- it is ours\r\n",
        "org: o\nodd: {a: 'x'} # apigeectl: ignore=unknown-key -- it is ours\n",
    ],
)
def test_a_comment_on_the_line_or_above_it_silences_a_warning_and_keeps_the_reason(text: str) -> None:
    assert ("unknown-key", "it is ours") in judged(text, ODD, complete=False)


def test_comments_above_may_stand_above_other_comments() -> None:
    text = "org: o # x\n# apigeectl: ignore=unknown-key -- it is ours\n# see the notes\nodd: 1\n"
    odd = Problem(Severity.WARNING, "unknown-key", "odd", position=Position(4, 1))

    assert judged(text, odd) == [("unknown-key", "it is ours")]


def test_a_remark_can_be_silenced_too() -> None:
    text = "org: o\nodd: 1 # apigeectl: ignore=deprecated-key -- until May\n"
    remark = Problem(Severity.INFO, "deprecated-key", "old", position=Position(2, 1))

    assert judged(text, remark) == [("deprecated-key", "until May")]


def test_other_lines_and_other_codes_stay_loud() -> None:
    text = "org: o # apigeectl: ignore=unknown-key -- a\nodd: 1 # apigeectl: ignore=wrong-type -- b\n"

    assert ("unknown-key", None) in judged(text, ODD)


def test_an_error_is_never_silenced() -> None:
    text = "org: o\nodd: 1 # apigeectl: ignore=bad-name -- please\n"
    error = Problem(Severity.ERROR, "bad-name", "bad", position=Position(2, 1))

    assert judged(text, error) == [
        ("bad-name", None),
        ("bad-name is an error here, and errors are never silenced", None),
    ]


@pytest.mark.parametrize(
    ("comment", "words"),
    [
        ("ignore=unknown-key", "this comment gives no reason, so it silences nothing"),
        ("ignore=unknown-key --", "this comment gives no reason, so it silences nothing"),
        ("ignore", "this comment names no code to silence"),
        ("ignore= -- because", "this comment names no code to silence"),
        ("disable=unknown-key -- because", "this comment names no code to silence"),
        ("ignore=unkown-key -- because", 'there is no code "unkown-key"'),
        ("ignore=wrong-type -- because", "there is no wrong-type here to silence"),
    ],
)
def test_a_comment_that_is_no_good_is_a_warning_and_silences_nothing(comment: str, words: str) -> None:
    found = judged(f"org: o\nodd: 1 # apigeectl: {comment}\n", ODD)

    assert found == [("unknown-key", None), (words, None)]


def test_the_warning_stands_at_the_comment_and_suggests() -> None:
    silences = parse("org: o # apigeectl: ignore=unkown-key -- because\n", FILE).silences
    (problem,) = silenced((), silences, complete=True)

    assert (problem.severity, problem.position) == (Severity.WARNING, (1, 8))
    assert problem.hint == "did you mean unknown-key?"


def test_when_a_part_was_left_out_a_comment_may_be_meant_for_that_part() -> None:
    text = "org: o # apigeectl: ignore=missing-file -- made later\n"

    assert judged(text, complete=False) == []


@pytest.mark.parametrize(
    "text",
    [
        "org: 'a # apigeectl: ignore=x -- y'\n",
        "org: |\n  # apigeectl: ignore=x -- y\n",
        'org: "a\n  # apigeectl: ignore=x -- y"\n',
        "org: a#apigeectl:ignore=x--y\n",
        "org: o # not for apigeectl: ignore=x\n",
    ],
)
def test_what_only_looks_like_a_comment_is_none(text: str) -> None:
    assert parse(text, FILE).silences == ()
