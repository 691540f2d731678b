from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apigeectl.overrides import catalogue
from apigeectl.overrides.document import Overrides, lookup
from apigeectl.overrides.load import parse
from apigeectl.overrides.merge import Origin, defaults, merge, origin
from apigeectl.overrides.position import Path as DataPath
from apigeectl.overrides.position import Place
from apigeectl.overrides.report import report
from apigeectl.overrides.rules import FileCheck, validate
from apigeectl.overrides.scope import Scope
from apigeectl.yaml import dump

BASE, OVER = Path("base.yaml"), Path("sub/over.yaml")


def merged(*texts: str) -> Overrides:
    return merge([parse(text, file) for text, file in zip(texts, (BASE, OVER), strict=False)])


@pytest.mark.parametrize(
    ("base", "over", "data"),
    [
        ("org: a\n", "org: b\n", {"org": "b"}),
        ("mart: {a: 1, b: {c: 2}}\n", "mart: {b: {d: 3}}\n", {"mart": {"a": 1, "b": {"c": 2, "d": 3}}}),
        ("envs: [{name: a}, {name: b}]\n", "envs: [{name: c}]\n", {"envs": [{"name": "c"}]}),
        ("envs: [{name: a}]\n", "envs: []\n", {"envs": []}),
        ("mart: {a: 1}\n", "mart: none\n", {"mart": "none"}),
        ("mart: none\n", "mart: {a: 1}\n", {"mart": {"a": 1}}),
        ("mart: {a: 1}\n", "mart:\n", {"mart": None}),
        ("org: a\n", "namespace: ns\n", {"org": "a", "namespace": "ns"}),
    ],
)
def test_maps_are_joined_and_everything_else_is_replaced(base: str, over: str, data: dict[str, Any]) -> None:
    assert merged(base, over).data == data


def test_a_single_file_stays_what_it_is() -> None:
    overrides = parse("org: o\n", BASE)

    assert merge([overrides]) is overrides


def test_every_value_knows_its_file_and_line() -> None:
    overrides = merged(
        "org: a\nmart:\n  a: 1\n  b: 2\nenvs: [{name: x, y: 1}]\n", "\nmart:\n  b: 3\nenvs: [{name: z}]\n"
    )

    def place(*path: str | int) -> Place:
        return overrides.files.locate(overrides.values[path])

    assert place("org") == (BASE, 1, 6)
    assert place("mart", "a") == (BASE, 3, 6)
    assert place("mart", "b") == (OVER, 3, 6)
    assert place("envs", 0, "name") == (OVER, 4, 15)
    assert ("envs", 0, "y") not in overrides.values
    assert overrides.file_of(("mart", "a")) == BASE
    assert overrides.file_of(("envs", 0)) == OVER


@pytest.mark.parametrize("end", ["\n", "", "\r\n", "\r", "\n\n"])
def test_lines_are_counted_whatever_the_first_file_ends_with(end: str) -> None:
    overrides = merged(f"org: a{end}", "namespace: n\n")

    assert overrides.files.locate(overrides.keys[("namespace",)]) == (OVER, 1, 1)


def test_three_files_are_merged_in_their_order() -> None:
    files = [parse(f"org: {name}\n{name}: 1\nmart: {{{name}: 1}}\n", Path(name)) for name in ("a", "b", "c")]
    overrides = merge(files)

    assert overrides.data == {"org": "c", "a": 1, "b": 1, "c": 1, "mart": {"a": 1, "b": 1, "c": 1}}
    assert [overrides.file_of((name,)) for name in ("a", "b", "org")] == [Path("a"), Path("b"), Path("c")]


def test_problems_and_silences_of_every_file_keep_their_places() -> None:
    overrides = merged(
        "org: a\nmart: {a: 1}\nmart: {a: 1}\n",
        "odd: 1 # apigeectl: ignore=unknown-key -- ours\nnamespace: n\nnamespace: n\n",
    )
    places = [overrides.files.locate(each.position) for each in overrides.problems if each.position]

    assert places == [(BASE, 3, 1), (OVER, 3, 1)]
    assert [overrides.files.locate(each) for each in overrides.problems[1].related] == [(OVER, 2, 1)]
    assert overrides.silences[0].line == overrides.keys[("odd",)].line


def test_a_problem_between_two_files_names_both_and_shows_their_lines() -> None:
    overrides = merged("org: o\nmart:\n  replicaCountMin: 5\n", "mart:\n  replicaCountMax: 2\n")
    problems = validate(overrides, Scope(org=True), None, files=FileCheck(None))
    words = report([each for each in problems if each.code == "min-above-max"], overrides)

    assert "base.yaml:3:" in words
    assert "  replicaCountMin: 5" in words
    assert "sub/over.yaml:2:3: note" in words
    assert "  replicaCountMax: 2" in words


def test_a_secret_of_any_file_is_masked() -> None:
    overrides = merged(
        "org: o\nredis: {auth: {password: hunter2}}\n", "odd: 1\nredis: {auth: {pasword: hunter3}}\n"
    )
    words = report(validate(overrides, Scope(), None, files=FileCheck(None)), overrides)

    assert "pasword" in words
    assert "hunter" not in words


def test_the_origin_of_a_value_is_its_file_or_the_default_of_the_release() -> None:
    overrides = merged("org: o\n", "mart: {replicaCountMin: 7}\n")

    assert origin(overrides, ("org",)) == Origin("o", Place(BASE, 1, 6))
    assert origin(overrides, ("mart", "replicaCountMin")) == Origin(7, Place(OVER, 1, 25))
    default = catalogue.find("mart.replicaCountMax")
    assert default is not None
    assert origin(overrides, ("mart", "replicaCountMax")) == Origin(default.default)
    assert origin(overrides, ("nonsense",)) is None


def test_defaults_are_those_of_the_release() -> None:
    assert lookup(defaults("1.5"), ("redis", "replicaCount")) is None
    assert lookup(defaults("1.10"), ("redis", "replicaCount")) is not None


KEYS = st.sampled_from(["org", "mart", "envs", "a", "b"])
VALUES = st.recursive(
    st.integers(0, 99) | st.booleans() | st.sampled_from(["x", "y"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
FILES = st.dictionaries(KEYS, VALUES, max_size=4).map(lambda data: {"org": "o", **data})


@given(FILES, FILES)
def test_every_final_value_has_one_place_where_it_is_written(
    base: dict[str, Any], over: dict[str, Any]
) -> None:
    overrides = merged(dump([base]), dump([over]))

    assert set(overrides.values) == {(), *_paths(overrides.data, ())}
    sources = {BASE: base, OVER: over}
    for path in overrides.raw:
        assert lookup(sources[overrides.file_of(path)], path) == lookup(overrides.data, path)


def _paths(data: Any, path: DataPath) -> set[DataPath]:
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    found: set[DataPath] = set()
    for key, value in pairs:
        found |= {(*path, key), *_paths(value, (*path, key))}
    return found
