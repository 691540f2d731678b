from __future__ import annotations

from pathlib import Path

import pytest

from apigeectl.actions.connect_file import as_if_wanted, needs_stanza, switched_off, switched_on
from apigeectl.overrides.load import parse

HEAD = """\
# ours
org: acme # the organization
k8sCluster: {name: "c", region: r}
mart:
  serviceAccountPath: ./mart.json
"""


def on(text: str) -> str:
    return switched_on(parse(text, Path("o.yaml"))).text


def test_a_new_stanza_goes_right_behind_the_cluster_with_marts_key():
    assert on(HEAD) == HEAD.replace(
        "mart:\n",
        "connectAgent:\n  enabled: true\n  serviceAccountPath: ./mart.json\nmart:\n",
    )


def test_a_stanza_is_changed_where_it_stands():
    text = HEAD + "connectAgent: # the agent\n  enabled: false # not yet\n  replicaCountMin: 3\n"

    changed = on(text)
    assert "enabled: true # not yet\n  replicaCountMin: 3\n" in changed
    assert "serviceAccountPath: ./mart.json\n" in changed.partition("connectAgent")[2]
    assert changed.startswith(HEAD)


@pytest.mark.parametrize(
    "stanza",
    [
        "connectAgent: {enabled: true, serviceAccountPath: a.json}\n",
        "connectAgent: {enabled: true, serviceAccountRef: mine}\n",
        "connectAgent: {enabled: true}\ngcp: {workloadIdentity: {enabled: true}}\n",
    ],
)
def test_what_is_on_and_has_an_account_stays_as_it_is(stanza: str):
    overrides = parse(HEAD + stanza, Path("o.yaml"))

    assert not needs_stanza(overrides)
    assert not switched_on(overrides).changed


@pytest.mark.parametrize("stanza", ["", "connectAgent: {}\n", "connectAgent: {enabled: false, gsa: a@p}\n"])
def test_what_is_off_or_knows_no_account_needs_one(stanza: str):
    assert needs_stanza(parse(HEAD + stanza, Path("o.yaml")))


def test_switching_off_changes_one_word():
    text = HEAD + "connectAgent:\n  enabled: true   # yes\n"

    assert switched_off(parse(text, Path("o.yaml"))).text == text.replace("enabled: true", "enabled: false")


@pytest.mark.parametrize(
    "stanza", ["connectAgent: {enabled: false}\n", "connectAgent: {enabled: false, gsa: a@p}\n"]
)
def test_an_agent_that_has_to_stay_is_read_into_the_file_and_its_text_stays(stanza: str) -> None:
    overrides = parse(HEAD + stanza, Path("o.yaml"))
    kept = as_if_wanted(overrides)

    assert kept.get("connectAgent.enabled") is True
    assert kept.get("connectAgent.gsa") or kept.get("connectAgent.serviceAccountPath") == "./mart.json"
    assert kept.text == overrides.text
    assert {**kept.data, "connectAgent": None} == {**overrides.data, "connectAgent": None}
