"""Apigee Connect: whom it lets in, and what it lists."""

from __future__ import annotations

from types import SimpleNamespace

CONNECTIONS = "/v1/projects/hybrid-demo/endpoints/apigee_mart/connections"


def streams(cluster, count=4, project="hybrid-demo"):
    return SimpleNamespace(project=project, cluster=cluster, region="us-central1", count=count)


def test_agents_are_refused_for_a_foreign_project_or_account(google):
    mart = google.project.email("apigee-mart")

    assert google.refusal("hybrid-demo", mart) is None
    assert google.refusal("other", mart) == "Permission denied on resource project other."
    assert "projects/hybrid-demo/endpoints/APIGEE_MART" in google.refusal(
        "hybrid-demo", google.project.email("apigee-udca")
    )
    assert google.refusal("hybrid-demo", "") is None, "workload identity: the account is not known here"


def test_agents_are_refused_while_the_api_is_off(start):
    google = start("api-disabled")

    assert "(or it may not exist)" in google.refusal("hybrid-demo", google.project.email("apigee-mart"))


def test_agents_are_refused_in_a_project_that_is_not_the_organizations(start):
    google = start("wrong-project")

    refusal = google.refusal("hybrid-demo", google.project.email("apigee-mart"))
    assert refusal == "Permission denied on resource project hybrid-demo."


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


def test_mart_cannot_list_the_connections_it_makes(caller):
    assert caller("apigee-mart").get(CONNECTIONS).status == 403


def test_the_endpoint_is_written_in_lower_case(admin):
    assert admin.get(CONNECTIONS.replace("apigee_mart", "APIGEE_MART")).status == 400
