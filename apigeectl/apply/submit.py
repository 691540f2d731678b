"""One manifest to the API server, by the rules of ownership; and what to do about its refusals."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol

from apigeectl.apply.ownership import may_take, refuse
from apigeectl.errors import Conflict, InstallerError, NotFound
from apigeectl.manifests import APIGEE_GROUP, LiveObject, Manifest, ObjectRef


class Applying(Protocol):
    """What submitting needs of a cluster."""

    def apply(self, manifest: Manifest, *, dry_run: bool = False, force: bool = False) -> LiveObject: ...


def submit(
    cluster: Applying, manifest: Manifest, *, dry_run: bool = False, force_conflicts: bool = False
) -> LiveObject:
    """Apply; conflicts are forced only when every field may be taken over, or when the user says so."""
    try:
        return cluster.apply(manifest, dry_run=dry_run, force=force_conflicts)
    except Conflict as conflict:
        if not conflict.conflicts:
            raise
        if not all(map(may_take, conflict.conflicts)):
            raise refuse(manifest.ref, conflict.conflicts) from conflict
    return cluster.apply(manifest, dry_run=dry_run, force=True)


def advised(error: InstallerError, ref: ObjectRef) -> InstallerError:
    """The same error, with the next step where we know one and it has none."""
    if error.hint is None:
        error.hint = _advice(error, ref)
    return error


_IMMUTABLE = re.compile(
    r"field is immutable|immutable after creation|updates to statefulset spec for fields other than"
    r"|cannot change roleRef"
)
_RECREATE: Mapping[str, str] = {
    "Job": "delete the Job and run again; what it has done stays",
    "Deployment": "delete the Deployment and run again; its pods are down until then",
    "StatefulSet": "only re-creating it changes these fields; keep its volume claims, the data is in them",
    "PersistentVolumeClaim": "only a new volume has these settings; the data of this one would be lost",
    "Secret": "delete the Secret and run again, but save its values first: they may be the only copy",
    "Service": "delete the Service and run again; its address may change",
    "RoleBinding": "delete the binding and run again",
    "ClusterRoleBinding": "delete the binding and run again",
}
"""What re-creating an object costs, by kind."""


def _advice(error: InstallerError, ref: ObjectRef) -> str | None:
    said = " ".join([error.message, *error.details])
    if _IMMUTABLE.search(said):
        return _RECREATE.get(ref.kind, "delete the object and run again, when nothing depends on it")
    if "failed calling webhook" in said:
        return _WEBHOOK_OURS if APIGEE_GROUP in said else _WEBHOOK_OTHERS
    return _missing(said, ref) if isinstance(error, NotFound) else None


_WEBHOOK_OURS = "the operator does not answer yet: apigeectl check-ready says why"
_WEBHOOK_OTHERS = "wait until the workload behind the webhook is ready, then run again"


def _missing(said: str, ref: ObjectRef) -> str | None:
    if ref.group == APIGEE_GROUP:
        return "run apigeectl init first: it brings the namespace, the definitions and the operator"
    if ref.group == "cert-manager.io":
        return "install cert-manager first; init does not bring it"
    return (
        f"run apigeectl init first: it makes the namespace {ref.namespace}" if "namespaces" in said else None
    )
