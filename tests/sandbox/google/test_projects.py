"""Service Usage, IAM policy, Apigee Connect."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from apigeectl.sandbox.google.accounts import ADMIN
from tests.sandbox.google.conftest import caller_of

PROJECT = "/v1/projects/hybrid-demo"
AGENT_ROLE = "roles/apigeeconnect.Agent"
CONNECT = f"{PROJECT}/services/apigeeconnect.googleapis.com"
CONNECTIONS = f"{PROJECT}/endpoints/apigee_mart/connections"
PERMISSION = "apigeeconnect.endpoints.connect"


def streams(cluster, count=4, project="hybrid-demo"):
    return SimpleNamespace(project=project, cluster=cluster, region="us-central1", count=count)


def test_a_service_is_named_with_the_project_number(admin):
    body = admin.get(CONNECT).body

    assert body["state"] == "ENABLED"
    assert body["name"] == "projects/123456789012/services/apigeeconnect.googleapis.com"


def test_enabling_what_is_on_is_done_at_once(admin):
    body = admin.post(f"{CONNECT}:enable", {}).body

    assert body["done"] is True
    assert body["response"]["service"]["state"] == "ENABLED"


def test_enabling_takes_an_operation(start):
    admin = caller_of(start("connect-api=disabled"), ADMIN)
    assert admin.get(CONNECT).body["state"] == "DISABLED"

    operation = admin.post(f"{CONNECT}:enable", {}).body
    assert "done" not in operation

    assert admin.get(f"/v1/{operation['name']}").body["done"] is True
    assert admin.get(CONNECT).body["state"] == "ENABLED"


def test_enabling_many_at_once(admin):
    operation = admin.post(f"{PROJECT}/services:batchEnable", {"serviceIds": ["dns.googleapis.com"]}).body

    done = admin.get(f"/v1/{operation['name']}").body
    assert done["response"]["services"][0]["state"] == "ENABLED"


def test_services_by_state_and_in_pages(admin):
    names = []
    token = ""
    while True:
        page = admin.get(f"{PROJECT}/services", filter="state:ENABLED", pageSize=4, pageToken=token).body
        names += [each["config"]["name"] for each in page["services"]]
        if not (token := page.get("nextPageToken", "")):
            break

    assert "apigeeconnect.googleapis.com" in names
    assert len(names) == len(set(names)) > 4
    assert admin.get(f"{PROJECT}/services", filter="state:DISABLED").body == {}


def test_connect_is_refused_while_its_api_is_off(start):
    answer = caller_of(start("connect-api=disabled"), ADMIN).get(CONNECTIONS)

    info = answer.body["error"]["details"][0]
    assert (answer.status, info["reason"]) == (403, "SERVICE_DISABLED")
    assert info["metadata"]["service"] == "apigeeconnect.googleapis.com"


@pytest.mark.parametrize("version", ["v1", "v3"])
def test_a_policy_is_written_back_with_its_etag(admin, version):
    stem = f"/{version}/projects/hybrid-demo"
    policy = admin.post(f"{stem}:getIamPolicy", {"options": {"requestedPolicyVersion": 3}}).body
    policy["bindings"].append({"role": "roles/x", "members": ["user:a@example.com"]})

    written = admin.post(f"{stem}:setIamPolicy", {"policy": policy}).body

    assert written["bindings"] == policy["bindings"]
    assert written["etag"] != policy["etag"]


def test_a_lost_race_is_409_and_changes_nothing(admin):
    policy = admin.post(f"{PROJECT}:getIamPolicy", {}).body
    admin.post(f"{PROJECT}:setIamPolicy", {"policy": policy})

    answer = admin.post(f"{PROJECT}:setIamPolicy", {"policy": {"etag": policy["etag"], "bindings": []}})

    assert (answer.status, answer.body["error"]["status"]) == (409, "ABORTED")
    assert admin.post(f"{PROJECT}:getIamPolicy", {}).body["bindings"]


def test_conditions_need_version_3(admin):
    policy = admin.post(f"{PROJECT}:getIamPolicy", {"options": {"requestedPolicyVersion": 3}}).body
    condition = {"title": "t", "expression": "true"}
    policy["bindings"].append({"role": "roles/x", "members": ["user:a@example.com"], "condition": condition})

    assert admin.post(f"{PROJECT}:setIamPolicy", {"policy": policy | {"version": 1}}).status == 400
    assert admin.post(f"{PROJECT}:setIamPolicy", {"policy": policy | {"version": 3}}).body["version"] == 3


def test_mart_holds_the_role_of_the_agent_and_cannot_list_connections(caller):
    mart = caller("apigee-mart")

    assert mart.post(f"{PROJECT}:testIamPermissions", {"permissions": [PERMISSION]}).body == {
        "permissions": [PERMISSION]
    }
    assert mart.get(CONNECTIONS).status == 403
    assert mart.post(f"{PROJECT}:getIamPolicy", {}).status == 403


def test_a_permission_that_is_not_held_is_not_echoed(caller):
    assert (
        caller("apigee-udca").post(f"{PROJECT}:testIamPermissions", {"permissions": [PERMISSION]}).body == {}
    )


def test_a_revoked_role_can_be_granted_again(start):
    google = start("connect-agent=permission-denied")
    admin, mart = caller_of(google, ADMIN), google.project.email("apigee-mart")
    assert "Permission denied on resource" in google.refusal("hybrid-demo", mart)
    policy = admin.post(f"{PROJECT}:getIamPolicy", {}).body

    policy["bindings"].append({"role": AGENT_ROLE, "members": [f"serviceAccount:{mart}"]})
    admin.post(f"{PROJECT}:setIamPolicy", {"policy": policy})

    assert google.refusal("hybrid-demo", mart) is None


def test_agents_are_refused_for_a_foreign_project_or_account(google):
    mart = google.project.email("apigee-mart")

    assert google.refusal("hybrid-demo", mart) is None
    assert "projects/other/endpoints/APIGEE_MART" in google.refusal("other", mart)
    assert google.refusal("hybrid-demo", google.project.email("apigee-udca"))
    assert google.refusal("hybrid-demo", "") is None, "workload identity: the account is not known here"


def test_nothing_connected_is_an_empty_object(admin):
    assert admin.get(CONNECTIONS).body == {}


def test_connections_carry_the_project_number(admin, runtime):
    runtime.connected = [streams("demo"), streams("idle", count=0), streams("foreign", project="other")]

    first, second = admin.get(CONNECTIONS).body["connections"]

    assert first == {
        "endpoint": "projects/123456789012/endpoints/apigee_mart",
        "cluster": {"name": "demo", "region": "us-central1"},
        "streamCount": 4,
    }
    assert "streamCount" not in second


def test_connections_come_in_pages(admin, runtime):
    runtime.connected = [streams(f"cluster-{number}") for number in range(5)]

    first = admin.get(CONNECTIONS, pageSize=3).body
    second = admin.get(CONNECTIONS, pageSize=3, pageToken=first["nextPageToken"]).body

    assert [len(page["connections"]) for page in (first, second)] == [3, 2]
    assert "nextPageToken" not in second


def test_a_foreign_project_is_refused(admin):
    assert admin.get("/v1/projects/other/services").status == 403
    assert admin.get("/v1/projects/123456789012/services").status == 200


def test_service_accounts_can_be_listed_and_read(admin):
    emails = [each["email"] for each in admin.get(f"{PROJECT}/serviceAccounts").body["accounts"]]

    assert "apigee-mart@hybrid-demo.iam.gserviceaccount.com" in emails
    assert admin.get(f"{PROJECT}/serviceAccounts/{emails[0]}").body["email"] == emails[0]
    assert admin.get(f"{PROJECT}/serviceAccounts/nobody@example.com").status == 404
