"""`make test-cluster`: the tests that need a real kube-apiserver, on fresh ones started here."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from apigeectl.errors import InstallerError
from apigeectl.sandbox.apiserver import VERSION, KubeAPIServer, find_assets
from apigeectl.sandbox.session import kubeconfig
from apigeectl.yaml import dump

REPOSITORY = Path(__file__).parents[1]
SERVERS = ("APIGEECTL_TEST_KUBECONFIG", "APIGEECTL_TEST_OPERATOR_KUBECONFIG")
"""Two, and every file stays on one worker, because the operator's tests install and delete the definitions that others are using."""


def main() -> int:
    """Start, run, take down; pytest's exit code."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="apigeectl-test-")))
        assets = find_assets(os.environ)
        # Tests have a cache folder of their own, so that they are told where the programs are.
        programs = {
            "TEST_ASSET_KUBE_APISERVER": str(assets.kube_apiserver),
            "TEST_ASSET_ETCD": str(assets.etcd),
        }
        environment = os.environ | programs
        for variable in SERVERS:
            begun = time.monotonic()
            server = stack.enter_context(KubeAPIServer(assets)).server
            print(f"==> kube-apiserver {VERSION} answers after {time.monotonic() - begun:.1f} s", flush=True)
            file = folder / variable
            file.touch(mode=0o600)
            file.write_text(dump([kubeconfig(server)]), encoding="utf-8")
            environment[variable] = str(file)
        command = [sys.executable, "-m", "pytest", "-m", "cluster", "-n", "2", "--dist", "loadfile", "-rs"]
        command += [
            "-p",
            "tests.conformance.summary",
        ]  # workers alone load the conftest beside the comparisons
        return subprocess.run(
            [*command, *sys.argv[1:]], cwd=REPOSITORY, env=environment, check=False
        ).returncode


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers are taken down
    try:
        sys.exit(main())
    except InstallerError as error:
        sys.exit("\n".join([error.message, *error.details, error.hint or ""]))
