from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apigeectl.sandbox.kubernetes.managed_fields import ApplyConflict, ApplyInvalid, Writer, apply, update
from apigeectl.sandbox.kubernetes.schema import Schema, builtin_schema, crd_schema

EARLY, LATE = "2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z"
CONFIG_MAP = builtin_schema("", "ConfigMap")
DEPLOYMENT = builtin_schema("apps", "Deployment")
CUSTOM = crd_schema(
    {
        "type": "object",
        "properties": {
            "spec": {
                "type": "object",
                "properties": {
                    "size": {"type": "integer"},
                    "containers": {
                        "type": "array",
                        "items": {"type": "object", "properties": {"name": {"type": "string"}}},
                    },
                    "ports": {
                        "type": "array",
                        "x-kubernetes-list-type": "map",
                        "x-kubernetes-list-map-keys": ["port"],
                        "items": {
                            "type": "object",
                            "properties": {"port": {"type": "integer"}, "name": {"type": "string"}},
                        },
                    },
                },
            },
            "status": {"type": "object", "properties": {"state": {"type": "string"}}},
        },
    }
)


def config_map(data: Any = None, **metadata: Any) -> dict[str, Any]:
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", **metadata}}
    return body if data is None else {**body, "data": data}


def custom(status: Any = None, **spec: Any) -> dict[str, Any]:
    body = {"apiVersion": "example.dev/v1", "kind": "Custom", "metadata": {"name": "x"}, "spec": spec}
    return {**body, "status": status} if status else body


def deployment(**pod: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "x"},
        "spec": {"template": {"spec": pod}},
    }


def by(
    manager: str, operation: str = "Apply", *, time: str = EARLY, sub: str = "", version: str = "v1"
) -> Writer:
    return Writer(manager, operation, version, sub, time)


def applied(
    live: dict[str, Any] | None,
    config: dict[str, Any],
    manager: str,
    schema: Schema | None = CONFIG_MAP,
    *,
    force: bool = False,
    time: str = EARLY,
    sub: str = "",
) -> dict[str, Any]:
    return apply(live, config, by(manager, time=time, sub=sub), schema, force=force)


def updated(
    old: dict[str, Any] | None,
    new: dict[str, Any],
    manager: str,
    schema: Schema | None = CONFIG_MAP,
    *,
    time: str = EARLY,
    sub: str = "",
) -> dict[str, Any]:
    return update(old, new, by(manager, "Update", time=time, sub=sub), schema)


def owned(live: dict[str, Any], manager: str) -> Any:
    entries = [entry for entry in live["metadata"].get("managedFields", []) if entry["manager"] == manager]
    return entries[0]["fieldsV1"] if entries else None


def managers(live: dict[str, Any]) -> list[str]:
    return [entry["manager"] for entry in live["metadata"].get("managedFields", [])]


def test_an_apply_owns_what_it_names() -> None:
    live = applied(None, config_map({"a": "1"}, labels={"l": "1"}), "me")
    assert live["metadata"]["managedFields"] == [
        {
            "manager": "me",
            "operation": "Apply",
            "apiVersion": "v1",
            "time": EARLY,
            "fieldsType": "FieldsV1",
            "fieldsV1": {"f:data": {"f:a": {}}, "f:metadata": {"f:labels": {"f:l": {}}}},
        }
    ]


def test_inputs_stay_as_they_are() -> None:
    live = applied(None, config_map({"a": "1"}), "me")
    config = config_map({"b": "1"})
    before = copy.deepcopy((live, config))
    applied(live, config, "me")
    updated(live, config, "you")
    assert (live, config) == before


def test_the_same_apply_again_keeps_the_time() -> None:
    live = applied(None, config_map({"a": "1"}), "me")
    assert applied(live, config_map({"a": "1"}), "me", time=LATE) == live


def test_a_changed_value_moves_the_time() -> None:
    live = applied(None, config_map({"a": "1"}), "me")
    live = applied(live, config_map({"a": "2"}), "me", time=LATE)
    assert live["metadata"]["managedFields"][0]["time"] == LATE


def test_an_equal_value_is_shared_and_needs_no_force() -> None:
    live = applied(None, config_map({"a": "1"}), "me")
    live = applied(live, config_map({"a": "1"}), "you")
    assert owned(live, "me") == owned(live, "you") == {"f:data": {"f:a": {}}}


def test_a_manager_that_changed_nothing_has_no_time() -> None:
    live = applied(None, config_map({"a": "1"}), "me")
    live = applied(live, config_map({"a": "1"}), "you", time=LATE)
    assert [entry.get("time") for entry in live["metadata"]["managedFields"]] == [None, EARLY]


