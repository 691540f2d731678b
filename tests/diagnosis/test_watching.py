from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from apigeectl.diagnosis.findings import findings
from apigeectl.diagnosis.watching import Diagnosis, Patience, check, watch
from apigeectl.errors import Unreachable, WaitTimeout
from apigeectl.manifests import ObjectRef
from apigeectl.readiness.observation import Observation
from apigeectl.readiness.wait import NotReady
from tests.apply.fakes import custom
from tests.diagnosis.clusters import (
    INSTALLATION,
    ORG,
    RUNNING,
    TalkingCluster,
    chain,
    hidden,
    no_image,
    organization,
)
from tests.diagnosis.samples import container, pod, waiting
from tests.diagnosis.test_symptoms import CRASHED, in_init, live, pending, scene

POD = ObjectRef("", "Pod", "apigee", "apigee-mart-1-a")
INVALID = ["Unable to gossip with any peers", "java: Invalid JWT Signature.", "goodbye"]


def codes(found: Diagnosis) -> list[str]:
    return [each.code for each in found.findings]


def crashing() -> TalkingCluster:
    lives = chain("mart", container("apigee-mart", ended=CRASHED, **waiting("CrashLoopBackOff")))
    return TalkingCluster(*lives, logs={(POD.name, True): "\n".join(INVALID)})


def fast(start: float = 0.0, step: float = 60.0) -> Callable[[], float]:
    """A clock on which every look takes a minute."""
    ticks = itertools.count(start, step)
    return lambda: next(ticks)


class TestLookingOnce:
    def test_the_log_of_the_run_before_explains_a_crash(self):
        found = check(crashing(), INSTALLATION)

        assert codes(found) == ["IAM-01"]
        assert found.findings[0].evidence.line == "java: Invalid JWT Signature."

    def test_what_is_ready_is_not_looked_at_more_closely(self):
        cluster = TalkingCluster(organization(**RUNNING))

        assert check(cluster, INSTALLATION).report.ready
        assert not {"Event", "ReplicaSet"} & {request.ref.kind for request in cluster.requests}

    def test_what_is_ready_is_warned_of_when_the_whole_is_wanted_and_stays_ready(self):
        issue = {**custom("ApigeeIssue", "vhost"), "spec": {"reason": "AIS_VIRTUALHOST_MISSING_ENVGROUP"}}
        cluster = TalkingCluster(organization(**RUNNING), issue)

        found = check(cluster, INSTALLATION, whole=True)

        assert (codes(found), found.report.ready) == (["ING-06"], True)
        assert codes(check(cluster, INSTALLATION)) == []

    def test_what_would_stop_a_wait_is_not_said_of_what_is_ready(self):
        issue = {**custom("ApigeeIssue", "cut"), "spec": {"reason": "AIS_CANNOT_CONNECT_TO_CONTROL_PLANE"}}

        assert codes(check(TalkingCluster(organization(**RUNNING), issue), INSTALLATION, whole=True)) == []

    def test_the_log_of_an_operator_that_works_explains_what_it_cannot_do(self):
        manager = pod("operator-1", app="apigee-controller")
        manager["status"] = {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{**container("manager", running={}), "ready": True}],
        }
        words = 'User "m" cannot update resource "apigeetelemetries/finalizers"'
        cluster = TalkingCluster(organization(), manager, logs={("operator-1", False): words})

        assert codes(check(cluster, INSTALLATION)) == ["RES-09"]

    def test_what_may_not_be_read_is_done_without(self):
        cluster = crashing()
        cluster.faults = hidden("Event", "ReplicaSet", "Certificate", "Namespace", "Service", "Secret")

        assert codes(check(cluster, INSTALLATION)) == ["IAM-01"]

    def test_what_may_not_be_read_is_told(self):
        cluster = crashing()
        cluster.faults = hidden("Event", "Namespace")
        cluster.forbidden_logs = True

        found = check(cluster, INSTALLATION)

        assert [str(one) for one in found.missing] == [
            "get pods/log in apigee",
            "list Event in apigee",
            "list Namespace",
        ]

    def test_pods_of_others_in_the_namespace_are_not_diagnosed(self):
        stranger = pod(
            "nginx-1", app="nginx", status={"containerStatuses": [container(**waiting("ErrImagePull"))]}
        )

        assert codes(check(TalkingCluster(organization(), stranger), INSTALLATION)) == []


