"""Every known problem has something that triggers it, and something like it that does not, save those that nothing shows."""

from __future__ import annotations

import pytest

from apigeectl.actions.explain import places
from apigeectl.diagnosis.catalogue import PROBLEMS
from tests.diagnosis.samples import LINES
from tests.diagnosis.test_symptoms import SCENES
from tests.diagnosis.told import TOLD

EXPLAINED_ONLY = {"IAM-07"}


def test_every_code_is_triggered_somewhere_or_says_why_nothing_shows_it():
    shown = {code for code, _ in LINES} | set(SCENES) | set(TOLD)

    assert shown | EXPLAINED_ONLY == set(PROBLEMS)
    assert not shown & EXPLAINED_ONLY


def test_only_what_nothing_shows_says_why():
    assert {code for code, each in PROBLEMS.items() if each.unseen} == EXPLAINED_ONLY
    assert not any(places(code) or PROBLEMS[code].command for code in EXPLAINED_ONLY)


def test_every_command_that_is_named_is_asked():
    assert {code: each.command for code, each in TOLD.items()} == {
        code: each.command for code, each in PROBLEMS.items() if each.command
    }


@pytest.mark.parametrize("code", sorted(TOLD))
def test_a_command_tells_of_a_problem_where_it_holds(code: str):
    assert TOLD[code].holds()


@pytest.mark.parametrize("code", sorted(TOLD))
def test_a_command_is_silent_where_it_does_not(code: str):
    assert not TOLD[code].does_not()


@pytest.mark.parametrize("code", sorted({code for code, _ in LINES} | set(SCENES)))
def test_both_fixtures_are_there(code: str):
    lines = [pair for (name, _), pair in LINES.items() if name == code]
    pairs = [*lines, *([SCENES[code]] if code in SCENES else [])]

    assert all(triggers and likenesses for triggers, likenesses in pairs)
