"""Editing: what was asked is there, and everything else is as it was, to the byte."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apigeectl.errors import InstallerError, OverridesError, Refused
from apigeectl.overrides.document import Overrides, lookup
from apigeectl.overrides.edit import Edit, add_after, remove, set_value
from apigeectl.overrides.load import load, parse
from apigeectl.overrides.position import parse_dotted
from apigeectl.overrides.save import write
from tests.overrides.samples import GOOD

FILE = Path("overrides.yaml")
SETTINGS = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
CONNECT = {"connectAgent": {"serviceAccountPath": "./sa.json", "replicaCountMin": 1}}


def read(text: str) -> Overrides:
    return parse(text, FILE)


def after_setting(text: str, path: str, value: Any) -> str:
    return set_value(read(text), path, value).text


@pytest.mark.parametrize(
    ("before", "path", "value", "after"),
    [
        ("org: a # note\n", "org", "b", "org: b # note\n"),
        ("org:   a\n", "org", "b", "org:   b\n"),
        ("org: 'a'\n", "org", "it's", "org: 'it''s'\n"),
        ('org: "a"\n', "org", 'say "b"', 'org: "say \\"b\\""\n'),
        ("'org': a\n", "org", "b", "'org': b\n"),
        ('org: "a"\n', "org", 3, "org: 3\n"),
        ("org: a\n", "org", "yes", 'org: "yes"\n'),
        ("org: a\n", "org", "x\ny", 'org: "x\\ny"\n'),
        ("org:\n", "org", "b", "org: b\n"),
        ("org: # note\n", "org", "b", "org: b # note\n"),
        ("org: ~\nlogger:\n", "logger", {"enabled": True}, "org: ~\nlogger:\n  enabled: true\n"),
        ("org: a", "org", "b", "org: b"),
        ("org: a", "namespace", "ns", "org: a\nnamespace: ns"),
        ("org: a\r\nmart: {}\r\n", "namespace", "ns", "org: a\r\nmart: {}\r\nnamespace: ns\r\n"),
        ("a: 1\n\nmart:\n  x: 1\n", "org", "b", "a: 1\n\nmart:\n  x: 1\n\norg: b\n"),
        ("envs:\n- name: a\n  b:\n    c: 1\n", "envs[0].d", 2, "envs:\n- name: a\n  b:\n    c: 1\n  d: 2\n"),
        ("a: 1\n\nmart: 1\n", "org", "b", "a: 1\n\nmart: 1\norg: b\n"),
        ("gcp: {region: r}\n", "gcp.projectID", "p", "gcp: {region: r, projectID: p}\n"),
        ("gcp: {region: r,}\n", "gcp.projectID", "p", "gcp: {region: r, projectID: p,}\n"),
        ("gcp: {region: r, a: b}\n", "gcp.region", "x, y", 'gcp: {region: "x, y", a: b}\n'),
        ("mart: {} # none\n", "mart.a", "b", "mart: # none\n  a: b\n"),
        ("{org: a, mart: {}}\n", "mart.x", 1, "{org: a, mart: {x: 1}}\n"),
        ("org: |\n  a\n\n   b\n\n# next\nnamespace: n\n", "org", "b", "org: b\n\n# next\nnamespace: n\n"),
        ("org: a\n  b\nnamespace: n\n", "org", "c", "org: c\nnamespace: n\n"),
        (
            "gcp:\n    region: r\n",
            "mart.metrics.x",
            1,
            "gcp:\n    region: r\nmart:\n    metrics:\n        x: 1\n",
        ),
        ("gcp:\n  a: 1 # x\n\n# org\norg: a\n", "gcp.b", 2, "gcp:\n  a: 1 # x\n  b: 2\n\n# org\norg: a\n"),
        ("envs:\n- name: a\n  # x\n", "envs[0].z", 1, "envs:\n- name: a\n  z: 1\n  # x\n"),
        ("envs:\n  - name: a\n", "envs[1].name", "b", "envs:\n  - name: a\n  - name: b\n"),
        ("envs: [{name: a}]\n", "envs[0].name", "b", "envs: [{name: b}]\n"),
        ("envs: [a]\n", "envs[1]", "b", "envs: [a, b]\n"),
        ("envs: []\n", "envs[0].name", "b", "envs:\n- name: b\n"),
        ("envs:\n- a\n-\n", "envs[1]", {"x": 1, "z": [2]}, "envs:\n- a\n- x: 1\n  z:\n  - 2\n"),
        ("gcp: # g\n  # c\n  a: 1\n  b: 2\norg: a\n", "gcp", "s", "gcp: s # g\norg: a\n"),
        ("gcp:\n  # c\n  a: 1\norg: a\n", "gcp", {"b": 2}, "gcp:\n  # c\n  b: 2\norg: a\n"),
        ("org: &a x\nnamespace: *a\n", "namespace", "z", "org: &a x\nnamespace: z\n"),
        ("org: &a x\n", "org", "z", "org: &a z\n"),
        ("mart: &m {x: 1}\nudca:\n  <<: *m\n", "udca.x", 2, "mart: &m {x: 1}\nudca:\n  <<: *m\n  x: 2\n"),
        ("org: !!str 12\n", "org", 13, "org: 13\n"),
        ("---\norg: a\n...\n", "namespace", "ns", "---\norg: a\nnamespace: ns\n...\n"),
        ("org: a\n---\n", "org", "b", "org: b\n---\n"),
        ("  org: a\n  mart:\n    x: 1\n", "mart.z", 2, "  org: a\n  mart:\n    x: 1\n    z: 2\n"),
    ],
)
def test_a_value_is_set_where_it_stands(before: str, path: str, value: Any, after: str) -> None:
    assert after_setting(before, path, value) == after


@pytest.mark.parametrize(
    ("text", "path", "value", "words"),
    [
        ("org: a\nmart: &m\n  x: 1\nudca: *m\n", "mart.x", 2, "overrides.yaml:2: mart is used in line 4"),
        ("org: a\nmart: &m\n  x: 1\nudca: *m\n", "udca.x", 2, "overrides.yaml:4: udca is an alias"),
        ("mart:\n  x: &m 1\nudca: *m\n", "mart.x", 2, "overrides.yaml:2: mart.x has an anchor that line 3"),
        (
            "org: a\nmart:\n  x: &m 1\nudca: *m\n",
            "mart",
            2,
            "overrides.yaml:3: mart has an anchor that line 4",
        ),
        ("org: a\nmart: [{y: &m {}}]\nudca:\n  <<: *m\n", "mart", 2, "mart has an anchor that line 4"),
        ("org: a\n", "org.x", 1, "overrides.yaml:1: org is a single value"),
        ("org: a\nmart: []\n", "mart.x.y", 1, None),
        ("org: a\nenvs: [a]\n", "envs.x", 1, "overrides.yaml:2: envs is a list"),
        ("org: a\nenvs: [a]\n", "envs[2]", 1, "overrides.yaml:2: envs has 1 items only"),
        ("org: a\norg: a\n", "org", "b", "overrides.yaml:2: org is written twice, in line 1 and here"),
        ("org: a\n? mart\n: x: 1\n", "mart.y", 2, None),
        ("org: [a: 1]\n", "org[0].b", 2, "overrides.yaml:1:"),
        ("mart: &m {x: {y: 1}}\norg: {<<: *m}\n", "org.x.z", 2, "overrides.yaml:2:"),
    ],
)
def test_what_would_change_more_is_refused_with_its_line(
    text: str, path: str, value: Any, words: str | None
) -> None:
    if words is None:
        assert lookup(read(after_setting(text, path, value)).data, tuple(path.split("."))) == value
        return

    with pytest.raises(Refused) as caught:
        after_setting(text, path, value)

    assert words in caught.value.message
    assert caught.value.message.endswith("nothing was changed")


def test_setting_what_is_set_changes_nothing() -> None:
    edit = set_value(read("org: 'a'\nmart: {x: yes}\n"), "mart.x", True)

    assert not edit.changed
    assert edit.diff() == ""


def test_the_agents_stanza_stands_behind_the_cluster_and_comments_stay_with_their_keys() -> None:
    text = (
        "org: a\n\nk8sCluster:\n  name: c\n  # region: later\n\n# MART serves the API\nmart:\n  replicas: 2\n"
    )

    edit = add_after(read(text), "k8sCluster", CONNECT)

    assert edit.text == (
        "org: a\n\nk8sCluster:\n  name: c\n  # region: later\n\n"
        "connectAgent:\n  serviceAccountPath: ./sa.json\n  replicaCountMin: 1\n\n"
        "# MART serves the API\nmart:\n  replicas: 2\n"
    )
    assert list(edit.overrides().data) == ["org", "k8sCluster", "connectAgent", "mart"]


@pytest.mark.parametrize(
    "example",
    [
        file
        for file in sorted((Path(__file__).parents[2] / "overrides").glob("*.yaml"))
        if "\nconnectAgent:" in file.read_text(encoding="utf-8")
    ],
    ids=lambda file: file.stem,
)
def test_every_example_with_an_agent_can_lose_the_agent_and_get_it_back(example: Path) -> None:
    overrides = load(example, tolerant=True)
    without_agent = remove(overrides, "connectAgent").overrides()

    text = add_after(without_agent, "k8sCluster", CONNECT).text

    assert "\n\nconnectAgent:\n  serviceAccountPath: ./sa.json\n  replicaCountMin: 1\n\n" in text
    assert [line for line in text.split("\n") if "#" in line and line not in overrides.text.split("\n")] == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("org: a\nmart: b\n", "org: a\nnew: {}\nmart: b\n"),
        ("mart: b\norg: a", "mart: b\norg: a\nnew: {}"),
        ("mart: b\n\norg: a\n", "mart: b\n\norg: a\n\nnew: {}\n"),
        ("org: a # x\r\nmart: b\r\n", "org: a # x\r\nnew: {}\r\nmart: b\r\n"),
        ("org: a\n# of mart\nmart: b\n", "org: a\nnew: {}\n# of mart\nmart: b\n"),
        ("org: a\n# of org\n\nmart: b\n", "org: a\n# of org\n\nnew: {}\n\nmart: b\n"),
        ("{org: a, mart: b}\n", "{org: a, new: {}, mart: b}\n"),
        ("org: |\n  # text\n\nmart: b\n", "org: |\n  # text\n\nnew: {}\n\nmart: b\n"),
    ],
)
def test_a_stanza_takes_the_spacing_of_its_place(before: str, after: str) -> None:
    assert add_after(read(before), "org", {"new": {}}).text == after


def test_a_stanza_is_not_added_twice_nor_after_what_is_absent() -> None:
    overrides = read("org: a\nconnectAgent:\n  x: 1\n")

    with pytest.raises(Refused, match=r"overrides\.yaml:2: connectAgent is there already"):
        add_after(overrides, "org", CONNECT)
    with pytest.raises(Refused, match="k8sCluster is not there"):
        add_after(overrides, "k8sCluster", CONNECT)


@pytest.mark.parametrize(
    ("before", "path", "after"),
    [
        ("org: a\nmart: b # x\nudca: c\n", "mart", "org: a\nudca: c\n"),
        ("org: a\nmart: b", "mart", "org: a"),
        ("org: a\r\nmart: b", "mart", "org: a"),
        ("mart: b\r\n\r\norg: a\r\n", "mart", "org: a\r\n"),
        ("org: a\nmart:\n  b: 1\n  # c: 2\n# udca\nudca: c\n", "mart", "org: a\n# udca\nudca: c\n"),
        ("org: a\nmart:\n  # c: 2\nudca: c\n", "mart", "org: a\nudca: c\n"),
        ("org: a\n\nmart:\n  x: 1\n\n# udca\nudca: c\n", "mart", "org: a\n\n# udca\nudca: c\n"),
        ("org: a\r\nmart: b\r\n", "org", "mart: b\r\n"),
        ("org: a\r\nmart: b\n # c\nudca: c\r\n", "mart", "org: a\r\nudca: c\r\n"),
        ("org: a\r\nmart: b\n\n# c\nudca: c\r\n", "mart", "org: a\r\n\n# c\nudca: c\r\n"),
        ("org: {a: 1, b: 2}\n", "org.a", "org: {b: 2}\n"),
        ("org: {a: 1, b: 2}\n", "org.b", "org: {a: 1}\n"),
        ("org: {a: 1}\n", "org.a", "org: {}\n"),
        ("org:\n  a: 1\nmart: b\n", "org.a", "org: {}\nmart: b\n"),
        ("envs:\n- name: a\n  b: 1\n", "envs[0].name", "envs:\n- b: 1\n"),
        ("envs:\n- name: a\n  b: 1\n- c\n", "envs[0]", "envs:\n- c\n"),
        ("envs:\n- name: a\n", "envs[0]", "envs: []\n"),
        ("envs: [a, b, c]\n", "envs[1]", "envs: [a, c]\n"),
        ("org: a\n", "mart", "org: a\n"),
    ],
)
def test_what_is_removed_leaves_no_trace(before: str, path: str, after: str) -> None:
    assert remove(read(before), path).text == after


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        (
            "org: a\nmart: &m {x: 1}\nudca: *m\n",
            "mart",
            "overrides.yaml:2: mart has an anchor that line 3 uses",
        ),
        ("org: a\nmart: &m {x: 1}\nudca: *m\n", "udca.x", "overrides.yaml:3: udca is an alias"),
        ("mart: &m {x: 1}\norg:\n  <<: *m\n", "org.x", "overrides.yaml:3: org.x is not there itself"),
        ("org: a\n", "org", "overrides.yaml:1: org is all there is"),
    ],
)
def test_what_others_need_is_not_removed(text: str, path: str, words: str) -> None:
    with pytest.raises(Refused) as caught:
        remove(read(text), path)

    assert caught.value.message.startswith(words)


def test_no_path_is_a_clear_error() -> None:
    for path in ("", "a..b", "envs[x]"):
        with pytest.raises(InstallerError, match="is no path of a property"):
            set_value(read("org: a\n"), path, 1)


def test_a_diff_shows_the_change_and_no_secret() -> None:
    text = (
        GOOD + "axHashSalt: pepper-1234\ncassandra:\n  auth:\n    ddl:\n      password: |\n        hunter2\n"
    )

    diff = set_value(read(text), "cassandra.auth.ddl.username", "me").diff()

    assert "+      username: me" in diff.splitlines()
    assert "pepper" not in diff
    assert "hunter" not in diff
    assert "--- overrides.yaml" in diff


def test_a_file_keeps_its_mode_its_mark_and_its_link(tmp_path: Path) -> None:
    file = tmp_path / "real.yaml"
    file.write_bytes(b"\xef\xbb\xbforg: a\r\n")
    file.chmod(0o640)
    link = tmp_path / "overrides.yaml"
    link.symlink_to("real.yaml")
    edit = set_value(load(link), "org", "b")

    write(link, edit.text, before=edit.before)

    assert link.is_symlink()
    assert file.read_bytes() == b"\xef\xbb\xbforg: b\r\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert sorted(os.listdir(tmp_path)) == ["overrides.yaml", "real.yaml"]


def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "overrides.yaml"
    file.write_text("org: c\n")

    with pytest.raises(Refused, match="was changed meanwhile"):
        write(file, "org: b\n", before="org: a\n")

    assert file.read_text() == "org: c\n"


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "overrides.yaml"
    file.write_text("org: a\n")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InstallerError, match="cannot be written: No space left on device"):
        write(file, "org: b\n")

    assert os.listdir(tmp_path) == ["overrides.yaml"]
    assert file.read_text() == "org: a\n"


def test_only_regular_files_that_may_be_written_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "overrides.yaml"
    file.write_text("org: a\n")
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(Refused, match="is no regular file"):
        write(tmp_path / "pipe", "org: b\n")
    with pytest.raises(InstallerError, match="cannot be written: No such file"):
        write(tmp_path / "absent", "org: b\n")
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everything
    with pytest.raises(Refused, match="is read-only"):
        write(file, "org: b\n")


# Any file and any edit.

plain_words = st.text("abcxyzABC019._/-", min_size=1, max_size=8)
values = st.one_of(
    st.none(), st.booleans(), st.integers(-99, 2**40), st.floats(), plain_words, st.text(max_size=8)
)
nested = st.recursive(
    values,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(plain_words, inner, max_size=3)),
    max_leaves=8,
)
top_keys = st.lists(
    st.sampled_from(["gcp", "mart", "envs", "udca", "k8sCluster", "logger", "redis"]), unique=True, max_size=5
)


@st.composite
def files(draw: st.DrawFn) -> str:
    """A file in one of many hands: block and flow, quotes, comments, blank lines, line ends."""
    lines: list[str] = []
    step = draw(st.sampled_from([1, 2, 4]))
    for key in ["org", *draw(top_keys)]:
        lines += draw(st.lists(st.sampled_from(["", f"# about {key}", f"  # deep, near {key}"]), max_size=2))
        lines += draw(pairs(key, draw(nested), 0, step))
    ends = draw(st.sampled_from([["\n"], ["\r\n"], ["\n", "\r\n"]]))
    text = "".join(line + draw(st.sampled_from(ends)) for line in lines)
    if "|" in text:  # without a line break at its end, a block scalar there would get one by what follows
        return text + draw(st.sampled_from(["", ends[0] * 2]))
    return draw(st.sampled_from([text, text.rstrip("\r\n"), text + ends[0] * 2]))


@st.composite
def pairs(draw: st.DrawFn, key: str, value: Any, column: int, step: int) -> list[str]:
    margin = " " * column
    note = draw(st.sampled_from(["", "", " # note"]))
    name = draw(st.sampled_from([key, key, f"'{key}'", f'"{key}"'])) if key.isalpha() else f'"{key}"'
    if not (isinstance(value, (dict, list)) and value) or draw(st.booleans()):
        return [*draw(written(f"{margin}{name}:", value, note, column + step))]
    lines = [f"{margin}{name}:{note}"]
    if isinstance(value, dict):
        for inner, item in value.items():
            lines += draw(pairs(inner, item, column + step, step))
        return lines
    dash = column + draw(st.sampled_from([0, step]))
    for item in value:
        if isinstance(item, dict) and item:
            body = [line for inner, one in item.items() for line in draw(pairs(inner, one, dash + 2, step))]
            lines += [" " * dash + "- " + body[0].lstrip(" "), *body[1:]]
        else:
            lines += draw(written(" " * dash + "-", item, "", dash + step))
    return lines


@st.composite
def written(draw: st.DrawFn, head: str, value: Any, note: str, column: int) -> list[str]:
    """A value on the line of its key, or as a block scalar below it."""
    if value is None:
        return [head + draw(st.sampled_from(["", " ~", " null"])) + note]
    if (
        isinstance(value, str)
        and value.isascii()
        and value.isprintable()
        and value.strip()
        and " " not in value
    ):
        sign = draw(st.sampled_from(["", "|", ">-", "|+"]))
        if sign:
            return [f"{head} {sign}{note}", " " * max(column, 1) + value]
    edit = set_value(read("org: 1\n"), "org", value if not isinstance(value, (dict, list)) else None)
    if isinstance(value, (dict, list)):
        return [head + " " + flow(value) + note]
    return [head + edit.text.removeprefix("org:").removesuffix("\n") + note]


def flow(value: Any) -> str:
    return set_value(read("{org: [1]}"), "org[0]", value).text.removeprefix("{org: [").removesuffix("]}")


def paths(data: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Of everything below, from the top."""
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [way for name, item in inner for way in [(*path, name), *paths(item, (*path, name))]]


