"""What changes between two applies: shown by diff, pruned when asked. The engine's own tests run on a real kube-apiserver."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import Script


@pytest.fixture
def cluster_options() -> list[str]:
    """In memory only."""
    return []


def test_what_left_the_file_is_told_and_goes_with_prune(in_sandbox: Script, tmp_path: Path):
    whole = (tmp_path / "overrides.yaml").read_text(encoding="utf-8")
    head, _, rest = whole.partition("envs:\n")
    first, _, tail = rest.partition("\nnodeSelector")
    second = first.replace("name: test", "name: prod")
    (tmp_path / "two.yaml").write_text(
        f"validateOrg: false\n{head}envs:\n{first}\n{second}\nnodeSelector{tail}", encoding="utf-8"
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
