from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from apigeectl.actions.connect_setup import (
    Part,
    Told,
    grant_role,
    obstacles,
    steps,
    switch_api_on,
    switch_property_on,
    unseen,
    wait_for_streams,
)
from apigeectl.errors import Forbidden, InstallerError, Refused, ServiceFailure, Unreachable, WaitTimeout
from tests.actions.test_connect_waiting import Waiting
from tests.checks.fakes import (
    CONNECT,
    CONNECTED,
    DENIED,
    EMAIL,
    NOBODY,
    ORGANIZATION,
    OURS,
    FakeAccounts,
    FakeConnection,
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


def test_a_role_that_was_granted_and_is_not_true_yet_is_waited_for_before_the_agent_needs_it(tmp_path: Path):
    class Granted(FakePolicies):
        def planned(self, project: str, role: str, member: str) -> None:
            return None

        def grant(self, project: str, role: str, member: str) -> bool:
            return False

    late = site(
        overrides=with_key(tmp_path),
        held=[(), (), (CONNECT,)],
        policies=Granted(),
        connections=[()],
    )
    step, *others = steps(late, file=None, applies="apply it")

    assert (
        step.title
        == f"wait until roles/apigeeconnect.Agent, which {EMAIL} was given on project p, becomes true"
    )
    assert step.requests == ()
    assert [other.part for other in others] == [Part.APPLY, Part.STREAMS]
    assert said(grant_role(late, Waiting().patience))[0] == (
        False,
        f"{EMAIL} had roles/apigeeconnect.Agent on project p",
    )


def test_an_api_that_is_on_and_does_not_answer_yet_is_waited_for_and_not_enabled_again(tmp_path: Path):
    off_for_now, services = forbidden("off", "SERVICE_DISABLED"), FakeServices()
    late = site(
        overrides=with_key(tmp_path), services=services, connections=[off_for_now, off_for_now, (OURS,)]
    )
    step, *_ = steps(late, file=None, applies=None)

    assert step.title == "wait until apigeeconnect.googleapis.com, which is on in project p, answers"
    assert step.requests == ()
    assert said(switch_api_on(late, Waiting().patience))[-1][0] is False
    assert services.enabled == []


def test_a_role_that_may_not_be_seen_is_said_with_the_missing_permission():
    account = FakeOverrides({"connectAgent": {"gsa": EMAIL}}, workload_identity=True)
    of_workload = site(overrides=account, policies=FakePolicies(forbidden("no policy")))

    assert parts(of_workload) == []
    (one,) = unseen(of_workload)
    assert (one.part, one.message) == (
        Part.ROLE,
        f"whether {EMAIL} holds roles/apigeeconnect.Agent cannot be seen: it takes the permission "
        "resourcemanager.projects.getIamPolicy on project p",
    )
    assert one.details == ("no policy", "ask for it")


def test_a_role_that_cannot_be_asked_for_because_an_api_is_off_is_said(tmp_path: Path):
    off_api = forbidden("Cloud Resource Manager API is off", "SERVICE_DISABLED")
    asked = site(overrides=with_key(tmp_path), held=[off_api])

    assert parts(asked) == []
    assert unseen(asked)[0].details == ("Cloud Resource Manager API is off", "ask for it")


def test_an_agent_of_whom_nobody_knows_the_account_is_said():
    (one,) = unseen(site(overrides=FakeOverrides({}), objects={}))

    assert (
        one.message == "as whom the agent speaks is not known, so roles/apigeeconnect.Agent is not looked for"
    )


def test_streams_that_may_not_be_seen_are_said_with_the_missing_permissions(tmp_path: Path):
    hidden = site(
        overrides=with_key(tmp_path), connections=[forbidden("no list")], pods=forbidden("no pods in apigee")
    )
    (one,) = unseen(hidden)

    assert "takes the permission apigeeconnect.connections.list, or the rights to list pods" in one.message
    with pytest.raises(Forbidden, match="no list"):
        list(wait_for_streams(hidden, Waiting().patience))


def test_of_an_installation_that_is_seen_nothing_is_unseen(tmp_path: Path):
    assert unseen(site(overrides=with_key(tmp_path))) == ()


def test_a_missing_role_that_may_not_be_granted_names_the_account_and_who_could(tmp_path: Path):
    class Hidden(FakePolicies):
        def planned(self, project: str, role: str, member: str) -> dict[str, Any] | None:
            raise forbidden("policy of project p: denied")

    with pytest.raises(Forbidden) as raised:
        parts(site(overrides=with_key(tmp_path), held=[()], policies=Hidden()))

    assert f"{EMAIL} lacks roles/apigeeconnect.Agent on project p" in raised.value.details[0]
    assert f"add-iam-policy-binding p --member serviceAccount:{EMAIL}" in (raised.value.hint or "")


def test_an_api_that_is_off_and_may_not_be_seen_names_the_permissions(tmp_path: Path):
    services = FakeServices(on=forbidden("no services"))
    with pytest.raises(Forbidden) as raised:
        parts(
            site(
                overrides=with_key(tmp_path),
                services=services,
                connections=[forbidden("off", "SERVICE_DISABLED")],
            )
        )

    assert "serviceusage.services.get and serviceusage.services.enable" in raised.value.details[0]
    assert "gcloud services enable apigeeconnect.googleapis.com --project p" in (raised.value.hint or "")


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
        ({"accounts": FakeAccounts(ServiceFailure("busy", status=503))}, "the agent's account exists"),
        (
            {"organizations": FakeOrganizations(forbidden("off", "SERVICE_DISABLED"))},
            "the organization can be read",
        ),
    ],
    ids=["nobody", "organization", "account", "key", "busy", "off"],
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


@pytest.mark.parametrize(
    ("log", "connections", "words"),
    [
        (
            "E0719 11:00:00.1 1 agent.go:238] dial tcp: lookup x: i/o timeout",
            [()],
            "the agent's log says: dial tcp",
        ),
        ("", [(FakeConnection("other", "r", 4),)], "Apigee Connect lists other/r only"),
    ],
    ids=["cut off", "foreign"],
)
def test_waiting_for_a_stream_says_what_else_is_in_the_way(log: str, connections: Any, words: str):
    waits = site(connections=connections, logs={("agent-1", False): log})
    told = []
    with pytest.raises(WaitTimeout, match=words):
        for one in wait_for_streams(waits, Waiting(60).patience):
            told.append(one.message)

    assert all(words in line for line in told)


def test_a_google_that_is_busy_and_a_cluster_that_is_away_do_not_end_the_wait_for_a_stream():
    away = site(
        connections=[ServiceFailure("busy", status=503), forbidden("no list"), (OURS,)],
        pods=Unreachable("context demo: connection refused"),
    )
    lines = said(wait_for_streams(away, Waiting().patience))

    assert "the last question got no answer: busy" in lines[0][1]
    assert lines[-1] == (False, "4 streams of cluster ours")


def test_an_api_that_does_not_answer_everywhere_yet_does_not_end_the_wait_for_a_stream():
    late = site(connections=[forbidden("off", "SERVICE_DISABLED"), (OURS,)])

    assert said(wait_for_streams(late, Waiting().patience))[-1] == (False, "4 streams of cluster ours")


def test_a_busy_google_does_not_end_the_wait_for_a_role(tmp_path: Path):
    busy = ServiceFailure("project p: busy", status=503)
    lines = said(grant_role(site(overrides=with_key(tmp_path), held=[busy, (CONNECT,)]), Waiting().patience))

    assert lines[-1][1].endswith("the last question got no answer: project p: busy")


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
