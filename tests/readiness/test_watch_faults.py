"""Watches over real connections: dropped, refused for a while, answered 410. No change may be missed."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from apigeectl.clients.kubernetes import Cluster
from apigeectl.manifests import Manifest, ObjectRef
from apigeectl.readiness.observation import Collection, Observation, Snapshot
from apigeectl.sandbox.kubernetes import KubernetesServer
from apigeectl.sandbox.kubernetes.messages import Request
from apigeectl.sandbox.kubernetes.statuses import expired

SETTINGS = Collection("", "ConfigMap", "default")
NAMES = [f"settings-{number}" for number in range(20)]


class Relay:
    """Stands between a client and a server on loopback, and lets connections go when told to."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open = True
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, *, closed: bool = False) -> None:
        """Reset every connection; refuse new ones until opened again."""
        self._open = not closed
        for one in self._sockets:
            with suppress(OSError):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                one.shutdown(socket.SHUT_RDWR)
        self._sockets.clear()

    def open(self) -> None:
        self._open = True

    def close(self) -> None:
        self.cut(closed=True)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if not self._open:
                client.close()
                continue
            server = socket.create_connection(("127.0.0.1", self._port))
            self._sockets += [client, server]
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=_pump, args=(source, target), daemon=True).start()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for one in (source, target):
        with suppress(OSError):
            one.close()


@pytest.fixture(scope="module")
def server() -> Iterator[KubernetesServer]:
    with KubernetesServer() as server:
        yield server


@pytest.fixture
def relay(server: KubernetesServer) -> Iterator[Relay]:
    relay = Relay(urlsplit(server.url).port or 0)
    yield relay
    relay.close()


def connected(kubeconfig: dict[str, Any], path: Path) -> Cluster:
    path.write_text(json.dumps(kubeconfig), encoding="utf-8")
    return Cluster.connect(kubeconfig=str(path), sleep=lambda seconds: None)


@pytest.fixture
def writer(server: KubernetesServer, tmp_path: Path) -> Iterator[Cluster]:
    cluster = connected(server.kubeconfig(), tmp_path / "direct")
    yield cluster
    for name in NAMES:
        cluster.delete(ObjectRef("", "ConfigMap", "default", name))


@pytest.fixture
def watcher(server: KubernetesServer, relay: Relay, tmp_path: Path) -> Cluster:
    kubeconfig = server.kubeconfig()
    kubeconfig["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{relay.port}"
    return connected(kubeconfig, tmp_path / "relayed")


def written(cluster: Cluster, name: str) -> None:
    metadata = {"name": name, "namespace": "default"}
    cluster.create(Manifest({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}))


def until(observation: Observation, holds: Callable[[Snapshot], bool], seconds: float = 5.0) -> Snapshot:
    end = time.monotonic() + seconds
    seen = None
    while time.monotonic() < end:
        seen = observation.snapshot(end - time.monotonic()) or seen
        if seen and holds(seen):
            return seen
    raise AssertionError(f"it was not seen; {observation.trouble or 'no trouble'}")


def names(snapshot: Snapshot) -> set[str]:
    return {ref.name for ref in snapshot.objects if ref.name in NAMES}


def test_dropped_connections_lose_no_change(watcher: Cluster, writer: Cluster, relay: Relay):
    with Observation(watcher, [SETTINGS], pause=0.01) as observation:
        observation.snapshot(5)
        for number, name in enumerate(NAMES):
            written(writer, name)
            if number % 5 == 2:
                relay.cut()

        assert names(until(observation, lambda seen: names(seen) == set(NAMES))) == set(NAMES)


def test_a_server_that_is_away_for_a_while_is_waited_for(watcher: Cluster, writer: Cluster, relay: Relay):
    with Observation(watcher, [SETTINGS], pause=0.01) as observation:
        observation.snapshot(5)
        written(writer, NAMES[0])
        until(observation, lambda seen: names(seen) == {NAMES[0]})
        relay.cut(closed=True)
        written(writer, NAMES[1])
        writer.delete(ObjectRef("", "ConfigMap", "default", NAMES[0]))
        time.sleep(0.1)
        relay.open()

        until(observation, lambda seen: names(seen) == {NAMES[1]})


def test_a_version_that_is_too_old_is_answered_by_a_new_list(
    watcher: Cluster, writer: Cluster, server: KubernetesServer
):
    refused: list[Request] = []

    def too_old(request: Request) -> tuple[int, dict[str, Any]] | None:
        if request.query.get("watch") == "true" and len(refused) < 3:
            refused.append(request)
            return 410, expired("too old resource version").body
        return None

    server.fault = too_old
    try:
        with Observation(watcher, [SETTINGS], pause=0.01) as observation:
            observation.snapshot(5)
            written(writer, NAMES[0])
            until(observation, lambda seen: names(seen) == {NAMES[0]})
    finally:
        server.fault = None

    assert refused
