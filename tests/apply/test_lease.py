from __future__ import annotations

import os
import threading
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from apigeectl.apply.lease import Holder, clear, held
from apigeectl.errors import Conflict, Forbidden, Refused, Unreachable
from apigeectl.manifests import LiveObject, Manifest, ObjectRef
from tests.apply.fakes import FakeCluster, Request, namespace

LEASE = ObjectRef("coordination.k8s.io", "Lease", "apigee", "apigeectl-acme")
NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
ME = Holder("me", "here", os.getpid())
SHE = Holder("she", "there", 7)


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster(namespace())


def hold(cluster: FakeCluster, holder: Holder = ME, *, at: datetime = NOON, **options: Any):
    return held(cluster, "acme", "apigee", holder=holder, now=lambda: at, **options)


def identity(cluster: FakeCluster) -> str:
    return str(cluster.objects[LEASE]["spec"]["holderIdentity"])


def leave_behind(cluster: FakeCluster, holder: Holder, at: datetime = NOON) -> None:
    lease = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": LEASE.name, "namespace": "apigee"},
        "spec": {
            "holderIdentity": str(holder),
            "leaseDurationSeconds": 60,
            "acquireTime": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "renewTime": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        },
    }
    cluster.put(lease)


def test_a_run_holds_it_and_lets_go(cluster: FakeCluster):
    with hold(cluster):
        assert identity(cluster) == str(ME)

    assert LEASE not in cluster.objects


def test_it_is_let_go_when_the_run_fails(cluster: FakeCluster):
    with pytest.raises(ValueError, match="boom"), hold(cluster):
        raise ValueError("boom")

    assert LEASE not in cluster.objects


def test_a_second_run_is_refused_and_told_who_and_since_when(cluster: FakeCluster):
    with hold(cluster, SHE), pytest.raises(Refused) as caught, hold(cluster, at=NOON + timedelta(seconds=30)):
        pass

    assert "she@there 7, since 2026-01-01T12:00:00Z" in caught.value.message


def test_one_that_expired_is_taken_over(cluster: FakeCluster):
    leave_behind(cluster, SHE)

    with hold(cluster, at=NOON + timedelta(seconds=61)):
        assert identity(cluster) == str(ME)


def test_one_of_a_process_that_died_on_this_machine_is_taken_over_at_once(cluster: FakeCluster):
    leave_behind(cluster, Holder("me", "here", 2**22 + 1))  # above the highest process id

    with hold(cluster):
        assert identity(cluster) == str(ME)


def test_one_of_a_process_that_lives_on_this_machine_is_not(cluster: FakeCluster):
    leave_behind(cluster, Holder("me", "here", os.getppid()))

    with pytest.raises(Refused), hold(cluster):
        pass


def test_one_of_another_container_with_the_same_name_is_not(cluster: FakeCluster):
    leave_behind(cluster, Holder("me", "here", 2**22 + 1))
    cluster.update(LEASE, lambda live: live["metadata"].update(annotations={"apigeectl.dev/processes": "b"}))

    with pytest.raises(Refused), hold(cluster, replace(ME, processes="a")):
        pass


def test_one_with_our_own_name_in_another_container_is_not(cluster: FakeCluster):
    with (
        hold(cluster, replace(ME, processes="a")),
        pytest.raises(Refused),
        hold(cluster, replace(ME, processes="b")),
    ):
        pass


class Clocked(FakeCluster):
    """A server that stamps what is written with its own time, which differs from that of its clients."""

    clock = NOON

    def apply(self, manifest: Manifest, **options: Any) -> LiveObject:
        live = super().apply(manifest, **options)
        live["metadata"]["creationTimestamp"] = self.clock.strftime("%Y-%m-%dT%H:%M:%SZ")
        return live

    def stamp(self, at: datetime) -> None:
        entry = {"manager": "apigeectl", "operation": "Update", "time": at.strftime("%Y-%m-%dT%H:%M:%SZ")}
        self.objects[LEASE]["metadata"]["managedFields"] = [entry]


