from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apigeectl.sandbox.kubernetes.patch import PatchError, json_patch, merge_patch, strategic_merge
from apigeectl.sandbox.kubernetes.schema import builtin_schema

POD = builtin_schema("", "Pod")
DEPLOYMENT = builtin_schema("apps", "Deployment")

RFC_6902: list[tuple[str, Any, list[dict[str, Any]], Any]] = [
    ("A.1", {"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux"}], {"baz": "qux", "foo": "bar"}),
    (
        "A.2",
        {"foo": ["bar", "baz"]},
        [{"op": "add", "path": "/foo/1", "value": "qux"}],
        {"foo": ["bar", "qux", "baz"]},
    ),
    ("A.3", {"baz": "qux", "foo": "bar"}, [{"op": "remove", "path": "/baz"}], {"foo": "bar"}),
    ("A.4", {"foo": ["bar", "qux", "baz"]}, [{"op": "remove", "path": "/foo/1"}], {"foo": ["bar", "baz"]}),
    (
        "A.5",
        {"baz": "qux", "foo": "bar"},
        [{"op": "replace", "path": "/baz", "value": "boo"}],
        {"baz": "boo", "foo": "bar"},
    ),
    (
        "A.6",
        {"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}},
        [{"op": "move", "from": "/foo/waldo", "path": "/qux/thud"}],
        {"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}},
    ),
    (
        "A.7",
        {"foo": ["all", "grass", "cows", "eat"]},
        [{"op": "move", "from": "/foo/1", "path": "/foo/3"}],
        {"foo": ["all", "cows", "eat", "grass"]},
    ),
    (
        "A.8",
        {"baz": "qux", "foo": ["a", 2, "c"]},
        [{"op": "test", "path": "/baz", "value": "qux"}, {"op": "test", "path": "/foo/1", "value": 2}],
        {"baz": "qux", "foo": ["a", 2, "c"]},
    ),
    (
        "A.10",
        {"foo": "bar"},
        [{"op": "add", "path": "/child", "value": {"grandchild": {}}}],
        {"foo": "bar", "child": {"grandchild": {}}},
    ),
    (
        "A.11",
        {"foo": "bar"},
        [{"op": "add", "path": "/baz", "value": "qux", "xyz": 123}],
        {"foo": "bar", "baz": "qux"},
    ),
    ("A.14", {"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": 10}], {"/": 9, "~1": 10}),
    (
        "A.16",
        {"foo": ["bar"]},
        [{"op": "add", "path": "/foo/-", "value": ["abc", "def"]}],
        {"foo": ["bar", ["abc", "def"]]},
    ),
]


@pytest.mark.parametrize(
    ("document", "patch", "expected"), [row[1:] for row in RFC_6902], ids=[row[0] for row in RFC_6902]
)
def test_json_patch_examples_of_the_rfc(document: Any, patch: Any, expected: Any) -> None:
    assert json_patch(document, patch) == expected


@pytest.mark.parametrize(
    ("document", "operation"),
    [
        pytest.param({"baz": "qux"}, {"op": "test", "path": "/baz", "value": "bar"}, id="A.9 test fails"),
        pytest.param({"foo": "bar"}, {"op": "add", "path": "/baz/bat", "value": "qux"}, id="A.12 no parent"),
        pytest.param(
            {"/": 9, "~1": 10}, {"op": "test", "path": "/~01", "value": "10"}, id="A.15 text is no number"
        ),
        pytest.param({}, {"op": "remove", "path": "/a"}, id="nothing to remove"),
        pytest.param({"a": [1]}, {"op": "add", "path": "/a/3", "value": 1}, id="index beyond the end"),
        pytest.param({"a": [1]}, {"op": "remove", "path": "/a/1"}, id="index of nothing"),
        pytest.param({"a": [1]}, {"op": "remove", "path": "/a/01"}, id="leading zero"),
        pytest.param({"a": [1]}, {"op": "replace", "path": "/a/-", "value": 1}, id="dash is no item"),
        pytest.param({"a": 1}, {"op": "add", "path": "/a"}, id="no value"),
        pytest.param({"a": 1}, {"op": "add", "path": "a", "value": 1}, id="no slash"),
        pytest.param({"a": 1}, {"op": "grow", "path": "/a"}, id="unknown operation"),
        pytest.param({"a": 1}, {"op": "move", "path": "/b"}, id="no source"),
        pytest.param({"a": 1}, {"op": "copy", "from": "/c/d", "path": "/b"}, id="absent source"),
        pytest.param({"a": 1}, "add", id="no operation"),
        pytest.param({"a": True}, {"op": "test", "path": "/a", "value": 1}, id="true is not one"),
    ],
)
def test_a_json_patch_that_cannot_be_carried_out(document: Any, operation: Any) -> None:
    with pytest.raises(PatchError):
        json_patch(document, [operation])


def test_a_json_patch_is_a_list() -> None:
    with pytest.raises(PatchError):
        json_patch({}, {"op": "add"})


def test_replacing_an_absent_key_adds_it_as_on_the_real_server() -> None:
    assert json_patch({}, [{"op": "replace", "path": "/a", "value": 1}]) == {"a": 1}


