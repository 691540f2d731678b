"""Deployments in the sandbox: refusals, reports of pods that poll at their own moments, the base path."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from apigeectl.sandbox.google.proxies import HELLO, Proxies, Proxy
from tests.sandbox.google.calls import NO_PROXY, Answer, Caller
from tests.sandbox.google.conftest import caller_of

ORG = "/v1/organizations/hybrid-demo"
HERE = f"{ORG}/environments/test"


def exact(revision: int, name: str = "hello", environment: str = "test") -> str:
    return f"{ORG}/environments/{environment}/apis/{name}/revisions/{revision}/deployments"


def request(url: str) -> Answer:
    try:
        with NO_PROXY.open(url, timeout=5) as answer:
            return Answer(answer.status, json.loads(answer.read()))
    except urllib.error.HTTPError as error:
        return Answer(error.code, json.loads(error.read()))


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def states(admin: Caller, clock: Clock, revision: int, moments: int = 12) -> list[dict[str, Any]]:
    """The answers of the next seconds."""
    found = []
    for _ in range(moments):
        found.append(admin.get(exact(revision)).body)
        clock.now += 0.5
    return found


def shares(body: dict[str, Any]) -> dict[str, int]:
    (instance,) = body.get("instances") or [{}]
    return {each["revision"]: each["percentage"] for each in instance.get("deployedRevisions", ())}


def test_a_list_tells_no_state_and_one_deployment_does(admin):
    admin.post(exact(1))

    (listed,) = admin.get(f"{HERE}/deployments").body["deployments"]
    single = admin.get(exact(1)).body

    assert "state" not in listed
    assert (single["state"], shares(single)) == ("READY", {"1": 100})
    assert admin.get(f"{ORG}/deployments").body == admin.get(f"{ORG}/apis/hello/deployments").body
    assert admin.get(f"{ORG}/deployments", sharedFlows="true").body == {}


def test_only_one_revision_runs_unless_override_replaces_it(admin):
    admin.post(exact(1))

    refused = admin.post(exact(2))
    taken = admin.post(f"{exact(2)}?override=true")

    error = refused.body["error"]
    assert (refused.status, error["status"]) == (400, "FAILED_PRECONDITION")
    assert error["details"][0]["violations"][0]["type"] == "CONFLICTING_DEPLOYMENT"
    assert (taken.status, taken.body["revision"]) == (200, "2")
    assert admin.get(exact(1)).status == 404


def test_two_proxies_cannot_share_a_base_path_in_an_environment(start):
    google = start(proxies=Proxies("hybrid-demo", (HELLO, Proxy("copy", "/hello"))))
    admin = caller_of(google, "apigee-org-admin")
    admin.post(exact(1))

    refused = admin.post(f"{exact(1, 'copy')}?override=true")
    report = admin.post(f"{exact(1, 'copy')}:generateDeployChangeReport?override=true").body

    assert "contains conflicting base paths: [/hello]" in str(refused.body)
    assert report["validationErrors"]["violations"][0]["type"] == "CONFLICTING_DEPLOYMENT"


def test_what_is_not_there_is_not_found(admin):
    assert admin.post(exact(9)).status == 404
    assert admin.post(exact(1, "nobody")).status == 404
    assert admin.post(exact(1, environment="nowhere")).status == 404
    assert admin.send("DELETE", exact(1)).status == 404
    assert admin.get("/v1/organizations/other/deployments").status == 403


def test_a_service_account_goes_in_bare_and_comes_out_whole(admin):
    body = admin.post(f"{exact(1)}?serviceAccount=robot@p.iam.gserviceaccount.com").body

    assert body["serviceAccount"] == "projects/-/serviceAccounts/robot@p.iam.gserviceaccount.com"


def test_component_accounts_may_not_deploy(caller):
    assert caller("apigee-mart").post(exact(1)).status == 403


def test_revisions_are_listed_in_an_order_that_means_nothing(admin):
    body = admin.get(f"{ORG}/apis/orders").body

    assert (body["revision"], body["latestRevisionId"]) == (["1", "10", "2"], "10")
    assert admin.get(f"{ORG}/apis/orders/revisions").body == ["1", "10", "2"]
    assert admin.get(f"{ORG}/apis/orders/revisions/10").body["basepaths"] == ["/v1/orders"]


def watched(start: Any, clock: Clock, *faults: str) -> tuple[Any, Caller]:
    from apigeectl.sandbox.faults import Faults
    from apigeectl.sandbox.google.control_plane import ControlPlane

    google = start(*faults, clock=clock)
    plane = google.control_plane
    plane._speed = 20.0 if "slow-sync" in faults else 1.0  # a server of a test is instant; here time matters
    assert isinstance(plane, ControlPlane)
    assert isinstance(plane.faults, Faults)
    return google, caller_of(google, "apigee-org-admin")


def test_pods_take_a_revision_one_by_one_and_the_base_path_never_fails(start, clock):
    google, admin = watched(start, clock)
    admin.post(exact(1))
    clock.now += 60
    admin.post(f"{exact(2)}?override=true")

    seen, answers = [], []
    for _ in range(30):
        seen.append(shares(admin.get(exact(2)).body).get("2", 0))
        answers += [google.control_plane.serve("/hello/there") for _ in range(4)]
        clock.now += 0.2

    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0, 100)
    assert len(set(seen)) > 2
    assert all(answers)
    assert {served.revision for served in answers if served} == {"1", "2"}


def test_after_an_undeploy_the_base_path_fails_until_all_have_the_next_one(start, clock):
    google, admin = watched(start, clock)
    admin.post(exact(1))
    clock.now += 60
    admin.send("DELETE", exact(1))
    clock.now += 5
    admin.post(exact(2))

    assert request(f"{google.ingress.url}/hello").status == 404
    clock.now += 60
    assert request(f"{google.ingress.url}/hello").body["revision"] == "2"
    assert request(f"{google.ingress.url}/hellos").status == 404


def test_the_same_moments_bring_the_same_reports(start, clock):
    def run() -> list[dict[str, int]]:
        clock.now = 1_700_000_000.0
        _, admin = watched(start, clock)
        admin.post(exact(1))
        return [shares(body) for body in states(admin, clock, 1)]

    assert run() == run()


def test_a_bundle_error_names_the_cause_and_takes_the_old_revision_down(start, clock):
    google, admin = watched(start, clock, "bundle-error")
    admin.post(exact(1))
    clock.now += 60
    admin.post(f"{exact(2)}?override=true")
    clock.now += 60

    body = admin.get(exact(2)).body
    answers = [google.control_plane.serve("/hello") for _ in range(8)]

    assert (body["state"], shares(body), len(body["errors"])) == ("ERROR", {"2": 50}, 2)
    assert "SpikeArrest-1 has no rate" in body["errors"][0]["message"]
    assert {served.revision if served else None for served in answers} == {None, "2"}


@pytest.mark.parametrize(
    ("fault", "state", "share"),
    [
        ("silent-pods", "PROGRESSING", {"2": 75}),
        ("never-ready", "PROGRESSING", {"1": 100}),
        ("no-pod-reports", "PROGRESSING", {}),
        ("slow-sync", "PROGRESSING", {"1": 100}),
        ("route-conflict", "READY", {"2": 100}),
    ],
)
def test_each_fault_has_its_own_look(start, clock, fault, state, share):
    google, admin = watched(start, clock, fault)
    admin.post(exact(1))
    clock.now += 300
    admin.post(f"{exact(2)}?override=true")
    clock.now += 0.1 if fault == "slow-sync" else 60

    body = admin.get(exact(2)).body

    assert (body["state"], shares(body)) == (state, share)
    assert ("routeConflicts" in body) == (fault == "route-conflict")
    assert google.control_plane.serve("/hello")


def test_reports_of_pods_have_no_state_and_tell_pods_that_have_not_reported(start, clock):
    _, admin = watched(start, clock, "pod-reports")
    admin.post(exact(1))

    first, *_, last = states(admin, clock, 1)

    assert "state" not in first
    assert {pod["deploymentStatus"] for pod in first["pods"]} == {"pending"}
    assert {pod["deploymentStatus"] for pod in last["pods"]} == {"deployed"}
    assert all(int(pod["deploymentStatusTime"]) >= int(last["deployStartTime"]) for pod in last["pods"])


def test_the_clusters_own_pods_report_once_there_are_some(start, runtime, monkeypatch):
    monkeypatch.setattr(
        runtime, "runtime_pods", lambda environment: ["apigee-runtime-a", "apigee-runtime-b"], raising=False
    )
    google = start("pod-reports")
    admin = caller_of(google, "apigee-org-admin")
    admin.post(exact(1))

    assert [pod["podName"] for pod in admin.get(exact(1)).body["pods"]] == [
        "apigee-runtime-a",
        "apigee-runtime-b",
    ]


def test_every_third_request_hits_the_rate_limit(start):
    admin = caller_of(start("google=http-429"), "apigee-org-admin")

    answers = [admin.get(f"{ORG}/apis") for _ in range(3)]

    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[-1].body["error"]["status"] == "RESOURCE_EXHAUSTED"
