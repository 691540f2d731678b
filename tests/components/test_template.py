from __future__ import annotations

import pathlib
import re
from typing import Any

import pytest
import yaml as pyyaml  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from apigeectl import yaml
from apigeectl.components.template import Templates, UnspeakableText, flow
from apigeectl.errors import InstallerError, UsageError
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


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_values_stand_only_where_a_value_belongs(template: pathlib.Path) -> None:
    place = re.compile(r"^\s*(- )?([\w./-]+: )?\{\{ [^{}]+ \}\}$")
    lines = [line for line in template.read_text().splitlines() if "{{" in line]

    assert [line for line in lines if not place.match(line)] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_opens_the_way_for_raw_text(template: pathlib.Path) -> None:
    assert not re.search(r"\|\s*safe|autoescape|Markup|\{%\s*raw", template.read_text())


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_every_template_says_what_it_is(template: pathlib.Path) -> None:
    assert template.read_text().startswith("# ")


def test_an_overlay_takes_the_place_of_a_file(tmp_path: pathlib.Path) -> None:
    overlay(tmp_path, "secrets/secret.yaml.j2", "x: {{ name }}\n")

    assert Templates(tmp_path).render("secrets/secret.yaml.j2", {"name": "a: b"}) == 'x: "a: b"\n'


def test_an_overlay_that_is_not_there_is_a_usage_error(tmp_path: pathlib.Path) -> None:
    with pytest.raises(UsageError, match="nowhere"):
        Templates(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a: 1\nb: {{ nmae }}\n", "line 2: 'nmae' is undefined"),
        ("a: 1\n\nb: {{ name\n", "line 3: unexpected end of template"),
        ("a: {{ name.__class__.__mro__ }}\n", "line 1: access to attribute '__class__'"),
        ("a: {{ 1 // 0 }}\n", "line 1: ZeroDivisionError"),
    ],
)
def test_a_mistake_in_an_overlay_names_file_and_line(
    tmp_path: pathlib.Path, text: str, complaint: str
) -> None:
    file = overlay(tmp_path, "secrets/secret.yaml.j2", text)

    with pytest.raises(InstallerError) as caught:
        Templates(tmp_path).render("secrets/secret.yaml.j2", {"name": "n"})

    assert caught.value.message.startswith(f"{file}, {complaint}")


def test_a_fragment_that_does_not_exist_is_named(tmp_path: pathlib.Path) -> None:
    overlay(tmp_path, "secrets/secret.yaml.j2", '{% include "mart/mrat.yaml.j2" %}\n')

    with pytest.raises(InstallerError, match=r"mart/mrat\.yaml\.j2 does not exist"):
        Templates(tmp_path).render("secrets/secret.yaml.j2", {})


def overlay(folder: pathlib.Path, name: str, text: str) -> pathlib.Path:
    file = folder / name
    file.parent.mkdir(parents=True)
    file.write_text(text)
    return file