def test_a_different_value_is_a_conflict() -> None:
    live = applied(None, config_map({"a": "1"}), "me")
    with pytest.raises(ApplyConflict) as caught:
        applied(live, config_map({"a": "2"}), "you")
    assert caught.value.message == 'Apply failed with 1 conflict: conflict with "me": .data.a'
    assert caught.value.causes == [
        {"reason": "FieldManagerConflict", "message": 'conflict with "me"', "field": ".data.a"}
    ]


def test_conflicts_are_listed_by_manager() -> None:
    live = applied(None, config_map({"a": "1", "b": "1"}), "me")
    live = updated(live, {**live, "data": {**live["data"], "c": "1"}}, "editor")
    with pytest.raises(ApplyConflict) as caught:
        applied(live, config_map({"a": "2", "b": "2", "c": "2"}), "you")
    assert caught.value.message.splitlines() == [
        'Apply failed with 3 conflicts: conflicts with "editor" using v1:',
        "- .data.c",
        'conflicts with "me":',
        "- .data.a",
        "- .data.b",
    ]


def test_a_conflict_names_the_subresource() -> None:
    live = applied(None, custom(size=1), "me", CUSTOM)
    live = updated(live, {**live, "status": {"state": "a"}}, "operator", CUSTOM, sub="status")
    with pytest.raises(ApplyConflict) as caught:
        applied(live, custom({"state": "b"}), "you", CUSTOM, sub="status")
    assert caught.value.causes[0]["message"] == 'conflict with "operator" with subresource "status" using v1'


def test_force_takes_exactly_the_fields_in_question() -> None:
    live = applied(None, config_map({"a": "1", "b": "1"}), "me")
    live = applied(live, config_map({"a": "2"}), "you", force=True)
    assert live["data"] == {"a": "2", "b": "1"}
    assert owned(live, "me") == {"f:data": {"f:b": {}}}
    assert owned(live, "you") == {"f:data": {"f:a": {}}}


def test_what_is_applied_no_longer_goes() -> None:
    live = applied(None, config_map({"a": "1", "b": "1"}), "me")
    assert applied(live, config_map({"b": "1"}), "me")["data"] == {"b": "1"}


@pytest.mark.parametrize("operation", ["Apply", "Update"])
def test_what_another_holds_stays_when_one_lets_go(operation: str) -> None:
    write = applied if operation == "Apply" else updated
    live = write(None, config_map({"a": "1"}), "you")
    live = applied(live, config_map({"a": "1", "b": "1"}), "me")
    assert "a" in applied(live, config_map({"b": "1"}), "me")["data"]


def test_what_it_never_owned_stays() -> None:
    live = updated(None, config_map({"a": "1"}), "editor")
    live = applied(live, config_map({"b": "1"}), "me")
    assert applied(live, config_map(), "me")["data"] == {"a": "1"}


def test_a_post_owns_maps_whole() -> None:
    live = updated(None, config_map({"a": "1"}, labels={"l": "1"}), "editor")
    assert owned(live, "editor") == {
        "f:data": {".": {}, "f:a": {}},
        "f:metadata": {"f:labels": {".": {}, "f:l": {}}},
    }


def test_an_update_takes_what_it_changes_from_all_others() -> None:
    live = applied(None, config_map({"a": "1", "b": "1"}), "me")
    live = updated(live, {**live, "data": {"a": "2", "b": "1"}}, "editor")
    assert owned(live, "me") == {"f:data": {"f:b": {}}}
    assert owned(live, "editor") == {"f:data": {"f:a": {}}}


def test_what_an_update_removes_is_owned_by_nobody() -> None:
    live = applied(None, config_map({"a": "1", "b": "1"}), "me")
    live = updated(live, {**live, "data": {"b": "1"}}, "editor")
    assert managers(live) == ["me"]
    assert owned(live, "me") == {"f:data": {"f:b": {}}}


def test_an_update_without_a_change_leaves_no_trace() -> None:
    live = applied(None, config_map({"a": "1"}), "me")
    assert updated(live, copy.deepcopy(live), "editor", time=LATE) == live


def test_apply_stands_before_update_and_old_before_new() -> None:
    live = updated(None, config_map({"a": "1"}), "zed", time=EARLY)
    live = updated(live, {**live, "data": {"a": "1", "b": "1"}}, "abe", time=LATE)
    live = applied(live, config_map({"c": "1"}), "me", time=LATE)
    assert managers(live) == ["me", "zed", "abe"]


def test_only_ten_updaters_are_remembered() -> None:
    live = updated(None, config_map({"k0": "1"}), "m0")
    for number in range(1, 13):
        live = updated(live, {**live, "data": {**live["data"], f"k{number}": "1"}}, f"m{number:02}")
    assert len(managers(live)) == 10
    assert set(owned(live, "ancient-changes")["f:data"]) == {".", "f:k0", "f:k1", "f:k2", "f:k3"}


