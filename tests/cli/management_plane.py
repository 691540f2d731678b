"""The sandbox's management plane and runtime pods for commands as typed, on a clock that only pauses move."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from apigeectl.actions.deployments_status import Times
from apigeectl.cli import deployments_place
from apigeectl.cli.app import run
from apigeectl.clients import pace
from apigeectl.clients.endpoints import Service
from apigeectl.errors import Unreachable
from apigeectl.sandbox.faults import Faults
from apigeectl.sandbox.google import ADMIN, GoogleServer
from tests.sandbox.google.conftest import caller_of

OVERRIDES = """\
org: hybrid-demo
gcp: {projectID: hybrid-demo, region: us-central1}
k8sCluster: {name: demo-cluster, region: us-central1}
envs: [{name: test}]
"""
PODS = tuple(f"apigee-runtime-hybrid-demo-test-{tail}" for tail in ("4kx2p", "9wz7d", "c5fnb", "hq8vt"))


@dataclass
class Clock:
    now: float = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Runtime:
    """The runtime plane: the pods of the cluster, if there is one."""

    pods: tuple[str, ...] = ()
    connected: list[Any] = field(default_factory=list)

    def streams(self) -> Sequence[Any]:
        return self.connected

    def serve(self, organization: str, path: str, *_: object) -> bool:
        return False

    def runtime_pods(self, environment: str) -> Sequence[str]:
        return self.pods

    def cluster(self) -> Runtime:
        if not self.pods:
            raise Unreachable("there is no cluster")
        return self

    def list(self, group: str, kind: str, namespace: str = "", *, labels: str = "") -> list[dict[str, Any]]:
        return [
            {
                "metadata": {
                    "name": name,
                    "labels": {"app": "apigee-runtime", "env": "test", "org": "hybrid-demo"},
                },
                "spec": {
                    "containers": [{"name": "apigee-runtime", "image": "gcr.io/apigee/apigee-runtime:1.10.3"}]
                },
                "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
            }
            for name in self.pods
        ]


@dataclass
class Plane:
    """One sandbox, and the program in front of it."""

    google: GoogleServer
    clock: Clock
    runtime: Runtime

    def call(self, *argv: str) -> tuple[int, str]:
        """Exit code, and stdout and stderr as a terminal mixes them."""
        screen = io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sys.stdout", screen)
            patch.setattr("sys.stderr", screen)
            code = run(argv)
        return code, screen.getvalue()


@contextmanager
def management_plane(
    patch: pytest.MonkeyPatch, folder: Path, *faults: str, pods: Sequence[str] = (), **options: Any
) -> Iterator[Plane]:
    """A sandbox with faults; every variable and the working directory point at it."""
    clock, runtime = Clock(), Runtime(tuple(pods))
    options = {"environments": ("test", "prod"), "speed": 1.0, **options}
    google = GoogleServer(runtime, faults=Faults.parse(faults), clock=clock, **options)
    google.start()
    try:
        for service in Service:
            patch.setenv(service.variable, google.url)
        patch.setenv("CLOUDSDK_AUTH_ACCESS_TOKEN", caller_of(google, ADMIN).token)
        patch.setenv("CLOUDSDK_CONFIG", str(folder))
        patch.setenv("KUBECONFIG", os.devnull)
        patch.setattr(pace, "WRITES_PER_SECOND", 1000.0)
        patch.setattr(pace, "READS_PER_SECOND", 1000.0)
        patch.setattr(deployments_place, "Times", lambda: Times(clock, clock, clock.sleep))
        patch.setattr(deployments_place.Place, "_connected", lambda self: runtime.cluster())
        patch.chdir(folder)
        (folder / "overrides.yaml").write_text(OVERRIDES)
        yield Plane(google, clock, runtime)
    finally:
        google.stop()
