from __future__ import annotations

import pathlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml as pyyaml  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from apigeectl import yaml
from apigeectl.components import template
from apigeectl.components.flow import UnspeakableText, flow
from apigeectl.components.template import Templates
from tests.components.samples import REPOSITORY

TEMPLATES = sorted((REPOSITORY / "templates").rglob("*.j2"))

speakable = st.text(st.characters(exclude_categories=["Cs"]))
scalars = st.none() | st.booleans() | st.integers() | speakable
values = st.recursive(
    scalars, lambda below: st.lists(below, max_size=4) | st.dictionaries(speakable, below, max_size=4)
)


@given(values)
@settings(max_examples=300, deadline=None)
def test_every_value_is_read_back_as_it_was(value: Any) -> None:
    line = flow(value)

    assert len(line.splitlines()) == 1
    assert line.isascii()
    assert yaml.load_all(f"a:\n  b: {line}\n  c: 1\n") == [{"a": {"b": value, "c": 1}}]
    assert pyyaml.safe_load(f"a:\n  b: {line}\n  c: 1\n") == {"a": {"b": value, "c": 1}}


@pytest.mark.parametrize("number", [1.5, -0.25, 1e16, 1e-7, float("inf"), float("-inf")])
def test_fractions_are_read_back_as_they_were(number: float) -> None:
    assert yaml.load_all(f"a: {flow(number)}") == [{"a": number}]


def test_a_very_long_key_stays_a_key() -> None:
    key = "k" * 5000

    assert yaml.load_all(f"a: {flow({key: [1], 'b': 2})}") == [{"a": {key: [1], "b": 2}}]


def test_half_a_character_is_refused() -> None:
    with pytest.raises(UnspeakableText, match=r"U\+D800"):
        flow({"a": ["x\ud800"]})


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda path: path.name)
def test_values_stand_only_where_a_value_belongs(file: pathlib.Path) -> None:
    place = re.compile(r"^\s*(- )?([\w./-]+: )?\{\{ [^{}]+ \}\}$")
    lines = [line for line in file.read_text().splitlines() if "{{" in line]

    assert [line for line in lines if not place.match(line)] == []


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda path: path.name)
def test_no_template_opens_the_way_for_raw_text(file: pathlib.Path) -> None:
    assert not re.search(r"\|\s*safe|autoescape|Markup|\{%\s*raw", file.read_text())


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda path: path.name)
def test_every_template_says_what_it_is(file: pathlib.Path) -> None:
    assert file.read_text().startswith("# ")


def test_compiled_templates_are_kept_in_a_folder_of_ours(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    template._shipped.cache_clear()

    first = render_account()
    kept = tmp_path / "apigeectl" / "templates"
    template._shipped.cache_clear()

    assert (render_account(), len(list(kept.iterdir()))) == (first, 1)
    assert kept.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(("part", "mode"), [("apigeectl/templates", 0o750), ("apigeectl", 0o770)])
def test_compiled_templates_that_somebody_else_could_put_there_are_not_read(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, part: str, mode: int
) -> None:
    kept = tmp_path / "apigeectl" / "templates"
    kept.mkdir(parents=True, mode=0o700)
    (tmp_path / part).chmod(mode)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    template._shipped.cache_clear()

    assert "hybrid" in render_account()
    assert list(kept.iterdir()) == []


def test_a_link_to_another_folder_is_not_followed_for_compiled_templates(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    (tmp_path / "apigeectl").mkdir()
    (tmp_path / "apigeectl" / "templates").symlink_to(elsewhere)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    template._shipped.cache_clear()

    assert "hybrid" in render_account()
    assert list(elsewhere.iterdir()) == []


def test_rendering_needs_no_folder_for_compiled_templates(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "apigeectl").write_text("no folder\n")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    template._shipped.cache_clear()

    assert "hybrid" in render_account()


@pytest.mark.parametrize("damage", [b"", b"damaged", b"\0" * 100])
def test_a_damaged_compiled_template_is_compiled_again(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, damage: bytes
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    template._shipped.cache_clear()
    first = render_account()
    for file in (tmp_path / "apigeectl" / "templates").iterdir():
        file.write_bytes(damage)
    template._shipped.cache_clear()

    assert render_account() == first


@pytest.fixture(autouse=True)
def _nothing_compiled() -> Iterator[None]:
    yield
    template._shipped.cache_clear()


def render_account() -> str:
    values = {"name": "hybrid", "namespace": "apigee", "google_account": None}
    return Templates().render("serviceaccounts/serviceaccount.yaml.j2", values)
