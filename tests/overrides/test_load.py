from __future__ import annotations

import contextlib
import os
import pickle
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from apigeectl.errors import ExitCode, OverridesError
from apigeectl.overrides.load import MAX_SIZE, load, parse
from apigeectl.overrides.position import Position
from apigeectl.overrides.problems import OverridesInvalid, Severity

FILE = Path("overrides.yaml")


def invalid(text: str) -> tuple[str, Position | None, str]:
    """Code, place and message of the one error."""
    with pytest.raises(OverridesInvalid) as refused:
        load_text(text)
    (problem,) = refused.value.problems
    return problem.code, problem.position, problem.message


def load_text(text: str) -> Any:
    overrides = parse(text, FILE)
    if any(problem.severity is Severity.ERROR for problem in overrides.problems):
        raise OverridesInvalid(FILE, text, overrides.problems)
    return overrides


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "overrides.yaml"


def refused(file: Path) -> OverridesError:
    with pytest.raises(OverridesError) as error:
        load(file)
    assert error.value.exit_code is ExitCode.OVERRIDES
    assert error.value.hint
    return error.value


def test_every_key_and_value_knows_its_place(file: Path) -> None:
    file.write_text("org: o\nenvs:\n  - name: test\n    port: 80\n")
    overrides = load(file)
    assert overrides.data == {"org": "o", "envs": [{"name": "test", "port": 80}]}
    assert overrides.keys[("envs", 0, "port")] == (4, 5)
    assert overrides.values[("envs", 0, "port")] == (4, 11)
    assert overrides.keys[("envs", 0)] == overrides.values[("envs", 0)] == (3, 5)
    assert overrides.values[()] == (1, 1)


def test_a_byte_order_mark_and_windows_line_ends_are_tolerated(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbforg: o\r\nnamespace: ns\r\n")
    overrides = load(file)
    assert overrides.data == {"org": "o", "namespace": "ns"}
    assert overrides.keys[("namespace",)] == (2, 1)


def test_numbers_keep_the_text_they_were_written_as() -> None:
    raw = load_text("org: 1.10\nnamespace: '1.10'\n").raw
    assert raw[("org",)] == ("1.10", True)
    assert raw[("namespace",)] == ("1.10", False)


def test_no_file_is_one_sentence(tmp_path: Path) -> None:
    assert "there is no overrides file" in refused(tmp_path / "none.yaml").message


def test_a_directory_is_one_sentence(tmp_path: Path) -> None:
    assert "is a directory" in refused(tmp_path).message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_one_sentence(file: Path) -> None:
    file.write_text("org: o")
    file.chmod(0)
    assert "Permission denied" in refused(file).message


def test_a_symlink_loop_is_one_sentence(file: Path) -> None:
    file.symlink_to(file)
    assert "cannot be read" in refused(file).message


def test_a_pipe_with_nobody_at_its_other_end_does_not_block(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apigeectl.overrides.load._WRITER_SECONDS", 0.05)
    os.mkfifo(file)
    assert "is a pipe to which nobody writes" in refused(file).message


def test_a_pipe_is_read_to_its_end_whenever_its_writer_comes(file: Path) -> None:
    os.mkfifo(file)

    def write() -> None:
        time.sleep(0.05)
        with file.open("w") as stream:
            for part in ("org: o\n", "# ", "." * 100_000, "\nnamespace: hybrid\n"):
                stream.write(part)
                stream.flush()
                time.sleep(0.01)

    writer = threading.Thread(target=write)
    writer.start()
    overrides = load(file)
    writer.join()

    assert (overrides.org, overrides.namespace) == ("o", "hybrid")


def test_what_a_shell_substitutes_is_read(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"org: o\n")
    os.close(writing)
    try:
        assert load(Path(f"/dev/fd/{reading}")).org == "o"
    finally:
        os.close(reading)


def test_a_pipe_without_end_is_too_large(file: Path) -> None:
    os.mkfifo(file)

    def write() -> None:
        with contextlib.suppress(BrokenPipeError), file.open("wb", buffering=0) as stream:
            while True:
                stream.write(b"#" * 65536)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert "is larger than 4 MB" in refused(file).message
    finally:
        writer.join()


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null"])
def test_a_device_is_no_overrides_file(device: str) -> None:
    assert "not a regular file" in refused(Path(device)).message


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"# nothing\n\n", "is empty"),
        (b"---\n", "is empty"),
        (b"{}\n", "is empty"),
        (b"org: \x00\n", "is not a text file: line 1"),
        (b"org: a\n\x7fELF", "is not a text file: line 2"),
        (b"org: a\nb: \xff\xfe", "is not UTF-8 text (line 2)"),
        ("org: o".encode("utf-16"), "UTF-16"),
        (b"apiVersion: v1\nkind: Config\n", "is a kubeconfig"),
        (b"apiVersion: apps/v1\nkind: Deployment\n", "is a Kubernetes manifest (Deployment)"),
        (
            b"services: {}\nvolumes: {}\nx: 1\ny: 2\n",
            "none of its keys is a property (services, volumes, x, ...)",
        ),
        (b"#" * (MAX_SIZE + 1), "is larger than 4 MB"),
    ],
)
def test_what_is_no_overrides_file_is_one_sentence(file: Path, content: bytes, words: str) -> None:
    file.write_bytes(content)
    assert words in refused(file).message


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("- org: o\n", "not-a-map", (1, 1)),
        ("org\n", "not-a-map", (1, 1)),
        ("org: o\n---\norg: p\n", "yaml-syntax", (2, 1)),
        ("org: !!python/object:os.system x\n", "yaml-tag", (1, 6)),
        ("org: !vault x\n", "yaml-tag", (1, 6)),
        ("org: !!binary aGk=\n", "yaml-tag", (1, 6)),
        ("org: o\n? [a]\n: b\n", "yaml-key", (2, 3)),
        ("mart: &a\n  b: *a\n", "yaml-size", (1, 7)),
        ("mart: &a\n  <<: *a\n", "yaml-size", (1, 7)),
        ("mart:\n  <<: text\n", "yaml-merge", (2, 7)),
        ("org: a\nenvs: []\norg: b\n", "duplicate-key", (3, 1)),
        ('org: "\\uD800"\n', "yaml-character", (1, 9)),
        ("mart: " + "[x, " * 101 + "]" * 101, "yaml-size", (1, 403)),
        ("org: o\nx: " + "[" * 100_000, "yaml-size", (2, 103)),
        ("{a: " * 5000, "yaml-size", (1, 401)),
    ],
)
def test_what_yaml_allows_and_an_overrides_file_does_not_is_an_error_in_its_place(
    text: str, code: str, place: tuple[int, int]
) -> None:
    assert invalid(text)[:2] == (code, place)


