"""Apigee Connect switched off: first the property, then the agent, and never the other way round."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import Script

INSTALL = """
set -e
apigeectl init -f overrides.yaml --wait=60
apigeectl apply -f overrides.yaml --wait=60
set +e
"""
AGENTS = "kubectl get pods -n apigee -l app=apigee-connect-agent -o name | wc -l"
UNWANTED = "sed -i 's/^connectAgent:.*/connectAgent:\\n  enabled: false/' overrides.yaml"
ORGANIZATION = """kubectl get apigeeorganizations -n apigee -o jsonpath='{.items[*].spec.components.connectAgent.version}'"""


def test_the_agent_goes_after_the_property_and_never_before(in_sandbox: Script):
    done = in_sandbox(
        f"""{INSTALL}
        {UNWANTED}
        apigeectl apply -f overrides.yaml --org; echo "kept: $?" >&2
        {ORGANIZATION} | wc -w
        apigeectl connect disable -f overrides.yaml --wait=60; echo "off a terminal: $?" >&2
        {AGENTS}
        apigeectl connect disable -f overrides.yaml --yes --wait=60; echo "with a yes: $?" >&2
        {AGENTS}
        apigeectl apply -f overrides.yaml --org; echo "applied: $?" >&2
        {AGENTS}
        """
    )

    said = done.stderr
    assert done.stdout.split() == ["1", "1", "0", "0"], said
    assert "the agent stays: features.mart.connect.enabled of organization hybrid-demo is true" in said
    assert all(each in said for each in ("kept: 0", "off a terminal: 1", "with a yes: 0", "applied: 0"))
    planned, _, rest = said.rpartition("of organization hybrid-demo was true and is false")
    assert "spec.components.connectAgent" in planned, "the plan comes before the switch"
    assert rest.index("ApigeeOrganization/apigee/") < rest.index("no agent is left")


@pytest.mark.parametrize("cluster_options", [[]])
def test_disable_writes_the_file_and_takes_the_agent_down_in_one_go(in_sandbox: Script, tmp_path: Path):
    done = in_sandbox(
        f"""{INSTALL}
        apigeectl connect disable -f overrides.yaml --write --yes --wait=60; echo "done: $?" >&2
        {AGENTS}
        """
    )

    assert "done: 0" in done.stderr
    assert done.stdout.split() == ["0"]
    assert "enabled: false" in (tmp_path / "overrides.yaml").read_text()


@pytest.mark.parametrize("cluster_options", [[]])
@pytest.mark.parametrize("credentials", ["", "GOOGLE_APPLICATION_CREDENTIALS=nowhere.json"])
def test_a_new_installation_without_the_agent_has_none(in_sandbox: Script, credentials: str):
    done = in_sandbox(
        f"""{UNWANTED}
        set -e
        apigeectl init -f overrides.yaml --wait=60
        {credentials} apigeectl apply -f overrides.yaml --wait=60
        {AGENTS}
        apigeectl check-ready -f overrides.yaml
        """
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["0"]
