from __future__ import annotations

import re

import pytest

from apigeectl.diagnosis.catalogue import GROUPS, MODULES, PROBLEMS
from apigeectl.diagnosis.matching import LONGEST, cleaned, last_line, match, newest, shown
from apigeectl.diagnosis.model import Place
from apigeectl.diagnosis.patterns import PATTERNS, Pattern
from tests.diagnosis.samples import HARMLESS, LINES

SAMPLES = [(code, place, line) for (code, place), (lines, _) in LINES.items() for line in lines]
LIKENESSES = [(code, place, line) for (code, place), (_, lines) in LINES.items() for line in lines]


def alternatives(regex: str) -> list[str]:
    """The parts between the bars that stand in no parentheses."""
    parts, depth, in_set = [""], 0, False
    for token in re.findall(r"\\.|.", regex):
        in_set = token != "]" if in_set else token == "["
        depth += 0 if in_set else {"(": 1, ")": -1}.get(token, 0)
        if token == "|" and not depth and not in_set:
            parts.append("")
        else:
            parts[-1] += token
    flag = "(?i)" if regex.startswith("(?i)") else ""
    return [flag + part.removeprefix(flag) for part in parts]


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda one: f"{one.code}-{one.place.name}")
def test_every_alternative_of_a_pattern_has_a_sample_of_its_own(pattern: Pattern):
    lines = [cleaned(line) for line in LINES[pattern.code, pattern.place][0]]

    for part in alternatives(pattern.regex):
        assert any(re.search(part, line) for line in lines), part


def test_every_sample_has_a_pattern():
    assert {(each.code, each.place) for each in PATTERNS} == set(LINES)


@pytest.mark.parametrize(("code", "place", "line"), SAMPLES)
def test_a_line_gives_its_problem_away(code: str, place: Place, line: str):
    found = match(place, line)

    assert found is not None
    assert found.code == code


@pytest.mark.parametrize(("code", "place", "line"), LIKENESSES)
def test_a_line_that_looks_like_it_gives_nothing_away(code: str, place: Place, line: str):
    assert match(place, line) is None


@pytest.mark.parametrize("line", HARMLESS)
@pytest.mark.parametrize("place", list(Place))
def test_what_is_normal_gives_nothing_away(place: Place, line: str):
    assert match(place, line) is None


def test_what_is_named_is_kept():
    found = match(Place.EVENT, 'Back-off pulling image "hub/x:1"')

    assert found is not None
    assert found.names == {"image": "hub/x:1"}


def test_colours_folds_and_typographic_quotes_are_no_matter():
    found = match(Place.LOG, "\x1b[31mPermission ‘apigeeconnect.endpoints.connect’\n   denied\x1b[0m on it")

    assert found is not None
    assert found.code == "CON-01"


def test_quotes_that_json_escapes_are_no_matter():
    found = match(
        Place.LOG, '{"msg":"User \\"x\\" cannot update resource \\"apigeetelemetries/finalizers\\""}'
    )

    assert found is not None
    assert found.code == "RES-09"


def test_the_newest_line_that_says_something_counts():
    log = "PKIX path building failed\nUnable to gossip with any peers\nGoodbye"

    found = newest(Place.LOG, log)

    assert found is not None
    assert found.code == "CAS-08"
    assert newest(Place.LOG, "Hello\nGoodbye") is None


def test_the_last_words_are_those_that_are_not_empty():
    assert last_line("one\ntwo\n\n") == "two"
    assert last_line("\n") == ""


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("proxy http://user:hunter2@proxy:3128 refused", "hunter2"),
        ("Authorization: Bearer abcdefghijklmnop", "abcdefghijklmnop"),
        ("token ya29.a0AfB_by-x is expired", "a0AfB_by"),
        ("assertion=eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhIn0.c2ln", "eyJpc3MiOiJhIn0"),
        ("encryption key 'c2VjcmV0' with length 6 is not valid", "c2VjcmV0"),
        ("-----BEGIN PRIVATE KEY-----\nMIIEvQIBADAN\n-----END PRIVATE KEY-----", "MIIEvQIBADAN"),
        ("cassandra password=hunter2 rejected", "hunter2"),
        ('{"private_key_id": "0123abcd"}', "0123abcd"),
    ],
)
def test_secrets_are_not_shown(text: str, secret: str):
    assert secret not in shown(text)


def test_a_line_is_no_longer_than_a_reader_wants():
    assert len(shown("x" * 1000)) == LONGEST


def test_every_problem_says_all_there_is_to_say():
    for code, each in PROBLEMS.items():
        assert re.fullmatch(r"[A-Z]{3}-\d\d", code)
        assert code[:3] in GROUPS
        assert each.proof
        for words in (each.symptom, each.cause, each.remedy):
            assert words.endswith("."), code
        assert not each.title.endswith("."), code


def test_no_code_stands_twice():
    codes = [each.code for module in MODULES for each in module.PROBLEMS]

    assert len(codes) == len(set(codes)) == 131
