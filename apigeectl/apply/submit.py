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


RECORDS = frozenset({"inventory", "history"})
"""Components of the ConfigMaps in which we keep what we did."""


def submit(
    cluster: Applying, manifest: Manifest, *, dry_run: bool = False, force_conflicts: bool = False
) -> LiveObject:
    """Apply; conflicts are forced only when every field may be taken over, or when the user says so.

    Nobody else has a say in our own records: what somebody did to one by hand was read before.
    """
    force = force_conflicts or manifest.component in RECORDS
    try:
        return cluster.apply(manifest, dry_run=dry_run, force=force)
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
    r"is immutable|immutable after creation|updates to statefulset spec for fields other than"
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
    "CustomResourceDefinition": "do not delete it: every object of its kind would go with it; put the field back",
    "Namespace": "do not delete it: everything in it would go with it; put the field back",
    "ApigeeDatastore": "do not delete it while its data is needed: Cassandra goes with it; put the field back",
    "ApigeeOrganization": "put the field back; re-creating it takes MART and the Connect agent down until it is ready",
    "ApigeeEnvironment": "put the field back; re-creating it stops all traffic of the environment until it is ready",
}
"""What re-creating an object costs, by kind."""


def _advice(error: InstallerError, ref: ObjectRef) -> str | None:
    said = " ".join([error.message, *error.details])
    if _IMMUTABLE.search(said):
        return _RECREATE.get(ref.kind, "delete the object and run again, when nothing depends on it")
    if "failed calling webhook" in said:
        return _WEBHOOK_OURS if APIGEE_GROUP in said else _WEBHOOK_OTHERS
    for words, advice in _BY_WORDS:
        if re.search(words, said):
            return advice
    return _missing(said, ref) if isinstance(error, NotFound) else None


_BY_WORDS = (
    (
        r"field not declared in schema",
        "the cluster's definition of this kind is of another release than the file is rendered for: apigeectl init "
        "brings the definitions of the release, --release 1.x renders for those that are there",
    ),
    (
        r"exceeded quota|must specify (limits|requests|cpu|memory)",
        "kubectl describe resourcequota shows what is used; raise the quota, or ask for less in the file",
    ),
    (
        r"being terminated",
        "the namespace is being deleted: wait until it is gone (kubectl get namespace shows what holds it), then run "
        "again, apigeectl init first",
    ),
    (
        r"denied (the )?request",
        "a policy of this cluster refuses the object: change what its message names, or ask its owner for an exception",
    ),
)
"""The next step, by words of the refusal; the first that fit."""

_WEBHOOK_OURS = "the operator does not answer yet: apigeectl check-ready says why"
_WEBHOOK_OTHERS = "wait until the workload behind the webhook is ready, then run again"


def _missing(said: str, ref: ObjectRef) -> str | None:
    if "namespaces" in said and ref.namespace != "cert-manager":
        return f"run apigeectl init first: it makes the namespace {ref.namespace}"
    if ref.group == APIGEE_GROUP:
        return "run apigeectl init first: it brings the namespace, the definitions and the operator"
    if ref.group == "cert-manager.io":
        return "install cert-manager first; init does not bring it"
    return None
