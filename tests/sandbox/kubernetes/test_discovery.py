from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.kubernetes.client import CRDS, Client, definition, eventually

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList,application/json"


@pytest.mark.parametrize("version", ["v2", "v2beta1"])
def test_aggregated_discovery_answers_in_the_version_asked_for(api: Client, version: str):
    reply = api.get("/apis", accept=AGGREGATED.format(version))

    assert reply.body["apiVersion"] == f"apidiscovery.k8s.io/{version}"
    assert f"v={version}" in reply.headers["Content-Type"]


def test_unchanged_discovery_is_not_sent_again(api: Client):
    accept = AGGREGATED.format("v2")
    tag = api.get("/apis", accept=accept).headers["ETag"]

    reply = api.get("/apis", accept=accept, headers={"If-None-Match": tag})

    assert (reply.status, reply.body) == (304, "")


def test_apps_come_before_custom_groups_so_that_short_names_stay_theirs(api: Client):
    api.post(CRDS, definition("dogs", names={}))
    groups = [group["name"] for group in api.get("/apis/").body["groups"]]

    assert groups.index("apps") < groups.index("example.com")


def test_the_older_discovery_lists_subresources_as_entries(api: Client):
    resources = {entry["name"]: entry for entry in api.get("/apis/apps/v1").body["resources"]}

    assert resources["deployments"]["shortNames"] == ["deploy"]
    assert resources["deployments/scale"]["kind"] == "Scale"


@pytest.mark.parametrize("path", ["/version", "/version/"])
def test_the_version_has_a_minor(api: Client, path: str):
    assert api.get(path).body["minor"] == "32"


def test_versions_of_a_group_are_ordered_by_seniority(api: Client):
    crd = definition("dogs")
    entry = crd["spec"]["versions"][0]
    crd["spec"]["versions"] = [
        {**entry, "name": name, "storage": name == "v1alpha1"}
        for name in ("v1alpha1", "v1beta1", "v1", "v1alpha2")
    ]
    crd["spec"]["group"], crd["metadata"]["name"] = "dogs.example.com", "dogs.dogs.example.com"
    api.post(CRDS, crd)

    group = eventually(lambda: _group(api, "dogs.example.com"))

    assert [one["version"] for one in group["versions"]] == ["v1", "v1beta1", "v1alpha2", "v1alpha1"]
    assert group["preferredVersion"]["version"] == "v1"


def test_the_openapi_of_a_custom_group_carries_its_schema(api: Client):
    index = api.get("/openapi/v3").body["paths"]
    document = api.get("/openapi/v3/apis/example.com/v1").body

    assert "apis/example.com/v1" in index
    schema = document["components"]["schemas"]["com.example.v1.Widget"]
    assert schema["properties"]["spec"]["properties"]["size"]["type"] == "integer"


def test_the_openapi_index_changes_with_the_definition(api: Client):
    before = api.get("/openapi/v3").body["paths"]["apis/example.com/v1"]
    patch = {"metadata": {"labels": {"a": "b"}}}
    api.ask("PATCH", f"{CRDS}/widgets.example.com", patch, "application/merge-patch+json")

    assert api.get("/openapi/v3").body["paths"]["apis/example.com/v1"] != before


def test_the_second_openapi_is_an_empty_protobuf_document(api: Client):
    reply = api.get("/openapi/v2", accept="application/com.github.proto-openapi.spec.v2@v1.0+protobuf")

    assert (reply.status, reply.body) == (200, "")
    assert "@" not in reply.headers["Content-Type"]


@pytest.mark.parametrize("path", ["/apis/nope", "/apis/nope/v1", "/apis/apps/v9", "/api/v2"])
def test_groups_and_versions_that_are_not_served_are_not_found(api: Client, path: str):
    assert api.get(path).status == 404


def _group(api: Client, name: str) -> Any:
    return next((group for group in api.get("/apis").body["groups"] if group["name"] == name), None)
