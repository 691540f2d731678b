"""Files that are no overrides files, and some that are made to hurt: a clear problem each, soon and in little memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from apigeectl.overrides.load import MAX_SIZE
from tests.benches.validate import many
from tests.cli.conftest import Result

ROOT = Path(__file__).parents[2]
HEAD = "org: o\ninstanceID: i\n"


def _bomb(line: str) -> str:
    return "\n".join(
        [HEAD + "k0: &a0 {x: [x, x, x, x, x, x, x, x, x, x]}", *(line.format(n, n - 1) for n in range(1, 12))]
    )


REFUSED: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "is empty"),
    "comments only": ("# nothing\n", "is empty"),
    "binary": (b"\x7fELF\x02\x01\x01\x00\x00", "holds the control character U+007F"),
    "latin 1": ("org: zürich\n".encode("latin-1"), "is not UTF-8 text (line 1)"),
    "UTF-16": ("org: o\n".encode("utf-16"), "is UTF-16 text"),
    "UTF-16 without a mark": ("org: o\n".encode("utf-16-le"), "holds the control character U+0000"),
    "larger than 4 MB": ("#" * (MAX_SIZE + 1), "is larger than 4 MB"),
    "several documents": ("org: o\n---\norg: p\n", "a second document starts here"),
    "a list": ("- org: o\n", "an overrides file is a map of properties; this is a list"),
    "a list for a key": ("org: o\n? [a, b]\n: c\n", "a key must be a word"),
    "a map for a key": ("org: o\nmart: {{x}}\n", "a key must be a word"),
    "a tag that makes an object": ("org: !!python/object/apply:os.system [ls]\n", "a tag (a word after !)"),
    "a tag of Ruby": ("org: !ruby/object:Gem {}\n", "a tag (a word after !)"),
    "a tag of its own": ("org: !Ref x\n", "a tag (a word after !)"),
    "an alias of itself": ("mart: &m\n  x: *m\n", "contains an alias of itself"),
    "not a number": (HEAD + "cassandra: {replicaCount: .nan}\n", "cassandra.replicaCount"),
    "infinite": (HEAD + "cassandra: {replicaCount: -.inf}\n", "cassandra.replicaCount"),
    "a merge conflict": ("<<<<<<< HEAD\norg: o\n=======\norg: p\n>>>>>>> x\n", "a merge conflict"),
    "a manifest": ("apiVersion: v1\nkind: Secret\n", "is a Kubernetes manifest (Secret)"),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "overrides.yaml"


def refusal(apigeectl: Callable[..., Result], file: Path) -> str:
    done = apigeectl("validate", "-f", str(file))

    assert done.code == 3
    words = done.out + done.err
    assert "Traceback" not in words
    assert "defect" not in words
    return words


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_overrides_file_is_a_clear_problem(
    apigeectl: Callable[..., Result], file: Path, what: str
) -> None:
    content, words = REFUSED[what]
    file.write_bytes(content if isinstance(content, bytes) else content.encode())

    assert words in refusal(apigeectl, file)


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_byte_order_mark_and_foreign_line_ends_do_no_harm(
    apigeectl: Callable[..., Result], file: Path, start: bytes, end: bytes
) -> None:
    file.write_bytes(start + end.join([b"org: o", b"# odd", b"odd: 1", b"cassandra: {replicaCount: 3}", b""]))
    done = apigeectl("validate", "-f", str(file), "--datastore")

    assert done.code == 0
    assert done.out.startswith(f"{file}:3:1: warning: odd ")


def test_a_directory_a_missing_file_and_a_loop_are_clear_problems(
    apigeectl: Callable[..., Result], tmp_path: Path
) -> None:
    loop = tmp_path / "loop.yaml"
    loop.symlink_to(loop)

    assert "is a directory" in refusal(apigeectl, tmp_path)
    assert "there is no overrides file" in refusal(apigeectl, tmp_path / "none.yaml")
    assert "cannot be read: Too many levels of symbolic links" in refusal(apigeectl, loop)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_a_clear_problem(apigeectl: Callable[..., Result], file: Path) -> None:
    file.touch(mode=0)

    assert "cannot be read: Permission denied" in refusal(apigeectl, file)


WORST: dict[str, tuple[str, str]] = {
    "an alias bomb": (
        _bomb("k{0}: &a{0} [*a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}]"),
        "once the aliases are expanded",
    ),
    "a merge bomb": (
        _bomb("k{0}: &a{0} {{<<: [*a{1}, *a{1}, *a{1}, *a{1}, *a{1}]}}"),
        "once the aliases are expanded",
    ),
    "two million brackets": (HEAD + "x: " + "[" * 2_000_000, "nested more than 100 levels deep"),
    "a million braces": (HEAD + "x: " + "{a: " * 1_000_000, "nested more than 100 levels deep"),
    "deep blocks": (
        HEAD + "".join(" " * n + "a:\n" for n in range(2500)),
        "nested more than 100 levels deep",
    ),
    "a million items": (HEAD + f"x: [{'[],' * 1_000_000}]\n", "more than 100,000 keys and values"),
    "a long line": (HEAD + f"hub: {'x' * (MAX_SIZE - 100)}\n", "gcp.projectID is missing"),
    "a long key": (HEAD + f"{'x' * (MAX_SIZE - 100)}: 1\n", "this line has no colon"),
    "a long comment": (f"#{' ' * (MAX_SIZE - 100)}\n" + HEAD, "gcp.projectID is missing"),
    "a long number": (HEAD + f"revision: {'9' * 3_000_000}\n", "gcp.projectID is missing"),
    "an open quote": (HEAD + 'hub: "' + "x\n" * 2_000_000, "this quote is never closed"),
    "words of secrets": (HEAD + f"x: {'password: ' * 400_000}\n", "a second colon stands in this line"),
    "unknown keys": (HEAD + "".join(f"key{n}: {n}\n" for n in range(40_000)), "key1 is no known property"),
    "a thousand environments": (many(1000), "[missing-file]"),
    "one line of unknown keys": (
        HEAD + f"runtime: {{{','.join(f'key{n}: 1' for n in range(30_000))}}}\n",
        "runtime.key1 is no known property",
    ),
}


@pytest.fixture(scope="module")
def measures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("worst")
    files = []
    for number, (text, _) in enumerate(WORST.values()):
        files.append(folder / str(number))
        files[-1].write_text(text)
    files.append(folder / "pipe")
    os.mkfifo(files[-1])
    done = subprocess.run(
        [sys.executable, "-m", "tests.overrides.bounded", *map(str, files)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(zip([*WORST, "a pipe"], map(json.loads, done.stdout.splitlines()), strict=True))


@pytest.mark.parametrize("what", WORST)
def test_what_is_made_to_hurt_is_refused_within_two_seconds_and_200_megabytes(
    measures: dict[str, dict[str, Any]], what: str
) -> None:
    measure = measures[what]

    assert measure["code"] == 3
    assert WORST[what][1] in measure["said"]
    assert measure["cpu"] < 2
    assert measure["megabytes"] < 200


def test_a_pipe_to_which_nobody_writes_is_given_up_within_two_seconds(
    measures: dict[str, dict[str, Any]],
) -> None:
    assert measures["a pipe"]["code"] == 3
    assert "is a pipe to which nobody writes" in measures["a pipe"]["said"]
    assert measures["a pipe"]["wall"] < 5  # 1.5 of waiting; the machine may be busy