def assigned(data: Any, path: tuple[str | int, ...], value: Any) -> Any:
    new = deepcopy(data)
    inner = new
    for name in path[:-1]:
        inner = inner[name]
    if isinstance(inner, list) and path[-1] == len(inner):
        inner.append(value)
    else:
        inner[path[-1]] = value
    return new


def common(one: list[str], other: list[str]) -> int:
    """How many lines at the beginning and at the end are the same, each counted once."""
    shorter = min(len(one), len(other))
    head = next((n for n in range(shorter) if one[n] != other[n]), shorter)
    tail = next((n for n in range(shorter - head) if one[-1 - n] != other[-1 - n]), shorter - head)
    return head + tail


def lines_of(text: str) -> list[str]:
    return text.split("\n")


@SETTINGS
@given(text=files(), data=st.data(), value=nested)
def test_setting_any_value_changes_its_own_lines_only(text: str, data: st.DataObject, value: Any) -> None:
    overrides = read(text)
    path = data.draw(st.sampled_from(paths(overrides.data)))

    edit = set_value(overrides, path, value)

    assert repr(read(edit.text).data) == repr(assigned(overrides.data, path, value))
    old = lines_of(text)
    first = overrides.keys[path].line
    later = [
        place.line for way, place in overrides.keys.items() if way[: len(path)] != path and place.line > first
    ]
    assert lines_of(edit.text)[: first - 1] == old[: first - 1]
    behind = old[min(later, default=len(old) + 1) - 1 :]
    assert lines_of(edit.text)[len(lines_of(edit.text)) - len(behind) :] == behind
    if not isinstance(lookup(overrides.data, path), (dict, list, str)) and not isinstance(
        value, (dict, list)
    ):
        assert common(lines_of(edit.text), old) >= len(old) - 1


