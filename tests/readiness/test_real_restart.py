"""A watch survives that a real kube-apiserver is stopped and started again, and misses nothing meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from apigeectl.clients.kubernetes import Cluster
from apigeectl.errors import InstallerError
from apigeectl.manifests import ObjectRef
from apigeectl.readiness.observation import Observation
from apigeectl.sandbox.apiserver import KubeAPIServer, find_assets
from apigeectl.sandbox.session import kubeconfig
from tests.ports import hold
from tests.readiness.test_watch_faults import NAMES, SETTINGS, connected, names, until, written

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(
        not os.environ.get("APIGEECTL_TEST_KUBECONFIG"), reason="a part of `make test-cluster`"
    ),
    pytest.mark.skipif(not Path("/proc").is_dir(), reason="the server's process is found in /proc"),
]


@pytest.fixture
def server() -> Iterator[KubeAPIServer]:
    with KubeAPIServer(find_assets(os.environ)) as server:
        yield server


def process_of(server: KubeAPIServer) -> tuple[int, list[str]]:
    """The server's process, and its command line."""
    port = urlsplit(server.server.url).port
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (entry / "cmdline").exists():
            words = (entry / "cmdline").read_bytes().decode().split("\0")[:-1]
            if words[:1] and "kube-apiserver" in words[0] and f"--secure-port={port}" in words:
                return int(entry.name), words
    raise AssertionError(f"no kube-apiserver listens on {port}")


def test_a_restart_of_the_api_server_loses_no_change(server: KubeAPIServer, tmp_path: Path):
    watcher = connected(kubeconfig(server.server), tmp_path / "kubeconfig")
    writer = connected(kubeconfig(server.server), tmp_path / "kubeconfig")
    with Observation(watcher, [SETTINGS], pause=0.2) as observation:
        written(writer, NAMES[0])
        until(observation, lambda seen: names(seen) == {NAMES[0]}, 10)
        number, words = process_of(server)
        os.kill(number, signal.SIGKILL)
        holder = hold(urlsplit(server.server.url).port or 0)
        again = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            delete_and_write(writer)
            holder.close()
            until(observation, lambda seen: names(seen) == {NAMES[1]}, 60)
            begun = time.monotonic()
            written(writer, NAMES[2])
            until(observation, lambda seen: names(seen) == {NAMES[1], NAMES[2]}, 10)
            assert time.monotonic() - begun < 1.5  # it watches again
        finally:
            again.kill()  # it would wait for watches to end
            again.wait(30)


def delete_and_write(writer: Cluster) -> None:
    """As soon as the server answers again."""
    end = time.monotonic() + 60
    while True:
        try:
            writer.delete(ObjectRef("", "ConfigMap", "default", NAMES[0]))
            return written(writer, NAMES[1])
        except InstallerError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
