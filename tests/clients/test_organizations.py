"""The property switch, against an organization that keeps what it is sent, as the real one does."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from apigeectl.clients.organizations import Organizations, PropertiesLost, PropertyChange
from apigeectl.errors import Forbidden, Refused, ServiceFailure
from tests.clients.google_api import google_refusal, session
from tests.clients.loopback import Loopback, Received, Reply

NAME = "features.mart.connect.enabled"
ORG: dict[str, Any] = {
    "name": "acme",
    "createdAt": "1700000000000",
    "lastModifiedAt": "1700000000001",
    "environments": ["test"],
    "properties": {
        "property": [
            {"name": "features.hybrid.enabled", "value": "true"},
            {},
            {"name": "features.mart.apigee.connect.enabled", "value": "true"},
            {"name": "empty"},
        ]
    },
    "analyticsRegion": "us-west1",
    "runtimeType": "HYBRID",
    "subscriptionType": "PAID",
    "portalDisabled": True,
    "someFieldOfTomorrow": {"a": [1, {"b": None}]},
    "projectId": "p",
    "state": "ACTIVE",
}


class Acme:
    """GET and PUT of one organization. `before_get(n)` may change the body before the nth GET."""

    def __init__(self, body: dict[str, Any], before_get: Callable[[dict[str, Any], int], None] | None = None):
        self.body = copy.deepcopy(body)
        self.before_get = before_get
        self.gets = 0

    def __call__(self, request: Received) -> Reply:
        assert request.path == "/v1/organizations/acme"
        if request.method == "PUT":
            self.body = {**request.json, "lastModifiedAt": str(int(self.body["lastModifiedAt"]) + 1)}
            return Reply(self.body)
        self.gets += 1
        if self.before_get:
            self.before_get(self.body, self.gets)
        return Reply(self.body)


def switch(answer: Callable[[Received], Reply], value: str = "true") -> tuple[PropertyChange, Loopback]:
    with Loopback(answer) as server:
        made, _ = session(server.url)
        return Organizations(made).set_property("acme", NAME, value), server


def with_value(value: str) -> dict[str, Any]:
    body = copy.deepcopy(ORG)
    body["properties"]["property"].insert(1, {"name": NAME, "value": value})
    return body


def puts(server: Loopback) -> list[Received]:
    return [r for r in server.received if r.method == "PUT"]


def test_the_whole_body_goes_back_with_one_property_appended():
    change, server = switch(Acme(ORG))

    assert change == PropertyChange(None, "true", changed=True)
    (put,) = puts(server)
    expected = copy.deepcopy(ORG)
    expected["properties"]["property"].append({"name": NAME, "value": "true"})
    assert put.body.decode() == json.dumps(expected)


def test_a_property_that_is_there_is_changed_in_its_place():
    change, server = switch(Acme(with_value("false")))

    assert change == PropertyChange("false", "true", changed=True)
    sent = puts(server)[0].json
    assert sent["properties"]["property"][1] == {"name": NAME, "value": "true"}
    assert len(sent["properties"]["property"]) == 5


def test_nothing_is_written_when_nothing_changes():
    change, server = switch(Acme(with_value("true")))

    assert change == PropertyChange("true", "true", changed=False)
    assert server.asked() == ["GET /v1/organizations/acme"]


def test_an_organization_without_properties_gets_its_first():
    body = {key: value for key, value in ORG.items() if key != "properties"}
    _, server = switch(Acme(body))

    assert puts(server)[0].json == {**body, "properties": {"property": [{"name": NAME, "value": "true"}]}}


def test_a_change_by_somebody_else_starts_it_over_and_is_kept():
    def other(body: dict[str, Any], get: int) -> None:
        if get == 2:  # between our reading and our writing
            body["lastModifiedAt"] = "1800000000000"
            body["properties"]["property"].append({"name": "of.somebody.else", "value": "x"})

    change, server = switch(Acme(ORG, other))

    assert change.changed
    assert len(puts(server)) == 1
    assert {"name": "of.somebody.else", "value": "x"} in puts(server)[0].json["properties"]["property"]


def test_an_organization_that_never_holds_still_is_left_as_it_is():
    def other(body: dict[str, Any], get: int) -> None:
        body["lastModifiedAt"] = str(1800000000000 + get)

    acme = Acme(ORG, other)
    with pytest.raises(Refused, match="keeps changing"):
        switch(acme)

    assert acme.gets == 6
    assert acme.body["properties"] == ORG["properties"]


def test_a_service_that_keeps_failing_is_named_as_the_cause_and_not_somebody_else():
    def busy(request: Received) -> Reply:
        return google_refusal(503, "UNAVAILABLE", "try later") if request.method == "PUT" else Reply(ORG)

    with pytest.raises(ServiceFailure, match="try later"):
        switch(busy)


def test_a_lost_property_is_said_loudly_with_its_value():
    def other(body: dict[str, Any], get: int) -> None:
        if get == 3:  # after our write
            del body["properties"]["property"][0]

    with pytest.raises(PropertiesLost, match="organization acme") as caught:
        switch(Acme(ORG, other))

    assert caught.value.details == ("features.hybrid.enabled was 'true'",)


def test_a_property_that_does_not_stick_is_no_success():
    def other(body: dict[str, Any], get: int) -> None:
        if get == 3:
            body["properties"]["property"][-1]["value"] = "false"

    with pytest.raises(Refused, match="'false' all the same"):
        switch(Acme(ORG, other))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"runtimeType": "CLOUD"}, "no hybrid organization"),
        ({"runtimeType": None}, "no hybrid organization"),
        ({"state": "UPDATING"}, "is UPDATING"),
    ],
)
def test_an_organization_of_another_kind_or_state_is_not_touched(fields, words):
    acme = Acme({**ORG, **fields})
    with pytest.raises(Refused, match=words):
        switch(acme)

    assert acme.gets == 1


def test_a_missing_state_is_an_active_one():
    body = {key: value for key, value in ORG.items() if key != "state"}

    assert switch(Acme(body))[0].changed


def test_a_missing_right_is_forbidden_with_the_services_words():
    words = 'Permission denied on resource "organizations/acme" (or it may not exist)'
    with pytest.raises(Forbidden, match="organization acme: Permission denied on resource"):
        switch(lambda _: google_refusal(403, "PERMISSION_DENIED", words))


def test_the_name_is_one_segment_of_the_path():
    with Loopback(lambda _: Reply({})) as server:
        Organizations(session(server.url)[0]).get("a/b:c")
        Organizations(session(server.url)[0]).project_mapping("acme")

    assert server.asked() == [
        "GET /v1/organizations/a%2Fb%3Ac",
        "GET /v1/organizations/acme:getProjectMapping",
    ]


def test_what_is_sent_has_the_form_that_google_publishes():
    known = {key: value for key, value in ORG.items() if key != "someFieldOfTomorrow"}
    _, server = switch(Acme(known))

    jsonschema.validate(puts(server)[0].json, organization_schema())


def test_the_form_that_google_publishes_refuses_a_boolean_value():
    body = copy.deepcopy(with_value("true"))
    body.pop("someFieldOfTomorrow")
    body["properties"]["property"][1]["value"] = True

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(body, organization_schema())


def organization_schema() -> dict[str, Any]:
    """The discovery document's schemas as one strict JSON Schema of an organization."""
    import googleapiclient.discovery_cache

    file = Path(googleapiclient.discovery_cache.__file__).parent / "documents/apigee.v1.json"
    schemas = json.loads(file.read_text())["schemas"]
    definitions = {name: _strict(schema) for name, schema in schemas.items()}
    return {"$ref": "#/definitions/GoogleCloudApigeeV1Organization", "definitions": definitions}


