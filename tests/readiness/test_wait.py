from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from apigeectl.errors import APIError, Forbidden, ServiceFailure, Unauthorized, Unreachable, WaitTimeout
from apigeectl.manifests import APIGEE_GROUP, ObjectRef
from apigeectl.readiness import observation
from apigeectl.readiness.cert_manager import deployments, wait_for_cert_manager
from apigeectl.readiness.model import State
from apigeectl.readiness.observation import Collection, Observation, collections, look
from apigeectl.readiness.wait import NotReady, wait_gone, wait_ready
from tests.apply.fakes import FakeCluster, Request, custom, namespace, with_finalizer

ORG = ObjectRef(APIGEE_GROUP, "ApigeeOrganization", "apigee", "acme")


def run_org(cluster: FakeCluster, **status: Any) -> None:
    cluster.update(
        ORG, lambda live: live.update(status={"state": "running", "lastAppliedGeneration": 1, **status})
    )


def soon(do: Callable[[], None], seconds: float = 0.03) -> None:
    threading.Timer(seconds, do).start()


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster(custom("ApigeeOrganization", "acme"))


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    def patient(self: Observation, cluster: Any, wanted: Iterable[Collection]) -> None:
        original(self, cluster, wanted, pause=0.01)

    original = Observation.__init__
    monkeypatch.setattr(observation.Observation, "__init__", patient)


def test_a_look_ends_at_the_first_question_that_nobody_answers(cluster: FakeCluster):
    def down(request: Request) -> None:
        raise Unreachable("connection timed out")

    cluster.faults = down

    with pytest.raises(Unreachable):
        look(cluster, [Collection("", f"Kind{number}", "apigee") for number in range(50)], workers=1)

    assert len(cluster.requests) < 5


def test_what_is_ready_already_costs_one_look(cluster: FakeCluster):
    run_org(cluster)

    assert [one.readiness.state for one in wait_ready(cluster, [ORG], timeout=5)] == [State.READY]


def test_every_move_is_told_until_it_is_ready(cluster: FakeCluster):
    soon(lambda: run_org(cluster))

    states = [one.readiness.state for one in wait_ready(cluster, [ORG], timeout=5)]

    assert states == [State.PROGRESSING, State.READY]


def test_an_object_that_comes_later_is_seen():
    cluster = FakeCluster()
    body = {
        **custom("ApigeeOrganization", "acme"),
        "status": {"state": "running", "lastAppliedGeneration": 1},
    }
    soon(lambda: cluster.put(body))

    states = [one.readiness.state for one in wait_ready(cluster, [ORG], timeout=5)]

    assert states == [State.MISSING, State.READY]


def test_a_kind_that_is_not_served_yet_is_asked_again():
    cluster = FakeCluster(unserved=("ApigeeOrganization",))
    body = {
        **custom("ApigeeOrganization", "acme"),
        "status": {"state": "running", "lastAppliedGeneration": 1},
    }
    cluster.put(body)
    soon(cluster.unserved.clear)

    assert [one.readiness.state for one in wait_ready(cluster, [ORG], timeout=5)][-1] is State.READY


def test_a_failure_for_good_ends_the_wait_at_once(cluster: FakeCluster):
    run_org(cluster, components={"mart": {"latestBinaryRelease": {"state": "rolled-back"}}})

    with pytest.raises(NotReady, match=r"ApigeeOrganization/apigee/acme: .*mart was rolled back") as caught:
        list(wait_ready(cluster, [ORG], timeout=60))

    assert caught.value.exit_code == 1


def test_the_deadline_names_what_is_late(cluster: FakeCluster):
    with pytest.raises(WaitTimeout) as caught:
        list(wait_ready(cluster, [ORG], timeout=0.05))

    assert caught.value.details == ("ApigeeOrganization/apigee/acme: the operator has not looked at it yet",)
    assert caught.value.exit_code == 4


def test_the_deadline_goes_by_the_given_clock(cluster: FakeCluster):
    times = iter([0.0, *([1000.0] * 50)])

    with pytest.raises(WaitTimeout):
        list(wait_ready(cluster, [ORG], timeout=600, clock=lambda: next(times)))