@SETTINGS
@given(text=files(), data=st.data(), value=nested)
def test_a_new_key_is_added_without_changing_a_line(text: str, data: st.DataObject, value: Any) -> None:
    overrides = read(text)
    maps = [path for path in paths(overrides.data) if isinstance(lookup(overrides.data, path), dict)]
    path = (*data.draw(st.sampled_from([(), *maps])), "newKey")

    edit = set_value(overrides, path, value)

    assert repr(read(edit.text).data) == repr(assigned(overrides.data, path, value))
    assert common(lines_of(edit.text), lines_of(text)) >= len(lines_of(text)) - 1


@SETTINGS
@given(text=files(), data=st.data())
def test_a_stanza_after_any_key_is_only_inserted(text: str, data: st.DataObject) -> None:
    overrides = read(text)
    after = data.draw(st.sampled_from(list(overrides.data)))

    edit = add_after(overrides, after, CONNECT)

    order = list(edit.overrides().data)
    assert order[order.index(after) + 1] == "connectAgent"
    assert common([*lines_of(edit.text), "\n"], [*lines_of(text), "\n"]) >= len(lines_of(text))
    assert [line for line in lines_of(edit.text) if "\r" not in line] == [
        line for line in lines_of(edit.text) if not line.endswith("\r")
    ]


