from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.sandbox.kubernetes.client import (
    APPLY,
    CRDS,
    DEPLOYMENTS,
    JSON_PATCH,
    MAPS,
    PODS,
    STRATEGIC,
    WIDGETS,
    Client,
    config_map,
    deployment,
    named,
    pod,
    widget,
)

SECRETS = "/api/v1/namespaces/default/secrets"


def test_a_new_object_gets_uid_time_version_and_namespace(api: Client):
    reply = api.post(MAPS, named("a"))

    metadata = reply.body["metadata"]
    assert reply.status == 201
    assert (reply.body["kind"], metadata["namespace"]) == ("ConfigMap", "default")
    assert metadata["uid"]
    assert metadata["creationTimestamp"].endswith("Z")
    assert int(metadata["resourceVersion"]) > 0


def test_generated_names_differ_and_keep_their_prefix(api: Client):
    names = {api.post(MAPS, {"metadata": {"generateName": "g-"}}).body["metadata"]["name"] for _ in range(3)}

    assert len(names) == 3
    assert all(name.startswith("g-") and len(name) == 7 for name in names)


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"metadata": {}}, 422, "metadata.name: Required value: name or generateName is required"),
        (named("A_b"), 422, "a lowercase RFC 1123 subdomain must consist of"),
        ({"metadata": {"name": "q", "namespace": "other"}}, 400, "does not match the namespace sent"),
        ({**named("q"), "kind": "Secret"}, 400, "Secret in version"),
        ({**named("q"), "apiVersion": "v2"}, 400, 'no kind "ConfigMap" is registered for version "v2"'),
        ({"metadata": {"name": "q", "resourceVersion": "5"}}, 500, "resourceVersion should not be set"),
    ],
)
def test_objects_that_cannot_be_created(api: Client, body: Any, status: int, message: str):
    reply = api.post(MAPS, body)

    assert reply.status == status
    assert message in reply.message


def test_a_name_can_be_taken_once(api: Client):
    api.post(MAPS, named("a"))

    reply = api.post(MAPS, named("a"))
    assert (reply.status, reply.message) == (409, 'configmaps "a" already exists')


def test_a_missing_namespace_is_not_found(api: Client):
    reply = api.post("/api/v1/namespaces/absent/configmaps", named("a"))

    assert (reply.status, reply.message) == (404, 'namespaces "absent" not found')


def test_yaml_bodies_are_read_and_others_refused(api: Client):
    assert api.post(MAPS, b"metadata: {name: a}", kind="application/yaml").status == 201
    assert api.post(MAPS, b"<a/>", kind="application/xml").status == 415


def test_a_missing_content_type_means_json(api: Client):
    assert api.post(MAPS, named("a"), kind="").status == 201


def test_dry_runs_answer_as_if_and_store_nothing(api: Client):
    assert api.post(MAPS, named("a"), dryRun="All").status == 201
    assert api.get(f"{MAPS}/a").status == 404

    api.post(DEPLOYMENTS, deployment())
    patched = api.merge(f"{DEPLOYMENTS}/d", {"spec": {"replicas": 5}}, dryRun="All").body
    assert (patched["spec"]["replicas"], patched["metadata"]["generation"]) == (5, 2)
    assert api.get(f"{DEPLOYMENTS}/d").body["spec"]["replicas"] == 1


def test_unknown_fields_are_refused_warned_about_or_ignored(api: Client):
    odd = {**named("a"), "spec": {}}

    strict = api.post(MAPS, odd, fieldValidation="Strict")
    warned = api.post(MAPS, odd, dryRun="All")
    ignored = api.post(MAPS, odd, fieldValidation="Ignore")
    assert (strict.status, 'unknown field "spec"' in strict.message) == (400, True)
    assert warned.headers["Warning"] == '299 - "unknown field \\"spec\\""'
    assert "Warning" not in ignored.headers
    assert "spec" not in ignored.body


def test_unknown_fields_of_custom_resources_are_dropped(api: Client):
    reply = api.post(WIDGETS, widget(spec={"size": 1, "siz": 2}))

    assert reply.body["spec"] == {"size": 1, "replicas": 1}
    assert "Warning" in reply.headers


