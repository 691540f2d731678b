"""Applying on a real kube-apiserver, against kubectl and against a plain loop of the same requests.

Ratios of the same run: the machine may be slow, and both sides are then.
"""

from __future__ import annotations

import http.client
import json
import os
import resource
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from apigeectl import yaml
from apigeectl.clients.kubernetes import Cluster
from tests.kill import PROGRAM, REPOSITORY, make_namespace, prepare, start

RUNS = 5
ENVIRONMENTS = 100


def rows(runs: int = RUNS, environments: int = ENVIRONMENTS) -> Iterator[str]:
    """A line a measurement; every number is the median of `runs`."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="apigeectl-bench-")))
        file = start(stack, folder)
        site, cluster = prepare(stack, file)
        bench = _Bench(site.folder, file, cluster)
        for count in (1, environments):
            yield from bench.compared(count, runs)


class _Bench:
    def __init__(self, folder: Path, kubeconfig_file: Path, cluster: Cluster) -> None:
        self.folder = folder
        self.kubeconfig = kubeconfig_file
        self.cluster = cluster
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(REPOSITORY),
            "KUBECONFIG": str(kubeconfig_file),
            "GOOGLE_APPLICATION_CREDENTIALS": str(folder / "nobody.json"),
        }

    def compared(self, environments: int, runs: int) -> Iterator[str]:
        taken: dict[str, list[float]] = {}
        objects = 0
        for number in range(runs):
            for who in ("ours", "kubectl", "loop"):
                namespace = f"bench-{environments}-{number}-{who}"
                make_namespace(self.cluster, namespace)
                self._write(namespace, environments)
            names = {who: f"bench-{environments}-{number}-{who}" for who in ("ours", "kubectl", "loop")}
            for again in ("", " again"):
                taken.setdefault(f"ours{again}", []).append(self._run(*PROGRAM, *self._apply(names["ours"])))
                printed = self._print(names["kubectl"])
                objects = printed.read_text(encoding="utf-8").count("\napiVersion:") + 1
                kubectl = self._run("kubectl", "apply", "--server-side", "-f", str(printed))
                taken.setdefault(f"kubectl{again}", []).append(kubectl)
                taken.setdefault(f"loop{again}", []).append(self._loop(self._print(names["loop"])))
        median = {name: statistics.median(values) for name, values in taken.items()}
        what = f"{environments} environment{'s' if environments > 1 else ''}, {objects} objects"
        for again, title in (("", "first apply"), (" again", "apply again")):
            ours, kubectl, loop = (median[f"{who}{again}"] for who in ("ours", "kubectl", "loop"))
            yield (
                f"{title}, {what}: {ours:6.2f} s   {ours / kubectl:4.2f} x kubectl apply --server-side   "
                f"{ours / loop:4.2f} x a loop of the same requests"
            )
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        yield f"largest child process so far: {memory:.0f} MB"

    def _apply(self, namespace: str) -> Sequence[str]:
        return ("apply", "--release", "1.8", "-f", f"{namespace}.yaml")

    def _run(self, *command: str) -> float:
        begun = time.perf_counter()
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return time.perf_counter() - begun

    def _write(self, namespace: str, environments: int) -> None:
        """The quickstart file with so many environments, each with a virtual host and its certificate."""
        text = (REPOSITORY / "overrides" / "quickstart.yaml").read_text(encoding="utf-8")
        for begin, end in (("envs:\n", "\nnodeSelector"), ("virtualhosts:\n", "\ningressGateways")):
            head, _, rest = text.partition(begin)
            first, _, tail = rest.partition(end)
            many = "".join(f"{first.replace('name: test', f'name: test{n}')}\n" for n in range(environments))
            text = f"{head}{begin}{many}{end}{tail}"
        settings = f"namespace: {namespace}\nvalidateServiceAccounts: false\n"
        (self.folder / f"{namespace}.yaml").write_text(settings + text, encoding="utf-8")

    def _print(self, namespace: str) -> Path:
        printed = subprocess.run(
            [*PROGRAM, *self._apply(namespace), "--dry-run=client", "--print-yaml"],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        file = self.folder / f"{namespace}-printed.yaml"
        file.write_text(printed.stdout, encoding="utf-8")
        return file

    def _loop(self, printed: Path) -> float:
        """One kept-alive connection, one PATCH an object, nothing else: what the server itself needs."""
        (config,) = yaml.load_all(self.kubeconfig.read_text(encoding="utf-8"))
        server, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        context = ssl.create_default_context(cadata=_pem(server["certificate-authority-data"]))
        requests = [*_requests(printed)]
        host = server["server"].removeprefix("https://")
        headers = {"Authorization": f"Bearer {user['token']}", "Content-Type": "application/apply-patch+yaml"}
        begun = time.perf_counter()
        connection = http.client.HTTPSConnection(host, context=context)
        for path, body in requests:
            connection.request("PATCH", f"{path}?fieldManager=loop&force=true", body=body, headers=headers)
            answer = connection.getresponse()
            content = answer.read()
            assert answer.status < 300, content[:300]
        return time.perf_counter() - begun


def _requests(printed: Path) -> Iterator[tuple[str, str]]:
    for manifest in yaml.load_all(printed.read_text(encoding="utf-8")):
        version, metadata = str(manifest["apiVersion"]), manifest["metadata"]
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        plural = _PLURALS.get(manifest["kind"], f"{str(manifest['kind']).lower()}s")
        yield f"{root}/namespaces/{metadata['namespace']}/{plural}/{metadata['name']}", json.dumps(manifest)


_PLURALS = {"ApigeeRedis": "apigeeredis", "ApigeeTelemetry": "apigeetelemetries"}


def _pem(encoded: str) -> str:
    import base64

    return base64.b64decode(encoded).decode()


def main(runs: int = RUNS) -> None:
    """Print the rows."""
    for row in rows(runs):
        print(row, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS)
