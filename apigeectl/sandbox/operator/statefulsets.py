"""StatefulSets with their volumes, and DaemonSets."""

from __future__ import annotations

from typing import Any

from apigeectl.manifests import LiveObject
from apigeectl.sandbox.operator.replicasets import placed, pod_from, short_hash
from apigeectl.sandbox.operator.world import World, is_ready, labels, random_suffix

_REVISION_LABEL = "controller-revision-hash"
_IN_USE = "kubernetes.io/pvc-protection"


def reconcile_stateful_sets(world: World) -> None:
    """Every StatefulSet: pods 0, 1, ... one after the other, each with its own volumes."""
    for stateful_set in world.all("StatefulSet"):
        if "deletionTimestamp" in stateful_set["metadata"]:
            continue
        pods = {pod["metadata"]["name"]: pod for pod in world.owned(stateful_set, "Pod")}
        name = stateful_set["metadata"]["name"]
        revision = f"{name}-{short_hash(stateful_set['spec']['template'])}"
        wanted = [f"{name}-{ordinal}" for ordinal in range(stateful_set["spec"].get("replicas", 1))]
        _grow_or_renew(world, stateful_set, pods, wanted, revision)
        for surplus in sorted(pods.keys() - set(wanted)):
            world.delete("Pod", pods[surplus])
        _write_status(world, stateful_set, list(pods.values()), revision)


def reconcile_claims(world: World) -> None:
    """Every PersistentVolumeClaim is bound; a deleted one goes once no pod uses it."""
    for claim in world.all("PersistentVolumeClaim"):
        if "deletionTimestamp" in claim["metadata"]:
            if _IN_USE in claim["metadata"].get("finalizers", ()) and not _used(world, claim):
                world.finish("PersistentVolumeClaim", claim, _IN_USE)
        elif claim.get("status", {}).get("phase") != "Bound":
            capacity = claim["spec"].get("resources", {}).get("requests", {})
            modes = claim["spec"].get("accessModes", [])
            status = {"phase": "Bound", "accessModes": modes, "capacity": capacity}
            world.patch_status("PersistentVolumeClaim", claim, status)


def reconcile_daemon_sets(world: World) -> None:
    """Every DaemonSet: a pod on each node."""
    for daemon_set in world.all("DaemonSet"):
        if "deletionTimestamp" in daemon_set["metadata"]:
            continue
        pods = [pod for pod in world.owned(daemon_set, "Pod") if "deletionTimestamp" not in pod["metadata"]]
        nodes = [node["metadata"]["name"] for node in world.all("Node")]
        taken = {pod["spec"].get("nodeName", "") for pod in pods}
        missing = [node for node in nodes if node not in taken] if len(pods) < len(nodes) else []
        for node in missing:
            pod = pod_from("DaemonSet", daemon_set, f"{daemon_set['metadata']['name']}-{random_suffix()}")
            world.create("Pod", placed(world, pod, node))
        ready = sum(is_ready(pod) for pod in pods)
        status = {
            "currentNumberScheduled": len(pods),
            "desiredNumberScheduled": len(nodes),
            "updatedNumberScheduled": len(pods),
            "numberReady": ready,
            "numberAvailable": ready,
            "numberMisscheduled": 0,
            "observedGeneration": daemon_set["metadata"].get("generation", 1),
        }
        world.patch_status("DaemonSet", daemon_set, status)


def _grow_or_renew(
    world: World, stateful_set: LiveObject, pods: dict[str, LiveObject], wanted: list[str], revision: str
) -> None:
    """The next missing pod once those before it are ready; or else the last outdated one goes."""
    for name in wanted:
        if name not in pods:
            _claim(world, stateful_set, name)
            world.create("Pod", placed(world, _pod(stateful_set, name, revision)))
            return
        if not is_ready(pods[name]):
            return
    outdated = [name for name in wanted if labels(pods[name]).get(_REVISION_LABEL) != revision]
    if outdated:
        world.delete("Pod", pods[outdated[-1]])


def _pod(stateful_set: LiveObject, name: str, revision: str) -> dict[str, Any]:
    pod = pod_from("StatefulSet", stateful_set, name)
    marks = {_REVISION_LABEL: revision, "statefulset.kubernetes.io/pod-name": name}
    pod["metadata"]["labels"] = {**pod["metadata"].get("labels", {}), **marks}
    for template in stateful_set["spec"].get("volumeClaimTemplates", ()):
        volume = template["metadata"]["name"]
        claim = {"claimName": f"{volume}-{name}"}
        pod["spec"].setdefault("volumes", []).append({"name": volume, "persistentVolumeClaim": claim})
    return pod


def _claim(world: World, stateful_set: LiveObject, pod: str) -> None:
    """The pod's volumes; they have no owner, so they survive the StatefulSet."""
    namespace = stateful_set["metadata"]["namespace"]
    for template in stateful_set["spec"].get("volumeClaimTemplates", ()):
        name = f"{template['metadata']['name']}-{pod}"
        if world.get("PersistentVolumeClaim", namespace, name) is None:
            own_labels = stateful_set["spec"]["template"]["metadata"].get("labels", {})
            metadata = {"name": name, "namespace": namespace, "labels": own_labels}
            world.create("PersistentVolumeClaim", {"metadata": metadata, "spec": template["spec"]})


def _used(world: World, claim: LiveObject) -> bool:
    metadata = claim["metadata"]
    return any(
        volume.get("persistentVolumeClaim", {}).get("claimName") == metadata["name"]
        for pod in world.all("Pod")
        if pod["metadata"]["namespace"] == metadata["namespace"]
        for volume in pod["spec"].get("volumes", ())
    )


def _write_status(world: World, stateful_set: LiveObject, pods: list[LiveObject], revision: str) -> None:
    ready = sum(is_ready(pod) for pod in pods)
    updated = sum(labels(pod).get(_REVISION_LABEL) == revision for pod in pods)
    status = {
        "observedGeneration": stateful_set["metadata"].get("generation", 1),
        "replicas": len(pods),
        "readyReplicas": ready,
        "availableReplicas": ready,
        "updatedReplicas": updated,
        "currentReplicas": updated,
        "currentRevision": revision,
        "updateRevision": revision,
    }
    world.patch_status("StatefulSet", stateful_set, status)
