"""Service Usage: which APIs are on, and the operations that switch them."""

from __future__ import annotations

import pytest

from apigeectl.sandbox.google.accounts import ADMIN
from tests.sandbox.google.conftest import caller_of

PROJECT = "/v1/projects/hybrid-demo"
CONNECT = f"{PROJECT}/services/apigeeconnect.googleapis.com"
CONNECTIONS = f"{PROJECT}/endpoints/apigee_mart/connections"


def test_a_service_is_named_with_the_project_number_and_has_its_title(admin):
    body = admin.get(CONNECT).body

    assert (body["state"], body["config"]["title"]) == ("ENABLED", "Apigee Connect API")
    assert body["name"] == "projects/123456789012/services/apigeeconnect.googleapis.com"


def test_enabling_what_is_on_is_done_at_once(admin):
    body = admin.post(f"{CONNECT}:enable", {}).body

    assert body["done"] is True
    assert body["response"]["service"]["state"] == "ENABLED"


def test_enabling_takes_an_operation(start):
    admin = caller_of(start("api-disabled"), ADMIN)
    assert admin.get(CONNECT).body["state"] == "DISABLED"

    operation = admin.post(f"{CONNECT}:enable", {}).body
    assert "done" not in operation

    assert admin.get(f"/v1/{operation['name']}").body["done"] is True
    assert admin.get(CONNECT).body["state"] == "ENABLED"


def test_an_operation_that_takes_its_time_is_not_done(start):
    google = start("api-disabled")
    google._services._seconds = 60
    admin = caller_of(google, ADMIN)
    name = admin.post(f"{CONNECT}:enable", {}).body["name"]

    assert admin.get(f"/v1/{name}").body == {"name": name}
    assert admin.get(CONNECT).body["state"] == "DISABLED"


def test_what_was_disabled_can_be_enabled_again(admin):
    off = admin.post(f"{CONNECT}:disable", {"disableDependentServices": False}).body
    assert admin.get(f"/v1/{off['name']}").body["response"]["service"]["state"] == "DISABLED"
    assert admin.get(CONNECTIONS).status == 403

    admin.post(f"{CONNECT}:enable", {})

    assert admin.get(CONNECTIONS).status == 200


def test_enabling_many_at_once_is_all_or_nothing(admin):
    names = ["dns.googleapis.com", "storage.googleapis.com"]
    refused = admin.post(f"{PROJECT}/services:batchEnable", {"serviceIds": [*names, "nonsense"]})
    operation = admin.post(f"{PROJECT}/services:batchEnable", {"serviceIds": names}).body

    done = admin.get(f"/v1/{operation['name']}").body
    assert refused.status == 403
    assert {each["state"] for each in done["response"]["services"]} == {"ENABLED"}
    assert admin.post(f"{PROJECT}/services:batchEnable", {"serviceIds": []}).status == 400


def test_services_by_state_and_in_pages(admin):
    names = []
    token = ""
    while True:
        page = admin.get(f"{PROJECT}/services", filter="state:ENABLED", pageSize=4, pageToken=token).body
        names += [each["config"]["name"] for each in page["services"]]
        if not (token := page.get("nextPageToken", "")):
            break

    off = admin.get(f"{PROJECT}/services", filter="state:DISABLED").body["services"]
    assert "apigeeconnect.googleapis.com" in names
    assert len(names) == len(set(names)) > 4
    assert "dns.googleapis.com" in [each["config"]["name"] for each in off]


def test_an_operation_nobody_began_is_not_found(admin):
    assert admin.get("/v1/operations/acf.nothing").status == 404


def test_what_belongs_to_an_api_is_refused_while_it_is_off(start):
    answer = caller_of(start("api-disabled"), ADMIN).get(CONNECTIONS)

    error = answer.body["error"]
    info = error["details"][0]
    assert (answer.status, info["reason"]) == (403, "SERVICE_DISABLED")
    assert info["metadata"]["service"] == "apigeeconnect.googleapis.com"
    assert error["message"].startswith("Apigee Connect API has not been used in project 123456789012 before")


def test_an_api_that_was_just_enabled_still_refuses_when_google_is_slow(start):
    google = start("api-disabled", "slow-iam")
    google._services._delay = 60.0  # a busy machine must not make a minute of a second
    admin = caller_of(google, ADMIN)
    admin.post(f"{CONNECT}:enable", {})

    assert admin.get(CONNECT).body["state"] == "ENABLED"
    assert admin.get(CONNECTIONS).status == 403

    google._services._usable_at.clear()  # the minutes are over
    assert admin.get(CONNECTIONS).status == 200


@pytest.mark.parametrize("project", ["other", "hybrid"])
def test_a_foreign_project_is_refused(admin, project):
    assert admin.get(f"/v1/projects/{project}/services").status == 403


def test_a_project_may_be_named_by_its_number(admin):
    assert admin.get("/v1/projects/123456789012/services").status == 200
