"""Deployments and ReplicaSets, and the rolling change that ApigeeDeployments share with them."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apigeectl.manifests import LiveObject
from apigeectl.sandbox.operator.world import (
    World,
    is_ready,
    labels,
    owner_reference,
    random_suffix,
    timestamp,
)

HASH_LABEL = "pod-template-hash"
_HASH_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


@dataclass(frozen=True)
class Counts:
    """Pods of one workload."""

    wanted: int = 0
    total: int = 0
    updated: int = 0
    ready: int = 0

    @property
    def done(self) -> bool:
        """Whether exactly the wanted pods are there, all new and ready."""
        return self.total == self.updated == self.wanted and self.ready >= self.wanted


def reconcile_deployments(world: World) -> None:
    """Every Deployment: a ReplicaSet of its own, and its status."""
    for deployment in world.all("Deployment"):
        if "deletionTimestamp" in deployment["metadata"]:
            continue
        spec = deployment["spec"]
        template_hash = short_hash(spec["template"])
        name = f"{deployment['metadata']['name']}-{template_hash}"
        selector = spec["selector"].get("matchLabels", {})
        counts = roll(
            world, "Deployment", deployment, name, spec["template"], selector, spec.get("replicas", 1)
        )
        _write_deployment_status(world, deployment, counts)


def roll(
    world: World,
    kind: str,
    owner: LiveObject,
    name: str,
    template: Mapping[str, Any],
    selector: Mapping[str, str],
    replicas: int,
) -> Counts:
    """One step from the owner's old ReplicaSets to the one called `name`; where it stands now."""
    sets = world.owned(owner, "ReplicaSet")
    current = next((each for each in sets if each["metadata"]["name"] == name), None)
    if current is None:
        world.create("ReplicaSet", _replica_set(world, kind, owner, name, template, selector, replicas))
    elif current["spec"].get("replicas", 1) != replicas:
        world.patch("ReplicaSet", current, {"spec": {"replicas": replicas}})
    ready = current.get("status", {}).get("readyReplicas", 0) if current else 0
    old = [each for each in sets if each["metadata"]["name"] != name]
    if ready >= replicas:
        for each in old:  # a rollout keeps the old pods until the new ones can serve
            world.delete("ReplicaSet", each)
    updated = current.get("status", {}).get("replicas", 0) if current else 0
    behind = sum(each.get("status", {}).get("replicas", 0) for each in old)
    return Counts(replicas, updated + behind, updated, ready)


def reconcile_replica_sets(world: World) -> None:
    """Every ReplicaSet: as many pods as it wants."""
    for replica_set in world.all("ReplicaSet"):
        if "deletionTimestamp" in replica_set["metadata"]:
            continue
        pods = [pod for pod in world.owned(replica_set, "Pod") if "deletionTimestamp" not in pod["metadata"]]
        wanted = replica_set["spec"].get("replicas", 1)
        name = replica_set["metadata"]["name"]
        for _ in range(wanted - len(pods)):
            pod = pod_from("ReplicaSet", replica_set, f"{name}-{random_suffix()}")
            world.create("Pod", placed(world, pod))
        for pod in sorted(pods, key=is_ready)[: max(0, len(pods) - wanted)]:
            world.delete("Pod", pod)
        ready = sum(is_ready(pod) for pod in pods)
        status = {
            "replicas": len(pods),
            "fullyLabeledReplicas": len(pods),
            "readyReplicas": ready,
            "availableReplicas": ready,
            "observedGeneration": replica_set["metadata"].get("generation", 1),
        }
        world.patch_status("ReplicaSet", replica_set, status)


def pod_from(kind: str, owner: LiveObject, name: str) -> dict[str, Any]:
    """A pod as the owner's template wants it."""
    template = copy.deepcopy(owner["spec"]["template"])
    metadata = {
        **{
            key: value
            for key, value in template.get("metadata", {}).items()
            if key in {"labels", "annotations"}
        },
        "name": name,
        "namespace": owner["metadata"]["namespace"],
        "ownerReferences": [owner_reference(kind, owner["apiVersion"], owner)],
    }
    return {"metadata": metadata, "spec": template["spec"]}


def placed(world: World, pod: dict[str, Any], node: str | None = None) -> dict[str, Any]:
    """The pod on a node (what the scheduler does), unless a fault leaves it without."""
    if world.faults.pods.get(labels(pod).get("app", "")) == "pending":
        return pod
    pod["spec"]["nodeName"] = node or _node_for(world, pod)
    return pod


def short_hash(value: Any, length: int = 10) -> str:
    """A hash in the letters of Kubernetes' own template hashes."""
    digest = hashlib.sha256(json.dumps(value, sort_keys=True).encode()).digest()
    return "".join(_HASH_LETTERS[byte % len(_HASH_LETTERS)] for byte in digest[:length])


def _replica_set(
    world: World,
    kind: str,
    owner: LiveObject,
    name: str,
    template: Mapping[str, Any],
    selector: Mapping[str, str],
    replicas: int,
) -> dict[str, Any]:
    mark = {HASH_LABEL: name.rpartition("-")[2]}
    own: dict[str, Any] = copy.deepcopy(dict(template))
    metadata = own.setdefault("metadata", {})
    metadata["labels"] = {**metadata.get("labels", {}), **mark}
    metadata.pop("creationTimestamp", None)
    return {
        "metadata": {
            "name": name,
            "namespace": owner["metadata"]["namespace"],
            "labels": metadata["labels"],
            "ownerReferences": [owner_reference(kind, world.api_version(kind), owner)],
        },
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {**selector, **mark}},
            "template": own,
        },
    }


def _write_deployment_status(world: World, deployment: LiveObject, counts: Counts) -> None:
    available = counts.ready >= counts.wanted
    words = "has" if available else "does not have"
    conditions = [
        ("Available", available, f"MinimumReplicas{'A' if available else 'Una'}vailable", words),
        ("Progressing", True, "NewReplicaSetAvailable" if counts.done else "ReplicaSetUpdated", words),
    ]
    status = {
        "observedGeneration": deployment["metadata"].get("generation", 1),
        "replicas": counts.total,
        "updatedReplicas": counts.updated,
        "readyReplicas": counts.ready,
        "availableReplicas": counts.ready,
        "unavailableReplicas": max(0, counts.wanted - counts.ready),
        "conditions": [_condition(deployment, *condition) for condition in conditions],
    }
    world.patch_status("Deployment", deployment, status)


def _condition(deployment: LiveObject, name: str, holds: bool, reason: str, words: str) -> dict[str, str]:
    known = {c["type"]: c for c in deployment.get("status", {}).get("conditions") or ()}.get(name, {})
    status = "True" if holds else "False"
    since = known["lastTransitionTime"] if known.get("status") == status else timestamp()
    message = f"Deployment {words} minimum availability."
    times = {"lastTransitionTime": since, "lastUpdateTime": since}
    return {"type": name, "status": status, "reason": reason, "message": message, **times}


def _node_for(world: World, pod: Mapping[str, Any]) -> str:
    nodes = [str(node["metadata"]["name"]) for node in world.all("Node")] or ["sandbox-runtime"]
    data = [name for name in nodes if name.endswith("data")]
    return data[0] if data and labels(dict(pod)).get("app") == "apigee-cassandra" else nodes[-1]
