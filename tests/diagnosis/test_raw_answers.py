"""What servers really answer, through our clients' own errors, to the known problem that a command names."""

from __future__ import annotations

import json
from typing import Any

import pytest

from apigeectl.clients.apiserver_errors import answer_error
from apigeectl.clients.google_errors import google_error
from apigeectl.clients.kubeconfig import Access
from apigeectl.diagnosis.answers import problem_of
from apigeectl.errors import InstallerError, NoCredentials, Unreachable

ACCESS = Access(None, "prod", "https://10.0.0.1:6443")  # type: ignore[arg-type]
WEBHOOK = 'Internal error occurred: failed calling webhook "mapigeeredis.apigee.cloud.google.com": failed to call webhook: '
POST = 'Post "https://apigee-webhook-service.apigee-system.svc:443/mutate?timeout=10s": '


def kubernetes(status: int, message: str, reason: str = "", *causes: dict[str, str]) -> InstallerError:
    body = {
        "kind": "Status",
        "message": message,
        "reason": reason,
        "code": status,
        "details": {"causes": list(causes)},
    }
    return answer_error(status, json.dumps(body).encode(), "ApigeeRedis/apigee/default", ACCESS)


def google(
    status: int, message: str, state: str, *details: dict[str, Any], subject: str = "organization acme"
) -> InstallerError:
    error = {"code": status, "message": message, "status": state, "details": list(details)}
    return google_error(status, json.dumps({"error": error}).encode(), subject)


def info(reason: str, **metadata: str) -> dict[str, Any]:
    return {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "metadata": metadata}


def invalid(field: str, message: str) -> dict[str, str]:
    return {"reason": "FieldValueInvalid", "field": field, "message": message}