@pytest.mark.parametrize("off", [-3600, 3600])
def test_one_that_is_renewed_is_held_however_wrong_the_clocks_are(off: int):
    cluster = Clocked(namespace())
    leave_behind(cluster, SHE, NOON + timedelta(seconds=off))
    cluster.stamp(NOON - timedelta(seconds=15))

    with pytest.raises(Refused), hold(cluster):
        pass
    clear(cluster, "acme", "apigee", holder=ME, now=lambda: NOON)

    assert identity(cluster) == str(SHE)


@pytest.mark.parametrize("off", [-3600, 3600])
def test_one_that_is_not_is_taken_over_however_wrong_the_clocks_are(off: int):
    cluster = Clocked(namespace())
    leave_behind(cluster, SHE, NOON + timedelta(seconds=off))
    cluster.stamp(NOON - timedelta(seconds=61))

    with hold(cluster):
        assert identity(cluster) == str(ME)


def test_one_that_says_no_time_is_taken_over(cluster: FakeCluster):
    leave_behind(cluster, SHE)
    cluster.objects[LEASE]["spec"] = {"holderIdentity": "somebody"}

    with hold(cluster):
        assert identity(cluster) == str(ME)


def test_who_comes_second_in_a_race_is_refused(cluster: FakeCluster):
    def faster(request: Request) -> None:
        if request.verb == "create" and LEASE not in cluster.objects:
            leave_behind(cluster, SHE)
            raise Conflict("already exists", status=409)

    cluster.faults = faster

    with pytest.raises(Refused, match="she@there"), hold(cluster):
        pass


def test_it_is_renewed_while_held(cluster: FakeCluster):
    renewed = threading.Event()

    def watch(request: Request) -> None:
        if request.verb == "replace":
            renewed.set()

    cluster.faults = watch

    with hold(cluster, duration=0.04):
        assert renewed.wait(5)


def test_a_renewal_that_fails_does_not_end_the_run(cluster: FakeCluster):
    tried = threading.Event()

    def down(request: Request) -> None:
        if request.verb == "replace":
            tried.set()
            raise Unreachable("connection refused")

    cluster.faults = down

    with hold(cluster, duration=0.04):
        assert tried.wait(5)


def test_one_that_was_taken_over_is_not_let_go_by_the_first(cluster: FakeCluster):
    with hold(cluster):
        cluster.update(LEASE, lambda live: live["spec"].update(holderIdentity=str(SHE)))

    assert identity(cluster) == str(SHE)


def test_without_the_namespace_there_is_nothing_to_hold():
    cluster = FakeCluster()

    with hold(cluster):
        assert LEASE not in cluster.objects


@pytest.mark.parametrize("text", ["", "somebody", "a@b", "a b", "a@b c"])
def test_an_identity_that_is_not_ours_is_no_holder(text: str):
    assert Holder.parse(text) is None


def test_a_holder_reads_back_as_it_was_written():
    assert Holder.parse(str(SHE)) == SHE


def test_in_a_namespace_that_is_going_there_is_nothing_to_hold(cluster: FakeCluster):
    def refuse(request: Request) -> None:
        if request.verb == "create":
            raise Forbidden("unable to create new content in it because it is being terminated", status=403)

    cluster.faults = refuse

    with hold(cluster):
        assert LEASE not in cluster.objects


def test_who_may_not_hold_it_is_told(cluster: FakeCluster):
    def refuse(request: Request) -> None:
        if request.verb == "create":
            raise Forbidden('User "me" cannot create leases', status=403)

    cluster.faults = refuse

    with pytest.raises(Forbidden), hold(cluster):
        pass


@pytest.mark.parametrize(("seconds", "stays"), [(30, True), (61, False)])
def test_clearing_takes_only_what_was_left_behind(cluster: FakeCluster, seconds: int, stays: bool):
    leave_behind(cluster, SHE)

    clear(cluster, "acme", "apigee", holder=ME, now=lambda: NOON + timedelta(seconds=seconds))

    assert (LEASE in cluster.objects) is stays
