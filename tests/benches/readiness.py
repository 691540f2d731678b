"""How long after the last object turned ready check-ready lets go."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from apigeectl.clients.kubernetes import Cluster
from apigeectl.manifests import APIGEE_GROUP
from apigeectl.readiness.status import readiness
from apigeectl.sandbox.session import Sandbox

REPOSITORY = Path(__file__).parents[2]
PROGRAM = [sys.executable, "-m", "apigeectl"]
RUNS = 3
GLANCE = 0.02
"""Seconds between two looks at the objects, so much too late at most."""

WATCHED = (
    ("", "Pod"),
    *((APIGEE_GROUP, kind) for kind in ("ApigeeDatastore", "ApigeeRedis", "ApigeeOrganization")),
    *((APIGEE_GROUP, kind) for kind in ("ApigeeEnvironment", "ApigeeTelemetry", "ApigeeRouteConfig")),
)


def measured() -> float:
    """Seconds from the last readiness to the exit of `check-ready --wait`, in a sandbox of its own."""
    with tempfile.TemporaryDirectory() as name, Sandbox(speed=1) as sandbox:
        folder = Path(name)
        sandbox.write_demo_files(folder)
        shutil.copy(REPOSITORY / "overrides" / "quickstart.yaml", folder / "overrides.yaml")
        environment = os.environ | sandbox.environment()

        def run(*argv: str) -> subprocess.Popen[bytes]:
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            return subprocess.Popen([*PROGRAM, *argv], cwd=folder, env=environment, **quiet)

        for argv in (["init"], ["check-ready", "--wait"]):
            assert run(*argv).wait() == 0
        # Without credentials for Google apply does not wait for streams, so that pods are still to come.
        environment["GOOGLE_APPLICATION_CREDENTIALS"] = str(folder / "nobody.json")
        (folder / "overrides.yaml").open("a", encoding="utf-8").write("\nvalidateOrg: false\n")
        assert run("apply", "--yes").wait() == 0
        cluster = Cluster.connect(kubeconfig=environment["KUBECONFIG"])
        waiting = run("check-ready", "--wait")
        turned, before = time.perf_counter(), -1
        while waiting.poll() is None:
            objects = [live for group, kind in WATCHED for live in cluster.list(group, kind, "apigee")]
            ready = sum(readiness(live).ready for live in objects)
            if ready != before:
                turned, before = time.perf_counter(), ready
            time.sleep(GLANCE)
        assert waiting.returncode == 0
        assert before > 0
        return time.perf_counter() - turned


def main() -> None:
    """Measure and print."""
    taken = statistics.median(measured() for _ in range(RUNS))
    print(f"check-ready --wait ends {taken:.2f} s after the last pod or custom resource turned ready")


if __name__ == "__main__":
    main()