@SETTINGS
@given(text=files(), data=st.data())
def test_removing_any_key_changes_no_other_line(text: str, data: st.DataObject) -> None:
    overrides = read(text)
    path = data.draw(st.sampled_from(paths(overrides.data)))
    if (
        path == ("org",) and len(overrides.data) == 1
    ) or "|+" in text:  # blank lines would become its content
        return

    edit = remove(overrides, path)

    assert lookup(edit.overrides().data, path[:-1]) == _without_item(
        lookup(overrides.data, path[:-1]), path[-1]
    )
    assert common(lines_of(edit.text), lines_of(text)) >= len(lines_of(edit.text)) - 1


def _without_item(data: Any, name: str | int) -> Any:
    new = deepcopy(data)
    del new[name]
    return new


ways = st.sampled_from(["org", "mart", "mart.x", "envs[0]", "envs[0].name", "gcp.a.b", "x", "a", "b.c"])
fragments = st.lists(
    st.sampled_from(
        [
            "mart:\n",
            "mart: &a\n  x: 1\n",
            "gcp: *a\n",
            "envs:\n",
            "- name: n\n",
            "- - a\n",
            "  x: [1, {y: 2}, *a]\n",
            "  <<: *a\n",
            "? b\n: c: 1\n",
            "b: {c: d, e, }\n",
            "x: !!str 1 # n\n",
            "a: 'q\n  r'\n",
            "a: |+\n  t\n\n\n",
            "x: [a: 1]\n",
            "b: &b\n",
            "c: *b\n",
            "\n",
            "# c\n",
            "---\n",
            "\t\n",
        ]
    ),
    max_size=8,
).map(lambda parts: "org: o\n" + "".join(parts))


