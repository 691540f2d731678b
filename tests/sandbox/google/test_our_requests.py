"""What our own clients send around Apigee Connect, against Google's discovery documents."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

pytest.importorskip(
    "googleapiclient", reason="google-api-python-client, with its discovery documents, is absent"
)
pytest.importorskip("jsonschema")

from apigeectl.clients.connect import Connections
from apigeectl.clients.endpoints import Endpoints, Service
from apigeectl.clients.google import Session
from apigeectl.clients.iam import Permissions, ServiceAccounts
from apigeectl.clients.organizations import Organizations
from apigeectl.clients.policies import Policies
from apigeectl.clients.services import Services
from apigeectl.clients.synchronizers import Synchronizers
from apigeectl.sandbox.google import ADMIN, CONNECT_PROPERTY
from tests.sandbox.google.conftest import caller_of
from tests.sandbox.google.discovery import check_body, document

DOCUMENTS = {
    Service.APIGEE: ("apigee", "v1"),
    Service.SERVICE_USAGE: ("serviceusage", "v1"),
    Service.RESOURCE_MANAGER: ("cloudresourcemanager", "v1"),
    Service.IAM: ("iam", "v1"),
}
"""Apigee Connect has none."""

PROJECT = ORG = "hybrid-demo"
MART = "apigee-mart@hybrid-demo.iam.gserviceaccount.com"


@dataclass
class Recording:
    """A session that keeps what went through it."""

    session: Session
    sent: list[tuple[Service, str, str, Mapping[str, str], Any]] = field(default_factory=list)

    def get(self, service, path, params=None, *, subject):
        self.sent.append((service, "GET", path, params or {}, None))
        return self.session.get(service, path, params, subject=subject)

    def put(self, service, path, body, *, subject):
        self.sent.append((service, "PUT", path, {}, body))
        return self.session.put(service, path, body, subject=subject)

    def post(self, service, path, body, *, subject, idempotent=False):
        self.sent.append((service, "POST", path, {}, body))
        return self.session.post(service, path, body, subject=subject, idempotent=idempotent)


@pytest.fixture
def recording(start, runtime) -> Recording:
    """A session of an administrator with an organization that has everything to be switched on."""
    runtime.connected = []
    google = start("api-disabled", "permission-denied")
    environ = {service.variable: google.url for service in Service}
    environ["CLOUDSDK_AUTH_ACCESS_TOKEN"] = caller_of(google, ADMIN).token
    return Recording(Session(Endpoints(environ, {}), environ=environ))


def test_our_requests_are_ones_that_the_documents_know(recording):
    services = Services(recording)
    operation = services.enable(PROJECT, "apigeeconnect.googleapis.com")
    assert services.is_over(operation)
    assert services.is_enabled(PROJECT, "apigeeconnect.googleapis.com")
    assert Policies(recording).grant(PROJECT, "roles/apigeeconnect.Agent", f"serviceAccount:{MART}")
    Permissions(recording).on_project(PROJECT, ["apigeeconnect.endpoints.connect"])
    Permissions(recording).on_environment(ORG, "test", ["apigee.environments.get"])
    ServiceAccounts(recording).get(MART)
    Synchronizers(recording).add(ORG, ["new@hybrid-other.iam.gserviceaccount.com"])
    organizations = Organizations(recording)
    organizations.names()
    organizations.project_mapping(ORG)
    organizations.groups(ORG)
    organizations.set_property(ORG, CONNECT_PROPERTY, "true")
    assert Connections(recording).list(PROJECT) == ()

    for service, verb, path, params, body in recording.sent:
        if service in DOCUMENTS:
            api = document(*DOCUMENTS[service])
            rule = next((each for each in methods(api) if fits(each, verb, path)), None)
            assert rule, f"{verb} {path}"
            assert params.keys() <= rule["parameters"].keys(), path
            if body is not None:
                check_body(api, rule["request"]["$ref"], body)
    assert {service for service, *_ in recording.sent} == {*DOCUMENTS, Service.APIGEE_CONNECT}


def methods(resource: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from resource.get("methods", {}).values()
    for child in resource.get("resources", {}).values():
        yield from methods(child)


def fits(rule: Mapping[str, Any], verb: str, path: str) -> bool:
    pattern = re.sub(r"\\{\w+\\}", "[^/:]+", re.escape(rule["flatPath"]))
    return bool(rule["httpMethod"] == verb and re.fullmatch(pattern, path.lstrip("/")))
