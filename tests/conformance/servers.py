"""The two servers, side by side, each with a namespace and an API group that nobody else uses."""

from __future__ import annotations

import contextlib
import os
import pathlib
import ssl
import time
import uuid
from collections.abc import Iterator

import pytest

from apigeectl import yaml
from apigeectl.sandbox.kubernetes import KubernetesServer
from tests.conformance.comparison import MERGE, Server, Step
from tests.conformance.requests_table import CRD, CRDS

KUBECONFIG = "APIGEECTL_TEST_KUBECONFIG"


@contextlib.contextmanager
def real_server() -> Iterator[Server]:
    """The server that APIGEECTL_TEST_KUBECONFIG names, prepared; cleared at the end."""
    if not os.environ.get(KUBECONFIG):
        pytest.skip(f"{KUBECONFIG} names no real API server")
    config = yaml.load_all(pathlib.Path(os.environ[KUBECONFIG]).read_text())[0]
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    run = uuid.uuid4().hex[:8]
    server = Server(
        config["clusters"][0]["cluster"]["server"],
        config["users"][0]["user"]["token"],
        context,
        namespace=f"conformance-{run}",
        group=f"c{run}.example.com",
    )
    try:
        _prepare(server)
        yield server
        _clear(server)
    finally:
        server.connection.close()


@contextlib.contextmanager
def our_server(real: Server) -> Iterator[Server]:
    """An in-memory server prepared like the real one."""
    with KubernetesServer() as kubernetes:
        context = ssl.create_default_context(cadata=kubernetes.ca_pem)
        server = Server(kubernetes.url, kubernetes.token, context, real.namespace, real.group)
        _prepare(server)
        yield server
        server.connection.close()


def _prepare(server: Server) -> None:
    """The namespace of the run and the CRD that the steps use, served."""
    server.ask(Step("POST", "/api/v1/namespaces", {"metadata": {"name": "{ns}"}}))
    server.ask(Step("POST", CRDS, CRD))
    definition = Step("GET", f"{CRDS}/{CRD['metadata']['name']}")
    listing = Step("GET", "/apis/{group}/v1/widgets")
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        conditions = server.ask(definition)[1]["body"].get("status", {}).get("conditions") or []
        established = any(one["type"] == "Established" and one["status"] == "True" for one in conditions)
        if established and server.ask(listing)[0] == 200:
            return
        time.sleep(0.1)
    pytest.fail("the CRD is not served")


def _clear(server: Server) -> None:
    """A bare API server has no controllers: finalizers and the namespace are up to us."""
    server.ask(Step("DELETE", f"{CRDS}/{CRD['metadata']['name']}"))
    for kind in ("pods", "services", "secrets", "configmaps", "persistentvolumeclaims"):
        listed = server.ask(Step("GET", f"/api/v1/namespaces/{{ns}}/{kind}"))[1]["body"]["items"]
        for item in listed:
            path = f"/api/v1/namespaces/{{ns}}/{kind}/{item['metadata']['name']}"
            if item["metadata"].get("finalizers"):
                server.ask(Step("PATCH", path, {"metadata": {"finalizers": None}}, MERGE))
            server.ask(Step("DELETE", f"{path}?gracePeriodSeconds=0"))
    server.ask(Step("DELETE", "/api/v1/namespaces/{ns}"))
    namespace = server.ask(Step("GET", "/api/v1/namespaces/{ns}"))[1]["body"]
    server.ask(Step("PUT", "/api/v1/namespaces/{ns}/finalize", {**namespace, "spec": {"finalizers": []}}))
