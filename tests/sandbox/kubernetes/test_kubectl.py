"""kubectl as the judge: a handful of commands, as typed."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
from collections.abc import Callable

import pytest

from apigeectl import yaml
from apigeectl.sandbox.kubernetes import KubernetesServer
from tests.sandbox.kubernetes.client import MAPS, PODS, Client, config_map, deployment, owned_by, pod

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")

Kubectl = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def kubectl(server: KubernetesServer, tmp_path: pathlib.Path) -> Kubectl:
    config = tmp_path / "kubeconfig"
    config.write_text(yaml.dump([server.kubeconfig()]))
    own = {"KUBECONFIG": str(config), "KUBECACHEDIR": str(tmp_path / "cache"), "HOME": str(tmp_path)}

    def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, **own}
        command = ["kubectl", *arguments]
        return subprocess.run(
            command, input=stdin, env=environment, capture_output=True, text=True, timeout=30, check=False
        )

    return run


def test_objects_are_created_listed_described_and_deleted(kubectl: Kubectl):
    assert kubectl("create", "namespace", "n").stdout == "namespace/n created\n"
    kubectl("create", "configmap", "c", "--from-literal=a=b", "-n", "n")

    assert kubectl("get", "cm", "-n", "n", "--no-headers").stdout.split()[:2] == ["c", "1"]
    assert "a:\n----\nb" in kubectl("describe", "cm", "c", "-n", "n").stdout
    assert kubectl("delete", "namespace", "n").stdout == 'namespace "n" deleted\n'
    assert kubectl("get", "namespace", "n").returncode == 1


def test_apply_says_created_configured_and_unchanged(kubectl: Kubectl):
    def applied(replicas: int, *flags: str) -> str:
        manifest = yaml.dump([deployment(replicas=replicas)])
        return kubectl("apply", "-n", "default", "-f", "-", *flags, stdin=manifest).stdout.strip()

    assert applied(1) == "deployment.apps/d created"
    assert applied(1) == "deployment.apps/d unchanged"
    assert applied(2) == "deployment.apps/d configured"
    assert applied(2, "--server-side", "--force-conflicts") == "deployment.apps/d serverside-applied"


def test_diff_shows_what_an_apply_would_change(kubectl: Kubectl, api: Client):
    kubectl("apply", "-n", "default", "-f", "-", stdin=yaml.dump([deployment()]))

    same = kubectl("diff", "-n", "default", "-f", "-", stdin=yaml.dump([deployment()]))
    changed = kubectl("diff", "-n", "default", "-f", "-", stdin=yaml.dump([deployment(replicas=4)]))
    assert (same.returncode, changed.returncode) == (0, 1)
    assert "+  replicas: 4" in changed.stdout


def test_an_unknown_field_is_refused_by_the_servers_validation(kubectl: Kubectl):
    manifest = yaml.dump([{**config_map(), "spec": {"a": 1}}])

    refused = kubectl("apply", "-n", "default", "-f", "-", stdin=manifest)
    assert refused.returncode == 1
    assert 'unknown field "spec"' in refused.stderr


def test_wait_and_rollout_follow_a_status(kubectl: Kubectl, api: Client):
    path = "/apis/apps/v1/namespaces/default/deployments"
    api.post(path, deployment())
    condition = {"type": "Available", "status": "True"}
    counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), 1)
    api.merge(f"{path}/d/status", {"status": {**counts, "observedGeneration": 1, "conditions": [condition]}})

    assert kubectl("wait", "deploy/d", "--for=condition=Available", "--timeout=5s").returncode == 0
    assert "successfully rolled out" in kubectl("rollout", "status", "deploy/d", "--timeout=5s").stdout


def test_delete_waits_for_the_dependents_in_the_foreground(kubectl: Kubectl, api: Client):
    owner = api.post(MAPS, config_map("owner")).body
    api.post(MAPS, owned_by(owner, "child"))

    assert kubectl("delete", "cm", "owner", "--cascade=foreground").returncode == 0
    assert api.get(MAPS).names == []


def test_logs_are_printed(kubectl: Kubectl, api: Client):
    api.server.logs = lambda *_, **__: iter([b"2026-01-01T00:00:00Z hello\n"])
    api.post(PODS, pod(node="n1"))

    assert kubectl("logs", "p").stdout == "hello\n"


def test_custom_kinds_have_short_names_and_explanations(kubectl: Kubectl):
    assert "No resources found" in kubectl("get", "wi").stderr
    assert "size\t<integer>" in kubectl("explain", "widgets.spec").stdout


def test_a_client_may_ask_whether_it_may(kubectl: Kubectl):
    assert kubectl("auth", "can-i", "create", "pods").stdout == "yes\n"