@pytest.mark.parametrize(
    "error",
    [APIError("too old", status=410), Unreachable("connection reset"), ServiceFailure("busy", status=503)],
)
def test_a_watch_that_breaks_is_begun_anew(cluster: FakeCluster, error: Exception):
    def break_and_run() -> None:
        cluster.break_watches(error)  # type: ignore[arg-type]
        run_org(cluster)

    soon(break_and_run)

    assert [one.readiness.state for one in wait_ready(cluster, [ORG], timeout=5)][-1] is State.READY


def test_an_outage_after_the_first_look_is_survived_and_told(cluster: FakeCluster):
    def outage(request: Request) -> None:
        if sum(one.verb == "list" for one in cluster.requests) > 1:
            raise Unreachable("connection refused")

    cluster.faults = outage
    soon(lambda: cluster.break_watches(Unreachable("connection reset")))

    with pytest.raises(WaitTimeout) as caught:
        list(wait_ready(cluster, [ORG], timeout=0.1))

    assert "the last look failed: connection refused" in caught.value.details


def test_a_cluster_that_cannot_be_reached_at_first_is_told_at_once(cluster: FakeCluster):
    def down(request: Request) -> None:
        raise Unreachable("connection refused")

    cluster.faults = down

    with pytest.raises(Unreachable):
        list(wait_ready(cluster, [ORG], timeout=60))


def test_lost_credentials_end_the_wait(cluster: FakeCluster):
    soon(lambda: cluster.break_watches(Unauthorized("expired", status=401)))

    with pytest.raises(Unauthorized):
        list(wait_ready(cluster, [ORG], timeout=60))


def test_a_defect_in_a_watching_thread_ends_the_wait_too(cluster: FakeCluster):
    def defect(request: Request) -> None:
        raise ZeroDivisionError

    cluster.faults = defect

    with pytest.raises(ZeroDivisionError):
        list(wait_ready(cluster, [ORG], timeout=60))


def test_without_the_right_to_watch_the_list_is_asked_again(cluster: FakeCluster):
    def no_watch(request: Request) -> None:
        if request.verb == "watch":
            raise Forbidden("cannot watch", status=403)

    cluster.faults = no_watch
    soon(lambda: run_org(cluster))

    assert [one.readiness.state for one in wait_ready(cluster, [ORG], timeout=5)][-1] is State.READY


def test_a_right_to_watch_that_is_missing_is_told(cluster: FakeCluster):
    def no_watch(request: Request) -> None:
        if request.verb == "watch":
            raise Forbidden("cannot watch", status=403)

    cluster.faults = no_watch
    with Observation(cluster, [ORGANIZATIONS]) as watching:
        found = iter(lambda: watching.snapshot(1), None)

        assert next(seen.unwatched for seen in found if seen and seen.unwatched) == {ORGANIZATIONS}


@pytest.mark.parametrize("fault", [Forbidden("cannot watch", status=403), APIError("too old", status=410)])
def test_watches_that_end_at_once_are_begun_ever_more_slowly(cluster: FakeCluster, fault: APIError):
    def broken(request: Request) -> None:
        if request.verb == "watch":
            raise fault

    cluster.faults = broken
    with Observation(cluster, [ORGANIZATIONS]):
        time.sleep(0.1)

    assert 2 <= len([one for one in cluster.requests if one.verb == "watch"]) <= 5


def test_a_missed_change_is_found_by_the_list_after_a_watch(cluster: FakeCluster):
    # The watch says nothing at all and ends; only the next list knows.
    cluster.watch = lambda *args, **rest: iter(())  # type: ignore[method-assign]
    soon(lambda: run_org(cluster))

    assert [one.readiness.state for one in wait_ready(cluster, [ORG], timeout=5)][-1] is State.READY


