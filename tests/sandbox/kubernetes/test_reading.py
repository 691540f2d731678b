from __future__ import annotations

import pytest

from tests.sandbox.kubernetes.client import MAPS, PODS, WIDGETS, Client, config_map, pod, widget

METADATA = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
METADATA_LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"


@pytest.fixture
def labelled(api: Client) -> Client:
    for name, labels in {"a": {"app": "web", "tier": "front"}, "b": {"app": "db"}, "c": {}}.items():
        api.post(MAPS, {"metadata": {"name": name, "labels": labels}})
    return api


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("app=web", ["a"]),
        ("app==web", ["a"]),
        ("app!=web", ["b", "c"]),
        ("app", ["a", "b"]),
        ("!app", ["c"]),
        ("app in (web, db)", ["a", "b"]),
        ("app notin (web)", ["b", "c"]),
        ("app in (web,db),tier", ["a"]),
        ("", ["a", "b", "c"]),
    ],
)
def test_label_selectors_choose(labelled: Client, selector: str, names: list[str]):
    assert labelled.get(MAPS, labelSelector=selector).names == names


@pytest.mark.parametrize("selector", ["app===web", "a b", "app in web", "="])
def test_broken_label_selectors_are_bad_requests(labelled: Client, selector: str):
    assert labelled.get(MAPS, labelSelector=selector).status == 400


def test_field_selectors_choose_by_name_and_by_the_fields_of_the_kind(labelled: Client):
    labelled.post(PODS, pod("here", node="n1"))
    labelled.post(PODS, pod("nowhere"))

    assert labelled.get(MAPS, fieldSelector="metadata.name=b").names == ["b"]
    assert labelled.get(MAPS, fieldSelector="metadata.name!=b").names == ["a", "c"]
    assert labelled.get(PODS, fieldSelector="spec.nodeName=n1,status.phase=Pending").names == ["here"]


def test_fields_that_a_kind_cannot_be_selected_by_are_refused(api: Client):
    assert "is not a known field selector" in api.get(MAPS, fieldSelector="data.a=b").message
    assert api.get(PODS, fieldSelector="spec.x=b").message == "field label not supported: spec.x"
    assert api.get(WIDGETS, fieldSelector="spec.size=1").message == "field label not supported: spec.size"


def test_a_long_list_comes_in_pages(labelled: Client):
    first = labelled.get(MAPS, limit=2)
    metadata = first.body["metadata"]
    second = labelled.get(MAPS, limit=2, **{"continue": metadata["continue"]})

    assert (first.names, second.names) == (["a", "b"], ["c"])
    assert metadata["remainingItemCount"] == 1
    assert "continue" not in second.body["metadata"]


def test_a_continue_token_that_is_none_is_a_bad_request(api: Client):
    assert api.get(MAPS, **{"continue": "x"}).status == 400


def test_all_namespaces_are_listed_in_order(labelled: Client):
    labelled.post("/api/v1/namespaces", {"metadata": {"name": "another"}})
    labelled.post("/api/v1/namespaces/another/configmaps", {"metadata": {"name": "z"}})

    assert labelled.get("/api/v1/configmaps").names == ["z", "a", "b", "c"]


def test_items_of_built_in_lists_carry_no_kind_and_those_of_custom_ones_do(api: Client):
    api.post(MAPS, config_map())
    api.post(WIDGETS, widget())

    assert "kind" not in api.get(MAPS).body["items"][0]
    assert api.get(WIDGETS).body["items"][0]["kind"] == "Widget"
    assert api.get(WIDGETS).body["kind"] == "WidgetList"


def test_metadata_alone_can_be_asked_for(api: Client):
    api.post(MAPS, config_map(data={"a": "b"}))

    one = api.get(f"{MAPS}/a", accept=METADATA).body
    many = api.get(MAPS, accept=METADATA_LIST).body
    assert (one["kind"], "data" in one) == ("PartialObjectMetadata", False)
    assert many["items"][0]["metadata"]["name"] == "a"


def test_a_list_at_a_version_to_come_times_out(api: Client):
    reply = api.get(MAPS, resourceVersion=999999)

    assert (reply.status, reply.body["reason"]) == (504, "Timeout")


def test_a_missing_object_is_named_with_its_group_and_plural(api: Client):
    reply = api.get("/apis/apps/v1/namespaces/default/deployments/x")

    assert reply.message == 'deployments.apps "x" not found'
    assert reply.body["details"] == {"name": "x", "group": "apps", "kind": "deployments"}
