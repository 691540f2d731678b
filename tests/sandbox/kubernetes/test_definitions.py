from __future__ import annotations

import base64
import gzip
import os
import pathlib
from typing import Any

import pytest

from apigeectl import yaml
from tests.sandbox.kubernetes.client import (
    CRDS,
    MERGE,
    WIDGETS,
    Client,
    definition,
    eventually,
    widget,
)

DOGS = "/apis/example.com/v1/namespaces/default/dogs"


def conditions(api: Client, name: str) -> dict[str, Any]:
    listed = api.get(f"{CRDS}/{name}").body["status"].get("conditions") or []
    return {one["type"]: one for one in listed}


def test_a_definition_is_established_after_it_was_created(api: Client):
    created = api.post(CRDS, definition("dogs"))
    assert created.status == 201
    assert created.body["spec"]["names"]["listKind"] == "DogList"

    eventually(lambda: conditions(api, "dogs.example.com").get("Established", {}).get("status") == "True")
    assert api.get(DOGS).body["kind"] == "DogList"


def test_a_definition_given_to_the_server_is_served_from_the_start(api: Client):
    assert api.get(WIDGETS).status == 200


def test_a_definition_with_a_broken_authority_is_never_established(api: Client):
    crd = definition("dogs")
    bundle = base64.b64encode(b"\n").decode()
    config = {"caBundle": bundle, "service": {"name": "s", "namespace": "n"}}
    crd["spec"]["conversion"] = {
        "strategy": "Webhook",
        "webhook": {"conversionReviewVersions": ["v1"], "clientConfig": config},
    }
    api.post(CRDS, crd)

    eventually(lambda: conditions(api, "dogs.example.com"))
    assert conditions(api, "dogs.example.com")["Established"]["reason"] == "InvalidCABundle"
    assert api.get(DOGS).status == 404


def test_a_definition_takes_its_objects_along(api: Client):
    api.post(WIDGETS, widget())

    api.delete(f"{CRDS}/widgets.example.com")

    eventually(lambda: api.get(f"{CRDS}/widgets.example.com").status == 404)
    assert api.get(WIDGETS).status == 404


def test_a_definition_waits_for_objects_that_are_held(api: Client):
    api.post(WIDGETS, {**widget(), "metadata": {"name": "w", "finalizers": ["example.com/hold"]}})
    api.delete(f"{CRDS}/widgets.example.com")
    eventually(lambda: "deletionTimestamp" in api.get(f"{WIDGETS}/w").body["metadata"])
    assert api.get(f"{CRDS}/widgets.example.com").status == 200

    api.ask("PATCH", f"{WIDGETS}/w", {"metadata": {"finalizers": None}}, MERGE)

    eventually(lambda: api.get(f"{CRDS}/widgets.example.com").status == 404)


def test_a_definition_must_be_named_after_plural_and_group(api: Client):
    reply = api.post(CRDS, {**definition("dogs"), "metadata": {"name": "cats.example.com"}})

    assert (reply.status, 'must be spec.names.plural+"."+spec.group' in reply.message) == (422, True)


def test_a_changed_schema_holds_for_the_next_write(api: Client):
    assert "extra" not in api.post(WIDGETS, widget("before", spec={"extra": "x"})).body["spec"]
    crd = definition()
    properties = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
    properties["spec"]["properties"]["extra"] = {"type": "string"}

    api.apply(f"{CRDS}/widgets.example.com", crd, force="true")

    assert api.post(WIDGETS, widget("after", spec={"extra": "x"})).body["spec"]["extra"] == "x"


def test_objects_of_one_version_are_read_in_every_other(api: Client):
    crd = definition("dogs")
    entry = crd["spec"]["versions"][0]
    crd["spec"]["versions"].append({**entry, "name": "v2", "storage": False})
    api.post(CRDS, crd)
    eventually(lambda: api.get(DOGS).status == 200)

    api.post(DOGS, {"apiVersion": "example.com/v1", "kind": "Dog", "metadata": {"name": "d"}})

    assert api.get(f"{DOGS.replace('v1', 'v2')}/d").body["apiVersion"] == "example.com/v2"


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (widget(spec={"size": "x"}), 422, "spec.size in body must be of type integer"),
        (widget(spec={"size": 0}), 422, "should be greater than or equal to 1"),
        ({"metadata": {"name": "w"}}, 400, "Object 'Kind' is missing in"),
        ({**widget(), "apiVersion": "example.com/v2"}, 400, "does not match the expected API version"),
    ],
)
def test_custom_resources_that_break_their_schema_are_refused(
    api: Client, body: Any, status: int, message: str
):
    reply = api.post(WIDGETS, body)

    assert reply.status == status
    assert message in reply.message


FOLDER = pathlib.Path(
    os.environ.get("APIGEECTL_TEST_CRDS") or pathlib.Path(__file__).parents[4] / "shared" / "crds"
)


@pytest.mark.skipif(not FOLDER.is_dir(), reason="Google's CRD files are not here (APIGEECTL_TEST_CRDS)")
def test_a_real_definition_of_the_apigee_operator_is_served(api: Client):
    text = gzip.decompress((FOLDER / "apigeeroutes.yaml.gz").read_bytes()).decode()
    (crd,) = yaml.load_all(text)
    crd["spec"].pop("conversion", None)  # its CA is a placeholder that no API server takes

    reply = api.apply(f"{CRDS}/{crd['metadata']['name']}", crd, fieldValidation="Strict")

    assert reply.status == 201
    path = "/apis/apigee.cloud.google.com/v1alpha1/namespaces/default/apigeeroutes"
    eventually(lambda: api.get(path).status == 200)
    strict = {"fieldValidation": "Strict"}
    route = {
        "apiVersion": "apigee.cloud.google.com/v1alpha1",
        "kind": "ApigeeRoute",
        "metadata": {"name": "r"},
    }
    assert api.post(path, {**route, "spec": {"hostnames": ["a.example.com"]}}, **strict).status == 201
    assert api.post(path, {**route, "spec": {"hostname": "x"}}, **strict).status == 400
