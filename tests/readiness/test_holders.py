from __future__ import annotations

from typing import Any

import pytest

from apigeectl.errors import Forbidden
from apigeectl.manifests import APIGEE_GROUP, ObjectRef
from apigeectl.readiness.holders import OPERATOR, held_by, holder, operator_trouble, way_out
from tests.apply.fakes import FakeCluster, Request, custom, with_finalizer

ORG = ObjectRef(APIGEE_GROUP, "ApigeeOrganization", "apigee", "acme")
CLAIM = ObjectRef("", "PersistentVolumeClaim", "apigee", "data")
ORGANIZATION = with_finalizer(custom("ApigeeOrganization", "acme"), "clean-up")


def operator(namespace: str, ready: int = 1) -> dict[str, Any]:
    counts = {"replicas": 1, "updatedReplicas": 1, "readyReplicas": ready, "availableReplicas": ready}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "apigee-controller-manager", "namespace": namespace},
        "spec": {},
        "status": {"observedGeneration": 1, **counts},
    }


@pytest.mark.parametrize(
    ("finalizer", "ref", "owner"),
    [
        ("clean-up", ORG, OPERATOR),
        ("organization.apigee.cloud.google.com/finalizer", ORG, OPERATOR),
        ("kubernetes.io/pvc-protection", CLAIM, "the pods that still use it"),
        ("example.com/mine", CLAIM, ""),
    ],
)
def test_a_finalizer_is_somebodys(finalizer: str, ref: ObjectRef, owner: str):
    assert holder(finalizer, ref) == owner


def test_the_garbage_collector_holds_resources_of_apigee_too():
    assert "garbage collector" in holder("foregroundDeletion", ORG)


def test_they_are_told_with_whose_they_are():
    live = {"metadata": {"finalizers": ["clean-up", "example.com/mine"]}}

    assert held_by(CLAIM, live) == ["finalizer clean-up", "finalizer example.com/mine"]
    assert held_by(ORG, live)[0] == "finalizer clean-up of the Apigee operator"


class TestOperator:
    def trouble(self, *lives: dict[str, Any], of: dict[str, Any] = ORGANIZATION) -> str:
        return operator_trouble(FakeCluster(*lives), [(ORG, of)])

    def test_one_that_is_gone_serves_nobody(self):
        assert "exists in none of the namespaces apigee, apigee-system" in self.trouble()

    def test_one_that_is_not_ready_is_named(self):
        assert self.trouble(operator("apigee-system", ready=0)) == (
            "Deployment/apigee-system/apigee-controller-manager is not ready: 0 of 1 replica is ready"
        )

    @pytest.mark.parametrize("namespace", ["apigee", "apigee-system"])
    def test_one_that_runs_is_no_trouble(self, namespace: str):
        assert self.trouble(operator(namespace)) == ""

    def test_what_has_no_finalizer_of_its_does_not_need_it(self):
        assert self.trouble(of=custom("ApigeeOrganization", "acme")) == ""

    def test_one_that_may_not_be_seen_may_be_there(self):
        cluster = FakeCluster()

        def refuse(request: Request) -> None:
            raise Forbidden("no", status=403)

        cluster.faults = refuse
        assert operator_trouble(cluster, [(ORG, ORGANIZATION)]) == ""


@pytest.mark.parametrize("trouble", ["", "it is gone"])
def test_the_way_out_warns_of_the_short_one(trouble: str):
    assert "explain RES-06" in way_out(trouble)
    assert trouble in way_out(trouble)
