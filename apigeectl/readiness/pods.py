"""Readiness of pods: which container is behind, why, and what its last run said before it ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apigeectl.readiness.model import Readiness, condition, counted, failed, progressing, ready, words

WAITS_FOR: Mapping[str, str] = {
    "apigee-cassandra-readiness": "Cassandra to answer",
    "apigee-cassandra-user-readiness": "the Cassandra user-setup job",
    "apigee-cassandra-schema-readiness": "the Cassandra schema-setup job",
    "apigee-redis-envoy-readiness": "the redis envoy",
    "apigee-tls-readiness": "its certificate Secret",
}
"""What an init container waits for, by its name."""

_HOPELESS = frozenset({"InvalidImageName"})
"""Waiting reasons that no retry of the kubelet can heal."""

_ORDINARY = frozenset({"ContainerCreating", "PodInitializing", ""})
_LONGEST = 300


def pod(live: Mapping[str, Any]) -> Readiness:
    """Ready, or run to its end; a failed one has hope as long as a controller may replace it."""
    status = live.get("status") or {}
    phase = str(status.get("phase") or "Pending")
    if phase == "Succeeded":
        return ready("completed")
    if phase == "Failed":
        return _ended_badly(live)
    if condition(live, "Ready").get("status") == "True":
        return ready(_containers_ready(live))
    hopeless = [found for found in _behind(live) if found[1].get("reason") in _HOPELESS]
    if hopeless:
        name, waiting = hopeless[0]
        return failed(f"container {name}: {_explained(waiting)}", str(waiting["reason"]))
    scheduled = condition(live, "PodScheduled")
    if scheduled.get("status") == "False":
        return progressing(f"no node takes it: {words(scheduled)}", str(scheduled.get("reason") or ""))
    return _not_ready_yet(live)


def superseded(live: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> bool:
    """A failed pod that its controller has replaced since, so that it proves nothing any more."""
    owner = controller(live)
    if not owner or (live.get("status") or {}).get("phase") != "Failed":
        return False
    born = str(live["metadata"].get("creationTimestamp") or "")
    return any(
        controller(other).get("uid") == owner.get("uid")
        and str(other["metadata"].get("creationTimestamp") or "") > born
        for other in others
    )


def controller(live: Mapping[str, Any]) -> Mapping[str, Any]:
    """The owner reference of the controller that made the object, or an empty mapping."""
    owners = live["metadata"].get("ownerReferences") or ()
    return next((owner for owner in owners if owner.get("controller")), {})


def last_words(live: Mapping[str, Any]) -> str:
    """How the containers that are not ready ended the last time, one sentence each."""
    said = []
    for container in _statuses(live):
        ended = (container.get("lastState") or {}).get("terminated") or {}
        ended = (container.get("state") or {}).get("terminated") or ended
        if ended and not container.get("ready") and ended.get("exitCode"):
            said.append(f"{container['name']}: {_ending(ended)}")
    return "; ".join(said)


def _ended_badly(live: Mapping[str, Any]) -> Readiness:
    status = live["status"]
    message = words(status) or last_words(live) or "it failed"
    reason = str(status.get("reason") or "Failed")
    owner = controller(live)
    if owner:
        return progressing(f"{message}; its {owner.get('kind')} may try again", reason)
    return failed(message, reason)


def _not_ready_yet(live: Mapping[str, Any]) -> Readiness:
    for name, waiting in _behind(live):
        reason = str(waiting.get("reason") or "")
        if reason not in _ORDINARY:
            return progressing(f"container {name}: {_explained(waiting)}", reason)
    step = _init_step(live)
    if step:
        return progressing(step, "Init")
    return progressing(_containers_ready(live))


def _init_step(live: Mapping[str, Any]) -> str:
    for container in (live.get("status") or {}).get("initContainerStatuses") or ():
        state = container.get("state") or {}
        sidecar_runs = container.get("started") and "running" in state
        if "terminated" in state or sidecar_runs:
            continue
        name = str(container["name"])
        return (
            f"init container {name} waits for {WAITS_FOR[name]}"
            if name in WAITS_FOR
            else f"init container {name}"
        )
    return ""


def _containers_ready(live: Mapping[str, Any]) -> str:
    want = len((live.get("spec") or {}).get("containers") or ())
    statuses = (live.get("status") or {}).get("containerStatuses") or ()
    return counted(sum(bool(one.get("ready")) for one in statuses), want, "container", "ready")


def _behind(live: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for container in _statuses(live):
        waiting = (container.get("state") or {}).get("waiting")
        if waiting and not container.get("ready"):
            yield str(container["name"]), waiting


def _statuses(live: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    status = live.get("status") or {}
    return [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]


def _explained(waiting: Mapping[str, Any]) -> str:
    reason, message = str(waiting.get("reason") or ""), str(waiting.get("message") or "")
    return _shortened(f"{reason}: {message}" if message and message != reason else reason)


def _ending(ended: Mapping[str, Any]) -> str:
    reason = str(ended.get("reason") or "Error")
    message = str(ended.get("message") or "")
    return _shortened(f"{reason}, exit code {ended.get('exitCode')}{': ' + message if message else ''}")


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
