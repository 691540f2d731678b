"""The commands as typed, in the sandbox: from nothing to a connected installation and back."""

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


def test_one_file_becomes_a_running_connected_installation_and_goes_again(in_sandbox: Script):
    done = in_sandbox(f"sh {REPOSITORY}/tests/e2e/demo.sh")

    assert done.returncode == 0, done.stderr
    assert done.stderr.count("All containers are ready.\n") == 2
    assert "features.mart.connect.enabled of organization hybrid-demo was absent and is true" in done.stderr
    assert "streams of the Connect agent: 4" in done.stdout
    assert "20 unchanged\n" in done.stderr
    assert "encryption-keys skipped" in done.stderr


def test_nothing_of_the_original_commands_reaches_stdout(in_sandbox: Script):
    done = in_sandbox("apigeectl init && apigeectl check-ready --wait=60 && apigeectl apply --datastore")

    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_apply_before_init_says_that_init_comes_first(in_sandbox: Script):
    done = in_sandbox("apigeectl apply")

    assert (done.returncode, done.stdout) == (1, "")
    assert "run apigeectl init" in done.stderr


def test_check_ready_before_init_is_not_ready(in_sandbox: Script):
    done = in_sandbox("apigeectl check-ready")

    assert (done.returncode, done.stdout) == (1, "")
    assert "All containers are ready" not in done.stderr


def test_connect_enable_refuses_while_no_agent_holds_a_stream_and_yes_goes_on(in_sandbox: Script):
    done = in_sandbox(
        "apigeectl connect enable; echo $?; apigeectl connect enable --yes && apigeectl connect disable"
    )

    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr
    assert "hint: apply with --org" in done.stderr
    assert "was true and is false" in done.stderr


def test_a_bundle_without_definitions_says_what_to_do(in_sandbox: Script):
    done = in_sandbox("apigeectl init", "--fault", "crd-missing")

    assert done.returncode == 1
    assert "--bundle DIR" in done.stderr


def test_a_foreign_kubeconfig_is_refused_inside_the_sandbox(in_sandbox: Script):
    done = in_sandbox("apigeectl check-ready --kubeconfig /dev/null")

    assert done.returncode == 1
    assert "points out of it" in done.stderr


def test_the_exit_code_is_that_of_the_command(in_sandbox: Script):
    assert in_sandbox("exit 7").returncode == 7


def test_what_left_the_file_is_told_and_goes_with_prune(in_sandbox: Script, tmp_path: Path):
    whole = (tmp_path / "overrides.yaml").read_text(encoding="utf-8")
    head, _, rest = whole.partition("envs:\n")
    first, _, tail = rest.partition("\nnodeSelector")
    second = first.replace("name: test", "name: prod")
    (tmp_path / "two.yaml").write_text(
        f"{head}envs:\n{first}\n{second}\nnodeSelector{tail}", encoding="utf-8"
    )

    done = in_sandbox(
        "apigeectl init && apigeectl apply -f two.yaml && apigeectl diff --exit-code && apigeectl diff --prune; "
        "echo without --yes: $(apigeectl apply --prune </dev/null >&2; echo $?); "
        "apigeectl apply --prune --yes && apigeectl diff --exit-code && kubectl get apigeeenvironments -n apigee -o name"
    )

    assert done.returncode == 0, done.stderr
    assert "- ApigeeEnvironment/apigee/hybrid-demo-prod-e2e65c2\n" in done.stdout
    assert "without --yes: 1\n" in done.stdout
    assert "ApigeeEnvironment/apigee/hybrid-demo-prod-e2e65c2 deleted\n" in done.stderr
    assert "hybrid-demo-prod-e2e65c2-encryption-keys skipped" in done.stderr
    assert done.stdout.endswith("apigeeenvironment.apigee.cloud.google.com/hybrid-demo-test-d12b961\n")


def test_diff_shows_what_a_change_of_the_file_would_do_and_no_secret(in_sandbox: Script):
    done = in_sandbox(
        "apigeectl init && apigeectl diff --verbose >new && apigeectl apply && "
        "sed -i 's/name: demo-cluster/name: other-cluster/' overrides.yaml && apigeectl diff --exit-code; "
        "echo exit $?; cat new"
    )

    assert '    ~ spec.clusterName: "demo-cluster" -> "other-cluster"\n' in done.stdout
    assert "\nexit 5\n" in done.stdout
    assert "client_secret.json" in done.stdout
    assert "private_key" not in done.stdout
    assert "aWxvdmVhcGlzMTIz" not in done.stdout


def test_what_kubectl_applied_is_adopted_without_a_change_of_its_fields(in_sandbox: Script):
    strip = (
        "import sys; from apigeectl import yaml; docs = [*yaml.load_all(sys.stdin.read())]; "
        "[doc['metadata'].pop('labels', None) for doc in docs]; print(yaml.dump(docs))"
    )
    done = in_sandbox(
        f'apigeectl init && apigeectl apply --dry-run --print-yaml | {sys.executable} -c "{strip}" > all.yaml && '
        "kubectl apply -f all.yaml && apigeectl adopt --yes && apigeectl diff --exit-code && apigeectl adopt && "
        "apigeectl history && kubectl get apigeeorganization -n apigee -o json --show-managed-fields"
    )

    assert done.returncode == 0, done.stderr
    assert "1 created, 19 configured\n" in done.stderr
    assert "there is nothing to adopt" in done.stderr
    assert "adopt    1." in done.stdout
    assert "kubectl-client-side-apply" not in done.stdout
