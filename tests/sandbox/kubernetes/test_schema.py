from __future__ import annotations

import base64
import gzip
import os
import pathlib
from typing import Any

import pytest

from apigeectl import yaml
from apigeectl.sandbox.kubernetes import builtin_kinds
from apigeectl.sandbox.kubernetes.builtin_types import KINDS
from apigeectl.sandbox.kubernetes.decoding import decoding_problem
from apigeectl.sandbox.kubernetes.quantities import canonical
from apigeectl.sandbox.kubernetes.schema import (
    ANYTHING,
    Schema,
    builtin_schema,
    crd_schema,
    default,
    prune,
    validate,
)
from apigeectl.sandbox.kubernetes.structure import Node, Shape
from tests.conformance.schemas.bodies import SCHEMA

CRDS = pathlib.Path(
    os.environ.get("APIGEECTL_TEST_CRDS", pathlib.Path(__file__).parents[4] / "shared" / "crds")
)
RULEBOOK = crd_schema(SCHEMA)


def builtin(group: str, kind: str) -> Schema:
    schema = builtin_schema(group, kind)
    assert schema
    return schema


def rulebook(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "x"}, "spec": {"name": "ab", **spec}}


def deployment(container: Any = None, **spec: Any) -> dict[str, Any]:
    template = {
        "metadata": {"labels": {"a": "b"}},
        "spec": {"containers": [{"name": "c", "image": "i:1", **(container or {})}]},
    }
    spec = {"selector": {"matchLabels": {"a": "b"}}, "template": template, **spec}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": spec}


# --- the table ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("group", "kind"), [(group, kind) for group, kinds in KINDS.items() for kind in kinds]
)
def test_every_type_that_a_kind_leads_to_can_be_read(group: str, kind: str) -> None:
    node = builtin_kinds.kind_node(group, kind)
    assert node
    assert visited(node) > 20


def visited(node: Node) -> int:
    if Shape.LIST in node.shapes and "items" in node.spec:
        return visited(node.items)
    children = [node.field(name) for name in node.properties]
    return 1 + sum(visited(child) for child in children if child)


def test_every_type_of_the_table_is_used() -> None:
    reached: set[str] = set()

    def walk(name: str) -> None:
        if name in reached:
            return
        reached.add(name)
        for spec in builtin_kinds.type_fragment(name)["properties"].values():
            inner = spec
            while "items" in inner or "additionalProperties" in inner:
                inner = inner.get("items") or inner["additionalProperties"]
            if "$ref" in inner:
                walk(inner["$ref"])

    for kinds in KINDS.values():
        for kind in kinds:
            walk(kind)
    assert reached == set(builtin_kinds.type_names())


def test_a_kind_without_a_table_is_unknown() -> None:
    assert builtin_schema("", "Odd") is None
    assert builtin_schema("apps", "Pod") is None


# --- unknown fields -----------------------------------------------------------------------------------


def test_unknown_fields_of_a_custom_resource_are_dropped_and_named_in_order() -> None:
    body = rulebook(zz=1, pair={"y": {"z": 1}}, whole=[{"q": "a", "w": 2}], aa=[1])
    pruned, unknown = prune({**body, "status": {"q": 1}}, RULEBOOK)
    assert unknown == ["spec.aa", "spec.pair.y", "spec.whole[0].w", "spec.zz", "status.q"]
    assert pruned["spec"] == {"name": "ab", "pair": {}, "whole": [{"q": "a"}]}


def test_unknown_fields_of_a_built_in_kind_come_in_the_order_of_the_document() -> None:
    body = deployment({"q": 1}, zz=1, aa=2)
    assert prune(body, builtin("apps", "Deployment"))[1] == [
        "spec.template.spec.containers[0].q",
        "spec.zz",
        "spec.aa",
    ]


def test_metadata_of_a_custom_resource_is_known() -> None:
    body = {"metadata": {"name": "x", "labels": {"a": "b"}, "color": 1}}
    assert prune(body, RULEBOOK) == ({"metadata": {"name": "x", "labels": {"a": "b"}}}, ["metadata.color"])


def test_free_places_keep_everything() -> None:
    body = rulebook(kept={"z": {"y": 1}}, any=[{"a": 1}], free={"a": "b"})
    assert prune(body, RULEBOOK) == (body, [])
    assert prune({"a": {"b": 1}}, ANYTHING) == ({"a": {"b": 1}}, [])


def test_an_embedded_object_has_a_kind_and_metadata() -> None:
    inner = {"apiVersion": "v1", "kind": "K", "metadata": {"name": "x"}, "spec": {}}
    assert prune(rulebook(embedded=inner), RULEBOOK)[1] == []
    assert prune(rulebook(embedded={**inner, "foo": 1}), RULEBOOK)[1] == ["spec.embedded.foo"]


