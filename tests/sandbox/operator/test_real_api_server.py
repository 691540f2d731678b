"""The operator on a bare kube-apiserver, where it also plays what no controller does there."""

from __future__ import annotations

import contextlib
import gzip
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apigeectl import yaml
from apigeectl.errors import InstallerError
from apigeectl.sandbox.operator import APIServer, Operator
from apigeectl.sandbox.operator.kinds import KINDS
from tests.sandbox.cluster import NAMESPACE, RESOURCES, World, deployment, until

pytestmark = pytest.mark.cluster

KUBECONFIG = "APIGEECTL_TEST_OPERATOR_KUBECONFIG"
CRDS = Path(os.environ.get("APIGEECTL_TEST_CRDS") or Path(__file__).parents[4] / "shared" / "crds")
NAMESPACES = (NAMESPACE, "apigee-system", "cert-manager")


@pytest.fixture(scope="module", params=["ours", "googles"])
def bare(request: pytest.FixtureRequest) -> Iterator[World]:
    """A kube-apiserver with the operator, everything applied and running; cleaned up by the operator itself."""
    file = os.environ.get(KUBECONFIG)
    if not file:
        pytest.skip(f"{KUBECONFIG} names no kubeconfig")
    definitions = google_definitions() if request.param == "googles" else ()
    server = APIServer.from_kubeconfig(Path(file))
    operator = Operator(server, speed=0, bare=True)
    operator.start()
    with contextlib.closing(World(server, operator)) as world:
        try:
            world.install(definitions)
            world.apply()
            world.until_running()
            yield world
            clean(world)
        finally:
            operator.stop()


def clean(world: World) -> None:
    for kind, name in RESOURCES.items():
        with contextlib.suppress(InstallerError):
            world.delete(kind, name)
    for kind in RESOURCES:
        until(lambda kind=kind: not world.all(kind))
    for namespace in NAMESPACES:
        world.delete("Namespace", namespace, "")
    names = lambda: {each["metadata"]["name"] for each in world.all("Namespace", "")}  # noqa: E731
    until(lambda: not names() & set(NAMESPACES), seconds=90)
    for name in definitions_of_the_sandbox(world):
        world.delete("CustomResourceDefinition", name, "")
    until(lambda: not definitions_of_the_sandbox(world), seconds=90)
    for node in world.all("Node", ""):
        world.delete("Node", node["metadata"]["name"], "")


def definitions_of_the_sandbox(world: World) -> list[str]:
    names = [each["metadata"]["name"] for each in world.all("CustomResourceDefinition", "")]
    return [name for name in names if name.endswith((".apigee.cloud.google.com", ".cert-manager.io"))]


def google_definitions() -> list[dict[str, Any]]:
    if not CRDS.is_dir():
        pytest.skip("Google's definitions are not at hand; APIGEECTL_TEST_CRDS names their folder")
    found = [
        yaml.load_all(gzip.decompress(file.read_bytes()).decode())[0]
        for file in sorted(CRDS.glob("*.yaml.gz"))
    ]
    for each in found:
        each["spec"].pop("conversion", None)  # its webhook is the operator's, and not played here
    return found


def test_everything_runs(bare):
    assert all(bare.state(kind) == "running" for kind in RESOURCES)
    assert [each.count for each in bare.operator.streams()] == [4]


def test_a_setup_job_is_complete(bare):
    done = {
        c["type"] for job in bare.all("Job") for c in job["status"]["conditions"] if c["status"] == "True"
    }

    assert "Complete" in done


@pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not installed")
def test_kubectl_reads_logs_through_the_kubelet(bare):
    (pod,) = bare.pods("apigee-connect-agent")
    command = [
        "kubectl",
        "--kubeconfig",
        os.environ[KUBECONFIG],
        "logs",
        "-n",
        NAMESPACE,
        pod["metadata"]["name"],
        "--tail=1",
    ]

    text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout

    assert "listening on tether" in text


def test_what_lost_its_owner_is_collected(bare):
    bare.delete("ApigeeTelemetry", "apigee-telemetry")

    until(lambda: not bare.pods("apigee-prometheus-app"))
    until(
        lambda: not [s for s in bare.all("ReplicaSet") if s["metadata"]["name"].startswith("apigee-metrics")]
    )


@pytest.mark.parametrize("policy", ["Foreground", "Orphan"])
def test_deleting_an_owner_before_or_without_its_dependents(bare, policy):
    name = f"web-{policy.lower()}"
    bare.create("Deployment", deployment(name, NAMESPACE, {"app": name}, ("web",)))
    (pod,) = until(lambda: bare.pods(name))
    path = KINDS["Deployment"].path(NAMESPACE, name)

    bare.client.request("DELETE", path, {"propagationPolicy": policy})

    def sets():
        return [each for each in bare.all("ReplicaSet") if each["metadata"]["name"].startswith(f"{name}-")]

    until(lambda: bare.get("Deployment", name) is None)
    until(lambda: bool(sets()) == (policy == "Orphan"))  # one that was just being made is collected later
    for each in sets():
        bare.delete("ReplicaSet", each["metadata"]["name"])
    until(lambda: bare.get("Pod", pod["metadata"]["name"]) is None)
