from __future__ import annotations

from typing import Any

import pytest

from apigeectl.actions.connect_agent import is_to_go, why_kept
from apigeectl.checks.site import Site
from tests.checks.fakes import (
    CONNECTED,
    NOBODY,
    ORGANIZATION,
    OURS,
    FakeConnection,
    FakeOrganizations,
    FakeOverrides,
    forbidden,
    organization,
    site,
)

OFF = FakeOverrides({"connectAgent": {"enabled": False}})
RUNNING = {"ApigeeOrganization": {"spec": {"components": {"connectAgent": {}, "mart": {}}}}}
WITHOUT = {"ApigeeOrganization": {"spec": {"components": {"mart": {}}}}}


def unwanted(**parts: Any) -> Site:
    return site(**{"overrides": OFF, "objects": RUNNING, "connections": [(OURS,)], **parts})


def test_an_agent_stays_while_google_comes_through_it():
    kept = why_kept(unwanted(organizations=FakeOrganizations(CONNECTED)))

    assert (
        kept
        == "features.mart.connect.enabled of organization acme is true, and no other cluster is seen to hold a stream"
    )


@pytest.mark.parametrize("body", [dict(ORGANIZATION), organization(features_mart_connect_enabled="false")])
def test_an_agent_may_go_once_the_property_is_off(body):
    assert why_kept(unwanted(organizations=FakeOrganizations(body))) is None


def test_an_agent_may_go_while_another_cluster_holds_the_door_open():
    elsewhere = [(OURS, FakeConnection("theirs", "r", 4))]

    assert why_kept(unwanted(connections=elsewhere)) is None


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"credentials": NOBODY}, "no credentials"),
        ({"organizations": FakeOrganizations(forbidden("no org"))}, "no org"),
    ],
)
def test_what_cannot_be_seen_is_a_door_in_use(parts, words):
    assert words in str(why_kept(unwanted(**parts)))


@pytest.mark.parametrize(
    "parts",
    [{"overrides": FakeOverrides()}, {"objects": WITHOUT}, {"objects": {}}],
    ids=["wanted", "gone", "nothing yet"],
)
def test_google_is_not_asked_where_no_agent_is_to_go(parts):
    organizations = FakeOrganizations(CONNECTED)
    asked = unwanted(organizations=organizations, **parts)

    assert not is_to_go(asked)
    assert why_kept(asked) is None
    assert organizations.gets == 0
