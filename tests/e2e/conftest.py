"""A sandbox with the quickstart file, in memory or on a real kube-apiserver."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
Script = Callable[..., "subprocess.CompletedProcess[str]"]


CRDS = Path(os.environ.get("APIGEECTL_TEST_CRDS") or REPOSITORY.parent / "shared" / "crds")


@pytest.fixture(params=["memory", pytest.param("kube-apiserver", marks=pytest.mark.cluster)])
def cluster_options(request: pytest.FixtureRequest) -> list[str]:
    """The in-memory API, or a real kube-apiserver with Google's definitions, which are of release 1.8."""
    if request.param == "memory":
        return []
    if "APIGEECTL_TEST_KUBECONFIG" not in os.environ:
        pytest.skip("make test-cluster runs this on a real kube-apiserver")
    return ["--kube-apiserver", *(["--crds", str(CRDS)] if CRDS.is_dir() else [])]


@pytest.fixture
def in_sandbox(tmp_path: Path, cluster_options: list[str]) -> Script:
    """Runs shell commands in a fresh sandbox, in a directory with the quickstart file and its keys."""
    shutil.copy(REPOSITORY / "overrides" / "quickstart.yaml", tmp_path / "overrides.yaml")
    program = tmp_path / "bin" / "apigeectl"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m apigeectl "$@"\n')
    program.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "APIGEECTL_RELEASE": "1.8" if cluster_options else "1.10"}

    def run(script: str, *options: str) -> subprocess.CompletedProcess[str]:
        sandbox = ["sandbox", "run", "--speed", "0", "--files", str(tmp_path), "--directory", str(tmp_path)]
        return subprocess.run(
            [str(program), *sandbox, *cluster_options, *options, "--", "sh", "-c", script],
            env=environment,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )

    return run
