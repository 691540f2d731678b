from __future__ import annotations

from pathlib import Path
from typing import Any

from apigeectl.actions.bindings import with_accounts_of_others
from apigeectl.actions.rendering import Choices, render_prerequisites
from apigeectl.errors import Forbidden
from apigeectl.manifests import LiveObject, Manifest, ObjectRef
from tests.actions.prepared import prepared
from tests.apply.fakes import FakeCluster

RBAC = "rbac.authorization.k8s.io"


def account(namespace: str, name: str = "apigee-init") -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}}


def subject(namespace: str, name: str = "apigee-init", kind: str = "ServiceAccount") -> dict[str, Any]:
    return {"kind": kind, "name": name, "namespace": namespace}


def binding(*subjects: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "apigee-init"},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "apigee-init"},
        "subjects": list(subjects),
    }


def subjects_of(cluster: FakeCluster, *own: dict[str, Any]) -> list[dict[str, Any]]:
    (found,) = with_accounts_of_others(cluster, [Manifest(binding(*own))])
    subjects: list[dict[str, Any]] = found.body["subjects"]
    return subjects


def test_the_same_account_of_another_namespace_keeps_its_rights():
    cluster = FakeCluster(binding(subject("apigee")), account("apigee"))

    assert subjects_of(cluster, subject("second")) == [subject("apigee"), subject("second")]


def test_whoever_writes_writes_the_same():
    cluster = FakeCluster(binding(subject("second"), subject("apigee")), account("apigee"), account("second"))

    assert subjects_of(cluster, subject("second")) == subjects_of(cluster, subject("apigee"))


def test_an_account_that_is_gone_does_not():
    assert subjects_of(FakeCluster(binding(subject("gone"))), subject("second")) == [subject("second")]


def test_what_somebody_else_put_in_is_not_written_by_us():
    cluster = FakeCluster(
        binding(subject("apigee", "stranger"), subject("apigee", kind="User")),
        account("apigee"),
        account("apigee", "stranger"),
    )

    assert subjects_of(cluster, subject("second")) == [subject("second")]


def test_an_account_that_may_not_be_looked_at_stays():
    class Guarded(FakeCluster):
        def get(self, ref: ObjectRef, version: str | None = None) -> LiveObject | None:
            if ref.kind == "ServiceAccount":
                raise Forbidden("no", status=403)
            return super().get(ref, version)

    cluster = Guarded(binding(subject("apigee")))

    assert subjects_of(cluster, subject("second")) == [subject("apigee"), subject("second")]


def test_init_in_a_second_namespace_takes_no_rights_from_the_first():
    cluster = FakeCluster(binding(subject("first")), account("first"))

    rendering = render_prerequisites(prepared(), Path.cwd(), Choices(), cluster)

    (found,) = (one for one in rendering.manifests if str(one) == "ClusterRoleBinding/apigee-init")
    assert {one["namespace"] for one in found.body["subjects"]} == {"first", "apigee"}