def test_gone_is_told_with_who_held_it():
    cluster = FakeCluster(with_finalizer(custom("ApigeeOrganization", "acme"), "apigee.org/clean"))
    agent = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "apigee-connect-agent-x", "namespace": "apigee", "deletionTimestamp": "now"},
    }
    cluster.put(agent)
    cluster.delete(ORG)
    soon(lambda: cluster.remove(ORG))

    told = list(wait_gone(cluster, {ORG: ""}, timeout=5))

    assert told[-1].readiness.state is State.MISSING
    assert any("finalizer apigee.org/clean" in one.readiness.message for one in told)
    assert any("up to seven minutes" in one.readiness.message for one in told)


def test_a_deletion_is_seen_by_the_watch_itself(cluster: FakeCluster):
    cluster.patience = 10  # no second list comes to help
    soon(lambda: cluster.remove(ORG))

    assert list(wait_gone(cluster, {ORG: ""}, timeout=3))[-1].readiness.state is State.MISSING


def test_an_object_made_anew_is_not_waited_for(cluster: FakeCluster):
    told = list(wait_gone(cluster, {ORG: "an older uid"}, timeout=5))

    assert [one.readiness.state for one in told] == [State.MISSING]


def test_an_object_that_stays_runs_into_the_deadline(cluster: FakeCluster):
    uid = cluster.objects[ORG]["metadata"]["uid"]

    with pytest.raises(WaitTimeout, match="not gone"):
        list(wait_gone(cluster, {ORG: uid}, timeout=0.05))


def test_few_objects_are_asked_by_name_and_many_as_a_whole():
    few = [ObjectRef("", "Secret", "apigee", name) for name in "abc"]
    many = [*few, ObjectRef("", "Secret", "apigee", "d")]

    assert {one.name for one in collections(few)} == {"a", "b", "c"}
    assert collections(many) == (Collection("", "Secret", "apigee"),)


def test_cert_manager_that_is_missing_is_refused_at_once():
    begun = time.monotonic()

    with pytest.raises(Exception, match="cert-manager is not installed"):
        list(wait_for_cert_manager(FakeCluster(), timeout=60))

    assert time.monotonic() - begun < 5


def test_cert_manager_is_waited_for():
    status = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1}
    cluster = FakeCluster(namespace("cert-manager"))
    for ref in deployments():
        metadata = {"name": ref.name, "namespace": ref.namespace}
        body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {}}
        cluster.put({**body, "status": status})

    def available() -> None:
        for ref in deployments():
            cluster.update(ref, lambda live: live["status"].update(availableReplicas=1))

    soon(available)

    told = list(wait_for_cert_manager(cluster, timeout=5))

    assert {one.ref for one in told if one.readiness.ready} == set(deployments())


class TestWhatIsOptional:
    def test_what_may_not_be_read_counts_as_absent(self, cluster: FakeCluster):
        hide(cluster, "Event")

        seen = look(cluster, [ORGANIZATIONS, EVENTS])

        assert [ref.kind for ref in seen.objects] == ["ApigeeOrganization"]

    def test_nobody_waits_for_it(self, cluster: FakeCluster):
        def down(request: Request) -> None:
            if request.ref.kind == "Event":
                raise Unreachable("connection timed out")

        cluster.faults = down
        with Observation(cluster, [ORGANIZATIONS, EVENTS]) as observation:
            seen = observation.snapshot(1)

        assert seen is not None
        assert [ref.kind for ref in seen.objects] == ["ApigeeOrganization"]

    def test_what_is_not_must_be_readable(self, cluster: FakeCluster):
        hide(cluster, "ApigeeOrganization")

        with pytest.raises(Forbidden):
            look(cluster, [ORGANIZATIONS, EVENTS])


ORGANIZATIONS = Collection(APIGEE_GROUP, "ApigeeOrganization", "apigee")
EVENTS = Collection("", "Event", "apigee", optional=True)


def hide(cluster: FakeCluster, kind: str) -> None:
    def refuse(request: Request) -> None:
        if request.ref.kind == kind:
            raise Forbidden(f"{kind} is forbidden", status=403)

    cluster.faults = refuse