# --- defaults -----------------------------------------------------------------------------------------


def test_defaults_of_a_custom_resource_reach_into_lists() -> None:
    filled = default(rulebook(items=[{"k": "a"}]), RULEBOOK)["spec"]
    assert filled == {"name": "ab", "items": [{"k": "a", "p": "TCP"}], "defaulted": "z"}


def test_a_null_counts_as_absent_unless_it_is_allowed() -> None:
    filled = default(rulebook(nullable=None, defaulted=None, pair=None), RULEBOOK)["spec"]
    assert filled == {"name": "ab", "nullable": None, "defaulted": "z"}


def test_defaults_leave_the_input_alone() -> None:
    body = deployment()
    default(body, builtin("apps", "Deployment"))
    assert body == deployment()


def test_defaulting_twice_is_defaulting_once() -> None:
    schema = builtin("apps", "Deployment")
    once = default(
        deployment({"ports": [{"containerPort": 80}], "readinessProbe": {"httpGet": {"port": 1}}}), schema
    )
    assert default(once, schema) == once


def test_a_deployment_gets_what_users_see() -> None:
    spec = default(deployment(), builtin("apps", "Deployment"))["spec"]
    assert spec["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"},
    }
    assert (spec["replicas"], spec["revisionHistoryLimit"], spec["progressDeadlineSeconds"]) == (1, 10, 600)
    assert spec["template"]["metadata"] == {"creationTimestamp": None, "labels": {"a": "b"}}
    assert spec["template"]["spec"]["restartPolicy"] == "Always"
    assert spec["template"]["spec"]["containers"] == [
        {
            "name": "c",
            "image": "i:1",
            "imagePullPolicy": "IfNotPresent",
            "resources": {},
            "terminationMessagePath": "/dev/termination-log",
            "terminationMessagePolicy": "File",
        }
    ]


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("i", "Always"),
        ("i:latest", "Always"),
        ("host:5000/i", "Always"),
        ("host:5000/i:1", "IfNotPresent"),
        ("i@sha256:0", "IfNotPresent"),
    ],
)
def test_the_pull_policy_follows_the_tag(image: str, policy: str) -> None:
    filled = default(deployment({"image": image}), builtin("apps", "Deployment"))
    assert filled["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"] == policy


def test_empty_and_zero_are_left_out_unless_they_mean_something() -> None:
    body = deployment({"args": [], "stdin": False}, replicas=0, paused=False, minReadySeconds=0)
    spec = default(body, builtin("apps", "Deployment"))["spec"]
    assert spec["replicas"] == 0
    assert not {"paused", "minReadySeconds"} & spec.keys()
    assert not {"args", "stdin"} & spec["template"]["spec"]["containers"][0].keys()


def test_string_data_becomes_data() -> None:
    secret = {"metadata": {"name": "x"}, "data": {"a": "eA=="}, "stringData": {"b": "é"}}
    filled = default(secret, builtin("", "Secret"))
    assert filled["data"] == {"a": "eA==", "b": base64.b64encode("é".encode()).decode()}
    assert filled["type"] == "Opaque"
    assert "stringData" not in filled


def test_a_service_port_gets_protocol_and_target() -> None:
    filled = default({"metadata": {"name": "x"}, "spec": {"ports": [{"port": 80}]}}, builtin("", "Service"))
    assert filled["spec"]["ports"] == [{"port": 80, "protocol": "TCP", "targetPort": 80}]
    assert (filled["spec"]["type"], filled["spec"]["sessionAffinity"]) == ("ClusterIP", "None")
    assert filled["status"] == {"loadBalancer": {}}


