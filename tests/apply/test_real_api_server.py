"""The rules of ownership as a real kube-apiserver sees them. APIGEECTL_TEST_KUBECONFIG names one."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from apigeectl import yaml
from apigeectl.apply.changes import Action, Event
from apigeectl.apply.delete import delete, plan_delete
from apigeectl.apply.engine import apply
from apigeectl.apply.inventory import Inventory, load
from apigeectl.apply.lease import Holder, held
from apigeectl.apply.plan import plan
from apigeectl.clients.kubernetes import Cluster
from apigeectl.errors import Conflict, Refused
from apigeectl.manifests import Manifest, ObjectRef, ref_of
from apigeectl.readiness.wait import Progress

KUBECONFIG = os.environ.get("APIGEECTL_TEST_KUBECONFIG", "")
CRDS = Path(os.environ.get("APIGEECTL_TEST_CRDS") or Path(__file__).parents[3] / "shared" / "crds")

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(not KUBECONFIG, reason="APIGEECTL_TEST_KUBECONFIG names no kube-apiserver"),
    pytest.mark.skipif(not shutil.which("kubectl"), reason="there is no kubectl"),
    pytest.mark.skipif(
        not CRDS.is_dir(), reason="APIGEECTL_TEST_CRDS names no folder with Google's definitions"
    ),
]


def kubectl(*words: str, given: dict[str, Any] | None = None) -> str:
    done = subprocess.run(
        ["kubectl", "--kubeconfig", KUBECONFIG, *words],
        input=json.dumps(given) if given else None,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def redis_definition() -> Manifest:
    (body,) = yaml.load_all(gzip.decompress((CRDS / "apigeeredis.yaml.gz").read_bytes()).decode())
    body["spec"].pop("conversion", None)  # its caBundle is a placeholder that newer servers refuse
    body["metadata"].pop("creationTimestamp", None)
    return Manifest(body)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    cluster = Cluster.connect(kubeconfig=KUBECONFIG)
    list(apply(cluster, plan(cluster, [redis_definition()])))
    return cluster


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    name = f"apigeectl-engine-{uuid.uuid4().hex[:8]}"
    cluster.apply(Manifest({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}))
    yield name
    for kind in ("configmaps", "secrets", "leases", "apigeeredis"):
        kubectl("-n", name, "delete", kind, "--all", "--wait=false")
    kubectl("delete", "namespace", name, "--wait=false")
    # No controller empties namespaces on a bare API server, so its finalizer goes by hand.
    live = json.loads(kubectl("get", "namespace", name, "-o", "json"))
    live["spec"]["finalizers"] = []
    kubectl("replace", "--raw", f"/api/v1/namespaces/{name}/finalize", "-f", "-", given=live)


def settings(namespace: str, **data: str) -> dict[str, Any]:
    metadata = {"name": "settings", "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def redis(namespace: str, replicas: int = 1) -> dict[str, Any]:
    return {
        "apiVersion": "apigee.cloud.google.com/v1alpha1",
        "kind": "ApigeeRedis",
        "metadata": {"name": "default", "namespace": namespace},
        "release": {"forceUpdate": True},
        "spec": {"components": {"redis": {"replicas": replicas}}},
    }


def run(cluster: Cluster, *bodies: dict[str, Any], **options: Any) -> dict[str, Action]:
    found = plan(cluster, [Manifest(body) for body in bodies], **options)
    events = [event for event in apply(cluster, found) if isinstance(event, Event)]
    return {event.ref.kind: event.action for event in events}


def version(cluster: Cluster, body: dict[str, Any]) -> str:
    live = cluster.get(ref_of(body))
    assert live
    return str(live["metadata"]["resourceVersion"])


def operator_resets(namespace: str) -> None:
    patch = ["--type=merge", "-p", '{"release":{"forceUpdate":false}}', "--field-manager=manager"]
    kubectl("-n", namespace, "patch", "apigeeredis", "default", *patch)


def test_a_repeated_apply_writes_nothing(cluster: Cluster, namespace: str):
    bodies = [settings(namespace, a="1"), redis(namespace)]
    run(cluster, *bodies)
    before = [version(cluster, body) for body in bodies]

    assert set(run(cluster, *bodies).values()) == {Action.UNCHANGED}
    assert [version(cluster, body) for body in bodies] == before


def test_force_update_set_back_by_the_operator_is_no_change(cluster: Cluster, namespace: str):
    run(cluster, redis(namespace))
    operator_resets(namespace)
    before = version(cluster, redis(namespace))

    assert run(cluster, redis(namespace)) == {"ApigeeRedis": Action.UNCHANGED}
    assert version(cluster, redis(namespace)) == before


def test_force_update_goes_along_with_a_real_change(cluster: Cluster, namespace: str):
    run(cluster, redis(namespace))
    operator_resets(namespace)

    assert run(cluster, redis(namespace, replicas=2)) == {"ApigeeRedis": Action.CONFIGURE}

    live = cluster.get(ref_of(redis(namespace)))
    assert live
    assert live["release"]["forceUpdate"] is True
    assert live["spec"]["components"]["redis"]["replicas"] == 2


def test_what_somebody_edited_by_hand_is_a_conflict(cluster: Cluster, namespace: str):
    run(cluster, redis(namespace))
    patch = ["--type=merge", "-p", '{"spec":{"components":{"redis":{"replicas":3}}}}']
    kubectl("-n", namespace, "patch", "apigeeredis", "default", *patch)

    with pytest.raises(Conflict) as caught:
        run(cluster, redis(namespace, replicas=2))

    assert caught.value.details == ("spec.components.redis.replicas belongs to kubectl-patch",)


@pytest.mark.parametrize("how", [[], ["--server-side"]], ids=["client-side", "server-side"])
def test_what_the_originals_kubectl_applied_is_taken_over(cluster: Cluster, namespace: str, how: list[str]):
    theirs = settings(namespace, a="old", b="1")
    kubectl("apply", *how, "-f", "-", given=theirs)

    assert run(cluster, settings(namespace, a="new", b="1")) == {"ConfigMap": Action.CONFIGURE}
    assert run(cluster, settings(namespace, a="new", b="1")) == {"ConfigMap": Action.UNCHANGED}
    assert run(cluster, settings(namespace, a="new")) == {"ConfigMap": Action.CONFIGURE}

    live = cluster.get(ref_of(theirs))
    assert live
    assert live["data"] == {"a": "new"}
    assert [entry["manager"] for entry in live["metadata"]["managedFields"]] == ["apigeectl"]
    assert "annotations" not in live["metadata"]


def test_custom_resources_of_the_original_are_taken_over_without_an_update(cluster: Cluster, namespace: str):
    kubectl("apply", "-f", "-", given=redis(namespace))
    operator_resets(namespace)

    assert run(cluster, redis(namespace)) == {"ApigeeRedis": Action.CONFIGURE}
    assert run(cluster, redis(namespace)) == {"ApigeeRedis": Action.UNCHANGED}

    live = cluster.get(ref_of(redis(namespace)))
    assert live
    assert live["release"]["forceUpdate"] is False


def test_a_namespace_and_what_is_in_it_come_in_one_run(cluster: Cluster, namespace: str):
    # The fixture's namespace is only there so that this one is cleaned up beside it.
    name = f"{namespace}-x"
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}

    done = run(cluster, body, settings(name, a="1"))

    assert done == {"Namespace": Action.CREATE, "ConfigMap": Action.CREATE}
    kubectl("-n", name, "delete", "configmaps", "--all", "--wait=false")
    kubectl("delete", "namespace", name, "--wait=false")
    live = json.loads(kubectl("get", "namespace", name, "-o", "json"))
    live["spec"]["finalizers"] = []
    kubectl("replace", "--raw", f"/api/v1/namespaces/{name}/finalize", "-f", "-", given=live)


def test_the_inventory_reads_back(cluster: Cluster, namespace: str):
    inventory = Inventory("acme", namespace, "acme-prod", "1.10.3")

    run(cluster, settings(namespace, a="1"), inventory=inventory, complete=True)

    stored = load(cluster, inventory, ())
    assert stored.refs == {ref_of(settings(namespace))}
    assert set(run(cluster, settings(namespace, a="1"), inventory=inventory).values()) == {Action.UNCHANGED}


def test_the_lease_keeps_a_second_run_out(cluster: Cluster, namespace: str):
    lease = ObjectRef("coordination.k8s.io", "Lease", namespace, "apigeectl-acme")

    with held(cluster, "acme", namespace, holder=Holder("she", "there", 1)):
        with pytest.raises(Refused, match="she@there 1"), held(cluster, "acme", namespace):
            pass
        assert cluster.get(lease)

    assert cluster.get(lease) is None


def test_the_lease_of_a_machine_whose_clock_is_wrong_keeps_it_out_too(cluster: Cluster, namespace: str):
    late = datetime.now(timezone.utc) - timedelta(hours=1)

    with (
        held(cluster, "acme", namespace, holder=Holder("she", "there", 7), now=lambda: late),
        pytest.raises(Refused, match="she@there 7"),
        held(cluster, "acme", namespace),
    ):
        pass


def test_deleting_waits_for_finalizers(cluster: Cluster, namespace: str):
    body = settings(namespace, a="1")
    body["metadata"]["finalizers"] = ["apigee.test/clean"]
    run(cluster, body)
    names = {"installation": "acme", "namespace": namespace, "operator_namespace": "none"}
    events = delete(cluster, plan_delete(cluster, [ref_of(body)], **names), wait_timeout=20)

    first = next(events)
    patch = ["--type=merge", "-p", '{"metadata":{"finalizers":[]}}']
    kubectl("-n", namespace, "patch", "configmap", "settings", *patch)
    last = list(events)[-1]

    assert isinstance(first, Progress)
    assert first.readiness.message == "held by finalizer apigee.test/clean"
    assert isinstance(last, Event)
    assert cluster.get(ref_of(body)) is None


def test_in_a_namespace_that_is_going_there_is_nothing_to_hold(cluster: Cluster, namespace: str):
    run(cluster, settings(namespace, a="1"))
    kubectl("delete", "namespace", namespace, "--wait=false")

    with held(cluster, "acme", namespace):
        assert cluster.get(ObjectRef("coordination.k8s.io", "Lease", namespace, "apigeectl-acme")) is None


def test_of_what_is_only_recorded_goes_what_we_wrote(cluster: Cluster, namespace: str):
    theirs = {**settings(namespace), "metadata": {"name": "theirs", "namespace": namespace}}
    kubectl("create", "-f", "-", given=theirs)
    run(cluster, settings(namespace, a="1"))
    names = {"installation": "acme", "namespace": namespace, "operator_namespace": "none"}

    found = plan_delete(cluster, [], recorded=[ref_of(theirs), ref_of(settings(namespace))], **names)

    assert {one.ref.name: one.action for one in found.changes} == {
        "theirs": Action.SKIP,
        "settings": Action.DELETE,
    }
