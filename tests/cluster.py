"""`make test-cluster`: the tests that need a real kube-apiserver, on fresh ones started here."""

from __future__ import annotations

import os
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
        environment = dict(os.environ)
        for variable in SERVERS:
            begun = time.monotonic()
            server = stack.enter_context(KubeAPIServer(find_assets(os.environ))).server
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
    try:
        sys.exit(main())
    except InstallerError as error:
        sys.exit("\n".join([error.message, *error.details, error.hint or ""]))