ANSWERS: list[tuple[str, InstallerError]] = [
    ("WEB-04", kubernetes(500, WEBHOOK + POST + 'no endpoints available for service "apigee-webhook-service"')),
    ("WEB-05", kubernetes(500, WEBHOOK + POST + "dial tcp 10.4.0.9:9443: i/o timeout")),
    ("WEB-05", kubernetes(500, WEBHOOK + POST + "context deadline exceeded")),
    ("WEB-07", kubernetes(500, WEBHOOK + POST + 'service "apigee-webhook-service" not found')),
    ("WEB-08", kubernetes(500, WEBHOOK + POST + "tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time")),
    ("WEB-10", kubernetes(500, WEBHOOK + POST + "tls: failed to verify certificate: x509: certificate signed by unknown authority")),
    ("WEB-02", kubernetes(500, 'Internal error occurred: failed calling webhook "webhook.cert-manager.io": Post "https://cert-manager-webhook.cert-manager.svc:443/validate": connect: connection refused')),
    ("WEB-03", kubernetes(500, 'Internal error occurred: failed calling webhook "webhook.cert-manager.io": Post "https://x": tls: failed to verify certificate: x509: certificate is not valid for any names, but wanted to match cert-manager-webhook.cert-manager.svc')),
    ("CRD-05", kubernetes(500, 'conversion webhook for apigee.cloud.google.com/v1alpha2, Kind=ApigeeOrganization failed: Post "https://apigee-webhook-service.apigee-system.svc:443/convert?timeout=30s": service "apigee-webhook-service" not found')),
    ("CRD-01", kubernetes(422, "x is invalid: metadata.annotations: Too long", "Invalid", invalid("metadata.annotations", "Too long: may not be more than 262144 bytes"))),
    ("CRD-03", kubernetes(500, "failed to create typed patch object (apigee/default; apigee.cloud.google.com/v1alpha1, Kind=ApigeeRedis): .spec.colour: field not declared in schema")),
    ("CRD-04", kubernetes(422, "x is invalid", "Invalid", invalid("status.storedVersions[0]", 'Invalid value: "v1alpha1": must appear in spec.versions'))),
    ("KUB-06", kubernetes(401, "Unauthorized", "Unauthorized")),
    ("KUB-06", Unreachable('context "prod" (https://10.0.0.1:6443): connection refused')),
    ("KUB-06", NoCredentials('context "prod": its exec plugin could not log in')),
    ("KUB-07", kubernetes(403, 'apigeeredis.apigee.cloud.google.com "default" is forbidden: User "me" cannot patch resource "apigeeredis" in API group "apigee.cloud.google.com" in the namespace "apigee"', "Forbidden")),
    ("KUB-08", kubernetes(403, 'clusterroles.rbac.authorization.k8s.io "apigee-manager-role" is forbidden: user "me" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:["apps"]}', "Forbidden")),
    ("KUB-09", kubernetes(422, 'StatefulSet.apps "x" is invalid: spec: Forbidden', "Invalid", invalid("spec", "Forbidden: updates to statefulset spec for fields other than 'replicas', 'template' are forbidden"))),
    ("ING-02", kubernetes(422, 'Job.batch "apigee-resources-install" is invalid: spec.template: Invalid value: core.PodTemplateSpec{}: field is immutable', "Invalid", invalid("spec.template", "Invalid value: field is immutable"))),
    ("KUB-10", kubernetes(409, 'Apply failed with 1 conflict: conflict with "kubectl": .spec.replicas', "Conflict", {"reason": "FieldManagerConflict", "field": ".spec.replicas", "message": 'conflict with "kubectl"'})),
    ("KUB-11", kubernetes(500, "etcdserver: request is too large")),
    ("KUB-13", Unreachable('context "prod" (https://10.0.0.1:6443): TLS handshake timeout')),
    ("KUB-13", kubernetes(503, "the server is currently unable to handle the request", "ServiceUnavailable")),
    ("KUB-13", kubernetes(500, "etcdserver: leader changed")),
    ("CON-02", google(403, "Apigee Connect API has not been used in project 12 before or it is disabled.", "PERMISSION_DENIED", info("SERVICE_DISABLED", service="apigeeconnect.googleapis.com"))),
    ("CON-06", google(503, "no connections available from the Apigee connect agent(s): refer to documentation to triage further.", "UNAVAILABLE")),
    ("CON-13", google(403, "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: Ab-3_x", "PERMISSION_DENIED", info("SECURITY_POLICY_VIOLATED"))),
    ("CON-15", google(403, "Permission 'apigeeconnect.connections.list' denied on resource '//apigeeconnect.googleapis.com/projects/p' (or it may not exist).", "PERMISSION_DENIED")),
    ("IAM-04", google(400, "Key creation is not allowed on this service account.", "FAILED_PRECONDITION")),
    ("IAM-09", google(403, "Caller does not have required permission to use project q.", "PERMISSION_DENIED", info("USER_PROJECT_DENIED"))),
    ("IAM-09", google(403, "Cloud Resource Manager API has not been used in project 12 before or it is disabled.", "PERMISSION_DENIED", info("SERVICE_DISABLED", service="cloudresourcemanager.googleapis.com"))),
    ("GCP-01", google(400, "Does not have an Apigee entitlement", "FAILED_PRECONDITION")),
    ("GCP-03", google(429, "Quota exceeded for quota metric 'Requests'.", "RESOURCE_EXHAUSTED")),
    ("GCP-04", google(409, "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff.", "ABORTED")),
    ("RUN-01", google(400, "No active runtime pods", "FAILED_PRECONDITION")),
    ("RUN-06", google(504, "Deadline expired before operation could complete.", "DEADLINE_EXCEEDED", subject="hello revision 3 in environment test")),
    ("RUN-07", google(400, "deployment validations failed", "FAILED_PRECONDITION")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "error"), ANSWERS, ids=[f"{code}-{n}" for n, (code, _) in enumerate(ANSWERS)]
)
def test_an_answer_gives_its_problem_away(code: str, error: InstallerError):
    found = problem_of(error)

    assert found is not None
    assert found.code == code


@pytest.mark.parametrize(
    "error",
    [
        kubernetes(404, 'apigeeredis.apigee.cloud.google.com "default" not found', "NotFound"),
        kubernetes(409, "the object has been modified; please apply your changes to the latest version", "Conflict"),
        google(404, "organization acme not found", "NOT_FOUND"),
        google(403, "The caller does not have permission", "PERMISSION_DENIED"),
        google(504, "Deadline expired before operation could complete.", "DEADLINE_EXCEEDED"),
        Unreachable("apigee.googleapis.com: connection refused"),
    ],
)  # fmt: skip
def test_an_ordinary_answer_gives_nothing_away(error: InstallerError):
    assert problem_of(error) is None
