"""The apigee operator: walks every custom resource from creating to running, and away."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import partial
from typing import Any

from apigeectl.manifests import LiveObject
from apigeectl.sandbox.operator.children import changing, realize, remove_others
from apigeectl.sandbox.operator.components import COMPONENTS, Workload, belongs, workloads
from apigeectl.sandbox.operator.replicasets import Counts
from apigeectl.sandbox.operator.world import World, condition_true, labels, owner_reference

FINALIZER = "apigee.cloud.google.com/finalizer"
_DWELL_SECONDS = 0.3
_OPERATOR = "apigee-controller-manager"


class ApigeeOperator:
    """Reconciles the six kinds that an installer applies, as long as its own Deployment is Available."""

    def __init__(self) -> None:
        self._busy: dict[str, str] = {}  # uid of a custom resource to what it goes through

    def reconcile(self, world: World) -> None:
        """One look at all custom resources."""
        if not operator_available(world) or "operator-down" in world.faults:
            return
        for kind in COMPONENTS:
            world.each(world.all(kind), partial(self._look_at, world, kind))

    def _look_at(self, world: World, kind: str, resource: LiveObject) -> None:
        deleted = "deletionTimestamp" in resource["metadata"]
        (self._take_down if deleted else self._bring_up)(world, kind, resource)

    def _bring_up(self, world: World, kind: str, resource: LiveObject) -> None:
        metadata, status = resource["metadata"], resource.get("status") or {}
        if kind != "ApigeeRouteConfig" and FINALIZER not in metadata.get("finalizers", ()):
            finalizers = [*metadata.get("finalizers", ()), FINALIZER]
            world.patch(kind, resource, {"metadata": {"finalizers": finalizers}})
            return
        organization = organization_of(world, kind, resource)
        if not status.get("state") or (kind == "ApigeeEnvironment" and organization is None):
            world.patch_status(kind, resource, {"state": "creating"})
            return
        wanted = list(workloads(kind, resource, organization))
        self._notice(world, kind, resource, wanted)
        remove_others(world, resource, {workload.name for workload in wanted})
        counts = {workload.name: realize(world, kind, resource, workload) for workload in wanted}
        if kind == "ApigeeRouteConfig":
            _route(world, resource)
        dwelt = world.waited(resource, f"generation {metadata['generation']}", _DWELL_SECONDS)
        done = dwelt and all(count.done for count in counts.values())
        self._report(world, kind, resource, wanted, counts, done=done)

    def _notice(self, world: World, kind: str, resource: LiveObject, wanted: list[Workload]) -> None:
        """A running resource with a new generation is releasing, or scaling when that is all."""
        status, uid = resource["status"], resource["metadata"]["uid"]
        if status["state"] == "running" and _outdated(resource):
            changes = {changing(world, resource, workload) for workload in wanted} - {""}
            self._busy[uid] = "scaling" if changes == {"scaling"} else "releasing"

    def _report(
        self,
        world: World,
        kind: str,
        resource: LiveObject,
        wanted: list[Workload],
        counts: Mapping[str, Counts],
        *,
        done: bool,
    ) -> None:
        uid = resource["metadata"]["uid"]
        if not done and not _outdated(resource):
            return  # a pod that fails later does not take back what was released
        state = "running" if done else self._busy.get(uid, "creating")
        status: dict[str, Any] = {"state": state}
        if wanted:
            status["components"] = _component_states(
                wanted, counts, "releasing" if uid in self._busy else "creating"
            )
        if done:
            self._busy.pop(uid, None)
            resource = _release_force(world, kind, resource)
            status["lastAppliedGeneration"] = resource["metadata"]["generation"]
        if kind == "ApigeeDatastore":
            status["cassandraReadyReplicas"] = sum(count.ready for count in counts.values())
        world.patch_status(kind, resource, status)

    def _take_down(self, world: World, kind: str, resource: LiveObject) -> None:
        if FINALIZER not in resource["metadata"].get("finalizers", ()):
            return
        world.patch_status(kind, resource, {"state": "deleting"})
        gone = remove_others(world, resource, set())
        organization = organization_of(world, kind, resource)
        namespace = resource["metadata"]["namespace"]
        left = [
            pod
            for pod in world.all("Pod")
            if pod["metadata"]["namespace"] == namespace
            and belongs(kind, resource, organization, labels(pod))
        ]
        if gone and not left and world.waited(resource, "deleting", _DWELL_SECONDS):
            world.finish(kind, resource, FINALIZER)


def operator_available(world: World) -> bool:
    """Whether the Deployment of the operator is there and Available: before, nothing is reconciled."""
    return any(
        deployment["metadata"]["name"].startswith(_OPERATOR) and condition_true(deployment, "Available")
        for deployment in world.all("Deployment")
    )


def organization_of(world: World, kind: str, resource: LiveObject) -> Mapping[str, Any] | None:
    """The spec of the organization that an environment refers to."""
    if kind != "ApigeeEnvironment":
        return None
    reference = str(resource["spec"].get("organizationRef", ""))
    organization = world.get("ApigeeOrganization", resource["metadata"]["namespace"], reference)
    return organization["spec"] if organization else None


def _outdated(resource: LiveObject) -> bool:
    applied = resource["status"].get("lastAppliedGeneration", 0)
    return bool(applied < resource["metadata"]["generation"])


def _release_force(world: World, kind: str, resource: LiveObject) -> LiveObject:
    """What the operator does once an update is through; it makes a new generation."""
    if not resource.get("release", {}).get("forceUpdate"):
        return resource
    return world.patch(kind, resource, {"release": {"forceUpdate": False}}) or resource


def _component_states(wanted: list[Workload], counts: Mapping[str, Counts], busy: str) -> dict[str, Any]:
    states: dict[str, Any] = {}
    for workload in wanted:
        if not workload.status:
            continue
        count = counts[workload.name]
        state = {
            "state": "running" if count.done else busy,
            "replicas": {
                "total": count.total,
                "updated": count.updated,
                "ready": count.ready,
                "available": count.ready,
                "unavailable": max(0, count.wanted - count.ready),
            },
            "latestBinaryRelease": {
                "toVersion": {"version": workload.version},
                "state": "succeeded" if count.done else "in-progress",
            },
        }
        place = states
        for key in workload.status[:-1]:
            place = place.setdefault(key, {})
        place[workload.status[-1]] = state
    return states


def _route_name(resource: LiveObject) -> str:
    stem = f"{resource['metadata']['name']}-000"
    return f"{stem}-{hashlib.sha256(stem.encode()).hexdigest()[:7]}"


def _route(world: World, resource: LiveObject) -> None:
    """The routing table that a virtual host becomes; its host names come from the environment group."""
    namespace, name = resource["metadata"]["namespace"], _route_name(resource)
    if world.get("ApigeeRoute", namespace, name) is not None:
        return
    organizations = [str(each["spec"].get("name", "")) for each in world.all("ApigeeOrganization")]
    config = resource["metadata"]["name"]
    prefix = next((f"{each}-" for each in organizations if config.startswith(f"{each}-")), "")
    port: dict[str, Any] = {"number": 443, "protocol": "HTTPS"}
    metadata = {
        "name": name,
        "namespace": namespace,
        "ownerReferences": [
            owner_reference("ApigeeRouteConfig", world.api_version("ApigeeRouteConfig"), resource)
        ],
    }
    spec = {
        "hostnames": [f"{config.removeprefix(prefix)}.example.com"],
        "ports": [port],
        "selector": resource["spec"].get("selector", {}),
    }
    created = world.create("ApigeeRoute", {"metadata": metadata, "spec": spec})
    if created:
        world.patch_status("ApigeeRoute", created, {"state": "running", "lastAppliedGeneration": 1})