@pytest.mark.parametrize(
    ("written", "answered"),
    [
        ("0.5", "500m"),
        ("1000m", "1"),
        (2, "2"),
        (0.1, "100m"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("1000Ki", "1000Ki"),
        ("1e3", "1e3"),
        ("0", "0"),
        ("128M", "128M"),
        ("none", "none"),
    ],
)
def test_quantities_have_one_spelling(written: Any, answered: str) -> None:
    assert canonical(written) == answered


# --- validation ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "cause"),
    [
        ({"name": None}, "spec.name: Required value"),
        (
            {"name": 1},
            'spec.name: Invalid value: "integer": spec.name in body must be of type string: "integer"',
        ),
        ({"name": "AB"}, "spec.name: Invalid value: \"AB\": spec.name in body should match '^[a-z]+$'"),
        ({"name": "abcdef"}, "spec.name: Too long: may not be more than 5 bytes"),
        ({"even": 12}, "spec.even: Invalid value: 12: spec.even in body should be less than or equal to 10"),
        ({"between": 0}, "spec.between: Invalid value: 0: spec.between in body should be greater than 0"),
        ({"choice": "c"}, 'spec.choice: Unsupported value: "c": supported values: "a", "b"'),
        ({"set": ["a", "a"]}, 'spec.set[1]: Duplicate value: "a"'),
        ({"set": list("abcd")}, "spec.set: Too many: 4: must have at most 3 items"),
        (
            {"items": [{"k": "a", "p": "x"}, {"k": "a", "p": "x"}]},
            'spec.items[1]: Duplicate value: map[string]interface {}{"k":"a", "p":"x"}',
        ),
        ({"pair": {"r1": "x"}}, "spec.pair.r2: Required value"),
        (
            {"free": {"a": 1}},
            'spec.free.a: Invalid value: "integer": spec.free.a in body must be of type string: "integer"',
        ),
        ({"date": "x"}, 'spec.date: Invalid value: "x": spec.date in body must be of type date-time: "x"'),
    ],
)
def test_a_rule_that_is_broken_is_named(spec: dict[str, Any], cause: str) -> None:
    body = default({"metadata": {"name": "x"}, "spec": {"name": "ab", **spec}}, RULEBOOK)
    assert [f"{found.field}: {found.message}" for found in validate(body, RULEBOOK)] == [cause]


def test_an_obedient_object_has_no_causes() -> None:
    body = rulebook(even=2, between=1.5, choice="a", either="5%", set=["a"], pair={"r1": "a", "r2": "b"})
    assert validate(default(body, RULEBOOK), RULEBOOK) == []


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (deployment(), []),
        (deployment({"name": ""}), ["spec.template.spec.containers[0].name"]),
        (deployment({"image": ""}), ["spec.template.spec.containers[0].image"]),
        (deployment({"ports": [{}]}), ["spec.template.spec.containers[0].ports[0].containerPort"]),
        (
            deployment({"volumeMounts": [{"name": "v", "mountPath": "/v"}]}),
            ["spec.template.spec.containers[0].volumeMounts[0].name"],
        ),
        (deployment(selector={"matchLabels": {"a": "c"}}), ["spec.template.metadata.labels"]),
        (deployment(replicas=-1), ["spec.replicas"]),
    ],
)
def test_rules_of_built_in_kinds(body: dict[str, Any], fields: list[str]) -> None:
    schema = builtin("apps", "Deployment")
    assert [cause.field for cause in validate(default(body, schema), schema)] == fields


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (deployment(), None),
        (
            deployment(replicas="1"),
            "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
        ),
        (
            deployment({"args": "x"}),
            "json: cannot unmarshal string into Go struct field"
            " Container.spec.template.spec.containers.args of type []string",
        ),
    ],
)
def test_a_wrong_type_cannot_be_decoded(body: dict[str, Any], problem: str | None) -> None:
    assert decoding_problem(body, builtin("apps", "Deployment")) == problem


def test_no_secret_value_is_in_a_problem() -> None:
    secret = {"metadata": {"name": "x"}, "data": {"key": "hunter2!"}}
    problem = decoding_problem(secret, builtin("", "Secret"))
    assert problem == "illegal base64 data at input byte 7"


# --- Google's definitions -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def organization() -> Schema:
    file = CRDS / "apigeeorganizations.yaml.gz"
    if not file.exists():
        pytest.skip(f"{file}: no CRDs to test with")
    (definition,) = yaml.load_all(gzip.decompress(file.read_bytes()).decode())
    (version,) = (one for one in definition["spec"]["versions"] if one["name"] == "v1alpha2")
    return crd_schema(version["schema"]["openAPIV3Schema"])


def test_an_organization_is_checked_against_the_real_definition(organization: Schema) -> None:
    body = {
        "metadata": {"name": "x"},
        "spec": {"name": "acme", "components": {"mart": {"replicas": "2", "foo": 1}}},
    }
    pruned, unknown = prune(body, organization)
    assert unknown == ["spec.components.mart.foo"]
    assert {cause.field for cause in validate(pruned, organization)} == {
        "spec.axHashingSaltRef",
        "spec.dataEncryptionRef",
        "spec.datastoreCredentialRef",
        "spec.components.mart.replicas",
    }


def test_a_port_of_an_organization_gets_its_protocol(organization: Schema) -> None:
    body = {
        "metadata": {"name": "x"},
        "spec": {"components": {"mart": {"serviceSpec": {"ports": [{"port": 80}]}}}},
    }
    filled = default(body, organization)
    ports = filled["spec"]["components"]["mart"]["serviceSpec"]["ports"]
    assert ports == [{"port": 80, "protocol": "TCP"}]
