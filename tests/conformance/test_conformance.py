"""The same requests to a real kube-apiserver and to the in-memory one: the answers are the same."""

from __future__ import annotations

import os
import pathlib
import ssl
import time
import uuid
from collections.abc import Iterator

import pytest

from apigeectl import yaml
from apigeectl.sandbox.kubernetes import KubernetesServer
from tests.conformance.comparison import Server, Step, comparable, differences
from tests.conformance.requests_table import CRD, CRDS, STEPS

pytestmark = pytest.mark.cluster
KUBECONFIG = os.environ.get("APIGEECTL_TEST_KUBECONFIG", "")


@pytest.fixture(scope="module")
def real() -> Iterator[Server]:
    if not KUBECONFIG:
        pytest.skip("APIGEECTL_TEST_KUBECONFIG names no real API server")
    config = yaml.load_all(pathlib.Path(KUBECONFIG).read_text())[0]
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    server = Server(
        config["clusters"][0]["cluster"]["server"],
        config["users"][0]["user"]["token"],
        context,
        namespace=f"conformance-{uuid.uuid4().hex[:8]}",
    )
    prepare(server)
    yield server
    clear(server)
    server.connection.close()


@pytest.fixture(scope="module")
def ours(real: Server) -> Iterator[Server]:
    with KubernetesServer() as kubernetes:
        context = ssl.create_default_context(cadata=kubernetes.ca_pem)
        server = Server(kubernetes.url, kubernetes.token, context, namespace=real.namespace)
        prepare(server)
        yield server
        server.connection.close()


@pytest.mark.parametrize("step", STEPS, ids=str)
def test_both_servers_answer_alike(step: Step, real: Server, ours: Server):
    expected, answer = real.ask(step), ours.ask(step)

    found = [
        line
        for line in differences(comparable(list(expected)), comparable(list(answer)))
        if not any(line.startswith(f"[1].{path}") for path in step.ignore)
    ]
    assert not found, "\n".join(found)


def prepare(server: Server) -> None:
    """The namespace of the run and the CRD that the steps use, served."""
    server.ask(Step("POST", "/api/v1/namespaces", {"metadata": {"name": "{ns}"}}))
    server.ask(Step("POST", CRDS, CRD))
    name = CRD["metadata"]["name"]
    listing = f"/apis/{CRD['spec']['group']}/v1/widgets"
    for _ in range(100):
        conditions = (
            server.ask(Step("GET", f"{CRDS}/{name}"))[1]["body"].get("status", {}).get("conditions") or []
        )
        established = any(one["type"] == "Established" and one["status"] == "True" for one in conditions)
        if established and server.ask(Step("GET", listing))[0] == 200:
            return
        time.sleep(0.1)
    pytest.fail("the CRD is not served")


def clear(server: Server) -> None:
    """A bare API server has no controllers: finalizers and the namespace are up to us."""
    server.ask(Step("DELETE", f"{CRDS}/{CRD['metadata']['name']}"))
    for kind in ("pods", "services", "secrets", "configmaps", "persistentvolumeclaims"):
        listed = server.ask(Step("GET", f"/api/v1/namespaces/{{ns}}/{kind}"))[1]["body"]["items"]
        for item in listed:
            path = f"/api/v1/namespaces/{{ns}}/{kind}/{item['metadata']['name']}"
            if item["metadata"].get("finalizers"):
                patch = {"metadata": {"finalizers": None}}
                server.ask(Step("PATCH", path, patch, "application/merge-patch+json"))
            server.ask(Step("DELETE", f"{path}?gracePeriodSeconds=0"))
    server.ask(Step("DELETE", "/api/v1/namespaces/{ns}"))
    namespace = server.ask(Step("GET", "/api/v1/namespaces/{ns}"))[1]["body"]
    server.ask(Step("PUT", "/api/v1/namespaces/{ns}/finalize", {**namespace, "spec": {"finalizers": []}}))
