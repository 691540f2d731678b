"""The Apigee API of the sandbox."""

from __future__ import annotations

import json

import pytest

from apigeectl.sandbox.google import CONNECT_PROPERTY
from tests.sandbox.google.calls import Caller
from tests.sandbox.google.conftest import caller_of

ORG = "/v1/organizations/hybrid-demo"


def with_property(admin: Caller, value: str) -> dict:
    body = admin.get(ORG).body
    body["properties"]["property"].append({"name": CONNECT_PROPERTY, "value": value})
    return body


def test_an_organization_of_a_hybrid_kind(admin):
    body = admin.get(ORG).body

    assert (body["name"], body["runtimeType"], body["state"]) == ("hybrid-demo", "HYBRID", "ACTIVE")
    assert body["environments"] == ["test"]
    assert isinstance(body["lastModifiedAt"], str)


def test_the_list_has_both_project_fields(admin):
    (entry,) = admin.get("/v1/organizations").body["organizations"]

    assert entry == {"organization": "hybrid-demo", "projectId": "hybrid-demo", "projectIds": ["hybrid-demo"]}


def test_a_put_replaces_the_property_list_as_it_is_given(admin):
    before = admin.get(ORG).body
    body = {**before, "properties": {"property": [{"name": "a", "value": "b"}, {}]}}

    answer = admin.put(ORG, body).body

    assert answer["properties"] == {"property": [{"name": "a", "value": "b"}, {}]}
    assert admin.get(ORG).body == answer
    assert int(answer["lastModifiedAt"]) > int(before["lastModifiedAt"])


def test_a_put_of_properties_alone_keeps_the_rest(admin):
    admin.put(ORG, {"properties": {"property": []}})

    assert admin.get(ORG).body["environments"] == ["test"]


def test_read_only_fields_are_ignored(admin):
    body = admin.get(ORG).body

    assert admin.put(ORG, body | {"state": "DELETING", "createdAt": "1"}).body["state"] == "ACTIVE"


@pytest.mark.parametrize(
    "change",
    [
        {"nonsense": 1},
        {"properties": {"property": [{"name": "a", "value": True}]}},
        {"properties": {"property": [{"key": "a"}]}},
        {"properties": {"entries": []}},
    ],
)
def test_what_the_schema_does_not_know_is_refused(admin, change):
    before = admin.get(ORG).body

    answer = admin.put(ORG, before | change)

    assert (answer.status, answer.body["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert admin.get(ORG).body == before


def test_an_unknown_query_parameter_is_refused(admin):
    assert admin.get(ORG, pagesize=3).status == 400
    assert admin.get(ORG, alt="json").status == 200


def test_environments_are_a_bare_list(admin):
    assert admin.get(f"{ORG}/environments").body == ["test"]
    assert admin.get(f"{ORG}/environments/test").body["state"] == "ACTIVE"
    assert admin.get(f"{ORG}/environments/other").status == 404


def test_the_project_of_an_organization(admin):
    assert admin.get(f"{ORG}:getProjectMapping").body["projectId"] == "hybrid-demo"


def test_environment_groups_come_in_pages_of_25(start):
    google = start(groups=[f"group-{number}" for number in range(30)])
    admin = caller_of(google, "apigee-org-admin")

    first = admin.get(f"{ORG}/envgroups").body
    second = admin.get(f"{ORG}/envgroups", pageToken=first["nextPageToken"]).body

    assert [len(page["environmentGroups"]) for page in (first, second)] == [25, 5]
    assert "nextPageToken" not in second


def test_attachments_name_their_environment(admin):
    (attachment,) = admin.get(f"{ORG}/envgroups/test-group/attachments").body["environmentGroupAttachments"]

    assert (attachment["environment"], attachment["environmentGroupId"]) == ("test", "test-group")


def test_another_organization_may_not_exist(admin):
    answer = admin.get("/v1/organizations/other")

    assert answer.status == 403
    assert "(or it may not exist)" in answer.body["error"]["message"]


@pytest.mark.parametrize("account", ["apigee-mart", "apigee-synchronizer", "apigee-udca"])
def test_component_accounts_may_not_read_the_organization(caller, account):
    assert caller(account).get(ORG).status == 403


def test_a_forbidden_organization(start):
    google = start("org=forbidden")

    assert caller_of(google, "apigee-org-admin").get(ORG).body["error"]["status"] == "PERMISSION_DENIED"


def test_properties_come_back_byte_for_byte(start):
    given = [(f"p.{number}", 'ünïcode \u2603 \U0001f600 "\\/\u0000') for number in range(200)]
    admin = caller_of(start(properties=given), "apigee-org-admin")
    body = admin.get(ORG).body
    body["properties"]["property"][3:3] = [{}, {"name": "empty", "value": ""}, {"name": "bare"}]

    answer = admin.put(ORG, body).body

    assert json.dumps(answer["properties"]) == json.dumps(body["properties"])
    assert json.dumps(admin.get(ORG).body["properties"]) == json.dumps(body["properties"])


def test_a_put_that_has_no_effect(start):
    admin = caller_of(start("org=forgetful"), "apigee-org-admin")
    before = admin.get(ORG).body

    answer = admin.put(ORG, with_property(admin, "true"))

    assert answer.body["properties"]["property"][-1]["name"] == CONNECT_PROPERTY
    assert admin.get(ORG).body == before


def test_an_organization_of_another_project(start):
    admin = caller_of(start("wrong-project"), "apigee-org-admin")

    assert admin.get(ORG).body["projectId"] == "hybrid-other"
    assert admin.get(f"{ORG}:getProjectMapping").body["projectId"] == "hybrid-other"


def test_an_organization_with_the_misspelt_twin(start):
    google = start("org=twin-property")

    assert google.organizations.property("features.mart.apigee.connect.enabled") == "true"
    assert google.organizations.property(CONNECT_PROPERTY) is None


def test_a_busy_google_answers_every_third_request_with_503(start):
    admin = caller_of(start("google=http-503"), "apigee-org-admin")

    assert [admin.get(ORG).status for _ in range(6)] == [200, 200, 503, 200, 200, 503]


def test_the_old_error_format_has_reasons_instead_of_details(admin):
    error = admin.get("/v1/organizations/other", **{"$.xgafv": "1"}).body["error"]

    assert error["errors"][0]["reason"] == "permissionDenied"
