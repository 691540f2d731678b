"""The scale subresource: one view of the replicas of many kinds."""

from __future__ import annotations

from typing import Any

from apigeectl.manifests import LiveObject
from apigeectl.sandbox.kubernetes import admission, bodies, reading, selectors, writing
from apigeectl.sandbox.kubernetes.control_plane import ControlPlane
from apigeectl.sandbox.kubernetes.kinds import Kind, Scale
from apigeectl.sandbox.kubernetes.messages import Answer, Call, Target, WriteOptions
from apigeectl.sandbox.kubernetes.statuses import bad_request, invalid


def get(plane: ControlPlane, target: Target, call: Call) -> Answer:
    return Answer(_scale_of(target.kind, reading.existing(plane, target)))


def replace(plane: ControlPlane, target: Target, call: Call) -> Answer:
    sent = bodies.parsed(call.body)
    if not isinstance(sent, dict):
        raise bad_request("the object provided is unrecognized (must be of type Scale)")
    return _write(plane, target, call, lambda _: sent)


def patch(plane: ControlPlane, target: Target, call: Call) -> Answer:
    return _write(plane, target, call, lambda scale: writing.patched(plane, target, call, scale))


def _write(plane: ControlPlane, target: Target, call: Call, change: Any) -> Answer:
    options = WriteOptions.read(call)
    paths = target.kind.scale or Scale()
    with plane.store.lock:
        live = reading.existing(plane, target)
        sent = change(_scale_of(target.kind, live))
        version = (sent.get("metadata") or {}).get("resourceVersion")
        admission.check_version(target, live, version)
        replicas = (sent.get("spec") or {}).get("replicas", 0)
        if not isinstance(replicas, int) or replicas < 0:
            message = f"Invalid value: {replicas}: must be greater than or equal to 0"
            cause = ("spec.replicas", "FieldValueInvalid", message)
            raise invalid("Scale", "autoscaling", target.name, [cause])
        new = _with_value(live, paths.replicas.split("."), replicas)
        stored = writing.update(plane, target, live, new, options)
    return Answer(_scale_of(target.kind, stored))


def _scale_of(kind: Kind, live: LiveObject) -> LiveObject:
    paths = kind.scale or Scale()
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    status: dict[str, Any] = {"replicas": _at(live, paths.observed) or 0}
    selector = selectors.written(_at(live, paths.selector)) if paths.selector else ""
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {key: live["metadata"][key] for key in kept if key in live["metadata"]},
        "spec": {"replicas": value} if (value := _at(live, paths.replicas)) else {},
        "status": {**status, **({"selector": selector} if selector else {})},
    }


def _at(live: Any, path: str) -> Any:
    for name in path.split("."):
        live = live.get(name) if isinstance(live, dict) else None
    return live


def _with_value(live: Any, path: list[str], value: Any) -> Any:
    """A copy of the object with one value changed."""
    inner = live.get(path[0]) or {}
    return {**live, path[0]: _with_value(inner, path[1:], value) if len(path) > 1 else value}
