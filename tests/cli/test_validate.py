"""validate as typed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from apigeectl.cli.problems import highlighted
from tests.cli.conftest import Result

GOOD = """\
org: acme
instanceID: acme-1
gcp: {projectID: acme, region: us-central1}
k8sCluster: {name: c, region: us-central1}
envs:
- name: test
virtualhosts:
- name: group
  sslSecret: tls
"""

Program = Callable[..., Result]


@pytest.fixture
def overrides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("APIGEECTL_RELEASE", raising=False)
    file = tmp_path / "overrides.yaml"
    file.write_text(GOOD)
    return file


def codes(done: Result) -> list[str]:
    return [problem["code"] for problem in json.loads(done.out)["problems"]]


def test_every_problem_has_severity_code_place_line_caret_message_and_hint(
    apigeectl: Program, overrides: Path
) -> None:
    overrides.write_text(GOOD + "mart: {replicaCountMin: yes}\norg: other\n")
    done = apigeectl("validate")

    assert done.code == 3
    assert (
        "overrides.yaml:11:1: error: org is written twice, in line 1 and here, with different values [duplicate-key]\n"
        "    org: other\n"
        "    ^\n"
        "overrides.yaml:1:1: note: see also here\n"
        "    org: acme\n"
        "    ^\n"
        "hint: readers keep the last one and drop the other: join the two, or remove one"
    ) in done.out
    assert "[yaml-1.1]" in done.out
    assert done.err.startswith("overrides.yaml: ")


def test_a_file_without_a_problem_leaves_stdout_empty(apigeectl: Program, overrides: Path) -> None:
    overrides.write_text("org: acme\ncassandra: {replicaCount: 3}\n")
    done = apigeectl("validate", "--datastore", "--skip-files")

    assert (done.code, done.out) == (0, "")
    assert done.err == "overrides.yaml: 0 errors, 0 warnings\n"


def test_json_is_one_versioned_document(apigeectl: Program, overrides: Path) -> None:
    overrides.write_text(GOOD + "odd: 1\n")
    document = json.loads(apigeectl("validate", "-o", "json").out)

    assert (document["apiVersion"], document["kind"]) == ("apigeectl/v1", "Problems")
    assert document["files"] == ["overrides.yaml"]
    (odd,) = [problem for problem in document["problems"] if problem["code"] == "unknown-key"]
    assert (odd["severity"], odd["file"], odd["line"], odd["column"]) == ("warning", "overrides.yaml", 10, 1)
    assert (odd["path"], odd["silenced"]) == ("odd", None)


def test_github_annotations_name_the_file_and_line(apigeectl: Program, overrides: Path) -> None:
    overrides.write_text(GOOD + "odd: 1\n")
    done = apigeectl("validate", "-o", "github")

    assert "::warning file=overrides.yaml,line=10,col=1,title=unknown-key::" in done.out


def test_sarif_is_one_log(apigeectl: Program, overrides: Path) -> None:
    document = json.loads(apigeectl("validate", "-o", "sarif").out)

    assert (document["version"], len(document["runs"])) == ("2.1.0", 1)


@pytest.mark.parametrize("output", ["json", "github", "sarif"])
@pytest.mark.parametrize("text", [None, "", "org: o\n\tx: 1\n", "a: 1\n"])
def test_a_file_that_cannot_be_read_is_a_problem_in_every_format(
    apigeectl: Program, overrides: Path, output: str, text: str | None
) -> None:
    overrides.unlink()
    if text is not None:
        overrides.write_text(text)
    done = apigeectl("validate", "-o", output)

    assert done.code == 3
    assert done.out.strip()
    if output != "github":
        json.loads(done.out)


def test_only_validate_writes_sarif(apigeectl: Program, overrides: Path) -> None:
    assert apigeectl("apply", "--dry-run", "-o", "sarif").code == 2


def test_a_silenced_warning_is_counted_but_not_shown_and_no_error_in_strict(
    apigeectl: Program, overrides: Path
) -> None:
    overrides.write_text("org: acme\n# apigeectl: ignore=unknown-key -- for another tool\nodd: 1\n")
    done = apigeectl("validate", "--datastore", "--strict")

    assert (done.code, done.out) == (0, "")
    assert done.err == "overrides.yaml: 0 errors, 0 warnings, 1 silenced\n"


def test_a_silenced_warning_is_in_the_json_with_its_reason(apigeectl: Program, overrides: Path) -> None:
    overrides.write_text("org: acme\nodd: 1 # apigeectl: ignore=unknown-key -- for another tool\n")
    (problem,) = json.loads(apigeectl("validate", "--datastore", "-o", "json").out)["problems"]

    assert problem["silenced"] == "for another tool"


def test_apply_does_not_show_what_is_silenced(apigeectl: Program, overrides: Path) -> None:
    overrides.write_text(GOOD + "odd: 1 # apigeectl: ignore=unknown-key -- for another tool\n")

    assert "odd" not in apigeectl("apply", "--dry-run", "-v").err


@pytest.mark.parametrize(
    ("flags", "known"), [(["--release", "1.8"], True), (["--release", "1.16"], False), ([], True)]
)
def test_a_file_is_judged_for_the_release(
    apigeectl: Program, overrides: Path, flags: list[str], known: bool
) -> None:
    overrides.write_text(GOOD + "udca: {replicaCountMin: 1}\n")

    assert ("other-release" not in codes(apigeectl("validate", "-o", "json", *flags))) is known


def test_the_release_may_come_from_the_environment(
    apigeectl: Program, overrides: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    overrides.write_text(GOOD + "udca: {replicaCountMin: 1}\n")
    monkeypatch.setenv("APIGEECTL_RELEASE", "1.16")

    assert "other-release" in codes(apigeectl("validate", "-o", "json"))
    assert "other-release" not in codes(apigeectl("validate", "-o", "json", "--release", "1.10"))


@pytest.mark.parametrize("release", ["latest", "1", "2.0", "1.99", "0.9", "1.x", "1.10.3.4"])
def test_what_is_no_release_is_a_usage_error(apigeectl: Program, overrides: Path, release: str) -> None:
    done = apigeectl("validate", "--release", release)

    assert done.code == 2
    assert f'there is no hybrid release "{release}"' in done.err


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (["--datastore"], "org: o\ncassandra: {replicaCount: 3}\n"),
        (["--org"], "org: o\ninstanceID: i\ngcp: {projectID: p}\nmart: {serviceAccountRef: m}\n"),
        (["--env", "a"], "org: o\nenvs: [{name: a}]\n"),
        (["--all-envs"], "org: o\nenvs: [{name: a}]\n"),
        (["--redis"], "org: o\nredis: {replicaCount: 2}\n"),
        (["--telemetry"], "org: o\ngcp: {projectID: p}\nmetrics: {serviceAccountRef: m}\n"),
        (["--settings", "virtualhosts"], "org: o\nvirtualhosts: [{name: v, sslSecret: s}]\n"),
    ],
)
def test_a_file_that_holds_a_part_is_judged_for_the_scope_given(
    apigeectl: Program, overrides: Path, flags: list[str], text: str
) -> None:
    overrides.write_text(text)

    assert apigeectl("validate", *flags).code == 0
    assert apigeectl("validate").code == 3


def test_several_files_are_judged_as_one(apigeectl: Program, overrides: Path, tmp_path: Path) -> None:
    (tmp_path / "more.yaml").write_text("mart: {replicaCountMin: 9}\nodd: 1\n")
    (tmp_path / "last.yaml").write_text("mart: {replicaCountMax: 2}\n")
    done = apigeectl("validate", "-f", "overrides.yaml", "-f", "more.yaml", "-f", "last.yaml")

    assert done.code == 3
    assert "more.yaml:1:" in done.out
    assert "last.yaml:1:8: note: see also here" in done.out
    assert "more.yaml:2:1: warning: odd" in done.out
    assert done.err.startswith("overrides.yaml, more.yaml, last.yaml: 1 error,")


def test_the_first_file_alone_may_lack_what_the_second_has(
    apigeectl: Program, overrides: Path, tmp_path: Path
) -> None:
    head, _, tail = GOOD.partition("envs:")
    overrides.write_text(head)
    (tmp_path / "more.yaml").write_text("envs:" + tail)

    assert apigeectl("validate").code == 3
    assert apigeectl("validate", "-f", "overrides.yaml", "-f", "more.yaml").code == 0


def test_several_files_are_applied_as_one(apigeectl: Program, overrides: Path, tmp_path: Path) -> None:
    (tmp_path / "more.yaml").write_text("org: another\n")
    done = apigeectl("apply", "--dry-run", "--print-yaml", "-f", "overrides.yaml", "-f", "more.yaml")

    assert done.code == 0
    assert "another" in done.out
    assert "another" not in apigeectl("apply", "--dry-run", "--print-yaml").out


def test_every_command_stops_at_an_error_of_the_same_judgement(apigeectl: Program, overrides: Path) -> None:
    overrides.write_text(GOOD.replace("instanceID: acme-1\n", "instanceID: x\ninstanceID: y\n"))

    for command in (["init", "--dry-run"], ["apply", "--dry-run"], ["validate"]):
        done = apigeectl(*command)
        assert done.code == 3
        assert "[duplicate-key]" in done.out + done.err


def test_source_lines_fit_a_narrow_terminal(
    apigeectl: Program, overrides: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    overrides.write_text(f"{GOOD}mart: {{a: {'x' * 200}, odd: 1}}\n")
    lines = apigeectl("validate").out.splitlines()

    assert max(len(line) for line in lines if line.startswith("    ")) <= 80


def test_a_relative_file_is_looked_for_beside_the_file_that_names_it(
    apigeectl: Program, overrides: Path, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "sub").mkdir(parents=True)
    (tmp_path / "one" / "sub" / "key.txt").write_text("c2l4dGVlbiBieXRlcyE=")
    (tmp_path / "one" / "base.yaml").write_text("org: o\nenvs: [{name: a}]\nkmsEncryptionPath: sub/key.txt\n")
    (tmp_path / "two" / "over.yaml").write_text("kvmEncryptionPath: sub/key.txt2\n")
    done = apigeectl("validate", "--all-envs", "-f", "one/base.yaml", "-f", "two/over.yaml", "-o", "json")

    (missing,) = [each for each in json.loads(done.out)["problems"] if each["code"] == "missing-file"]
    assert missing["file"] == "two/over.yaml"
    assert str(tmp_path / "two" / "sub" / "key.txt2") in missing["message"]


def test_on_a_terminal_severities_have_their_colours() -> None:
    report = "a.yaml:1:1: error: x is wrong [code]\n    y: error: z\n    ^\na.yaml:2:1: warning: y [code]"

    assert highlighted(report) == (
        "a.yaml:1:1: \x1b[1;31merror\x1b[0m: x is wrong [code]\n    y: error: z\n    ^\n"
        "a.yaml:2:1: \x1b[1;33mwarning\x1b[0m: y [code]"
    )
