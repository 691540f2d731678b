"""The status of a pod at each stage of its life, as a kubelet writes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from apigeectl.manifests import LiveObject
from apigeectl.sandbox.operator.world import timestamp

NODE_ADDRESS = "127.0.0.1"


class Stage(str, Enum):
    """How far a pod has come."""

    NEW = "new"
    UNSCHEDULABLE = "unschedulable"
    CREATING = "creating"
    PULL_FAILED = "pull-failed"
    INITIALIZING = "initializing"
    STARTING = "starting"
    READY = "ready"
    CRASHED = "crashed"
    SUCCEEDED = "succeeded"


@dataclass(frozen=True)
class Record:
    """What the kubelet remembers of a pod."""

    pod: LiveObject = field(repr=False)
    ip: str
    began: float
    stage: Stage = Stage.NEW
    started: float = 0.0
    restarts: int = 0
    fatal: str | None = None
    exit_code: int = 255
    gate: str | None = None
    """The init container that waits; those before it are done, those after it have not begun."""


def pod_status(pod: LiveObject, record: Record) -> dict[str, Any]:
    """phase, conditions, addresses and container statuses."""
    if record.stage is Stage.UNSCHEDULABLE:
        message = "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector."
        scheduled = {
            "type": "PodScheduled",
            "status": "False",
            "reason": "Unschedulable",
            "message": message,
            "lastTransitionTime": timestamp(record.began),
        }
        return {"phase": "Pending", "conditions": [scheduled]}
    status: dict[str, Any] = {
        "phase": _PHASES[record.stage],
        "conditions": _conditions(record),
        "hostIP": NODE_ADDRESS,
        "startTime": timestamp(record.began),
        "containerStatuses": [_container(spec, record) for spec in pod["spec"]["containers"]],
    }
    if init := pod["spec"].get("initContainers"):
        names = [spec["name"] for spec in init]
        place = names.index(record.gate) if record.gate in names else len(names) - 1
        status["initContainerStatuses"] = [
            _init_container(spec, record, number - place) for number, spec in enumerate(init)
        ]
    if record.stage not in {Stage.CREATING, Stage.PULL_FAILED}:
        status |= {"podIP": record.ip, "podIPs": [{"ip": record.ip}]}
    return status


_PHASES = {
    Stage.CREATING: "Pending",
    Stage.PULL_FAILED: "Pending",
    Stage.INITIALIZING: "Pending",
    Stage.STARTING: "Running",
    Stage.READY: "Running",
    Stage.CRASHED: "Running",
    Stage.SUCCEEDED: "Succeeded",
}
_INITIALIZED = {Stage.STARTING, Stage.READY, Stage.CRASHED, Stage.SUCCEEDED}


def _conditions(record: Record) -> list[dict[str, str]]:
    ready = record.stage is Stage.READY
    reason = (
        {"reason": "PodCompleted"} if record.stage is Stage.SUCCEEDED else {"reason": "ContainersNotReady"}
    )
    moment = timestamp()
    return [
        {
            "type": name,
            "status": "True" if holds else "False",
            "lastTransitionTime": moment,
            **({} if holds or name == "Initialized" else reason),
        }
        for name, holds in (
            ("PodScheduled", True),
            ("Initialized", record.stage in _INITIALIZED),
            ("ContainersReady", ready),
            ("Ready", ready),
        )
    ]


def _container(spec: Mapping[str, Any], record: Record) -> dict[str, Any]:
    status: dict[str, Any] = {
        "name": spec["name"],
        "image": spec.get("image", ""),
        "imageID": "",
        "ready": record.stage is Stage.READY,
        "started": record.stage in {Stage.STARTING, Stage.READY},
        "restartCount": record.restarts,
        "state": _state(spec, record),
        "lastState": {},
    }
    if record.fatal is not None and record.stage is Stage.CRASHED:
        status["lastState"] = {"terminated": _terminated(record, record.exit_code, "Error", record.fatal)}
    return status


def _state(spec: Mapping[str, Any], record: Record) -> dict[str, Any]:
    match record.stage:
        case Stage.PULL_FAILED:
            message = f'Back-off pulling image "{spec.get("image", "")}"'
            return {"waiting": {"reason": "ImagePullBackOff", "message": message}}
        case Stage.STARTING | Stage.READY:
            return {"running": {"startedAt": timestamp(record.started)}}
        case Stage.CRASHED:
            message = f"back-off restarting failed container={spec['name']}"
            return {"waiting": {"reason": "CrashLoopBackOff", "message": message}}
        case Stage.SUCCEEDED:
            return {"terminated": _terminated(record, 0, "Completed")}
        case Stage.INITIALIZING:
            return {"waiting": {"reason": "PodInitializing"}}
    return {"waiting": {"reason": "ContainerCreating"}}


def _init_container(spec: Mapping[str, Any], record: Record, place: int) -> dict[str, Any]:
    done = record.stage in _INITIALIZED or (record.stage is Stage.INITIALIZING and place < 0)
    state: dict[str, Any] = {"waiting": {"reason": "PodInitializing"}}
    if done:
        state = {"terminated": _terminated(record, 0, "Completed")}
    elif record.stage is Stage.INITIALIZING and place == 0:
        state = {"running": {"startedAt": timestamp(record.began)}}
    return {
        "name": spec["name"],
        "image": spec.get("image", ""),
        "imageID": "",
        "ready": done,
        "restartCount": 0,
        "state": state,
    }


def _terminated(record: Record, exit_code: int, reason: str, message: str = "") -> dict[str, Any]:
    started = timestamp(record.started or record.began)
    ended = {"exitCode": exit_code, "reason": reason, "startedAt": started, "finishedAt": timestamp()}
    return {**ended, "message": message} if message else ended
