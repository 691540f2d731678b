"""Who holds an object that is being deleted: whose a finalizer is, and whether somebody is there to serve it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from apigeectl.errors import APIError
from apigeectl.manifests import APIGEE_GROUP, LiveObject, ObjectRef
from apigeectl.readiness.status import readiness

OPERATOR = "the Apigee operator"
_DEPLOYMENT = "apigee-controller-manager"
_OLD_NAMESPACE = "apigee-system"
"""Where it runs up to 1.12; from then on beside the runtime."""

_OWNERS = (
    ("foregroundDeletion", "the garbage collector, which deletes what depends on it first"),
    ("orphan", "the garbage collector"),
    ("customresourcecleanup.apiextensions.k8s.io", "the API server, which deletes its objects first"),
    ("kubernetes.io/pvc-protection", "the pods that still use it"),
    ("kubernetes.io/pv-protection", "the claim that is bound to it"),
    ("service.kubernetes.io/load-balancer-cleanup", "the cloud's load balancer controller"),
    ("batch.kubernetes.io/job-tracking", "the Job's controller"),
    (APIGEE_GROUP, OPERATOR),
)
"""Finalizers, or what they begin or end with, and who serves them."""


class Asked(Protocol):
    """What looking for the operator needs of a cluster."""

    def get(self, ref: ObjectRef, version: str | None = None) -> LiveObject | None: ...


def holder(finalizer: str, ref: ObjectRef) -> str:
    """Who must take a finalizer away; "" when nobody knows."""
    for name, owner in _OWNERS:
        if name in finalizer:
            return owner
    domain = finalizer.partition("/")[0]
    foreign = "." in domain and "apigee" not in domain  # Google says nowhere what the operator's are called
    return OPERATOR if ref.group == APIGEE_GROUP and not foreign else ""


def held_by(ref: ObjectRef, live: Mapping[str, Any]) -> list[str]:
    """The finalizers of an object in words, with who must take them away."""
    finalizers = live["metadata"].get("finalizers") or ()
    return [f"finalizer {name}{_of(holder(str(name), ref))}" for name in finalizers]


def operator_trouble(cluster: Asked, lives: Iterable[tuple[ObjectRef, Mapping[str, Any]]]) -> str:
    """Why nobody serves the finalizers of these objects that are the operator's; "" when it does, or they are not."""
    held = [
        ref
        for ref, live in lives
        if any(
            holder(str(name), ref) == OPERATOR
            for name in (live.get("metadata") or {}).get("finalizers") or ()
        )
    ]
    if not held:
        return ""
    places = dict.fromkeys([*sorted({ref.namespace for ref in held if ref.namespace}), _OLD_NAMESPACE])
    wanted = [ObjectRef("apps", "Deployment", place, _DEPLOYMENT) for place in places]
    try:
        found = {ref: live for ref in wanted if (live := cluster.get(ref))}
    except APIError:
        return ""  # it cannot be seen, and may be there
    if not found:
        return f"{_DEPLOYMENT} exists in none of the namespaces {', '.join(places)}"
    behind = {ref: readiness(live) for ref, live in found.items()}
    if any(one.ready for one in behind.values()):
        return ""
    ref, one = next(iter(behind.items()))
    return f"{ref} is not ready: {one.message}"


def way_out(trouble: str) -> str:
    """The hint for objects that are held: what to do, and what not to."""
    if trouble:
        return (
            f"only {OPERATOR} serves these finalizers, and {trouble}; bring it back with apigeectl init, and they go by "
            "themselves. Do not clear a finalizer before you know what it would leave behind (apigeectl explain RES-06)"
        )
    return (
        "they go on deleting by themselves, and the same command waits for them again; "
        "do not clear a finalizer before you know what it would leave behind (apigeectl explain RES-06)"
    )


def _of(owner: str) -> str:
    return f" of {owner}" if owner else ""