@pytest.mark.parametrize(
    "query",
    [{"fieldValidation": "Bad"}, {"dryRun": "some"}, {"force": "true"}],
    ids=lambda query: next(iter(query)),
)
def test_parameters_without_meaning_are_invalid(api: Client, query: dict[str, str]):
    api.post(MAPS, named("a"))

    reply = api.merge(f"{MAPS}/a", {}, **query)
    assert reply.status == 422
    assert reply.message.startswith('PatchOptions.meta.k8s.io "" is invalid: ')


def test_a_replacement_with_an_old_version_conflicts(api: Client):
    old = api.post(MAPS, named("a")).body
    api.put(f"{MAPS}/a", named("a", data={"x": "1"}))

    reply = api.put(f"{MAPS}/a", old)
    assert (reply.status, reply.body["reason"]) == (409, "Conflict")
    assert "the object has been modified; please apply your changes to the latest version" in reply.message


def test_a_replacement_keeps_uid_and_creation_time(api: Client):
    created = api.post(MAPS, named("a")).body["metadata"]

    replaced = api.put(f"{MAPS}/a", named("a", data={"x": "1"})).body["metadata"]
    assert (replaced["uid"], replaced["creationTimestamp"]) == (created["uid"], created["creationTimestamp"])


def test_custom_resources_are_replaced_only_with_their_version(api: Client):
    api.post(WIDGETS, widget())

    reply = api.put(f"{WIDGETS}/w", widget(spec={"size": 2}))
    assert (reply.status, "must be specified for an update" in reply.message) == (422, True)


def test_a_write_that_changes_nothing_makes_no_version(api: Client):
    first = api.post(MAPS, named("a", data={"x": "1"})).body["metadata"]["resourceVersion"]

    again = api.put(f"{MAPS}/a", named("a", data={"x": "1"})).body["metadata"]["resourceVersion"]
    assert again == first


def test_the_three_patches_change_what_they_name(api: Client):
    api.post(DEPLOYMENTS, deployment())
    path = f"{DEPLOYMENTS}/d"

    api.merge(path, {"metadata": {"labels": {"a": "b"}}})
    api.ask("PATCH", path, [{"op": "add", "path": "/metadata/labels/c", "value": "d"}], JSON_PATCH)
    containers = [{"name": "second", "image": "j"}]
    body = api.ask(
        "PATCH", path, {"spec": {"template": {"spec": {"containers": containers}}}}, STRATEGIC
    ).body

    assert body["metadata"]["labels"] == {"a": "b", "c": "d"}
    assert {one["name"] for one in body["spec"]["template"]["spec"]["containers"]} == {"c", "second"}


def test_custom_resources_take_no_strategic_patch(api: Client):
    api.post(WIDGETS, widget())

    assert api.ask("PATCH", f"{WIDGETS}/w", {"spec": {"size": 1}}, STRATEGIC).status == 415


def test_a_failing_json_patch_is_the_requests_fault(api: Client):
    api.post(MAPS, named("a"))
    test = [{"op": "test", "path": "/data/x", "value": "1"}]

    assert api.ask("PATCH", f"{MAPS}/a", test, JSON_PATCH).status == 422


@pytest.mark.parametrize(
    ("metadata", "status"), [({"resourceVersion": "1"}, 409), ({"uid": "1"}, 422), ({"name": "other"}, 400)]
)
def test_identity_cannot_be_patched(api: Client, metadata: dict[str, str], status: int):
    api.post(MAPS, named("a"))

    assert api.merge(f"{MAPS}/a", {"metadata": metadata}).status == status


def test_generation_counts_changes_of_the_spec_only(api: Client):
    api.post(DEPLOYMENTS, deployment())

    def generation(body: Any, path: str = f"{DEPLOYMENTS}/d") -> int:
        return int(api.merge(path, body).body["metadata"]["generation"])

    assert generation({"metadata": {"labels": {"a": "b"}}}) == 1
    assert generation({"status": {"replicas": 1}}, f"{DEPLOYMENTS}/d/status") == 1
    assert generation({"spec": {"replicas": 2}}) == 2
    assert "generation" not in api.post(MAPS, named("a")).body["metadata"]


