"""Every answer about deployments fits Google's discovery document, and our requests are ones that it knows."""

from __future__ import annotations

import re

import pytest

pytest.importorskip(
    "googleapiclient", reason="google-api-python-client, with its discovery documents, is absent"
)
pytest.importorskip("jsonschema")

from apigeectl.clients.deployments import Deployments
from apigeectl.clients.endpoints import Endpoints, Service
from apigeectl.clients.google import Session
from apigeectl.errors import NotFound
from tests.sandbox.google.conftest import caller_of
from tests.sandbox.google.discovery import check_body, check_path, document, method

ORG = "/v1/organizations/hybrid-demo"
HERE = f"{ORG}/environments/test"
FLOW = f"{HERE}/sharedflows/request-logging/revisions/1/deployments"
EXACT = f"{HERE}/apis/hello/revisions/1/deployments"

METHODS = [
    ("apis.list", f"{ORG}/apis?includeRevisions=true&includeMetaData=true"),
    ("apis.get", f"{ORG}/apis/hello"),
    ("apis.deployments.list", f"{ORG}/apis/hello/deployments"),
    ("apis.revisions.deployments.list", f"{ORG}/apis/hello/revisions/1/deployments"),
    ("deployments.list", f"{ORG}/deployments?sharedFlows=true"),
    ("environments.deployments.list", f"{HERE}/deployments"),
    ("environments.apis.deployments.list", f"{HERE}/apis/hello/deployments"),
    ("environments.apis.revisions.getDeployments", EXACT),
    ("environments.apis.revisions.deploy", f"{EXACT}?override=true&sequencedRollout=true&serviceAccount=a@b"),
    (
        "environments.apis.revisions.deployments.generateDeployChangeReport",
        f"{EXACT}:generateDeployChangeReport?override=true",
    ),
    (
        "environments.apis.revisions.deployments.generateUndeployChangeReport",
        f"{EXACT}:generateUndeployChangeReport",
    ),
    ("environments.apis.revisions.undeploy", EXACT),
    ("sharedflows.list", f"{ORG}/sharedflows"),
    ("sharedflows.get", f"{ORG}/sharedflows/request-logging"),
    ("sharedflows.deployments.list", f"{ORG}/sharedflows/request-logging/deployments"),
    ("environments.sharedflows.revisions.deploy", f"{FLOW}?override=true"),
    ("environments.sharedflows.revisions.undeploy", FLOW),
]


STATUS = "environments.apis.revisions.getDeployments"
REPORT = "environments.apis.revisions.deployments.generateDeployChangeReport"
FAULTS = {
    STATUS: ("bundle-error", "route-conflict", "silent-pods", "no-pod-reports", "pod-reports"),
    REPORT: ("route-conflict",),
    "deployments.list": ("pod-reports",),
}
CASES = [(name, path, fault) for name, path in METHODS for fault in ("", *FAULTS.get(name, ()))]


@pytest.mark.parametrize(
    ("name", "path", "fault"), CASES, ids=[f"{name}-{fault}" for name, _, fault in CASES]
)
def test_a_method_speaks_as_its_discovery_document(start, name, path, fault):
    api = document("apigee", "v1")
    rule = method(api, f"organizations.{name}")
    google = start(*[fault][: bool(fault)])
    admin = caller_of(google, "apigee-org-admin")
    admin.post(EXACT)
    admin.post(FLOW)
    check_path(rule, path.partition("?")[0])
    known = {key for key, each in rule.get("parameters", {}).items() if each["location"] == "query"}
    route, _ = google._find(rule["httpMethod"], path.partition("?")[0])

    answer = admin.send(rule["httpMethod"], path)

    assert set(route.query) <= known
    assert answer.status == 200
    check_body(api, rule["response"]["$ref"], _without_base_path(answer.body))


def _without_base_path(body):
    """Answers of hybrid 1.2 carry basePath, which today's document does not know."""
    for deployment in [body, *(body.get("deployments") or ())]:
        deployment.pop("basePath", None)
    return body


def test_our_requests_are_ones_that_the_document_knows(google):
    from apigeectl.sandbox.google import ADMIN

    admin = caller_of(google, ADMIN)
    environ = {service.variable: google.url for service in Service} | {
        "CLOUDSDK_AUTH_ACCESS_TOKEN": admin.token
    }
    plane = Deployments(Session(Endpoints(environ, {}), environ=environ), "hybrid-demo")
    google.requests.clear()

    plane.environments()
    for shared_flows in (False, True):
        plane.names(shared_flows=shared_flows)
        plane.in_environment("test", shared_flows=shared_flows)
    plane.revisions("hello")
    plane.deploy_report("test", "hello", "1")
    plane.deploy("test", "hello", "1", sequenced=True, service_account="a@b")
    plane.of_one("test", "hello")
    plane.status("test", "hello", "1")
    plane.undeploy_report("test", "hello", "1")
    plane.undeploy("test", "hello", "1")
    with pytest.raises(NotFound):
        plane.status("test", "request-logging", "1", shared_flows=True)

    rules = list(_methods(document("apigee", "v1")))
    for exchange in google.requests:
        path, _, query = exchange.path.partition("?")
        fitting = [
            rule
            for rule in rules
            if rule["httpMethod"] == exchange.method and _fits(rule["flatPath"], path.lstrip("/"))
        ]
        assert fitting, exchange
        parameters = {part.partition("=")[0] for part in query.split("&") if part}
        assert any(parameters <= rule.get("parameters", {}).keys() for rule in fitting), exchange
    assert len(google.requests) == 13


def _methods(resource):
    yield from resource.get("methods", {}).values()
    for inner in resource.get("resources", {}).values():
        yield from _methods(inner)


def _fits(flat_path: str, path: str) -> bool:
    return bool(re.fullmatch(re.sub(r"\\{\w+\\}", "[^/:]+", re.escape(flat_path)), path))
