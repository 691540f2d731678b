from __future__ import annotations

from typing import Any

import pytest

from apigeectl.errors import Forbidden, Invalid, Refused, ServiceFailure, Unreachable, WaitTimeout
from apigeectl.manifests import Manifest, ObjectRef
from apigeectl.readiness.cert_manager import deployments, wait_for_cert_manager
from apigeectl.readiness.operator import wait_for_operator
from apigeectl.readiness.webhooks import Patience, wait_until_answered, wait_until_trusted
from tests.apply.fakes import FakeCluster, Request, namespace

PROBE = Manifest(
    {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Issuer",
        "metadata": {"name": "probe", "namespace": "cert-manager"},
        "spec": {"selfSigned": {}},
    }
)
HOOKS = ObjectRef("admissionregistration.k8s.io", "MutatingWebhookConfiguration", "", "hooks")
NOT_YET = 'failed calling webhook "webhook.cert-manager.io": {}'


class Time:
    """Passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def patience(self, timeout: float = 60.0) -> Patience:
        return Patience(timeout, pause=2.0, clock=lambda: self.now, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def cluster_that_says(*answers: Exception | None) -> FakeCluster:
    """Raises what is listed, one dry run after the other, and the last one for ever."""
    cluster, left = (
        FakeCluster(namespace("cert-manager"), namespace("apigee"), namespace("apigee-system")),
        list(answers),
    )

    def fault(request: Request) -> None:
        if request.dry_run:
            error = left.pop(0) if len(left) > 1 else left[0]
            if error:
                raise error

    cluster.faults = fault
    return cluster


def failure(reason: str) -> ServiceFailure:
    return ServiceFailure(NOT_YET.format(reason), status=500)


def test_a_webhook_that_is_not_trusted_yet_is_asked_again_until_it_answers():
    cluster = cluster_that_says(failure("x509: unknown authority"), failure("x509: unknown authority"), None)

    told = list(wait_until_answered(cluster, PROBE, "it", Time().patience()))

    assert [one.readiness.message for one in told] == [NOT_YET.format("x509: unknown authority")]
    assert not cluster.writes()


@pytest.mark.parametrize(
    ("reason", "hint"),
    [
        ("x509: certificate signed by unknown authority", "cainjector"),
        ("x509: certificate is not valid for any names", "service mesh"),
        ("dial tcp 10.0.0.1:9443: i/o timeout", "9443"),
        ("context deadline exceeded", "10250"),
        ('no endpoints available for service "apigee-webhook-service"', "not ready"),
    ],
)
def test_one_that_never_answers_ends_with_what_is_most_often_behind_it(reason: str, hint: str):
    with pytest.raises(WaitTimeout, match="after 60 s it does not answer") as raised:
        list(wait_until_answered(cluster_that_says(failure(reason)), PROBE, "it", Time().patience()))

    assert raised.value.details == (NOT_YET.format(reason),)
    assert hint in str(raised.value.hint)


@pytest.mark.parametrize(
    "answer",
    [
        Invalid("spec.components is required", status=422),
        Forbidden('admission webhook "x" denied the request: no', status=403),
    ],
)
def test_its_own_no_is_an_answer(answer: Exception):
    assert list(wait_until_answered(cluster_that_says(answer), PROBE, "it", Time().patience())) == []


def test_missing_rights_are_no_reason_to_wait():
    with pytest.raises(Forbidden):
        list(
            wait_until_answered(
                cluster_that_says(Forbidden("cannot patch", status=403)), PROBE, "it", Time().patience()
            )
        )


def test_an_api_server_that_is_away_for_a_moment_is_survived():
    cluster = cluster_that_says(Unreachable("connection refused"), None)

    assert len(list(wait_until_answered(cluster, PROBE, "it", Time().patience()))) == 1


def test_a_configuration_is_trusted_once_every_webhook_in_it_has_a_ca():
    clock = Time()
    cluster = FakeCluster(configuration("Cg==", ""))

    def inject(seconds: float) -> None:
        clock.sleep(seconds)
        cluster.put(configuration("Cg==", "Cg=="))

    patience = Patience(60, clock=lambda: clock.now, sleep=inject)

    (told,) = wait_until_trusted(cluster, [HOOKS], patience)
    assert "has not put its CA there yet" in told.readiness.message


def test_a_configuration_without_a_ca_ends_the_wait():
    with pytest.raises(WaitTimeout, match="hooks has no CA"):
        list(wait_until_trusted(FakeCluster(configuration("")), [HOOKS], Time().patience()))


def test_a_definition_without_a_webhook_needs_no_ca():
    name = "apigeeredis.apigee.cloud.google.com"
    body = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": name},
        "spec": {"group": "g", "names": {"kind": "K"}, "conversion": {"strategy": "None"}},
    }
    ref = ObjectRef("apiextensions.k8s.io", "CustomResourceDefinition", "", name)

    assert list(wait_until_trusted(FakeCluster(body), [ref], Time().patience())) == []


def test_cert_manager_that_is_available_and_does_not_answer_is_waited_for():
    cluster = cluster_that_says(failure("connection refused"), None)
    for ref in deployments():
        cluster.put(deployment(ref))

    told = list(wait_for_cert_manager(cluster, timeout=60, sleep=lambda _: None))

    assert "connection refused" in told[-1].readiness.message


def test_cert_manager_may_run_elsewhere():
    with pytest.raises(Refused) as raised:
        list(wait_for_cert_manager(FakeCluster(), timeout=60, namespace="certificates"))
    assert "Deployment/certificates/cert-manager does not exist" in raised.value.details
    assert "certManager.namespace" in str(raised.value.hint)


def test_the_operator_answers_once_workload_ca_and_webhook_are_there():
    operator = ObjectRef("apps", "Deployment", "apigee-system", "apigee-controller-manager")
    other = ObjectRef("apps", "Deployment", "apigee", "apigee-ingressgateway-manager")
    cluster = cluster_that_says(failure("no endpoints available"), None)
    cluster.put(deployment(operator))
    cluster.put(configuration("Cg=="))

    told = list(
        wait_for_operator(
            cluster, [operator, other, HOOKS], PROBE, namespace="apigee-system", patience=Time().patience()
        )
    )

    assert [one.ref.name for one in told if not one.readiness.ready] == ["probe"]


def deployment(ref: ObjectRef) -> dict[str, Any]:
    count = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), 1)
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": ref.name, "namespace": ref.namespace},
        "spec": {},
        "status": {"observedGeneration": 1, **count},
    }


def configuration(*authorities: str) -> dict[str, Any]:
    webhooks = [{"name": f"hook-{n}", "clientConfig": {"caBundle": one}} for n, one in enumerate(authorities)]
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": HOOKS.name},
        "webhooks": webhooks,
    }
