"""Kill applies at random points on a real kube-apiserver, finish each by a clean run, and compare with one clean run.

`python -m tests.kill 100` starts a server of its own; the cluster tests have a short form.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apigeectl import yaml
from apigeectl.clients.kubernetes import Cluster
from apigeectl.manifests import APIGEE_GROUP, LiveObject, Manifest
from apigeectl.sandbox.apiserver import KubeAPIServer, find_assets
from apigeectl.sandbox.definitions import APIGEE_KINDS, definition
from apigeectl.sandbox.demo import write_demo_files
from apigeectl.sandbox.session import kubeconfig

REPOSITORY = Path(__file__).parents[1]
PROGRAM = (sys.executable, "-m", "apigeectl")
KINDS = (
    ("", "Secret"),
    ("", "ConfigMap"),
    ("", "ServiceAccount"),
    ("coordination.k8s.io", "Lease"),
    *(
        (APIGEE_GROUP, kind)
        for kind in (
            "ApigeeDatastore",
            "ApigeeRedis",
            "ApigeeOrganization",
            "ApigeeEnvironment",
            "ApigeeTelemetry",
            "ApigeeRouteConfig",
        )
    ),
)
LONGEST = 60.0


@dataclass(frozen=True)
class Site:
    """A server with Apigee's definitions, and a folder with an overrides file and its keys."""

    kubeconfig: Path
    folder: Path
    program: Sequence[str] = PROGRAM

    def apply(self, namespace: str, *, program: Sequence[str] | None = None) -> subprocess.Popen[str]:
        """An apply of the quickstart file in a namespace of its own, just started."""
        file = self.folder / f"{namespace}.yaml"
        if not file.exists():
            text = (REPOSITORY / "overrides" / "quickstart.yaml").read_text(encoding="utf-8")
            file.write_text(
                f"namespace: {namespace}\nvalidateServiceAccounts: false\n{text}", encoding="utf-8"
            )
        # Without credentials for Google the switch of Apigee Connect is left alone.
        environment = {
            **os.environ,
            "PYTHONPATH": str(REPOSITORY),
            "KUBECONFIG": str(self.kubeconfig),
            "GOOGLE_APPLICATION_CREDENTIALS": str(self.folder / "nobody.json"),
        }
        command = [*(program or self.program), "apply", "--release", "1.8", "-f", file.name]
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(self, namespace: str) -> str:
        """A clean run; what it said. Raises AssertionError when it failed."""
        process = self.apply(namespace)
        _, said = process.communicate(timeout=LONGEST)
        assert process.returncode == 0, said
        return said

    def kill(
        self, namespace: str, writes: int, delay: float, *, program: Sequence[str] | None = None
    ) -> None:
        """A run that is killed once it has told so many writes, and a moment later."""
        process = self.apply(namespace, program=program)
        assert process.stderr
        for line in process.stderr:
            writes -= line.endswith(" created\n")
            if writes <= 0:
                time.sleep(delay)
                break
        process.kill()
        process.communicate(timeout=LONGEST)


def state(cluster: Cluster, namespace: str) -> dict[str, Any]:
    """What stands in the namespace and who wrote which field, without what differs from object to object."""
    return {
        f"{kind}/{live['metadata']['name']}": _comparable(live, namespace)
        for group, kind in KINDS
        for live in cluster.list(group, kind, namespace)
        if not live["metadata"]["name"].startswith(("apigeectl-history-", "kube-root-ca"))
    }


def rounds(
    site: Site, cluster: Cluster, count: int, seed: int, *, program: Sequence[str] | None = None
) -> Iterator[str]:
    """Kill and finish `count` times; yields a line for every difference from one clean run."""
    chance = random.Random(seed)
    make_namespace(cluster, f"clean-{seed}")
    site.finish(f"clean-{seed}")
    wanted = state(cluster, f"clean-{seed}")
    writes = len(wanted)
    for number in range(count):
        namespace = f"kill-{seed}-{number}"
        make_namespace(cluster, namespace)
        after, delay = chance.randrange(writes + 1), chance.uniform(0, 0.03)
        site.kill(namespace, after, delay, program=program)
        process = site.apply(namespace, program=program)
        _, said = process.communicate(timeout=LONGEST)
        if process.returncode:
            yield f"{namespace}, killed after {after} writes: the next run failed: {said}"
        for name in _different(wanted, state(cluster, namespace)):
            yield f"{namespace}, killed after {after} writes: {name} differs"


def start(stack: ExitStack, folder: Path) -> Path:
    """A kube-apiserver; the kubeconfig that leads to it."""
    server = stack.enter_context(KubeAPIServer(find_assets(os.environ))).server
    file = folder / "kubeconfig"
    file.touch(mode=0o600)
    file.write_text(yaml.dump([kubeconfig(server)]), encoding="utf-8")
    return file


def prepare(stack: ExitStack, kubeconfig_file: Path) -> tuple[Site, Cluster]:
    """The keys that the quickstart file names, and the definitions."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="apigeectl-kill-")))
    write_demo_files(folder, "hybrid-demo", "http://127.0.0.1:9/token")
    cluster = Cluster.connect(kubeconfig=str(kubeconfig_file))
    for kind in APIGEE_KINDS:
        cluster.apply(Manifest(definition(kind)))
    deadline = time.monotonic() + LONGEST
    while not all(cluster.serves(group, kind) for group, kind in KINDS):
        assert time.monotonic() < deadline, "the definitions are not served"
        time.sleep(0.2)
        cluster.refresh_discovery()
    return Site(kubeconfig_file, folder), cluster


def make_namespace(cluster: Cluster, name: str) -> None:
    """An empty namespace."""
    cluster.apply(Manifest({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}))


def _different(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    return sorted(name for name in {*wanted, *found} if wanted.get(name) != found.get(name))


def _comparable(live: LiveObject, namespace: str) -> Any:
    metadata = live["metadata"]
    fields = [
        {key: entry.get(key) for key in ("manager", "operation", "subresource", "fieldsV1")}
        for entry in metadata.get("managedFields") or ()
    ]
    content = {key: value for key, value in live.items() if key != "metadata"}
    kept = {key: metadata.get(key) for key in ("labels", "annotations", "finalizers")}
    return json.loads(json.dumps([content, kept, fields]).replace(namespace, "NAMESPACE"))


def main(count: int, seed: int) -> int:
    """Start a server, kill, compare, print; the number of differences as an exit code of 0 or 1."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="apigeectl-kill-")))
        site, cluster = prepare(stack, start(stack, folder))
        found = list(rounds(site, cluster, count, seed))
        shutil.rmtree(site.folder, ignore_errors=True)
    print(f"{count} runs killed (seed {seed}), {len(found)} differences")
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers are taken down
    sys.exit(
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 100, int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    )