def test_an_alias_bomb_is_refused_quickly() -> None:
    lines = ["org: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"k{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert invalid("\n".join(lines))[0] == "yaml-size"


def test_a_merge_bomb_is_refused_quickly() -> None:
    lines = ["org: &a0 {x: 1}"]
    lines += [f"k{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 10)]
    assert invalid("\n".join(lines))[0] == "yaml-size"


def test_a_duplicate_of_another_value_names_both_lines() -> None:
    with pytest.raises(OverridesInvalid) as refused:
        load_text("org: a\nnamespace: n\norg: b\n")
    (problem,) = refused.value.problems
    assert problem.message == "org is written twice, in line 1 and here, with different values"
    assert (problem.position, problem.related) == ((3, 1), ((1, 1),))


@pytest.mark.parametrize(
    ("one", "other"), [("1", "true"), ("{a: 1}", "{a: 2}"), ("[1]", "[1, 2]"), ("1", "'1'")]
)
def test_duplicates_of_different_types_or_depths_differ(one: str, other: str) -> None:
    assert invalid(f"org: {one}\norg: {other}\n")[0] == "duplicate-key"


def test_a_duplicate_of_the_same_value_is_a_warning() -> None:
    (problem,) = load_text("mart: {a: 1, b: [x]}\nmart: {b: [x], a: 1}\n").problems
    assert (problem.severity, problem.code) == (Severity.WARNING, "duplicate-key")


def test_a_tolerant_load_keeps_errors_that_did_not_prevent_reading(file: Path) -> None:
    file.write_text("org: a\norg: b\n")
    overrides = load(file, tolerant=True)
    assert overrides.org == "b"
    assert [problem.code for problem in overrides.problems] == ["duplicate-key"]
    with pytest.raises(OverridesInvalid):
        load(file)


def test_aliases_and_merge_keys_are_resolved_and_keep_their_places() -> None:
    overrides = load_text(
        "mart: &m\n  a: 1\n  b: 2\nwatcher:\n  <<: *m\n  b: 3\nudca: {<<: [{a: 5}, *m]}\nruntime: *m\n"
    )
    assert overrides.data["watcher"] == {"b": 3, "a": 1}
    assert overrides.data["udca"] == {"a": 5, "b": 2}
    assert overrides.data["runtime"] == {"a": 1, "b": 2}
    assert overrides.keys[("watcher", "a")] == (2, 3)
    assert overrides.keys[("watcher", "b")] == (6, 3)


def test_aliased_values_are_no_shared_objects() -> None:
    data = load_text("mart: &m {a: 1}\nudca: *m\n").data
    assert data["mart"] is not data["udca"]


def test_an_anchor_defined_twice_is_legal() -> None:
    assert load_text("org: &a x\nmart: &a z\nudca: *a\n").data["udca"] == "z"


def test_core_tags_decide_the_type() -> None:
    data = load_text('org: !!str 12\nmart: !!int "3"\nudca: &a !!str yes\nruntime: ! 5\nredis: "5"\n').data
    assert data == {"org": "12", "mart": 3, "udca": "yes", "runtime": "5", "redis": "5"}


def test_keys_are_always_text_as_written() -> None:
    assert load_text("org: o\nmart: {1: a, yes: b, null: c}\n").data["mart"] == {
        "1": "a",
        "yes": "b",
        "null": "c",
    }


def test_an_empty_last_document_is_no_second_one() -> None:
    assert load_text("---\norg: o\n---\n# end\n").data == {"org": "o"}


def test_the_error_lists_its_problems_and_survives_pickling() -> None:
    with pytest.raises(OverridesInvalid) as refused:
        load_text("org: a\norg: b\nmart: !x y\n")
    error = refused.value
    assert error.message == "overrides.yaml has 2 errors; nothing was touched"
    assert error.details[0].startswith("overrides.yaml:2:1: error: org is written twice")
    assert pickle.loads(pickle.dumps(error.problems)) == error.problems
