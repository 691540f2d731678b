from __future__ import annotations

import pytest

from apigeectl.actions.connect import Step, StepKind, after_apply, before_delete, status, verdict
from apigeectl.checks.connect import CHECKS
from apigeectl.errors import InstallerError, Refused, ServiceFailure, Unreachable
from tests.checks.fakes import (
    AGENT_POD,
    CONNECTED,
    DENIED,
    LISTENING,
    MART_POD,
    NOBODY,
    ORGANIZATION,
    OURS,
    PROPERTY,
    FakeConnection,
    FakeOrganizations,
    FakeOverrides,
    forbidden,
    organization,
    site,
)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def off() -> FakeOrganizations:
    return FakeOrganizations(dict(ORGANIZATION))


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def end_of_apply(clock: Clock | None = None, **parts: object) -> list[Step]:
    clock = clock or Clock()
    return list(after_apply(site(**parts), clock=clock, sleep=clock.sleep))  # type: ignore[arg-type]


def test_status_asks_the_whole_chain():
    assert [check for check, _ in status(site())] == list(CHECKS)


@pytest.mark.parametrize(
    ("parts", "healthy"),
    [
        ({}, True),
        ({"connections": [forbidden()]}, True),
        ({"pods": forbidden()}, True),
        ({"pods": forbidden(), "connections": [forbidden()]}, False),
        ({"organizations": FakeOrganizations(forbidden())}, False),
        ({"credentials": NOBODY}, False),
        ({"organizations": FakeOrganizations({**ORGANIZATION, "runtimeType": "CLOUD"})}, False),
    ],
    ids=["all seen", "by pods only", "by streams only", "agent unseen", "organization", "nobody", "cloud"],
)
def test_what_could_not_be_seen_is_not_healthy(parts, healthy):
    assert verdict(list(status(site(**parts)))) is healthy


def test_before_a_delete_a_property_that_stays_on_is_named_with_the_way_to_switch_it_off():
    warning = str(before_delete(site()))

    assert warning.startswith(f"{PROPERTY} of organization acme is true and stays so")
    assert warning.endswith("run apigeectl connect disable first")


def test_a_delete_says_nothing_while_connect_is_off_or_another_cluster_serves_it():
    assert before_delete(site(organizations=off())) is None
    assert before_delete(site(connections=[(OURS, FakeConnection("theirs", "r", 4))])) is None


def test_a_cluster_without_streams_serves_nobody():
    assert before_delete(site(connections=[(OURS, FakeConnection("theirs", "r", 0))]))


def test_a_delete_warns_when_other_clusters_cannot_be_seen():
    assert before_delete(site(connections=[forbidden()]))


@pytest.mark.parametrize(
    "parts", [{"credentials": NOBODY}, {"organizations": FakeOrganizations(forbidden())}]
)
def test_a_delete_that_cannot_see_the_property_says_so_and_why(parts):
    warning = str(before_delete(site(**parts)))

    assert warning.startswith(f"whether {PROPERTY} of organization acme is true cannot be seen")
    assert "connect disable" in warning


def test_an_apply_ends_with_the_property_on_once_a_stream_is_open():
    organizations = off()
    (step,) = end_of_apply(organizations=organizations)

    assert step.kind is StepKind.SWITCHED
    assert step.message == f"{PROPERTY} of organization acme was absent and is true"
    assert organizations.sets == [("acme", PROPERTY, "true")]


def test_an_apply_waits_for_the_first_stream():
    organizations, clock = off(), Clock()
    steps = end_of_apply(clock, organizations=organizations, connections=[(), (), (OURS,)])

    assert [step.kind for step in steps] == [StepKind.WAITING, StepKind.SWITCHED]
    assert clock.slept == [1.0, 1.4]


def test_an_apply_waits_two_minutes_at_most_and_then_leaves_the_property():
    organizations, clock = off(), Clock()
    steps = end_of_apply(clock, organizations=organizations, connections=[()])

    assert [step.kind for step in steps] == [StepKind.WAITING, StepKind.LEFT]
    assert sum(clock.slept) == pytest.approx(120)
    assert "after 120 s" in steps[-1].message
    assert "connect enable" in str(steps[-1].hint)
    assert organizations.sets == []


def test_a_google_that_is_busy_for_a_moment_does_not_end_the_wait_of_an_apply():
    busy, organizations = ServiceFailure("busy", status=503), off()
    steps = end_of_apply(organizations=organizations, connections=[busy, busy, (OURS,)], pods=busy)

    assert [step.kind for step in steps] == [StepKind.WAITING, StepKind.SWITCHED]


