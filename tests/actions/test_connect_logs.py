from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from apigeectl.actions.connect_logs import follow, written
from apigeectl.checks.agent_log import Kind
from apigeectl.errors import InstallerError, NotFound, Unreachable
from tests.checks.fakes import DENIED, pod

OPENED = "I0719 11:00:00.0 1 agent.go:245] listening on tether 7"
CLOSED = "I0719 11:00:00.0 1 agent.go:255] tether id 7 is closed"
SERVED = 'INFO: 2020/04/13 03:29:12 "1f": received response from target "mart:8843", status code: 200'
FAILED = 'INFO: 2020/04/13 03:29:12 "1f": received response from target "mart:8843", status code: 503'
STARTED = "I0719 11:00:00.0 1 agent.go:400] successfully initiated http client"
FLAG = 'I0719 11:00:00.0 1 main.go:50] "http_port": 7070'


class Cluster:
    """Pods with the lines of their runs; what follows comes in answers, one after the other."""

    def __init__(self, pods: list[dict[str, Any]], logs: dict[tuple[str, bool], list[str]]) -> None:
        self.pods = pods
        self.texts = logs
        self.answers: dict[str, list[list[str] | InstallerError]] = {}
        self.asked: list[tuple[str, str | None]] = []

    def list(self, group: str, kind: str, namespace: str = "", *, labels: str = "") -> list[dict[str, Any]]:
        assert labels == "app=apigee-connect-agent"
        return self.pods

    def logs(
        self, namespace: str, pod: str, container: str, *, since: int | None = None, **options: Any
    ) -> str:
        assert options["timestamps"]
        if (pod, options["previous"]) not in self.texts:
            raise NotFound("no log", status=404)
        return "\n".join(self.texts[pod, options["previous"]])

    def follow_log(
        self, namespace: str, pod: str, container: str, *, since_time: str | None, timeout: float
    ) -> Iterator[str]:
        self.asked.append((pod, since_time))
        answer = self.answers.get(pod, [])
        if not answer:
            raise NotFound("the pod is gone", status=404)
        given = answer.pop(0)
        if isinstance(given, InstallerError):
            raise given
        yield from given


def at(second: int | str, line: str) -> str:
    return f"2026-01-01T00:00:0{second}Z {line}"


def test_every_kind_of_line_is_recognised():
    lines = [STARTED, FLAG, OPENED, CLOSED, SERVED, FAILED, DENIED, "whatever"]
    cluster = Cluster([pod("a")], {("a", False): [at(i, line) for i, line in enumerate(lines)]})

    kinds = [entry.kind for entry in written(cluster, "apigee", "acme")]
    assert kinds == [
        Kind.STARTED,
        Kind.FLAG,
        Kind.OPENED,
        Kind.CLOSED,
        Kind.REQUEST,
        Kind.ERROR,
        Kind.ERROR,
        Kind.OTHER,
    ]


def test_the_lines_of_all_pods_are_in_the_order_of_time():
    logs = {
        ("a", False): [at("1.5", OPENED), at(3, CLOSED)],
        ("b", False): [at("1.25", STARTED), at("2.123456789", SERVED)],
    }
    found = written(Cluster([pod("a"), pod("b")], logs), "apigee", "acme")

    assert [entry.pod for entry in found] == ["b", "a", "b", "a"]
    assert found[0].raw == STARTED


def test_of_an_agent_that_crashed_the_earlier_run_is_shown():
    cluster = Cluster([pod("a", restarts=1)], {("a", True): [at(1, DENIED)]})
    (entry,) = written(cluster, "apigee", "acme")

    assert entry.kind is Kind.ERROR


def test_pods_of_other_organizations_are_not_ours():
    foreign = pod("x")
    foreign["metadata"]["labels"]["org"] = "other"

    with pytest.raises(InstallerError, match="no agent pod of organization acme"):
        written(Cluster([foreign], {}), "apigee", "acme")


def test_following_goes_on_behind_the_last_line_when_the_answer_breaks_off():
    cluster = Cluster([pod("a")], {("a", False): [at(1, OPENED)]})
    cluster.answers["a"] = [
        [at(1, OPENED), at(2, CLOSED)],
        Unreachable("broke"),
        [at(2, CLOSED), at(3, SERVED)],
    ]
    stop = threading.Event()
    stop.wait = lambda timeout=None: stop.is_set()  # type: ignore[method-assign, assignment]
    found = []
    for entry in follow(cluster, "apigee", "acme", look_again=0.01, stop=stop):
        found.append(entry.kind)
        if len(found) == 3:
            break

    assert found == [Kind.OPENED, Kind.CLOSED, Kind.REQUEST]
    assert cluster.asked[:3] == [("a", "2026-01-01T00:00:01Z")] + [("a", "2026-01-01T00:00:02Z")] * 2


def test_an_agent_that_comes_later_is_followed_too():
    cluster = Cluster([], {})
    cluster.answers["late"] = [[at(5, OPENED)]]
    found = follow(cluster, "apigee", "acme", look_again=0.01)
    cluster.pods = []
    threading.Timer(0.03, lambda: cluster.pods.append(pod("late"))).start()

    assert next(found).pod == "late"
    found.close()  # type: ignore[attr-defined]
