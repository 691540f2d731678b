"""The same kubectl session on a real kube-apiserver and on the in-memory one: kubectl says the same."""

from __future__ import annotations

import os
import pathlib
import shutil
from collections.abc import Callable, Iterator

import pytest

from apigeectl import yaml
from apigeectl.sandbox.kubernetes import KubernetesServer
from tests.conformance.google_definitions import google_definitions
from tests.conformance.kubectl import Kubectl, Said, ask_both, differences
from tests.conformance.kubectl_session import COMMANDS, Command
from tests.conformance.real_server import KUBECONFIG, RealServer
from tests.conformance.script import Script
from tests.conformance.summary import EXCUSED

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(KUBECONFIG not in os.environ, reason=f"{KUBECONFIG} names no kubeconfig"),
    pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed"),
]


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Script[Command, tuple[Said, Said]]]:
    """What kubectl says on both after each command."""
    folder = tmp_path_factory.mktemp("kubectl")
    definitions = google_definitions()
    real = RealServer()
    real.establish(*definitions)
    kubeconfig = folder / "ours"
    with real.namespace() as namespace, KubernetesServer(crds=definitions) as ours:
        kubeconfig.write_text(yaml.dump([ours.kubeconfig()]))
        servers = [
            Kubectl(pathlib.Path(os.environ[KUBECONFIG]), folder / "home-real", namespace),
            Kubectl(kubeconfig, folder / "home-ours", namespace),
        ]
        made = servers[1](Command("create namespace {ns}"))
        assert made.code == 0, made
        yield Script(COMMANDS, lambda command: ask_both(servers, command))
        for plural in ("clusterroles", "clusterrolebindings"):
            real.send("DELETE", f"/apis/rbac.authorization.k8s.io/v1/{plural}/{namespace}")


@pytest.mark.parametrize("place", range(len(COMMANDS)), ids=lambda place: f"{place} {COMMANDS[place]}")
def test_kubectl_says_the_same(
    place: int,
    script: Script[Command, tuple[Said, Said]],
    record_property: Callable[[str, object], None],
) -> None:
    real, ours = script.outcome(place)
    found = differences(real, ours)
    if COMMANDS[place].known:
        record_property(*EXCUSED)
        assert found, "the servers agree: the table needs no reason here any more"
    else:
        assert not found, found