def test_status_is_written_through_its_own_door_only(api: Client):
    api.post(WIDGETS, {**widget(spec={"size": 1}), "status": {"state": "made up"}})
    main = api.merge(f"{WIDGETS}/w", {"status": {"state": "made up"}}).body
    assert "status" not in main

    written = api.merge(f"{WIDGETS}/w/status", {"status": {"state": "ok"}, "spec": {"size": 9}}).body
    assert (written["status"], written["spec"]["size"]) == ({"state": "ok"}, 1)

    replaced = api.put(f"{WIDGETS}/w", {**written, "spec": {"size": 2}, "status": {}}).body
    assert replaced["status"] == {"state": "ok"}


def test_string_data_of_a_secret_becomes_data(api: Client):
    secret = api.post(SECRETS, named("s", stringData={"a": "text"})).body

    assert (secret["data"], secret["type"]) == ({"a": base64.b64encode(b"text").decode()}, "Opaque")
    assert "stringData" not in secret


def test_pods_services_and_deployments_get_what_the_server_assigns(api: Client):
    born = api.post(PODS, pod()).body
    service = api.post("/api/v1/namespaces/default/services", named("s", spec={"ports": [{"port": 80}]})).body
    made = api.post(DEPLOYMENTS, deployment()).body

    assert born["status"] == {"phase": "Pending", "qosClass": "BestEffort"}
    assert (service["spec"]["type"], service["spec"]["ports"][0]["targetPort"]) == ("ClusterIP", 80)
    assert service["spec"]["clusterIP"].startswith("10.96.")
    assert made["spec"]["strategy"]["type"] == "RollingUpdate"


@pytest.mark.parametrize(
    ("path", "body", "patch", "field"),
    [
        (DEPLOYMENTS, deployment("x"), {"spec": {"selector": {"matchLabels": {"a": "b"}}}}, "spec.selector"),
        (SECRETS, named("x", type="a"), {"type": "b"}, "type"),
        (
            "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings",
            named("x", roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"}),
            {"roleRef": {"name": "other"}},
            "roleRef",
        ),
        (MAPS, named("x", data={"a": "b"}, immutable=True), {"data": {"a": "c"}}, "data"),
    ],
)
def test_immutable_fields_stay(api: Client, path: str, body: Any, patch: Any, field: str):
    api.post(path, body)

    reply = api.merge(f"{path}/x", patch)
    assert reply.status == 422
    assert field in [cause["field"] for cause in reply.body["details"]["causes"]]


def test_an_apply_creates_changes_and_conflicts(api: Client):
    created = api.apply(f"{MAPS}/a", config_map(data={"x": "1"}))
    changed = api.apply(f"{MAPS}/a", config_map(data={"x": "2"}))
    clash = api.apply(f"{MAPS}/a", config_map(data={"x": "3"}), manager="other")
    forced = api.apply(f"{MAPS}/a", config_map(data={"x": "3"}), manager="other", force="true")

    assert (created.status, changed.status, clash.status, forced.status) == (201, 200, 409, 200)
    assert clash.message == 'Apply failed with 1 conflict: conflict with "me": .data.x'
    assert clash.body["details"]["causes"][0]["reason"] == "FieldManagerConflict"
    assert api.get(f"{MAPS}/a").body["data"] == {"x": "3"}


def test_applying_the_same_again_makes_no_version(api: Client):
    first = api.apply(f"{DEPLOYMENTS}/d", deployment()).body["metadata"]
    again = api.apply(f"{DEPLOYMENTS}/d", deployment()).body["metadata"]

    assert first == again


def test_what_is_no_longer_applied_is_removed(api: Client):
    api.apply(f"{MAPS}/a", config_map(data={"x": "1", "y": "2"}))

    assert api.apply(f"{MAPS}/a", config_map(data={"x": "1"})).body["data"] == {"x": "1"}


def test_status_in_an_apply_to_the_object_is_dropped(api: Client):
    body = api.apply(f"{WIDGETS}/w", widget(spec={"size": 1}, status={"state": "x"})).body

    assert "status" not in body
    assert "f:status" not in body["metadata"]["managedFields"][0]["fieldsV1"]


@pytest.mark.parametrize(
    ("body", "query", "status"),
    [
        (config_map(), {"fieldManager": ""}, 422),
        (config_map("other"), {}, 400),
        (named("a"), {}, 400),
        ({"apiVersion": "v1", "kind": "ConfigMap"}, {}, 400),
        ({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "managedFields": []}}, {}, 400),
        ({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "uid": "x"}}, {}, 409),
        ({**config_map(), "spec": {}}, {}, 500),
    ],
)
def test_applies_that_are_refused(api: Client, body: Any, query: dict[str, str], status: int):
    assert api.ask("PATCH", f"{MAPS}/a", body, APPLY, **{"fieldManager": "me", **query}).status == status


