from __future__ import annotations

import copy
from typing import Any

import pytest

from apigeectl.clients.policies import Policies, holds, with_member
from apigeectl.errors import Refused
from tests.clients.google_api import google_refusal, session
from tests.clients.loopback import Loopback, Received, Reply

ROLE, MEMBER = "roles/apigeeconnect.Agent", "serviceAccount:mart@p.iam.gserviceaccount.com"
CONDITION = {"title": "t", "expression": "request.time < timestamp('2030-01-01T00:00:00Z')"}
POLICY: dict[str, Any] = {
    "version": 3,
    "etag": "BwX1",
    "bindings": [
        {"role": "roles/owner", "members": ["user:a@example.com"]},
        {"role": ROLE, "members": [MEMBER], "condition": CONDITION},
        {"role": ROLE, "members": ["serviceAccount:other@p"], "fieldOfTomorrow": 1},
    ],
    "auditConfigs": [{"service": "allServices"}],
    "unknown": {"a": 1},
}


class Project:
    """A project's policy with an etag; `races` writers come in between."""

    def __init__(self, policy: dict[str, Any], races: int = 0) -> None:
        self.policy = copy.deepcopy(policy)
        self.races = races

    def __call__(self, request: Received) -> Reply:
        if request.path == "/v1/projects/p:getIamPolicy":
            assert request.json == {"options": {"requestedPolicyVersion": 3}}
            return Reply(self.policy)
        assert request.path == "/v1/projects/p:setIamPolicy"
        if self.races:
            self.races -= 1
            self.policy["bindings"].append(
                {"role": f"roles/r{self.races}", "members": ["user:b@example.com"]}
            )
            self.policy["etag"] += "x"
            return google_refusal(409, "ABORTED", "There were concurrent policy changes.")
        assert request.json["policy"]["etag"] == self.policy["etag"]
        self.policy = request.json["policy"]
        return Reply(self.policy)


def grant(project: Project) -> tuple[bool, list[float]]:
    pauses: list[float] = []
    with Loopback(project) as server:
        return Policies(session(server.url)[0], pauses.append).grant("p", ROLE, MEMBER), pauses


def test_a_member_joins_the_binding_without_condition_and_nothing_else_changes():
    project = Project(POLICY)

    assert grant(project) == (True, [])
    expected = copy.deepcopy(POLICY)
    expected["bindings"][2]["members"].append(MEMBER)
    assert project.policy == expected


def test_a_role_without_binding_gets_one():
    project = Project({"version": 1, "etag": "e", "bindings": []})
    grant(project)

    assert project.policy == {"version": 3, "etag": "e", "bindings": [{"role": ROLE, "members": [MEMBER]}]}


def test_a_member_that_has_the_role_causes_no_write():
    project = Project({**POLICY, "bindings": [{"role": ROLE, "members": [MEMBER.upper()]}]})

    assert grant(project)[0] is False


def test_lost_races_are_run_again_from_a_fresh_policy():
    project = Project(POLICY, races=3)
    granted, pauses = grant(project)

    assert granted
    assert len(pauses) == 3
    assert pauses == sorted(pauses)
    assert {binding["role"] for binding in project.policy["bindings"]} >= {"roles/r0", "roles/r1", "roles/r2"}


@pytest.mark.parametrize("took", [True, False])
def test_a_write_without_an_answer_is_looked_for_and_made_again_where_it_did_not_take(took: bool):
    project, failures = Project(POLICY), [503]

    def answer(request: Received) -> Reply:
        if request.path.endswith(":setIamPolicy") and failures:
            failures.pop()
            if took:
                project(request)
            return google_refusal(503, "UNAVAILABLE", "try again")
        return project(request)

    with Loopback(answer) as server:
        assert Policies(session(server.url)[0], lambda seconds: None).grant("p", ROLE, MEMBER)
    assert project.policy == with_member(POLICY, ROLE, MEMBER)


def test_races_that_do_not_end_leave_the_policy_alone():
    with pytest.raises(Refused, match="somebody else keeps changing it"):
        grant(Project(POLICY, races=99))


@pytest.mark.parametrize(
    "policy",
    [
        {"bindings": [{"role": "roles/owner"}]},
        {"etag": "e", "bindings": [{"role": "roles/owner_withcond_2f1a", "members": ["user:a"]}]},
    ],
    ids=["no etag", "conditions lost"],
)
def test_a_policy_that_would_lose_something_is_not_written_back(policy: dict[str, Any]):
    with pytest.raises(Refused, match="cannot be written back safely"):
        with_member(policy, ROLE, MEMBER)


def test_a_grant_with_a_condition_is_none_that_counts():
    assert not holds(POLICY, ROLE, MEMBER)
    assert holds(with_member(POLICY, ROLE, MEMBER), ROLE, MEMBER)
