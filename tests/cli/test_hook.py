"""validate as other repositories run it: as a hook of pre-commit, and as the page about CI says."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from apigeectl import yaml
from apigeectl.cli.app import COMMANDS
from apigeectl.overrides.codes import CODES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "check-overrides-in-ci.md").read_text(encoding="utf-8")
BROKEN = "org: acme\nenvs: 5\n"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a good file, as the page has it, and a broken one."""
    (tmp_path / "overrides").mkdir()
    shutil.copy(ROOT / "overrides" / "production.yaml", tmp_path / "overrides")
    (tmp_path / "broken.yaml").write_text(BROKEN)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def hook() -> dict[str, Any]:
    ((only,),) = yaml.load_all((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    return dict(only)


def test_the_hook_runs_a_command_that_takes_its_files(
    apigeectl: Callable[..., Any], repository: Path
) -> None:
    program, command, *rest = [*hook()["entry"].split(), *hook()["args"]]
    good = apigeectl(command, *rest, "overrides/production.yaml")
    both = apigeectl(command, *rest, "broken.yaml", "overrides/production.yaml")

    assert program == "apigeectl"
    assert command in COMMANDS
    assert good.code == 0
    assert both.code == 3
    assert "production.yaml: 0 errors" in both.err


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("overrides.yaml", True),
        ("overrides/prod.yml", True),
        ("clusters/eu/my-overrides-2.yaml", True),
        ("infra/overrides/eu/one.yaml", True),
        ("values.yaml", False),
        ("overrides.md", False),
        ("overridesx/prod.yaml", False),
    ],
)
def test_the_hook_looks_at_overrides_files_only(name: str, taken: bool) -> None:
    assert bool(re.search(hook()["files"], name)) is taken


def test_files_that_cannot_be_read_do_not_hide_the_next(
    apigeectl: Callable[..., Any], repository: Path
) -> None:
    done = apigeectl("validate", "--skip-files", "absent.yaml", "overrides/production.yaml")

    assert done.code == 3
    assert "there is no overrides file absent.yaml" in done.err
    assert "production.yaml: 0 errors" in done.err


def test_every_file_has_its_own_document(apigeectl: Callable[..., Any], repository: Path) -> None:
    done = apigeectl("validate", "--skip-files", "-o", "json", "broken.yaml", "overrides/production.yaml")

    assert [json.loads(line)["kind"] for line in done.out.splitlines()] == ["Problems", "Problems"]


@pytest.mark.parametrize(
    "argv", [("-f", "broken.yaml", "broken.yaml"), ("-o", "sarif", "broken.yaml", "broken.yaml")]
)
def test_what_cannot_be_one_answer_is_a_wrong_command_line(
    apigeectl: Callable[..., Any], repository: Path, argv: tuple[str, ...]
) -> None:
    done = apigeectl("validate", *argv)

    assert done.code == 2
    assert done.out == ""


@pytest.mark.parametrize("line", re.findall(r"apigeectl (validate -f [^>\n]*)", PAGE))
def test_the_commands_of_the_page_accept_a_good_file(
    apigeectl: Callable[..., Any], repository: Path, line: str
) -> None:
    assert apigeectl(*shlex.split(line)).code == 0


def test_the_page_names_what_exists() -> None:
    examples = [yaml.load_all(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
    (pre_commit,) = examples[0]
    named = {one["id"] for repo in pre_commit["repos"] for one in repo["hooks"]}

    assert len(examples) == 5
    assert named == {hook()["id"]}
    assert set(re.findall(r"ignore=(\S+)", PAGE)) <= set(CODES)
