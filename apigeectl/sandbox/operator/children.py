"""From a wanted workload to objects: ApigeeDeployments, StatefulSets, DaemonSets, Jobs, Services, Certificates."""

from __future__ import annotations

from typing import Any

from apigeectl.manifests import LiveObject
from apigeectl.sandbox.operator.components import GATEWAY, Shape, Workload, replicas
from apigeectl.sandbox.operator.replicasets import Counts, roll, short_hash
from apigeectl.sandbox.operator.world import World, condition_true, labels, owner_reference

_TEMPLATE_HASH = "apigeectl.dev/sandbox-template"
_CLUSTER_ISSUER = {"group": "cert-manager.io", "kind": "ClusterIssuer", "name": "apigee-ca-issuer"}

CHILD_KINDS = (*(shape.value for shape in Shape), "Service", "Certificate")
"""The kinds that a custom resource may own."""


def realize(world: World, kind: str, owner: LiveObject, workload: Workload) -> Counts:
    """Create or update what the workload needs; how far its pods are."""
    child_kind = workload.component.shape.value
    child = world.get(child_kind, owner["metadata"]["namespace"], workload.name)
    if child is None:
        _create(world, kind, owner, workload)
        return Counts(wanted=1)
    if "deletionTimestamp" not in child["metadata"]:
        _update(world, child_kind, child, workload)
    return _counts(child_kind, child, workload)


def changing(world: World, owner: LiveObject, workload: Workload) -> str:
    """What the workload's child is about to go through: "releasing", "scaling", or "" when it fits already."""
    child = world.get(workload.component.shape.value, owner["metadata"]["namespace"], workload.name)
    if child is None or _hash_of(child) != _fingerprint(workload):
        return "releasing"
    return "scaling" if _scales(workload) and child["spec"].get("replicas") != replicas(workload) else ""


def remove_others(world: World, owner: LiveObject, wanted: set[str]) -> bool:
    """Delete the owner's children that are not wanted (any more); whether none of them is left."""
    others = [
        (kind, child)
        for kind, child in world.owned_kinds(owner)
        if kind in CHILD_KINDS and child["metadata"]["name"] not in wanted
    ]
    for kind, child in others:
        world.delete(kind, child)
    return not others


def reconcile_apigee_deployments(world: World) -> None:
    """Every ApigeeDeployment: its ReplicaSet `NAME-VERSION-xxxxx`, and its state."""
    for deployment in world.all("ApigeeDeployment"):
        if "deletionTimestamp" in deployment["metadata"]:
            continue
        spec, metadata = deployment["spec"], deployment["metadata"]
        template = {"metadata": {"labels": labels(deployment)}, "spec": spec["template"]["spec"]}
        name = f"{metadata['name']}-{spec.get('version', '0')}-{short_hash(template, 5)}"
        selector = {key: value for key, value in labels(deployment).items() if key in {"app", "org", "env"}}
        counts = roll(
            world, "ApigeeDeployment", deployment, name, template, selector, spec.get("replicas", 1)
        )
        known = deployment.get("status", {})
        busy = "releasing" if known.get("lastAppliedGeneration") else "creating"
        status: dict[str, Any] = {"state": "running" if counts.done else busy}
        if counts.done:
            status["lastAppliedGeneration"] = metadata.get("generation", 1)
        world.patch_status("ApigeeDeployment", deployment, status)


def _create(world: World, kind: str, owner: LiveObject, workload: Workload) -> None:
    namespace = owner["metadata"]["namespace"]
    metadata = {
        "name": workload.name,
        "namespace": namespace,
        "labels": dict(workload.labels),
        "annotations": {_TEMPLATE_HASH: _fingerprint(workload)},
        "ownerReferences": [owner_reference(kind, world.api_version(kind), owner)],
    }
    world.create(workload.component.shape.value, {"metadata": metadata, "spec": _spec(workload)})
    around = {key: value for key, value in metadata.items() if key != "annotations"}
    if workload.component.shape is not Shape.JOB:
        world.create("Service", {"metadata": around, "spec": _service(workload)})
    names = [f"{workload.name}.{namespace}.svc", f"{workload.name}.{namespace}.svc.cluster.local"]
    certificate = {"secretName": f"{workload.name}-tls", "dnsNames": names, "issuerRef": _CLUSTER_ISSUER}
    world.create("Certificate", {"metadata": around, "spec": certificate})