def test_a_json_patch_is_all_or_nothing() -> None:
    document = {"a": [1]}
    with pytest.raises(PatchError):
        json_patch(document, [{"op": "remove", "path": "/a/0"}, {"op": "remove", "path": "/b"}])
    assert document == {"a": [1]}


RFC_7386 = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


@pytest.mark.parametrize(("document", "patch", "expected"), RFC_7386)
def test_merge_patch_examples_of_the_rfc(document: Any, patch: Any, expected: Any) -> None:
    assert merge_patch(document, patch) == expected


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab~/", max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


def contains_null(value: Any) -> bool:
    if isinstance(value, dict):
        return any(inner is None or contains_null(inner) for inner in value.values())
    return False


@given(values, values)
def test_a_merge_patch_applied_twice_is_applied_once(document: Any, patch: Any) -> None:
    once = merge_patch(document, patch)
    assert merge_patch(once, patch) == once


@given(values, values.filter(lambda value: not contains_null(value)))
def test_a_merge_patch_onto_nothing_is_itself(document: Any, patch: Any) -> None:
    del document
    assert merge_patch({}, patch) == patch


@given(st.dictionaries(st.text("ab~/", max_size=2), values, max_size=3), st.text("ab~/", max_size=2), values)
def test_adding_and_removing_a_key_leaves_the_rest(document: dict[str, Any], key: str, value: Any) -> None:
    before = copy.deepcopy(document)
    path = "/" + key.replace("~", "~0").replace("/", "~1")
    added = json_patch(document, [{"op": "add", "path": path, "value": value}])
    assert added == {**document, key: value}
    removed = json_patch(added, [{"op": "remove", "path": path}])
    assert removed == {name: inner for name, inner in document.items() if name != key}
    assert document == before


@given(st.lists(st.integers(), max_size=4), st.integers(0, 4), st.integers())
def test_adding_to_a_list_is_inserting(items: list[int], place: int, value: int) -> None:
    if place <= len(items):
        patched = json_patch(items, [{"op": "add", "path": f"/{place}", "value": value}])
        assert patched == [*items[:place], value, *items[place:]]


def pod(*containers: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {"spec": {"containers": list(containers), **spec}}


def containers(document: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = document["spec"]["containers"]
    return found


def names(document: dict[str, Any]) -> list[str]:
    return [container["name"] for container in containers(document)]


A, B = {"name": "a", "image": "1"}, {"name": "b", "image": "1"}


def strategic(document: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    assert POD
    result: dict[str, Any] = strategic_merge(document, patch, POD)
    return result


def test_strategic_merge_changes_the_item_of_that_name() -> None:
    patched = strategic(pod(A, B), pod({"name": "b", "image": "2"}))
    assert containers(patched) == [A, {"name": "b", "image": "2"}]


def test_strategic_merge_keeps_its_inputs() -> None:
    document, patch = pod(A), pod({"name": "a", "$patch": "delete"})
    before = copy.deepcopy((document, patch))
    strategic(document, patch)
    assert (document, patch) == before


def test_strategic_merge_deletes_an_item() -> None:
    assert names(strategic(pod(A, B), pod({"name": "a", "$patch": "delete"}))) == ["b"]


def test_strategic_merge_replaces_a_list() -> None:
    assert names(strategic(pod(A, B), pod({"$patch": "replace"}, {"name": "c"}))) == ["c"]


def test_strategic_merge_puts_items_in_the_order_asked_for() -> None:
    order = [{"name": "c"}, {"name": "b"}]
    patched = strategic(
        pod(A, B), {"spec": {"$setElementOrder/containers": order, "containers": [{"name": "c"}]}}
    )
    assert names(patched) == ["c", "a", "b"]


def test_strategic_merge_replaces_atomic_lists() -> None:
    document = pod(A, tolerations=[{"key": "x"}])
    patched = strategic(document, {"spec": {"tolerations": [{"key": "y"}]}})
    assert patched["spec"]["tolerations"] == [{"key": "y"}]


def test_strategic_merge_of_a_set() -> None:
    document = {"metadata": {"finalizers": ["a", "b"]}}
    assert strategic(document, {"metadata": {"finalizers": ["c"]}})["metadata"]["finalizers"] == [
        "c",
        "a",
        "b",
    ]
    dropped = strategic(document, {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]}})
    assert dropped["metadata"]["finalizers"] == ["b"]


def test_strategic_merge_retains_only_the_keys_it_names() -> None:
    assert DEPLOYMENT
    document = {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}}
    patch = {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}
    assert strategic_merge(document, patch, DEPLOYMENT) == {"spec": {"strategy": {"type": "Recreate"}}}


def test_strategic_merge_removes_with_null() -> None:
    assert strategic(pod(A, nodeName="n"), {"spec": {"nodeName": None}}) == pod(A)


@pytest.mark.parametrize(
    "patch",
    [
        pod({"image": "x"}),
        {"spec": {"$patch": "destroy"}},
        {"spec": {"$retainKeys": ["a"], "b": 1}},
        pod({"$patch": "merge", "name": "a"}),
    ],
)
def test_a_strategic_merge_that_means_nothing_is_refused(patch: dict[str, Any]) -> None:
    with pytest.raises(PatchError):
        strategic(pod(A), patch)
