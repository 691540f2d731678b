"""delete: preconditions, grace periods, finalizers and propagation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from apigeectl.manifests import LiveObject
from apigeectl.sandbox.kubernetes import bodies, reading, selectors
from apigeectl.sandbox.kubernetes.control_plane import ControlPlane, now
from apigeectl.sandbox.kubernetes.kinds import DEFINITIONS, NAMESPACES, PODS, Kind
from apigeectl.sandbox.kubernetes.messages import Answer, Call, Target, WriteOptions
from apigeectl.sandbox.kubernetes.negotiation import Form, in_version, listed
from apigeectl.sandbox.kubernetes.statuses import (
    Refusal,
    forbidden,
    precondition_failed,
    success,
    unsupported_value,
)

_IMMORTAL = ("default", "kube-system", "kube-public")
FOREGROUND, ORPHAN = "foregroundDeletion", "orphan"
"""The finalizers by which a deletion waits for the garbage collector."""


@dataclass(frozen=True)
class DeleteOptions:
    """How to delete; from the body, or from the query."""

    propagation: str = ""
    grace: int | None = None
    uid: str = ""
    resource_version: str = ""
    dry_run: bool = False


def delete(plane: ControlPlane, target: Target, call: Call) -> Answer:
    options = _options(call)
    with plane.store.lock:
        live = reading.existing(plane, target)
        if target.kind.key == NAMESPACES.key and target.name in _IMMORTAL:
            raise forbidden(target.kind, target.name, "this namespace may not be deleted")
        _check_preconditions(target.kind, live, options)
        result, gone = remove(plane, target.kind, live, options)
    if gone and target.kind.resource not in _SHOWN_WHEN_GONE:
        return Answer(
            success(target.kind, target.name, live["metadata"]["uid"]), headers=_warnings(target, options)
        )
    return Answer(in_version(result, target), headers=_warnings(target, options))


def delete_collection(plane: ControlPlane, target: Target, call: Call) -> Answer:
    options = _options(call)
    labels, fields = call.query.get("labelSelector", ""), call.query.get("fieldSelector", "")
    test = selectors.selector(target.kind, labels, fields)
    with plane.store.lock:
        items, version = plane.store.list(target.kind.key, target.namespace)
        chosen = [live for live in items if test is None or test(live)]
        results = [remove(plane, target.kind, live, options)[0] for live in chosen]
    return Answer(listed(target, results, {"resourceVersion": str(version)}, Form.WHOLE))


def remove(
    plane: ControlPlane, kind: Kind, live: LiveObject, options: DeleteOptions
) -> tuple[LiveObject, bool]:
    """Delete a live object, or start to; returns its new state and whether it is gone."""
    with plane.store.lock:
        if _unheld(kind, live, options):
            return (live if options.dry_run else plane.store.remove(kind.key, live)), True
        ending = _ending(kind, live, options)
        if is_over(kind, ending):
            return (ending if options.dry_run else plane.store.remove(kind.key, ending)), True
        if options.dry_run or ending == live:
            return ending, False
        return plane.store.put(kind.key, ending), False


def is_over(kind: Kind, live: LiveObject) -> bool:
    """Whether nothing holds an object any longer that is being deleted."""
    metadata = live["metadata"]
    if not metadata.get("deletionTimestamp") or metadata.get("finalizers"):
        return False
    if kind.resource == "namespaces" and live.get("spec", {}).get("finalizers"):
        return False
    return not metadata.get("deletionGracePeriodSeconds")


def _unheld(kind: Kind, live: LiveObject, options: DeleteOptions) -> bool:
    """Whether an object goes at once and without a trace; pods and namespaces are marked in any case."""
    if kind.key in (PODS.key, NAMESPACES.key) or live["metadata"].get("deletionTimestamp"):
        return False
    return not _finalizers(kind, live["metadata"].get("finalizers") or [], options)


def _ending(kind: Kind, live: LiveObject, options: DeleteOptions) -> LiveObject:
    """The object with the marks of its deletion."""
    metadata = dict(live["metadata"])
    grace = _grace(kind, live, options)
    first = not metadata.get("deletionTimestamp")
    own_way = kind.key in (NAMESPACES.key, DEFINITIONS.key)
    if first or grace < metadata.get("deletionGracePeriodSeconds", 0):
        metadata["deletionTimestamp"] = now(grace)
        if not own_way:
            metadata["deletionGracePeriodSeconds"] = grace
    if first and metadata.get("generation") and not own_way:
        metadata["generation"] += 1
    finalizers = _finalizers(kind, metadata.get("finalizers") or [], options)
    if finalizers:
        metadata["finalizers"] = finalizers
    else:
        metadata.pop("finalizers", None)
    ending = {**live, "metadata": metadata}
    if kind.resource == "namespaces":
        ending["status"] = {**live.get("status", {}), "phase": "Terminating"}
    return ending


def _grace(kind: Kind, live: LiveObject, options: DeleteOptions) -> int:
    """Only pods that some kubelet holds get time; the others end at once."""
    if kind.key != PODS.key:
        return 0
    spec = live.get("spec", {})
    phase = live.get("status", {}).get("phase")
    if not spec.get("nodeName") or phase in ("Succeeded", "Failed"):
        return 0
    default = spec.get("terminationGracePeriodSeconds", 30)
    return int(default if options.grace is None else options.grace)


def _finalizers(kind: Kind, present: list[str], options: DeleteOptions) -> list[str]:
    if not options.propagation:
        policy = "Orphan" if kind.resource in _ORPHANS_BY_DEFAULT else ""
    else:
        policy = options.propagation
    if kind.key == NAMESPACES.key:
        policy = ""  # what is in a namespace goes with it, whatever the policy
    if not policy:
        return present
    kept = [one for one in present if one not in (FOREGROUND, ORPHAN)]
    return kept + {"Foreground": [FOREGROUND], "Orphan": [ORPHAN]}.get(policy, [])


_ORPHANS_BY_DEFAULT = ("jobs.batch", "replicationcontrollers")
_SHOWN_WHEN_GONE = (
    "namespaces",
    "persistentvolumeclaims",
    "persistentvolumes",
    "pods",
    "resourcequotas",
    "serviceaccounts",
    "services",
)
"""Kinds whose DELETE is answered with the object also when it is gone."""


def _options(call: Call) -> DeleteOptions:
    WriteOptions.read(call)
    body: Any = {}
    if call.body.strip():
        try:
            body = bodies.parsed(call.body) or {}
        except Refusal:
            body = None
        if not isinstance(body, dict) or not isinstance(body.get("preconditions") or {}, dict):
            raise Refusal(500, "", "couldn't get version/kind; json parse error")
    conditions = body.get("preconditions") or {}
    propagation = body.get("propagationPolicy") or call.query.get("propagationPolicy", "")
    if body.get("orphanDependents") is not None:
        propagation = "Orphan" if body["orphanDependents"] else "Background"
    if propagation not in ("", "Background", "Foreground", "Orphan"):
        supported = ("Foreground", "Background", "Orphan", "nil")
        raise unsupported_value("DeleteOptions", "propagationPolicy", json.dumps(propagation), supported)
    grace = body.get("gracePeriodSeconds")
    return DeleteOptions(
        propagation=propagation,
        grace=call.number("gracePeriodSeconds") if grace is None else grace,
        uid=conditions.get("uid") or "",
        resource_version=conditions.get("resourceVersion") or "",
        dry_run=call.query.get("dryRun") == "All" or body.get("dryRun") == ["All"],
    )


def _check_preconditions(kind: Kind, live: LiveObject, options: DeleteOptions) -> None:
    metadata = live["metadata"]
    if options.uid and options.uid != metadata["uid"]:
        perhaps = "deleted and then recreated"
        raise precondition_failed(kind, metadata["name"], "UID", options.uid, metadata["uid"], perhaps)
    version = options.resource_version
    if version and version != metadata["resourceVersion"]:
        recorded = metadata["resourceVersion"]
        raise precondition_failed(kind, metadata["name"], "ResourceVersion", version, recorded, "modified")


def _warnings(target: Target, options: DeleteOptions) -> tuple[tuple[str, str], ...]:
    if target.kind.resource != "jobs.batch" or options.propagation:
        return ()
    text = (
        "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove "
        "them or set propagationPolicy=Orphan to suppress this warning"
    )
    return (("Warning", f'299 - "{text}"'),)