def test_the_first_apply_finds_the_owner_of_everything_before() -> None:
    live = config_map({"a": "1"}, uid="u")
    live = applied(live, config_map({"b": "1"}), "me")
    assert managers(live) == ["me", "before-first-apply"]
    assert owned(live, "before-first-apply") == {"f:data": {".": {}, "f:a": {}}}


def test_nobody_is_tracked_before_the_first_apply() -> None:
    live = config_map({"a": "1"}, uid="u")
    assert managers(updated(live, {**live, "data": {"a": "2"}}, "editor")) == []


@pytest.mark.parametrize("sent", [[], [{}]])
def test_an_empty_list_forgets_all_owners(sent: list[Any]) -> None:
    live = applied(None, config_map({"a": "1"}, uid="u"), "me")
    new = {**live, "metadata": {**live["metadata"], "managedFields": sent}}
    assert managers(updated(live, new, "editor")) == []


def test_a_list_of_entries_replaces_the_old_one() -> None:
    live = applied(None, config_map({"a": "1"}, uid="u"), "me")
    entry = {**live["metadata"]["managedFields"][0], "manager": "heir"}
    new = {**live, "metadata": {**live["metadata"], "managedFields": [entry]}}
    assert managers(updated(live, new, "editor")) == ["heir"]


def test_an_unreadable_list_of_entries_is_ignored() -> None:
    live = applied(None, config_map({"a": "1"}, uid="u"), "me")
    new = {**live, "metadata": {**live["metadata"], "managedFields": [{"manager": "x"}]}}
    assert managers(updated(live, new, "editor")) == ["me"]


def test_the_status_belongs_to_its_own_door() -> None:
    live = applied(None, custom({"state": "mine"}, size=1), "me", CUSTOM)
    assert owned(live, "me") == {"f:spec": {"f:size": {}}}
    live = applied(live, custom({"state": "ready"}, size=9), "operator", CUSTOM, sub="status", force=True)
    assert owned(live, "operator") == {"f:status": {"f:state": {}}}
    assert live["metadata"]["managedFields"][1]["subresource"] == "status"


def test_one_name_at_two_doors_is_two_managers() -> None:
    live = applied(None, custom(size=1), "me", CUSTOM)
    live = applied(live, custom({"state": "a"}), "me", CUSTOM, sub="status")
    assert managers(live) == ["me", "me"]


def test_containers_are_told_apart_by_name() -> None:
    live = applied(None, deployment(containers=[{"name": "a", "image": "1"}]), "me", DEPLOYMENT)
    live = applied(live, deployment(containers=[{"name": "b", "image": "1"}]), "you", DEPLOYMENT)
    names = [container["name"] for container in live["spec"]["template"]["spec"]["containers"]]
    assert names == ["a", "b"]
    inside = {".": {}, "f:image": {}, "f:name": {}}
    assert owned(live, "you")["f:spec"]["f:template"]["f:spec"]["f:containers"] == {'k:{"name":"b"}': inside}


def test_a_default_counts_as_part_of_the_key() -> None:
    ports = [{"containerPort": 80}]
    live = applied(None, deployment(containers=[{"name": "a", "ports": ports}]), "me", DEPLOYMENT)
    written = [{"containerPort": 80, "protocol": "TCP", "name": "web"}]
    live = applied(live, deployment(containers=[{"name": "a", "ports": written}]), "you", DEPLOYMENT)
    assert live["spec"]["template"]["spec"]["containers"][0]["ports"] == written


def test_lists_of_a_custom_resource_are_whole_unless_it_says_otherwise() -> None:
    live = applied(None, custom(containers=[{"name": "a"}], ports=[{"port": 1}]), "me", CUSTOM)
    with pytest.raises(ApplyConflict) as caught:
        applied(live, custom(containers=[{"name": "b"}], ports=[{"port": 2}]), "you", CUSTOM)
    assert [cause["field"] for cause in caught.value.causes] == [".spec.containers"]


