"""What the server itself puts into objects: cluster IPs, first statuses, labels that name an owner."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from apigeectl.manifests import LiveObject
from apigeectl.sandbox.kubernetes import definitions
from apigeectl.sandbox.kubernetes.control_plane import ControlPlane
from apigeectl.sandbox.kubernetes.kinds import DEFINITIONS, Kind


def at_creation(plane: ControlPlane, kind: Kind, new: LiveObject) -> LiveObject:
    """A new object with what its kind gets at birth."""
    if kind.custom:
        return new
    born = _AT_CREATION.get(kind.resource)
    return born(plane, _folded(kind, new)) if born else _folded(kind, new)


def at_update(kind: Kind, live: LiveObject, new: LiveObject) -> LiveObject:
    """An updated object with what may be left out but not lost."""
    if kind.resource == "services":
        kept = ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy")
        spec = {**{key: live["spec"][key] for key in kept if key in live["spec"]}, **new["spec"]}
        return {**new, "spec": spec}
    if kind.resource == DEFINITIONS.resource:
        broken = next(definitions.problems(new), None)
        return new if broken else definitions.completed(new)
    return _folded(kind, new)


def _folded(kind: Kind, new: LiveObject) -> LiveObject:
    """StringData is write-only: it becomes data."""
    if kind.resource != "secrets":
        return new
    texts = new.get("stringData") or {}
    data = {name: base64.b64encode(text.encode()).decode() for name, text in texts.items()}
    rest = {key: value for key, value in new.items() if key not in ("stringData", "data")}
    merged = {**(new.get("data") or {}), **data}
    return {**rest, **({"data": merged} if merged else {}), "type": new.get("type") or "Opaque"}


def _namespace(_: ControlPlane, new: LiveObject) -> LiveObject:
    metadata = new["metadata"]
    labels = {"kubernetes.io/metadata.name": metadata["name"], **(metadata.get("labels") or {})}
    spec = {**(new.get("spec") or {}), "finalizers": ["kubernetes"]}
    return {**new, "metadata": {**metadata, "labels": labels}, "spec": spec, "status": {"phase": "Active"}}


def _pod(_: ControlPlane, new: LiveObject) -> LiveObject:
    spec = dict(new.get("spec") or {})
    if "tolerations" not in spec:
        spec["tolerations"] = [
            {
                "key": f"node.kubernetes.io/{taint}",
                "operator": "Exists",
                "effect": "NoExecute",
                "tolerationSeconds": 300,
            }
            for taint in ("not-ready", "unreachable")
        ]
    spec = {"priority": 0, "preemptionPolicy": "PreemptLowerPriority", "enableServiceLinks": True, **spec}
    return {**new, "spec": spec, "status": {"phase": "Pending", "qosClass": _quality(spec)}}


def _quality(spec: dict[str, Any]) -> str:
    containers = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
    resources = [container.get("resources") or {} for container in containers]
    if not any(one.get("requests") or one.get("limits") for one in resources):
        return "BestEffort"
    for one in resources:
        limits = one.get("limits") or {}
        requests = {**limits, **(one.get("requests") or {})}
        if not {"cpu", "memory"} <= limits.keys() or requests != limits:
            return "Burstable"
    return "Guaranteed"


def _service(plane: ControlPlane, new: LiveObject) -> LiveObject:
    spec = dict(new.get("spec") or {})
    kind = spec.get("type", "ClusterIP")
    spec = {"type": kind, "sessionAffinity": "None", "internalTrafficPolicy": "Cluster", **spec}
    if kind == "ExternalName":
        return {**new, "spec": spec, "status": {"loadBalancer": {}}}
    address = spec.get("clusterIP") or _cluster_ip(plane)
    spec |= {"clusterIP": address, "clusterIPs": [address]}
    if address == "None" and not spec.get("selector"):
        spec = {"ipFamilies": ["IPv4", "IPv6"], "ipFamilyPolicy": "RequireDualStack", **spec}
    spec = {"ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack", **spec}
    ports = [{"protocol": "TCP", "targetPort": port["port"], **port} for port in spec.get("ports") or ()]
    if kind in ("NodePort", "LoadBalancer"):
        spec = {"externalTrafficPolicy": "Cluster", **spec}
        taken = plane.store.version  # grows with every write, so no two are alike for long
        ports = [{"nodePort": 30000 + (taken + place) % 2768, **port} for place, port in enumerate(ports)]
    if kind == "LoadBalancer":
        spec = {"allocateLoadBalancerNodePorts": True, **spec}
    if ports:
        spec["ports"] = ports
    return {**new, "spec": spec, "status": {"loadBalancer": {}}}


def _cluster_ip(plane: ControlPlane) -> str:
    services, version = plane.store.list(("", "services"))
    taken = {live["spec"].get("clusterIP") for live in services}
    return next(
        address
        for number in range(version, version + 65_000)
        if (address := f"10.96.{number // 250 % 250}.{number % 250 + 1}") not in taken
    )


def _job(_: ControlPlane, new: LiveObject) -> LiveObject:
    metadata, spec = new["metadata"], new["spec"]
    if spec.get("manualSelector"):
        return {**new, "status": {}}
    uid, name = metadata["uid"], metadata["name"]
    owner = {"batch.kubernetes.io/controller-uid": uid}
    labels = {**owner, "batch.kubernetes.io/job-name": name, "controller-uid": uid, "job-name": name}
    template = spec["template"]
    inner = {**(template.get("metadata") or {})}
    inner["labels"] = {**(inner.get("labels") or {}), **labels}
    metadata = {**metadata, "labels": {**(metadata.get("labels") or {}), **labels}}
    spec = {**spec, "selector": {"matchLabels": owner}, "template": {**template, "metadata": inner}}
    return {**new, "metadata": metadata, "spec": spec, "status": {}}


def _claim(plane: ControlPlane, new: LiveObject) -> LiveObject:
    """A claim that names no storage class gets the default one."""
    spec = dict(new["spec"])
    if "storageClassName" not in spec:
        classes, _ = plane.store.list(("storage.k8s.io", "storageclasses"))
        mark = "storageclass.kubernetes.io/is-default-class"
        names = [
            one["metadata"]["name"]
            for one in classes
            if (one["metadata"].get("annotations") or {}).get(mark) == "true"
        ]
        spec |= {"storageClassName": names[0]} if names else {}
    return {**new, "spec": spec, "status": {"phase": "Pending"}}


def _with_status(status: str) -> Callable[[ControlPlane, LiveObject], LiveObject]:
    """A first status, written as JSON so that no two objects share it."""
    return lambda _, new: {**new, "status": json.loads(status)}


def _definition(_: ControlPlane, new: LiveObject) -> LiveObject:
    return definitions.newborn(new)


_AT_CREATION: dict[str, Callable[[ControlPlane, LiveObject], LiveObject]] = {
    "customresourcedefinitions.apiextensions.k8s.io": _definition,
    "namespaces": _namespace,
    "pods": _pod,
    "services": _service,
    "jobs.batch": _job,
    "persistentvolumeclaims": _claim,
    "persistentvolumes": _with_status('{"phase": "Pending"}'),
    "resourcequotas": _with_status("{}"),
    "deployments.apps": _with_status("{}"),
    "cronjobs.batch": _with_status("{}"),
    "apiservices.apiregistration.k8s.io": _with_status("{}"),
    "replicasets.apps": _with_status('{"replicas": 0}'),
    "replicationcontrollers": _with_status('{"replicas": 0}'),
    "statefulsets.apps": _with_status('{"replicas": 0, "availableReplicas": 0}'),
    "daemonsets.apps": _with_status(
        '{"currentNumberScheduled": 0, "numberMisscheduled": 0, "desiredNumberScheduled": 0, "numberReady": 0}'
    ),
    "horizontalpodautoscalers.autoscaling": _with_status('{"desiredReplicas": 0, "currentMetrics": null}'),
    "poddisruptionbudgets.policy": _with_status(
        '{"disruptionsAllowed": 0, "currentHealthy": 0, "desiredHealthy": 0, "expectedPods": 0}'
    ),
    "ingresses.networking.k8s.io": _with_status('{"loadBalancer": {}}'),
}