@SETTINGS
@given(text=fragments, way=ways, value=nested)
def test_any_edit_of_any_text_does_what_was_asked_or_is_refused(text: str, way: str, value: Any) -> None:
    try:
        overrides = read(text)
    except OverridesError:
        return
    path = parse_dotted(way)
    done = attempted(lambda: set_value(overrides, way, value))
    gone = attempted(lambda: remove(overrides, way))
    grown = attempted(lambda: add_after(overrides, way, {"newKey": value}))

    if done:
        assert repr(lookup(done.data, path)) == repr(value)
        assert without(done.data, path) == without(overrides.data, path)
    if gone and not isinstance(path[-1], int):  # in a list, the next one takes the place
        assert lookup(gone.data, path) is None
        assert without(gone.data, path) == without(overrides.data, path)
    if grown:
        assert repr(lookup(grown.data, (*path[:-1], "newKey"))) == repr(value)
        assert without(grown.data, (*path[:-1], "newKey")) == without(overrides.data, ())


def attempted(edit: Callable[[], Edit]) -> Overrides | None:
    """The result when it is not refused; a refusal names the line."""
    try:
        new = edit()
    except Refused as refusal:
        return require_line(refusal)
    assert "overrides.yaml" in new.diff() or not new.changed
    return read(new.text)


def require_line(refusal: Refused) -> None:
    assert re.match(r"overrides\.yaml:[0-9]+: ", refusal.message)


def without(data: Any, path: tuple[str | int, ...]) -> dict[tuple[str | int, ...], str]:
    """Every single value by its path, save those at the path, below it, and those that it begins at."""
    return {
        way: repr(value)
        for way in paths(data)
        if not isinstance(value := lookup(data, way), (dict, list))
        if not path or way[: len(path)] != path
        if path[: len(way)] != way
    }
