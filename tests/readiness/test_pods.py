from __future__ import annotations

from typing import Any

import pytest

from apigeectl.readiness.pods import WAITS_FOR, last_words, superseded
from apigeectl.readiness.status import State, readiness


def pod(*, phase: str = "Pending", created: str = "2026-01-01T00:00:00Z", owner: str = "", **status: Any):
    metadata: dict[str, Any] = {"name": "apigee-mart-x", "namespace": "apigee", "creationTimestamp": created}
    if owner:
        metadata["ownerReferences"] = [{"kind": "Job", "name": owner, "uid": owner, "controller": True}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"containers": [{"name": "apigee-mart"}]},
        "status": {"phase": phase, **status},
    }


def waiting(reason: str, message: str = "", name: str = "apigee-mart") -> dict[str, Any]:
    return {"name": name, "ready": False, "state": {"waiting": {"reason": reason, "message": message}}}


def test_a_ready_pod_is_ready():
    found = readiness(
        pod(
            phase="Running",
            conditions=[{"type": "Ready", "status": "True"}],
            containerStatuses=[{"name": "apigee-mart", "ready": True}],
        )
    )

    assert (found.state, found.message) == (State.READY, "1 of 1 container is ready")


def test_a_completed_pod_is_ready():
    assert readiness(pod(phase="Succeeded")).ready


@pytest.mark.parametrize("reason", ["ImagePullBackOff", "CrashLoopBackOff", "CreateContainerConfigError"])
def test_the_reason_of_a_container_is_told_and_may_still_heal(reason: str):
    found = readiness(pod(containerStatuses=[waiting(reason, "because")]))

    assert found.state is State.PROGRESSING
    assert found.reason == reason
    assert found.message == f"container apigee-mart: {reason}: because"


def test_an_impossible_image_name_never_heals():
    assert readiness(pod(containerStatuses=[waiting("InvalidImageName")])).state is State.FAILED


def test_a_pod_that_no_node_takes_says_why():
    nowhere = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes"}

    found = readiness(pod(conditions=[nowhere]))

    assert found.reason == "Unschedulable"
    assert "0/3 nodes" in found.message


@pytest.mark.parametrize("name", WAITS_FOR)
def test_an_init_container_says_what_it_waits_for(name: str):
    init = {"name": name, "ready": False, "state": {"running": {}}}
    found = readiness(
        pod(initContainerStatuses=[init], containerStatuses=[waiting("PodInitializing")]),
    )

    assert found.state is State.PROGRESSING
    assert WAITS_FOR[name] in found.message


def test_the_first_unfinished_init_container_is_named():
    done = {
        "name": "apigee-cassandra-schema-readiness",
        "ready": True,
        "state": {"terminated": {"exitCode": 0}},
    }
    busy = {"name": "apigee-redis-envoy-readiness", "ready": False, "state": {"running": {}}}

    assert "redis envoy" in readiness(pod(initContainerStatuses=[done, busy])).message


def test_a_crashing_init_container_is_told_before_the_containers():
    found = readiness(
        pod(
            initContainerStatuses=[waiting("CrashLoopBackOff", name="apigee-tls-readiness")],
            containerStatuses=[waiting("PodInitializing")],
        )
    )

    assert found.reason == "CrashLoopBackOff"
    assert "apigee-tls-readiness" in found.message


def test_last_words_name_exit_code_and_message():
    crashed = {
        **waiting("CrashLoopBackOff"),
        "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled", "message": "too\nlarge"}},
    }

    assert last_words(pod(containerStatuses=[crashed])) == "apigee-mart: OOMKilled, exit code 137: too large"


def test_last_words_are_cut_to_a_line():
    ended = {"exitCode": 1, "message": "x" * 1000}
    crashed = {**waiting("CrashLoopBackOff"), "lastState": {"terminated": ended}}

    assert len(last_words(pod(containerStatuses=[crashed]))) < 400


def test_a_failed_pod_without_controller_has_failed():
    assert readiness(pod(phase="Failed", message="evicted")).state is State.FAILED


def test_a_failed_pod_of_a_job_may_be_tried_again():
    assert readiness(pod(phase="Failed", owner="setup")).state is State.PROGRESSING


def test_a_failed_pod_is_superseded_by_a_newer_one_of_the_same_controller():
    old = pod(phase="Failed", owner="setup")

    assert superseded(old, [old, pod(phase="Succeeded", owner="setup", created="2026-01-02T00:00:00Z")])
    assert not superseded(old, [old, pod(phase="Succeeded", owner="other", created="2026-01-02T00:00:00Z")])
    assert not superseded(old, [old])
