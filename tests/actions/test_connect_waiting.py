from __future__ import annotations

from collections.abc import Iterator

import pytest

from apigeectl.actions.connect_waiting import Patience, until
from apigeectl.errors import (
    Forbidden,
    InstallerError,
    NoCredentials,
    NotFound,
    ServiceFailure,
    Unauthorized,
    Unreachable,
    WaitTimeout,
)

BUSY = ServiceFailure("policy of project p: the service is unavailable", status=503)
AWAY = Unreachable("apigee.googleapis.com: the connection broke off")


class Waiting:
    """Patience whose time passes only by sleeping."""

    def __init__(self, wait: float = 600) -> None:
        self.now = 0.0
        self.patience = Patience(wait, lambda: self.now, self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.now += seconds


def waited(*answers: bool | InstallerError, wait: float = 600) -> list[str]:
    """What is said while these answers come one after the other, the last one for ever."""
    left: Iterator[bool | InstallerError] = iter(answers)

    def true() -> bool:
        answer = next(left, answers[-1])
        if isinstance(answer, InstallerError):
            raise answer
        return answer

    return list(until(true, lambda: "for a role", Waiting(wait).patience))


def test_what_is_true_is_not_waited_for():
    assert waited(True) == []


@pytest.mark.parametrize("trouble", [BUSY, AWAY, ServiceFailure("quota", status=429)])
def test_a_side_that_is_busy_or_away_for_a_moment_does_not_end_the_wait_and_is_named(trouble: InstallerError):
    lines = waited(False, trouble, False, True)

    assert lines[0] == "for a role (0 s)"
    assert lines[1] == f"for a role (1 s); the last question got no answer: {trouble.message}"


def test_a_trouble_that_goes_on_is_said_at_times_only():
    assert len(waited(*[BUSY] * 12, True)) < 7


@pytest.mark.parametrize(
    "error",
    [
        NoCredentials("key file k.json: no token for Google: invalid_grant"),
        Unauthorized("denied", status=401),
        Forbidden('Permission "resourcemanager.projects.getIamPolicy" denied', status=403),
        NotFound("no such operation", status=404),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_does_not_heal_by_waiting_ends_it_at_once(error: InstallerError):
    with pytest.raises(type(error)) as raised:
        waited(False, error, True)

    assert raised.value is error


def test_of_two_ways_to_ask_the_one_that_may_heal_decides():
    refused = Forbidden("connections of project p: denied", status=403)
    refused.__cause__ = Unreachable("context demo: connection refused")

    assert "context demo: connection refused" in waited(refused, True)[0]


def test_when_the_time_is_over_the_last_trouble_is_told():
    with pytest.raises(
        WaitTimeout, match=r"after 3 s still waiting for a role; the last question got no answer: policy"
    ):
        waited(BUSY, wait=3)
