from __future__ import annotations

from pathlib import Path

import pytest

from apigeectl.yaml import load_all

QUICKSTART = str(Path(__file__).parents[2] / "overrides" / "quickstart.yaml")


def rendered(apigeectl, *flags: str) -> set[str]:
    result = apigeectl("init", "-f", QUICKSTART, "--dry-run=client", "--print-yaml", *flags)
    assert result.code == 0, result.err
    return {body["kind"] for body in load_all(result.out)}


def test_a_client_dry_run_needs_no_cluster_and_no_definitions(apigeectl):
    kinds = rendered(apigeectl)

    assert {"Deployment", "ClusterIssuer", "ConfigMap"} <= kinds
    assert "CustomResourceDefinition" not in kinds


def test_a_client_dry_run_says_what_it_does_not_render(apigeectl):
    result = apigeectl("init", "-f", QUICKSTART, "--dry-run=client")

    assert "CRDs" in result.err
    assert "EnvoyFilters" in result.err


@pytest.mark.parametrize(
    ("flags", "expected"), [([], False), (["--openshift"], True), (["--openshift=false"], False)]
)
def test_openshift_may_be_said_where_no_cluster_says_it(apigeectl, flags: list[str], expected: bool):
    assert ("SecurityContextConstraints" in rendered(apigeectl, *flags)) is expected


def test_its_help_names_every_source(apigeectl):
    result = apigeectl("init", "--help")

    for words in ("--bundle", "--chart-registry", "./plugins", "APIGEECTL_BUNDLE"):
        assert words in result.out


def test_a_wait_that_is_no_duration_is_a_usage_error(apigeectl):
    assert apigeectl("init", "-f", QUICKSTART, "--wait=soon").code == 2


@pytest.mark.parametrize("flag", ["--access-token-file", "--account"])
def test_whom_to_be_at_google_may_be_said_by_a_flag(apigeectl, tmp_path, monkeypatch, flag: str):
    """Without it, the environment's account would be taken."""
    from apigeectl.sandbox.session import Sandbox

    with Sandbox(speed=0) as sandbox:
        for name, value in sandbox.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(tmp_path)
        sandbox.write_demo_files(tmp_path)
        (tmp_path / "overrides.yaml").write_text(Path(QUICKSTART).read_text())
        (tmp_path / "none").write_text("")
        result = apigeectl("init", flag, str(tmp_path / "none"))

    assert result.code == 0, result.err
    assert "organization not validated" in result.err
    assert "none: not " in result.err