def test_the_user_agent_stands_in_for_a_missing_field_manager(api: Client):
    (entry,) = api.post(MAPS, named("a", data={"x": "1"})).body["metadata"]["managedFields"]

    assert (entry["manager"], entry["operation"]) == ("tester", "Update")


def test_a_scale_is_read_and_written_for_built_in_and_custom_kinds(api: Client):
    api.post(DEPLOYMENTS, deployment())
    api.post(WIDGETS, widget(spec={"size": 1}))

    for path in (f"{DEPLOYMENTS}/d", f"{WIDGETS}/w"):
        assert api.get(f"{path}/scale").body["spec"] == {"replicas": 1}
        assert api.merge(f"{path}/scale", {"spec": {"replicas": 4}}).body["spec"] == {"replicas": 4}
        assert api.get(path).body["spec"]["replicas"] == 4
        assert api.merge(f"{path}/scale", {"spec": {"replicas": -1}}).status == 422
    assert api.get(f"{DEPLOYMENTS}/d/scale").body["status"]["selector"] == "app=web"


def test_a_scale_can_be_replaced_without_a_content_type(api: Client):
    api.post(DEPLOYMENTS, deployment())
    scale = api.get(f"{DEPLOYMENTS}/d/scale").body

    reply = api.put(f"{DEPLOYMENTS}/d/scale", {**scale, "spec": {"replicas": 2}}, kind="")
    assert reply.body["spec"] == {"replicas": 2}


def test_a_binding_gives_a_pod_its_node_once(api: Client):
    api.post(PODS, pod())
    binding = {"apiVersion": "v1", "kind": "Binding", **named("p"), "target": {"kind": "Node", "name": "n1"}}

    assert api.post(f"{PODS}/p/binding", binding).status == 201
    assert api.get(f"{PODS}/p").body["spec"]["nodeName"] == "n1"
    assert api.post(f"{PODS}/p/binding", binding).status == 409


BROKEN_METADATA: list[Any] = [
    {"metadata": None},
    {"metadata": {"name": 5}},
    {"metadata": {"name": "q", "labels": "x"}},
    {"metadata": {"name": "q", "ownerReferences": "x"}},
    {"metadata": {"name": "q", "ownerReferences": [{}]}},
    [],
]


@pytest.mark.parametrize("body", BROKEN_METADATA)
@pytest.mark.parametrize("plural", ["ingresses", "networkpolicies"])
def test_broken_metadata_is_refused_also_for_kinds_of_unknown_structure(api: Client, plural: str, body: Any):
    path = f"/apis/networking.k8s.io/v1/namespaces/default/{plural}"

    assert api.post(path, body).status in (400, 422)


@pytest.mark.parametrize(
    "spec", [None, {}, "x", {"names": {}, "versions": [{}]}, {"group": "g", "scope": "x"}]
)
def test_broken_definitions_are_refused_and_never_a_surprise(api: Client, spec: Any):
    assert api.post(CRDS, named("dogs.example.com", spec=spec)).status in (400, 422)