class TestWatching:
    def test_it_ends_soon_after_the_last_becomes_ready(self):
        cluster = TalkingCluster(organization())
        done: list[float] = []

        def become_ready() -> None:
            cluster.update(ORG, lambda live: live.update(status=RUNNING))
            done.append(time.monotonic())

        threading.Timer(0.1, become_ready).start()
        last = list(watch(cluster, INSTALLATION, timeout=5))[-1]

        assert last.report.ready
        assert time.monotonic() - done[0] < 0.5

    def test_a_problem_that_no_wait_heals_ends_it_at_once(self):
        told: list[Diagnosis] = []
        with pytest.raises(NotReady) as caught:
            told.extend(watch(crashing(), INSTALLATION, timeout=60, settling=0, beat=0.01))

        assert caught.value.details == ("IAM-01: a key is not valid any more",)
        assert "apigeectl explain IAM-01" in (caught.value.hint or "")

    def test_a_problem_that_may_pass_ends_it_when_it_lasts(self):
        with pytest.raises(NotReady, match="does not help") as caught:
            list(
                watch(
                    TalkingCluster(*no_image()),
                    INSTALLATION,
                    timeout=1e9,
                    settling=0,
                    beat=0.01,
                    clock=fast(),
                )
            )

        assert caught.value.details == ("KUB-02: an image cannot be pulled",)

    def test_nothing_is_given_up_by_what_was_seen_before_an_outage(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setitem(Observation.__init__.__kwdefaults__ or {}, "pause", 0.01)
        cluster = TalkingCluster(*no_image())
        cluster.patience = 0.02

        def down(request: Any) -> None:
            raise Unreachable("connection refused")

        told: list[Diagnosis] = []
        begun = time.monotonic()
        with pytest.raises(WaitTimeout):
            for each in watch(
                cluster,
                INSTALLATION,
                timeout=400,
                settling=0,
                beat=0.01,
                clock=lambda: 500 * (time.monotonic() - begun),
            ):
                told.append(each)
                cluster.faults = down

        assert told[-1].trouble == "connection refused"

    def test_what_is_slow_and_healthy_is_waited_for(self):
        lives = chain("mart", container("apigee-mart", running={}))

        with pytest.raises(WaitTimeout):
            list(watch(TalkingCluster(*lives), INSTALLATION, timeout=0.2, settling=0, beat=0.01))

    def test_a_problem_that_passes_is_forgiven(self):
        cluster = TalkingCluster(*no_image())

        def heal() -> None:
            ready = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
            cluster.update(POD, lambda live: live.update(status=ready))
            cluster.update(ORG, lambda live: live.update(status=RUNNING))

        threading.Timer(0.1, heal).start()
        told = list(watch(cluster, INSTALLATION, timeout=5, settling=0, beat=0.01))

        assert "KUB-02" in [code for each in told for code in codes(each)]
        assert told[-1].report.ready
        assert codes(told[-1]) == []

    def test_a_short_wait_ends_with_the_reasons_too(self):
        told: list[Diagnosis] = []
        with pytest.raises(WaitTimeout):
            for each in watch(crashing(), INSTALLATION, timeout=0.05):
                told.append(each)

        assert codes(told[-1]) == ["IAM-01"]

    def test_a_quick_wait_asks_for_no_more_than_it_needs(self):
        cluster = TalkingCluster(organization())
        threading.Timer(0.05, lambda: cluster.update(ORG, lambda live: live.update(status=RUNNING))).start()

        list(watch(cluster, INSTALLATION, timeout=5))

        assert "Event" not in {request.ref.kind for request in cluster.requests}

    def test_a_log_is_read_once_a_run(self):
        cluster = crashing()
        cluster.written = {}

        with pytest.raises(WaitTimeout):
            list(watch(cluster, INSTALLATION, timeout=0.3, settling=0, beat=0.01))

        assert sorted(cluster.read) == [(POD.name, False), (POD.name, True)]


class TestPatience:
    def found(self) -> tuple[Any, ...]:
        return findings(scene(in_init("2026-01-01T11:00:00Z")))

    def test_it_ends_after_the_minutes_of_the_problem(self):
        now = 0.0
        patience = Patience(lambda: now)
        assert patience.lost(self.found()) == ()

        now = 14 * 60
        assert patience.lost(self.found()) == ()
        now = 15 * 60
        assert [each.code for each in patience.lost(self.found())] == ["RES-05"]

    def test_it_is_patient_while_one_place_heals_after_the_other(self):
        now = 0.0
        patience = Patience(lambda: now)
        for number in range(10):
            now = number * 4 * 60
            refused = pending("0/3 nodes are available: 3 Insufficient cpu.", name=f"p-{number}")
            assert patience.lost(findings(scene(refused))) == ()

    def test_it_is_patient_while_replicas_come(self):
        now = 0.0
        patience = Patience(lambda: now)
        for number in range(10):
            now = number * 10 * 60
            components = {"mart": {"state": "creating", "replicas": {"total": 10, "ready": number}}}
            status = {"state": "creating", "lastAppliedGeneration": 1, "components": components}
            (found,) = findings(scene(live("ApigeeOrganization", "acme", status=status)))
            assert found.code == "RES-01"
            assert patience.lost((found,)) == ()

    def test_what_nothing_rests_on_ends_no_wait(self):
        now = 0.0
        patience = Patience(lambda: now)
        service = live("Service", "apigee-ingressgateway", api="v1", spec={"type": "LoadBalancer"})
        found = findings(scene(service))
        patience.lost(found)

        now = 3600
        assert [each.code for each in found] == ["ING-01"]
        assert patience.lost(found) == ()

    def test_it_begins_anew_when_the_problem_was_gone_meanwhile(self):
        now = 0.0
        patience = Patience(lambda: now)
        patience.lost(self.found())
        now = 14 * 60
        patience.lost(())
        patience.lost(self.found())

        now = 16 * 60
        assert patience.lost(self.found()) == ()
