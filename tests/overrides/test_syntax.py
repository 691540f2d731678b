from __future__ import annotations

from pathlib import Path

import pytest

from apigeectl import yaml
from apigeectl.overrides.load import parse
from apigeectl.overrides.problems import OverridesInvalid, Problem

FILE = Path("overrides.yaml")

BROKEN = [
    ("mart:\n\ta: 1\n", (2, 1), "a tab stands where YAML wants spaces"),
    ("mart:\n  a: 1\n\tb: 1\n", (3, 1), "a tab stands where YAML wants spaces"),
    ("mart:\r\n  a: 1\r\n  \tb: 1\r\n", (3, 3), "a tab stands where YAML wants spaces"),
    ("org: o\n\t\nenvs: []\n", (2, 1), "a tab stands where YAML wants spaces"),
    ("org: >-\n\tx\n", (2, 1), "a tab stands where YAML wants spaces"),
    ("org: 'x\nenvs: []\n", (1, 6), "this quote is never closed"),
    ('org: "x\nenvs: []\n', (1, 6), "this quote is never closed"),
    ('org: "x\n---\nenvs: []\n', (1, 6), "this quote is never closed"),
    ('org: "x\nnamespace: "ns"\n', (1, 6), "this quote is not closed where its line ends"),
    ("envs: [1, 2\norg: o\n", (1, 7), "this [ is never closed, or a comma is missing after it"),
    ("mart: {a: 1\norg: o\n", (1, 7), "this { is never closed, or a comma is missing after it"),
    ("mart: {a: {b: 1}\n", (1, 7), "this { is never closed, or a comma is missing after it"),
    ("org: a: b\n", (1, 7), "a second colon stands in this line"),
    ("url: http://x: y\n", (1, 14), "a second colon stands in this line"),
    ("org\nenvs: 1\n", (1, 1), "this line has no colon"),
    ("org: o\nmart\n  a: b\n", (2, 1), "this line has no colon"),
    ("org: o\nenvs\n", (2, 1), "this line has no colon"),
    ("org: o\nnamespace ns\nenvs: []\n", (2, 1), "this line has no colon"),
    ("org:o\nenvs: 1\n", (1, 5), "there is no space after this colon"),
    ("mart:\n  sa:./sa.json\n  b: y\n", (2, 6), "there is no space after this colon"),
    ("org: o\n  envs: 1\n", (2, 3), "this line is indented too far: the key above it has a value already"),
    ("org: o\n# note\n  envs: 1\n", (3, 3), "this line is indented too far"),
    ("mart:\n  a: 1\n b: 2\n", (3, 2), "this line does not line up with the lines above it"),
    ("envs:\n  - name: a\n    x: 1\n   y: 2\n", (4, 4), "this line does not line up with the lines above it"),
    ("envs:\n- name: a\n x: 1\n", (3, 2), "this line does not line up with the lines above it"),
    ("org: |\n  x\n y\n", (3, 2), "this line does not line up with the lines above it"),
    ("envs:\n  - a\n - b\n", (3, 2), "this list item does not line up with the others"),
    ("org: o\n- a\n", (2, 1), "a list item stands here among keys"),
    ("- a\norg: o\n", (2, 1), "a key stands here among list items"),
    ("envs:\n  - b\n  c: d\n", (3, 3), "a key stands here among list items"),
    ("envs: - a\n", (1, 7), "a list cannot begin behind its key"),
    ("org: @x\n", (1, 6), "a value cannot start with this character"),
    ("org: %ORG%\n", (1, 6), "a value cannot start with this character"),
    ("org: ,\n", (1, 6), "a value cannot start with this character"),
    ("org: 'it's'\n", (1, 10), "text follows here after the value has ended"),
    ("envs: [x]]\n", (1, 10), "this ] closes nothing"),
    ("org: {a: b}}\n", (1, 12), "this } closes nothing"),
    ("org: }\n", (1, 6), "this bracket closes nothing"),
    ("org: ? a\n", (1, 6), "a ? cannot begin a key here"),
    ("org: *nope\n", (1, 6), "this alias has no anchor above it"),
    ("org: &\n", (1, 6), "a name must follow this * or &"),
    ('org: "\\q"\n', (1, 7), "this backslash means nothing between double quotes"),
    ("org: >9x\n", (1, 6), "after | or > only + or - and a digit may stand"),
    ("org: !u!x 1\n", (1, 6), "a tag (a word after !) has no meaning in an overrides file"),
    ("%YAML 2.0\n---\norg: o\n", (1, 1), "only versions 1.x of YAML are known"),
    ("org: o\n---\norg: p\n", (2, 1), "a second document starts here; an overrides file is exactly one"),
    ("org: o\n...\norg: p\n", (3, 1), "a second document starts here; an overrides file is exactly one"),
    (
        "org: o\n<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> other\n",
        (2, 1),
        "a merge conflict was left in the file",
    ),
    ("{{- if .Values.x }}\norg: b\n", (1, 1), "a template stands here; an overrides file is plain YAML"),
]


@pytest.fixture(params=["libyaml", "its translation"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param != "libyaml":
        monkeypatch.setattr(yaml, "CParser", None)
    return str(request.param)


def refused(text: str) -> Problem:
    with pytest.raises(OverridesInvalid) as error:
        parse(text, FILE)
    (problem,) = error.value.problems
    return problem


@pytest.mark.parametrize(("text", "place", "words"), BROKEN)
def test_broken_yaml_is_said_in_a_plain_sentence_at_the_place_to_edit(
    parser: str, text: str, place: tuple[int, int], words: str
) -> None:
    problem = refused(text)

    assert (problem.code, problem.position) == ("yaml-syntax", place)
    assert problem.message.startswith(words)
    assert problem.hint


@pytest.mark.parametrize("text", ['org: "\\uD800"\n', 'org: "\\x4"\n', 'org: "\\u12"\n'])
def test_an_escape_of_no_character_has_its_own_code(parser: str, text: str) -> None:
    assert refused(text).code == "yaml-character"


def test_the_place_where_a_bracket_was_missed_is_named_beside_it() -> None:
    assert refused("envs: [1, 2\norg: o\n").related == ((2, 4),)


@pytest.mark.parametrize("end", ["\x85", "\u2028", "\u2029"])
def test_lines_end_where_editors_end_them(parser: str, end: str) -> None:
    """The YAML reader ends its lines at these, too."""
    assert parse(f"org: o # a{end}# b\nnamespace: n\n", FILE).keys[("namespace",)] == (2, 1)


@pytest.mark.parametrize(
    "text",
    ["{a: http://x:80/}", "[a:b, http://x]", "{a: 12:30}", "{a: b,c: d}", '{"a":b}', '["a":b]'],
)
def test_flow_collections_are_read_as_the_original_read_them(text: str) -> None:
    assert parse(f"org: {text}\n", FILE).problems == ()


def test_columns_are_counted_in_characters(parser: str) -> None:
    overrides = parse("org: {é: 1, 日本: 2, x: 3}\n", FILE)

    assert overrides.keys[("org", "x")] == (1, 20)
