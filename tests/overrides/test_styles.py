"""Files in the style of every release, each judged for its own: what is told is what the comments in it expect."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from apigeectl.overrides.load import load
from apigeectl.overrides.problems import Severity
from apigeectl.overrides.rules import FileCheck, validate
from apigeectl.overrides.scope import Scope


def _release(file: Path) -> tuple[str, tuple[int, int]]:
    """`1.10-name.yaml` is for 1.10."""
    text = file.name.partition("-")[0]
    major, minor = text.split(".")
    return text, (int(major), int(minor))


STYLES = sorted(Path(__file__).with_name("styles").glob("*.yaml"), key=lambda file: _release(file)[1])
FOLDER = Path(__file__).parents[2] / "overrides"
EXAMPLES = {
    "legacy-1.1": "1.1",
    "legacy-1.2": "1.2",
    "legacy-1.5": "1.5",
    "own-mesh-1.8": "1.8",
    "quickstart": "1.10",
    "production": "1.10",
    "multi-region": "1.10",
    "workload-identity": "1.10",
    "vault-1.13": "1.13",
    "production-1.16": "1.16",
}
"""By name, the release that an example is written for."""
NO_FILES = FileCheck(None)


@pytest.mark.parametrize("file", STYLES, ids=lambda file: file.stem)
def test_a_file_of_a_release_shows_what_its_comments_expect_and_nothing_else(file: Path) -> None:
    overrides = load(file)
    lines = overrides.text.splitlines()
    expected = {
        (number, code)
        for number, line in enumerate(lines, 1)
        for code in re.findall(r" # -> ([a-z0-9.-]+)$", line)
    }

    found = validate(overrides, Scope(), _release(file)[0], files=NO_FILES)

    assert {(each.position.line, each.code) for each in found if each.position} == expected, [
        (each.code, each.message) for each in found
    ]
    assert Severity.ERROR not in {each.severity for each in found}


def test_every_release_has_a_file() -> None:
    assert {_release(file)[1] for file in STYLES} == {(1, minor) for minor in range(1, 17)}


@pytest.mark.parametrize(("name", "release"), EXAMPLES.items())
def test_an_example_shows_no_warning_for_its_own_release(name: str, release: str) -> None:
    overrides = load(FOLDER / f"{name}.yaml")

    found = validate(overrides, Scope(), release, files=NO_FILES)

    assert [(each.code, each.message) for each in found if each.severity is not Severity.INFO] == []


def test_every_example_is_judged() -> None:
    assert {file.stem for file in FOLDER.glob("*.yaml")} == set(EXAMPLES)


@pytest.mark.parametrize("name", [name for name, release in EXAMPLES.items() if release != "1.10"])
def test_an_example_for_another_release_names_it_first(name: str) -> None:
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")

    assert f"hybrid {EXAMPLES[name]}" in text.partition("\n\n")[0]