def test_shared_items_stand_in_the_order_of_the_configuration() -> None:
    def ports(*numbers: int) -> dict[str, Any]:
        return custom(ports=[{"port": number} for number in numbers])

    live = applied(None, ports(1, 2, 3), "me", CUSTOM)
    live = applied(live, ports(9, 3, 1), "you", CUSTOM)
    assert [port["port"] for port in live["spec"]["ports"]] == [2, 9, 3, 1]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"ports": [{"port": 1}, {"port": 1}]}, ".spec.ports: duplicate entries for key [port=1]"),
        (
            {"ports": [{"name": "x"}]},
            'element 0: associative list with keys has an element that omits key field "port"',
        ),
        ({"ports": ["x"]}, "associative list with keys may not have non-map elements"),
        ({"shape": "round"}, ".spec.shape: field not declared in schema"),
        ({"size": "big"}, ".spec.size: expected numeric (int or float), got string"),
        ({"ports": {}}, ".spec.ports: expected list, got &{map[]}"),
        ({"containers": [1]}, ".spec.containers[0]: expected map, got &{1}"),
    ],
)
def test_a_configuration_that_does_not_fit_is_refused(spec: dict[str, Any], words: str) -> None:
    with pytest.raises(ApplyInvalid) as caught:
        applied(None, custom(**spec), "me", CUSTOM)
    assert words in caught.value.message
    assert caught.value.message.startswith(
        "failed to create typed patch object (/x; example.dev/v1, Kind=Custom)"
    )


def test_an_update_with_broken_list_items_goes_on_without_owners() -> None:
    live = applied(None, custom(size=1), "me", CUSTOM)
    assert managers(updated(live, custom(ports=[{"name": "x"}]), "editor", CUSTOM)) == []


def test_sets_are_united() -> None:
    live = applied(None, config_map(finalizers=["x/a"]), "me")
    live = applied(live, config_map(finalizers=["x/b"]), "you")
    assert live["metadata"]["finalizers"] == ["x/a", "x/b"]
    assert owned(live, "you") == {"f:metadata": {"f:finalizers": {'v:"x/b"': {}}}}
    assert applied(live, config_map(), "me")["metadata"]["finalizers"] == ["x/b"]


def test_an_empty_map_is_owned_as_one() -> None:
    live = applied(None, config_map({}), "me")
    assert owned(live, "me") == {"f:data": {}}
    with pytest.raises(ApplyConflict):
        applied(live, config_map({"a": "1"}), "you")


def test_a_kind_without_a_table_is_shared_field_by_field() -> None:
    body = {"apiVersion": "v1", "kind": "Odd", "metadata": {"name": "x"}, "spec": {"a": {"b": 1}, "l": [1]}}
    live = applied(None, body, "me", None)
    leaf = {".": {}, "f:b": {}}
    assert owned(live, "me") == {"f:spec": {".": {}, "f:a": leaf, "f:l": {}}}


keys = st.text("abc", min_size=1, max_size=2)
texts = st.text("xyz", max_size=2)
maps = st.dictionaries(keys, texts, max_size=4)
some = st.dictionaries(keys, texts, min_size=1, max_size=4)
"""An empty map is owned as such, and then nobody else may fill it."""
numbers = st.lists(st.integers(1, 5), unique=True, max_size=4)


@given(maps, maps)
def test_applying_twice_changes_nothing(before: dict[str, str], data: dict[str, str]) -> None:
    live = updated(None, config_map(before), "editor")
    once = applied(live, config_map(data), "me", force=True)
    assert applied(once, config_map(data), "me", time=LATE) == once


@given(some, some)
def test_two_appliers_without_overlap_keep_both(left: dict[str, str], right: dict[str, str]) -> None:
    right = {f"r{key}": value for key, value in right.items()}
    live = applied(applied(None, config_map(left), "a"), config_map(right), "b")
    assert live.get("data", {}) == {**left, **right}
    assert applied(live, config_map(left), "a", time=LATE) == live


@given(numbers, numbers)
def test_items_of_two_appliers_are_all_there_once(left: list[int], right: list[int]) -> None:
    live = applied(None, custom(ports=[{"port": number} for number in left]), "a", CUSTOM)
    live = applied(live, custom(ports=[{"port": number} for number in right]), "b", CUSTOM)
    ports = [port["port"] for port in live["spec"].get("ports") or []]
    assert sorted(ports) == sorted({*left, *right})
    assert [port for port in ports if port in right] == right


@given(maps, maps, maps)
def test_letting_go_leaves_what_the_others_hold(
    first: dict[str, str], shared: dict[str, str], other: dict[str, str]
) -> None:
    theirs = {**other, **shared}
    live = applied(None, config_map({**first, **shared}), "a")
    live = applied(live, config_map(theirs), "b", force=True)
    live = applied(live, config_map(), "a", time=LATE)
    assert live.get("data", {}) == theirs


@given(maps, maps)
def test_after_an_update_nobody_owns_what_is_gone(before: dict[str, str], after: dict[str, str]) -> None:
    live = applied(None, config_map(before, uid="u"), "me")
    live = updated(live, {**live, "data": after}, "editor")
    named = {
        name for manager in managers(live) for name in owned(live, manager).get("f:data", {}) if name != "."
    }
    assert named <= {f"f:{key}" for key in after}
