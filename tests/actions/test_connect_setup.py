from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from apigeectl.actions.connect_setup import (
    Part,
    Patience,
    Told,
    grant_role,
    obstacles,
    steps,
    switch_api_on,
    switch_property_on,
    wait_for_streams,
)
from apigeectl.errors import InstallerError, Refused, WaitTimeout
from tests.checks.fakes import (
    CONNECT,
    CONNECTED,
    DENIED,
    EMAIL,
    NOBODY,
    ORGANIZATION,
    OURS,
    FakeAccounts,
    FakeOrganizations,
    FakeOverrides,
    FakePolicies,
    FakeServices,
    forbidden,
    pod,
    site,
    with_key,
)


def off() -> FakeOrganizations:
    return FakeOrganizations(dict(ORGANIZATION))


def parts(of: Any, *, file: str | None = None, applies: str | None = None) -> list[Part]:
    return [step.part for step in steps(of, file=file, applies=applies)]


class Waiting:
    """Patience whose time passes only by sleeping."""

    def __init__(self, wait: float = 600) -> None:
        self.now = 0.0
        self.patience = Patience(wait, lambda: self.now, self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.now += seconds


def said(told: Iterable[Told]) -> list[tuple[bool, str]]:
    return [(one.waiting, one.message) for one in told]


def test_of_an_installation_that_is_connected_nothing_is_missing(tmp_path: Path):
    assert parts(site(overrides=with_key(tmp_path))) == []


def test_everything_that_is_missing_is_done_in_the_safe_order(tmp_path: Path):
    nothing = site(
        overrides=with_key(tmp_path),
        organizations=off(),
        services=FakeServices(on=False),
        held=[()],
        connections=[()],
        pods=[],
    )

    found = parts(nothing, file="write it", applies="apply it")
    assert found == [Part.API, Part.ROLE, Part.FILE, Part.APPLY, Part.STREAMS, Part.PROPERTY]


def test_only_what_is_missing_is_done(tmp_path: Path):
    overrides = with_key(tmp_path)

    assert parts(site(overrides=overrides, organizations=off())) == [Part.PROPERTY]
    assert parts(site(overrides=overrides, held=[()])) == [Part.ROLE, Part.STREAMS]
    assert parts(site(overrides=overrides, connections=[()])) == [Part.STREAMS]


def test_an_api_whose_state_may_not_be_seen_is_on_when_it_answers(tmp_path: Path):
    overrides, unseen = with_key(tmp_path), FakeServices(on=forbidden())

    assert parts(site(overrides=overrides, services=unseen)) == []
    assert parts(site(overrides=overrides, services=unseen, connections=[forbidden("no list")])) == []


def test_a_role_that_was_granted_and_is_not_true_yet_is_not_granted_again(tmp_path: Path):
    class Granted(FakePolicies):
        def planned(self, project: str, role: str, member: str) -> None:
            return None

    assert parts(site(overrides=with_key(tmp_path), held=[()], policies=Granted())) == []


def test_the_requests_of_a_step_are_known_before(tmp_path: Path):
    found = steps(
        site(overrides=with_key(tmp_path), organizations=off(), services=FakeServices(on=False), held=[()]),
        file=None,
        applies=None,
    )
    requests = [f"{asked.method} {asked.service} {asked.path}" for step in found for asked in step.requests]

    assert requests == [
        "POST serviceusage /v1/projects/p/services/apigeeconnect.googleapis.com:enable",
        "POST cloudresourcemanager /v1/projects/p:setIamPolicy",
        "PUT apigee /v1/organizations/acme",
    ]


@pytest.mark.parametrize(
    ("broken", "title"),
    [
        ({"credentials": NOBODY}, "Google knows who we are"),
        ({"organizations": FakeOrganizations(forbidden())}, "the organization can be read"),
        ({"accounts": FakeAccounts({"disabled": True})}, "the agent's account exists"),
        ({"held": [NOBODY]}, "the agent's key is valid"),
    ],
    ids=["nobody", "organization", "account", "key"],
)
def test_what_nobody_can_repair_from_here_stops_it(tmp_path: Path, broken: Any, title: str):
    found = obstacles(site(overrides=with_key(tmp_path), **broken))

    assert [check.title for check, _ in found] == [title]


def test_an_api_is_waited_for_until_it_is_on_and_answers(tmp_path: Path):
    services, time = FakeServices(on=False, asked_for=3), Waiting()
    late = [forbidden("off", "SERVICE_DISABLED"), forbidden("off", "SERVICE_DISABLED"), ()]
    lines = said(switch_api_on(site(services=services, connections=late), time.patience))

    assert services.enabled == [("p", "apigeeconnect.googleapis.com")]
    assert [waiting for waiting, _ in lines] == [True, True, False]
    assert lines[-1][1] == "apigeeconnect.googleapis.com is on in project p"
    assert time.now > 0


def test_a_role_is_granted_to_the_keys_account_and_waited_for(tmp_path: Path):
    policies, time = FakePolicies(), Waiting()
    slow = [(), (), (), (CONNECT,)]
    lines = said(grant_role(site(overrides=with_key(tmp_path), policies=policies, held=slow), time.patience))

    assert policies.granted == [("p", "roles/apigeeconnect.Agent", f"serviceAccount:{EMAIL}")]
    assert "two minutes" in lines[1][1]
    assert time.now > 2


def test_a_role_for_an_account_that_nobody_knows_is_not_granted():
    with pytest.raises(InstallerError, match="as whom the agent speaks is not known"):
        list(grant_role(site(overrides=FakeOverrides({}), objects={}), Waiting().patience))


def test_waiting_for_a_stream_says_what_refuses_the_agent_and_ends():
    time = Waiting(60)
    crashing = pod("agent-1", restarts=2)
    refused = site(connections=[()], pods=[crashing], logs={("agent-1", False): DENIED})
    told = []
    with pytest.raises(WaitTimeout, match="after 60 s still waiting for a stream of cluster ours"):
        for one in wait_for_streams(refused, time.patience):
            told.append(one)

    assert all("still refused" in one.message and one.waiting for one in told)
    assert 3 <= len(told) <= 5
    assert time.now == 60


def test_the_first_stream_ends_the_wait():
    lines = said(wait_for_streams(site(connections=[(), (), (OURS,)]), Waiting().patience))

    assert lines[-1] == (False, "4 streams of cluster ours")


def test_the_property_comes_last_and_only_while_a_stream_is_open(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    organizations = off()
    lines = said(switch_property_on(site(organizations=organizations)))

    assert lines[0][1] == "features.mart.connect.enabled of organization acme was absent and is true"
    assert "acme.undo-" in lines[1][1]
    with pytest.raises(Refused):
        list(switch_property_on(site(organizations=off(), connections=[()])))


def test_a_second_switch_writes_nothing(tmp_path: Path):
    organizations = FakeOrganizations(CONNECTED)
    list(switch_property_on(site(organizations=organizations)))

    assert organizations.sets == []