def _strict(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return {"$ref": f"#/definitions/{schema['$ref']}"}
    if schema.get("type") == "any":
        return {}
    if schema.get("type") == "array":
        return {"type": "array", "items": _strict(schema["items"])}
    if schema.get("type") == "object":
        more = schema.get("additionalProperties")
        properties = {name: _strict(value) for name, value in schema.get("properties", {}).items()}
        return {
            "type": "object",
            "properties": properties,
            "additionalProperties": _strict(more) if more else False,
        }
    strict: dict[str, Any] = {"type": schema["type"]}
    if "enum" in schema:
        strict["enum"] = schema["enum"]
    if schema.get("format") in {"int64", "uint64"}:
        strict = {"type": "string", "pattern": r"^-?\d+$"}
    return strict


def test_all_pages_of_environment_groups_are_read():
    pages = [
        Reply({"environmentGroups": [{"name": "a", "hostnames": ["a.example.com"]}], "nextPageToken": "t"}),
        Reply({"environmentGroups": [{"name": "b"}], "nextPageToken": ""}),
    ]
    with Loopback(lambda _: pages.pop(0)) as server:
        found = Organizations(session(server.url)[0]).groups("acme")

    assert [(group.name, group.hostnames) for group in found] == [("a", ("a.example.com",)), ("b", ())]
    assert [request.query.get("pageToken") for request in server.received] == [None, "t"]


def test_developers_are_counted_and_the_organizations_that_may_be_seen_are_named():
    bodies = {
        "/v1/organizations/acme/developers": {"developer": [{"email": "d@example.com"}]},
        "/v1/organizations": {"organizations": [{"organization": "acme", "projectId": "p"}]},
    }
    with Loopback(lambda request: Reply(bodies[request.path])) as server:
        organizations = Organizations(session(server.url)[0])
        assert organizations.developers("acme") == 1
        assert organizations.names() == ("acme",)
