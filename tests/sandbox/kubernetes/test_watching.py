from __future__ import annotations

from itertools import islice
from typing import Any

import pytest

from apigeectl.sandbox.kubernetes import storage, watching
from tests.sandbox.kubernetes.client import MAPS, TABLE, Client, config_map


def test_a_watch_without_version_begins_with_what_is_there(api: Client):
    api.post(MAPS, config_map("a"))

    with api.watch(MAPS) as events:
        assert shown(next(events)) == ("ADDED", "a")


@pytest.mark.parametrize("version", ["0", None])
def test_version_zero_is_no_version(api: Client, version: str | None):
    api.post(MAPS, config_map("a"))
    query = {"resourceVersion": version} if version else {}

    with api.watch(MAPS, fieldSelector="metadata.name=a", **query) as events:
        assert shown(next(events)) == ("ADDED", "a")


def test_a_watch_from_a_version_tells_what_happened_since(api: Client):
    version = api.get(MAPS).body["metadata"]["resourceVersion"]
    api.post(MAPS, config_map("a"))
    api.merge(f"{MAPS}/a", {"data": {"x": "1"}})
    api.delete(f"{MAPS}/a")

    with api.watch(MAPS, resourceVersion=version) as events:
        assert [shown(event) for event in islice(events, 3)] == [
            ("ADDED", "a"),
            ("MODIFIED", "a"),
            ("DELETED", "a"),
        ]


def test_events_come_while_the_watch_is_open(api: Client):
    with api.watch(MAPS) as events:
        api.post(MAPS, config_map("late"))

        assert shown(next(events)) == ("ADDED", "late")


def test_what_enters_a_selection_is_added_and_what_leaves_it_is_deleted(api: Client):
    api.post(MAPS, config_map("a"))
    version = api.get(MAPS).body["metadata"]["resourceVersion"]
    api.merge(f"{MAPS}/a", {"metadata": {"labels": {"app": "web"}}})
    api.merge(f"{MAPS}/a", {"metadata": {"labels": {"app": "db"}}})

    with api.watch(MAPS, resourceVersion=version, labelSelector="app=web") as events:
        entered, left = islice(events, 2)

    assert (entered["type"], left["type"]) == ("ADDED", "DELETED")
    assert left["object"]["metadata"]["labels"] == {"app": "web"}


def test_other_namespaces_are_not_seen(api: Client):
    with api.watch("/api/v1/namespaces/kube-system/configmaps") as events:
        api.post(MAPS, config_map("a"))
        api.post("/api/v1/namespaces/kube-system/configmaps", config_map("b"))

        assert shown(next(events)) == ("ADDED", "b")


def test_a_deletion_carries_the_last_state_and_a_version_of_its_own(api: Client):
    created = api.post(MAPS, config_map("a", data={"x": "1"})).body
    with api.watch(MAPS) as events:
        next(events)
        api.delete(f"{MAPS}/a")
        gone = next(events)["object"]

    assert gone["data"] == {"x": "1"}
    assert int(gone["metadata"]["resourceVersion"]) > int(created["metadata"]["resourceVersion"])


def test_a_watch_ends_with_a_bookmark_when_its_time_is_over(api: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(watching, "DEFAULT_TIMEOUT", 0.02)

    with api.watch(MAPS, allowWatchBookmarks="true") as events:
        (bookmark,) = events

    assert bookmark["type"] == "BOOKMARK"
    assert set(bookmark["object"]) == {"kind", "apiVersion", "metadata"}


def test_a_streaming_list_ends_with_the_bookmark_that_says_so(api: Client):
    api.post(MAPS, config_map("a"))
    query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}

    with api.watch(MAPS, allowWatchBookmarks="true", **query) as events:
        added, end = islice(events, 2)

    assert shown(added) == ("ADDED", "a")
    assert end["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


def test_a_streaming_list_without_its_match_is_invalid_so_that_clients_fall_back(api: Client):
    assert api.get(MAPS, watch="true", sendInitialEvents="true").status == 422


def test_a_version_that_history_forgot_is_gone(api: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(storage, "HISTORY", 3)
    for number in range(5):
        api.post("/api/v1/namespaces/default/secrets", config_map(f"s{number}") | {"kind": "Secret"})

    with api.watch("/api/v1/namespaces/default/secrets", resourceVersion="2") as events:
        (error,) = events

    assert error["type"] == "ERROR"
    assert (error["object"]["code"], error["object"]["reason"]) == (410, "Expired")
    assert error["object"]["message"].startswith("too old resource version: 2 (")


def test_a_table_watch_sends_its_columns_once(api: Client):
    with api.watch(MAPS, accept=TABLE) as events:
        api.post(MAPS, config_map("a"))
        api.post(MAPS, config_map("b"))
        first, second = islice(events, 2)

    assert first["object"]["columnDefinitions"][0]["name"] == "Name"
    assert second["object"]["columnDefinitions"] is None
    assert second["object"]["rows"][0]["cells"][0] == "b"


def shown(event: Any) -> tuple[str, str]:
    return event["type"], event["object"]["metadata"]["name"]
