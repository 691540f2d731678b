from __future__ import annotations

from collections.abc import Iterator

import pytest

from apigeectl.sandbox.kubernetes import KubernetesServer
from tests.sandbox.kubernetes.client import Client, definition


@pytest.fixture
def server() -> Iterator[KubernetesServer]:
    with KubernetesServer(crds=[definition()]) as running:
        yield running


@pytest.fixture
def api(server: KubernetesServer) -> Iterator[Client]:
    client = Client(server)
    yield client
    client.close()