def _update(world: World, child_kind: str, child: LiveObject, workload: Workload) -> None:
    digest = _fingerprint(workload)
    patch: dict[str, Any] = {}
    if _hash_of(child) != digest:
        if workload.component.shape is Shape.JOB:
            world.delete(child_kind, child)  # a Job's template cannot change
            return
        patch = {
            "metadata": {"annotations": {_TEMPLATE_HASH: digest}, "labels": dict(workload.labels)},
            "spec": {"template": _template(workload)},
        }
        if workload.component.shape is Shape.DEPLOYMENT:
            patch["spec"]["version"] = workload.version
    if _scales(workload) and child["spec"].get("replicas") != replicas(workload):
        patch.setdefault("spec", {})["replicas"] = replicas(workload)
    if patch:
        world.patch(child_kind, child, patch)


def _counts(child_kind: str, child: LiveObject, workload: Workload) -> Counts:
    status, wanted = child.get("status", {}), replicas(workload)
    stale = _hash_of(child) != _fingerprint(workload)
    if child_kind == "Job":
        return Counts(1, 1, 1, int(condition_true(child, "Complete") and not stale))
    if child_kind == "ApigeeDeployment":
        current = status.get("lastAppliedGeneration") == child["metadata"].get("generation")
        running = status.get("state") == "running" and current and not stale
        return Counts(wanted, wanted, wanted, wanted if running else 0)
    if stale or status.get("observedGeneration") != child["metadata"].get("generation"):
        return Counts(wanted, wanted, 0, 0)
    if child_kind == "DaemonSet":
        nodes = status.get("desiredNumberScheduled", 1)
        return Counts(nodes, nodes, status.get("updatedNumberScheduled", 0), status.get("numberReady", 0))
    return Counts(
        wanted, status.get("replicas", 0), status.get("updatedReplicas", 0), status.get("readyReplicas", 0)
    )


def _spec(workload: Workload) -> dict[str, Any]:
    template = _template(workload)
    match workload.component.shape:
        case Shape.JOB:
            return {"backoffLimit": 6, "template": template}
        case Shape.DEPLOYMENT:
            return {"version": workload.version, "replicas": replicas(workload), "template": template}
        case Shape.DAEMON:
            return {"selector": _selector(workload), "template": template}
    return {
        "serviceName": workload.name,
        "replicas": replicas(workload),
        "selector": _selector(workload),
        "template": template,
        "volumeClaimTemplates": _claims(workload),
    }


def _template(workload: Workload) -> dict[str, Any]:
    return {"metadata": {"labels": dict(workload.labels)}, "spec": workload.pod_spec}


def _selector(workload: Workload) -> dict[str, Any]:
    return {"matchLabels": {"app": workload.component.app}}


def _claims(workload: Workload) -> list[dict[str, Any]]:
    if workload.component.key != "cassandra":
        return []
    storage = workload.spec.get("storage") or {}
    spec: dict[str, Any] = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": storage.get("storageSize") or "10Gi"}},
    }
    if storage.get("storageClass"):
        spec["storageClassName"] = storage["storageClass"]
    return [{"metadata": {"name": "cassandra-data"}, "spec": spec}]


def _service(workload: Workload) -> dict[str, Any]:
    selector = {
        key: value for key, value in workload.labels.items() if key in {"app", "org", "env", "ingress_name"}
    }
    port = {"name": "https", "port": workload.component.port, "targetPort": workload.component.port}
    service: dict[str, Any] = {"selector": selector, "ports": [port]}
    if workload.component is GATEWAY:
        given = workload.spec.get("serviceSpec") or {}
        ports = [{"name": "status", "port": 15021}, {"name": "https", "port": 443, "targetPort": 8443}]
        service |= {"type": given.get("type", "LoadBalancer"), "ports": ports}
    return service


def _fingerprint(workload: Workload) -> str:
    return short_hash([workload.version, dict(workload.labels), workload.pod_spec])


def _scales(workload: Workload) -> bool:
    return workload.component.shape in {Shape.DEPLOYMENT, Shape.STATEFUL}


def _hash_of(child: LiveObject) -> str:
    return str((child["metadata"].get("annotations") or {}).get(_TEMPLATE_HASH, ""))
