"""Readiness of workloads, by the rules that kubectl rollout status and kstatus follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apigeectl.readiness.model import Readiness, condition, counted, failed, progressing, ready, words

_UNSEEN = "its controller has not seen the latest change yet"


def deployment(live: Mapping[str, Any]) -> Readiness:
    """Every replica updated, none of the old ones left, all available."""
    if _unseen(live):
        return progressing(_UNSEEN)
    rollout = condition(live, "Progressing")
    if rollout.get("reason") == "ProgressDeadlineExceeded":
        return failed(words(rollout), "ProgressDeadlineExceeded")
    want = _wanted(live)
    status = live["status"]
    updated = int(status.get("updatedReplicas") or 0)
    if updated < want:
        return progressing(_with_cause(live, counted(updated, want, "replica", "updated")))
    old = int(status.get("replicas") or 0) - updated
    if old > 0:
        return progressing(f"{old} old replica{'' if old == 1 else 's'} still to go")
    available = int(status.get("availableReplicas") or 0)
    if available < want or int(status.get("readyReplicas") or 0) < want:
        return progressing(_with_cause(live, counted(available, want, "replica", "ready")))
    return ready(counted(want, want, "replica", "ready"))


def replica_set(live: Mapping[str, Any]) -> Readiness:
    """Every replica available."""
    if _unseen(live):
        return progressing(_UNSEEN)
    want = _wanted(live)
    available = int(live["status"].get("availableReplicas") or 0)
    message = counted(available, want, "replica", "ready")
    return ready(message) if available >= want else progressing(_with_cause(live, message))


def stateful_set(live: Mapping[str, Any]) -> Readiness:
    """Every replica ready and, unless the strategy leaves that to somebody, updated."""
    if _unseen(live):
        return progressing(_UNSEEN)
    want = _wanted(live)
    status = live["status"]
    have = int(status.get("readyReplicas") or 0)
    if have < want:
        return progressing(counted(have, want, "replica", "ready"))
    strategy = live["spec"].get("updateStrategy") or {}
    partition = int((strategy.get("rollingUpdate") or {}).get("partition") or 0)
    updated = int(status.get("updatedReplicas") or 0)
    if strategy.get("type") != "OnDelete" and updated < want - partition:
        return progressing(counted(updated, want - partition, "replica", "updated"))
    return ready(counted(want, want, "replica", "ready"))


def daemon_set(live: Mapping[str, Any]) -> Readiness:
    """A pod on every node that should have one, all updated and available."""
    if _unseen(live):
        return progressing(_UNSEEN)
    status = live["status"]
    want = int(status.get("desiredNumberScheduled") or 0)
    updated = int(status.get("updatedNumberScheduled") or 0)
    on_delete = (live["spec"].get("updateStrategy") or {}).get("type") == "OnDelete"
    if updated < want and not on_delete:
        return progressing(counted(updated, want, "pod", "updated"))
    available = int(status.get("numberAvailable") or 0)
    message = counted(available, want, "pod", "ready")
    return ready(message) if available >= want else progressing(message)


def job(live: Mapping[str, Any]) -> Readiness:
    """Complete; a suspended Job counts as such, because nobody waits for it."""
    for kind in ("Failed", "FailureTarget"):
        ended = condition(live, kind)
        if ended.get("status") == "True":
            return failed(words(ended) or "it failed", str(ended.get("reason") or kind))
    if condition(live, "Complete").get("status") == "True":
        return ready("complete")
    if live["spec"].get("suspend"):
        return ready("suspended")
    status = live.get("status") or {}
    want = int(live["spec"].get("completions") or 1)
    return progressing(counted(int(status.get("succeeded") or 0), want, "run", "complete"))


def _unseen(live: Mapping[str, Any]) -> bool:
    status = live.get("status") or {}
    return (
        int(status.get("observedGeneration") or 0) < int(live["metadata"].get("generation") or 0)
        or not status
    )


def _wanted(live: Mapping[str, Any]) -> int:
    replicas = live["spec"].get("replicas")
    return 1 if replicas is None else int(replicas)


def _with_cause(live: Mapping[str, Any], message: str) -> str:
    # A quota or an admission policy that forbids the pods shows here and nowhere else: there is no pod.
    failure = condition(live, "ReplicaFailure")
    return f"{message}: {words(failure)}" if failure.get("status") == "True" else message