def test_an_apply_says_what_did_not_answer_to_the_end():
    steps = end_of_apply(organizations=off(), connections=[Unreachable("gone")], pods=Unreachable("gone"))

    assert steps[-1].kind is StepKind.LEFT
    assert "(the last question got no answer: gone)" in steps[-1].message


def test_an_apply_that_may_not_wait_looks_once():
    organizations = off()
    steps = list(after_apply(site(organizations=organizations, connections=[()]), wait=0, sleep=pytest.fail))

    assert [step.kind for step in steps] == [StepKind.LEFT]


def test_an_apply_does_not_wait_for_an_agent_that_is_refused():
    clock = Clock()
    steps = end_of_apply(
        clock, organizations=off(), connections=[()], pods=[AGENT_POD], logs={("agent-1", False): DENIED}
    )

    assert [step.kind for step in steps] == [StepKind.LEFT]
    assert "PermissionDenied" in steps[0].message
    assert clock.slept == []


def test_the_agents_log_counts_when_the_list_may_not_be_seen():
    organizations = off()
    logs = {("agent-1", False): LISTENING, ("mart-1", False): ""}
    steps = end_of_apply(organizations=organizations, connections=[forbidden()], logs=logs)

    assert steps[-1].kind is StepKind.SWITCHED


NO_AGENT = {
    "overrides": FakeOverrides({"connectAgent": {"enabled": False}}),
    "objects": {"ApigeeOrganization": {"spec": {"components": {}}}},
}


def test_an_apply_says_when_google_looks_for_an_agent_that_the_file_does_not_want():
    organizations = FakeOrganizations(CONNECTED)
    (step,) = end_of_apply(organizations=organizations, **NO_AGENT)

    assert step.kind is StepKind.LEFT
    assert "cannot reach MART" in step.message
    assert organizations.sets == []


@pytest.mark.parametrize(
    "parts",
    [
        {"organizations": FakeOrganizations(dict(ORGANIZATION))},
        {"organizations": FakeOrganizations(forbidden("no org"))},
        {"connections": [(FakeConnection("theirs", "r", 4),)]},
        {"objects": {"ApigeeOrganization": {"spec": {"components": {"connectAgent": {}}}}}},
    ],
    ids=["off", "unseen", "served elsewhere", "kept"],
)
def test_an_apply_says_nothing_more_of_an_agent_that_nobody_misses(parts):
    assert end_of_apply(**{**NO_AGENT, **parts}) == []


def test_an_apply_leaves_a_property_that_is_on_alone():
    organizations = FakeOrganizations(CONNECTED)
    (step,) = end_of_apply(organizations=organizations, connections=[()])

    assert step.kind is StepKind.UNCHANGED
    assert organizations.sets == []


def test_an_apply_never_switches_off():
    for body in (CONNECTED, organization(features_mart_connect_enabled="false")):
        organizations = FakeOrganizations(body)
        end_of_apply(organizations=organizations)
        assert all(value == "true" for _, _, value in organizations.sets)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"credentials": NOBODY}, "no credentials"),
        ({"credentials": Unreachable("token endpoint")}, "token endpoint"),
        ({"organizations": FakeOrganizations(forbidden("no org"))}, "no org"),
        ({"organizations": FakeOrganizations(Unreachable("timed out"))}, "timed out"),
        (
            {"organizations": FakeOrganizations({**ORGANIZATION, "runtimeType": "CLOUD"})},
            "no hybrid organization",
        ),
        (
            {"organizations": FakeOrganizations(dict(ORGANIZATION), refuses=forbidden("no update"))},
            "no update",
        ),
        (
            {"organizations": FakeOrganizations(dict(ORGANIZATION), refuses=Refused("is UPDATING"))},
            "is UPDATING",
        ),
        (
            {
                "organizations": FakeOrganizations(dict(ORGANIZATION)),
                "connections": [forbidden("c")],
                "pods": forbidden("p"),
            },
            "c",
        ),
    ],
)
def test_an_apply_that_cannot_switch_says_why_and_what_to_do_and_succeeds(parts, words):
    steps = end_of_apply(**parts)

    assert [step.kind for step in steps] == [StepKind.LEFT]
    assert f"{PROPERTY} of organization acme is left as it is" in steps[0].message
    assert words in steps[0].message
    assert "apigeectl connect enable" in str(steps[0].hint)


def test_lost_properties_are_no_footnote():
    organizations = FakeOrganizations(dict(ORGANIZATION), refuses=InstallerError("properties are gone"))

    with pytest.raises(InstallerError, match="gone"):
        end_of_apply(organizations=organizations, pods=[AGENT_POD, MART_POD])


def test_waiting_asks_for_account_and_project_once():
    organizations, clock = off(), Clock()
    end_of_apply(clock, organizations=organizations, connections=[(), (), (), (OURS,)])

    assert organizations.gets == 1
