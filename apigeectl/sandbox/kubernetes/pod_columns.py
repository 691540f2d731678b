"""The columns of pods, whose status is the hardest to put into one word."""

from __future__ import annotations

from typing import Any

from apigeectl.manifests import LiveObject
from apigeectl.sandbox.kubernetes.columns import AGE, NAME, NONE, Column, age, at, text, written


def status_of(pod: LiveObject) -> str:
    """The word in the column STATUS."""
    reason = at(pod, "status.reason") or at(pod, "status.phase") or ""
    reason, initializing = _initial_reason(pod, reason)
    if not initializing:
        reason = _container_reason(pod, reason)
    if pod["metadata"].get("deletionTimestamp"):
        return "Unknown" if at(pod, "status.reason") == "NodeLost" else "Terminating"
    return str(reason)


def _initial_reason(pod: LiveObject, reason: str) -> tuple[str, bool]:
    """What init containers still have to say, and whether they have not all finished."""
    statuses = at(pod, "status.initContainerStatuses") or []
    total = len(at(pod, "spec.initContainers") or ())
    for number, status in enumerate(statuses):
        state = status.get("state") or {}
        ended, waiting = state.get("terminated"), state.get("waiting") or {}
        if ended is not None and ended.get("exitCode", 0) == 0:
            continue
        if ended is not None:
            return f"Init:{_ending(ended)}", True
        if waiting.get("reason") not in (None, "", "PodInitializing"):
            return f"Init:{waiting['reason']}", True
        return f"Init:{number}/{total}", True
    return reason, False


def _container_reason(pod: LiveObject, reason: str) -> str:
    running = False
    for status in reversed(at(pod, "status.containerStatuses") or []):
        state = status.get("state") or {}
        waiting, ended = state.get("waiting") or {}, state.get("terminated")
        if waiting.get("reason"):
            reason = waiting["reason"]
        elif ended is not None:
            reason = _ending(ended)
        elif status.get("ready") and "running" in state:
            running = True
    if reason == "Completed" and running:
        ready = any(
            one.get("type") == "Ready" and one.get("status") == "True"
            for one in at(pod, "status.conditions") or ()
        )
        reason = "Running" if ready else "NotReady"
    return reason


def _ending(ended: dict[str, Any]) -> str:
    if ended.get("reason"):
        return str(ended["reason"])
    return f"Signal:{ended['signal']}" if ended.get("signal") else f"ExitCode:{ended.get('exitCode', 0)}"


def _ready(pod: LiveObject) -> str:
    statuses = at(pod, "status.containerStatuses") or []
    ready = sum(1 for one in statuses if one.get("ready") and "running" in (one.get("state") or {}))
    return f"{ready}/{len(at(pod, 'spec.containers') or ())}"


def _restarts(pod: LiveObject) -> str:
    statuses = at(pod, "status.containerStatuses") or []
    restarts = sum(one.get("restartCount", 0) for one in statuses)
    last = [at(one, "lastState.terminated.finishedAt") for one in statuses]
    finished = max((time for time in last if time), default="")
    return f"{restarts} ({age(finished)} ago)" if restarts and finished else str(restarts)


def _gates(pod: LiveObject) -> str:
    gates = [gate["conditionType"] for gate in at(pod, "spec.readinessGates") or ()]
    if not gates:
        return NONE
    conditions = at(pod, "status.conditions") or ()
    met = {one["type"] for one in conditions if one.get("status") == "True"}
    return f"{len(met & set(gates))}/{len(gates)}"


PODS: tuple[Column, ...] = (
    NAME,
    text("Ready", _ready),
    text("Status", status_of),
    text("Restarts", _restarts),
    AGE,
    text("IP", written("status.podIP", NONE), 1),
    text("Node", written("spec.nodeName", NONE), 1),
    text("Nominated Node", written("status.nominatedNodeName", NONE), 1),
    text("Readiness Gates", _gates, 1),
)
