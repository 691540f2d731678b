from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from apigeectl.cli import validate as command
from apigeectl.errors import OverridesError
from apigeectl.overrides import problems
from apigeectl.overrides.codes import CODES
from apigeectl.overrides.load import parse
from apigeectl.overrides.problems import OverridesInvalid, Problem, Severity
from apigeectl.overrides.rules import RULES, FileCheck, validate
from apigeectl.overrides.scope import Scope
from apigeectl.overrides.silence import silenced
from tests.overrides.examples import Example, examples, sections, whole
from tests.overrides.material import write_material

EXAMPLES = examples()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_material(tmp_path_factory.mktemp("files"))


def judge(folder: Path, text: str, release: str) -> tuple[Problem, ...]:
    """Also what stops the reading."""
    try:
        overrides = parse(text, folder / "overrides.yaml")
    except OverridesInvalid as invalid:
        return invalid.problems
    except OverridesError as error:
        return (Problem(Severity.ERROR, "unreadable", error.message),)
    found = validate(overrides, Scope(), release, files=FileCheck(folder))
    return silenced(found, overrides.silences, complete=True)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.code)
def test_the_example_of_a_code_shows_it_at_the_line_and_column_that_the_page_tells(
    example: Example, folder: Path
) -> None:
    found = judge(folder, whole(example.broken, example.release), example.release)

    shown = [(each.position, each.severity) for each in found if each.code == example.code]
    assert (example.place, example.severity) in shown
    assert {severity for _, severity in shown} <= set(CODES[example.code].severities)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.code)
def test_the_repaired_example_shows_the_code_no_more(example: Example, folder: Path) -> None:
    found = judge(folder, whole(example.repaired, example.release), example.release)

    assert example.code not in {problem.code for problem in found}


def test_no_line_of_any_key_is_in_any_message(folder: Path) -> None:
    secrets = {
        line
        for file in folder.iterdir()
        if b"PRIVATE KEY" in file.read_bytes() or file.name == "kms.txt"
        for line in re.findall(r"[A-Za-z0-9+/=]{20,}", file.read_text())
    }
    words = " ".join(
        f"{each.message} {each.hint}"
        for example in EXAMPLES
        for each in judge(folder, whole(example.broken, example.release), example.release)
    )

    assert secrets
    assert not [secret for secret in secrets if secret in words]


def test_every_code_has_its_section_in_the_order_of_the_table() -> None:
    assert list(sections()) == list(CODES)


def test_every_rule_has_a_code_of_the_table_and_no_two_have_the_same() -> None:
    codes = [rule.code for rule in RULES]

    assert len(codes) == len(set(codes))
    assert set(codes) <= set(CODES)


def test_every_code_that_the_package_names_is_in_the_table_and_the_other_way_round() -> None:
    assert set(_codes_in_the_source()) == set(CODES)


def _codes_in_the_source() -> Iterator[str]:
    """The texts that stand where a code does: in calls that make a problem or a rule, and in fields called code."""
    for file in (*Path(problems.__file__).parent.glob("*.py"), Path(command.__file__)):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            for each in _places_of_a_code(node):
                if isinstance(each, ast.Constant) and re.fullmatch(r"[a-z][a-z0-9.-]+", str(each.value)):
                    yield each.value


def _places_of_a_code(node: ast.AST) -> Iterator[ast.expr | None]:
    if isinstance(node, ast.Call):
        if getattr(node.func, "id", getattr(node.func, "attr", "")) in _MAKERS:
            yield from node.args[:2]
        yield from (each.value for each in node.keywords if each.arg == "code")
    elif isinstance(node, (ast.Assign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if any(getattr(target, "id", "").lower() == "code" for target in targets):
            yield node.value


_MAKERS = frozenset({"Problem", "Rule", "_problem", "_report"})
