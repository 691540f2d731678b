"""What a real API server's admission refuses: a webhook, a policy's quota, and fields that no definition has."""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from apigeectl import yaml
from apigeectl.apply.engine import Stopped, apply
from apigeectl.apply.plan import plan
from apigeectl.clients.kubernetes import Cluster
from apigeectl.errors import Forbidden, InstallerError, Invalid, ServiceFailure
from apigeectl.manifests import Manifest, ObjectRef
from apigeectl.sandbox import apiserver
from apigeectl.sandbox.kubernetes.certificates import loopback_identity
from apigeectl.sandbox.session import kubeconfig

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A server of its own, because that of the other tests calls no webhooks."""
    with ExitStack() as stack:
        patched = stack.enter_context(pytest.MonkeyPatch.context())
        patched.setattr(apiserver, "_SWITCHED_OFF", "ServiceAccount")
        try:
            assets = apiserver.find_assets(os.environ)
        except InstallerError as absent:
            pytest.skip(absent.message)
        server = stack.enter_context(apiserver.KubeAPIServer(assets)).server
        file = tmp_path_factory.mktemp("admission") / "kubeconfig"
        file.write_text(yaml.dump([kubeconfig(server)]), encoding="utf-8")
        yield Cluster.connect(kubeconfig=str(file))


class Refusing(BaseHTTPRequestHandler):
    """A webhook that admits dry runs and nothing else."""

    def do_POST(self) -> None:
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        dry = bool(review["request"].get("dryRun"))
        answer = {
            "uid": review["request"]["uid"],
            "allowed": dry,
            "status": {"message": "you cannot do that"},
        }
        body = json.dumps({**review, "response": answer}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


@contextmanager
def webhook(cluster: Cluster, namespace: str, *, answers: bool) -> Iterator[None]:
    """A validating webhook for the ConfigMaps of a namespace, until the block ends."""
    identity = loopback_identity()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    server.socket = identity.server_context().wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    port, authority = server.server_address[1], base64.b64encode(identity.ca.encode()).decode()
    if answers:
        thread.start()
    else:
        server.server_close()
    hook = {
        "name": "policy.faults.example",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "clientConfig": {"url": f"https://127.0.0.1:{port}/", "caBundle": authority},
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "rules": [
            {
                "apiGroups": [""],
                "apiVersions": ["v1"],
                "operations": ["CREATE", "UPDATE"],
                "resources": ["configmaps"],
            }
        ],
    }
    kind = "ValidatingWebhookConfiguration"
    body = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": namespace}}
    cluster.apply(Manifest({**body, "webhooks": [hook]}))
    try:
        yield
    finally:
        cluster.delete(ObjectRef("admissionregistration.k8s.io", kind, "", namespace))
        if answers:
            server.shutdown()
            server.server_close()


def make_namespace(cluster: Cluster, name: str) -> None:
    cluster.apply(Manifest({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}))


def config_map(namespace: str, name: str = "one") -> Manifest:
    metadata = {"name": name, "namespace": namespace}
    return Manifest({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": "1"}})


def until_refused(cluster: Cluster, namespace: str) -> InstallerError:
    """The refusal of a real write; webhooks count some moments after they are configured."""
    for number in range(100):
        found = plan_of(cluster, config_map(namespace, f"c{number}"))
        if isinstance(found, InstallerError):
            return found
    raise AssertionError("nothing was refused")


def plan_of(cluster: Cluster, manifest: Manifest) -> InstallerError | None:
    try:
        list(apply(cluster, plan(cluster, [manifest])))
    except (Stopped, ServiceFailure) as refused:
        return refused
    return None


def test_a_webhook_that_refuses_is_quoted(cluster: Cluster):
    make_namespace(cluster, "refused")
    with webhook(cluster, "refused", answers=True):
        refused = until_refused(cluster, "refused")

    assert (
        'admission webhook "policy.faults.example" denied the request: you cannot do that' in refused.message
    )
    assert "a policy of this cluster" in str(refused.hint)
    assert plan_of(cluster, config_map("refused", "after")) is None


def test_a_webhook_that_does_not_answer_is_named(cluster: Cluster):
    make_namespace(cluster, "silent")
    with webhook(cluster, "silent", answers=False):
        refused = until_refused(cluster, "silent")

    assert 'failed calling webhook "policy.faults.example"' in refused.message
    assert "workload behind the webhook" in str(refused.hint)


def test_a_quota_that_is_used_up_is_quoted_and_nothing_is_written(cluster: Cluster):
    make_namespace(cluster, "full")
    spec = {"hard": {"count/configmaps": "0"}}
    metadata = {"name": "quota", "namespace": "full"}
    quota = Manifest({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": spec})
    cluster.apply(quota)
    # No controller counts on a bare server.
    status = {"status": {**spec, "used": {"count/configmaps": "0"}}}
    cluster.patch(quota.ref, status, subresource="status")

    with pytest.raises(Forbidden, match="exceeded quota") as caught:
        plan(cluster, [config_map("full")])

    assert "raise the quota" in str(caught.value.hint)
    assert cluster.get(config_map("full").ref) is None


def test_a_field_that_the_server_does_not_know_is_named(cluster: Cluster):
    body = {**config_map("default").body, "newer": {"a": 1}}

    with pytest.raises(Invalid) as caught:
        plan(cluster, [Manifest(body)])

    assert caught.value.message == "ConfigMap/default/one: newer: field not declared in schema"
    assert "--release 1.x" in str(caught.value.hint)


def test_a_policy_in_the_server_is_quoted(cluster: Cluster, tmp_path: Path):
    make_namespace(cluster, "ruled")
    group = "admissionregistration.k8s.io/v1"
    rules = [
        {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
    ]
    policy = {
        "apiVersion": group,
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "no-one"},
        "spec": {
            "matchConstraints": {"resourceRules": rules},
            "validations": [{"expression": "false", "message": "not here"}],
        },
    }
    selector = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ruled"}}}
    binding = {
        "apiVersion": group,
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": "no-one"},
        "spec": {"policyName": "no-one", "validationActions": ["Deny"], "matchResources": selector},
    }
    for body in (policy, binding):
        cluster.apply(Manifest(body))

    deadline = 100
    while True:  # a policy counts some moments after it is bound
        try:
            plan(cluster, [config_map("ruled", f"c{deadline}")])
        except Invalid as error:
            refused = error
            break
        deadline -= 1
        assert deadline
        threading.Event().wait(0.05)

    assert "denied request: not here" in refused.message
    assert "a policy of this cluster" in str(refused.hint)
