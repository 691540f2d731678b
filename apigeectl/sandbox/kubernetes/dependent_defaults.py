"""Defaults of built-in kinds that depend on other fields."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

Object = dict[str, Any]


def _container(container: Object) -> None:
    image = str(container.get("image", ""))
    name, _, digest = image.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    latest = tag == "latest" or not (tag or digest)
    container.setdefault("imagePullPolicy", "Always" if latest else "IfNotPresent")


def _deployment(spec: Object) -> None:
    strategy = spec["strategy"]
    strategy.setdefault("type", "RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        strategy["rollingUpdate"] = {
            "maxSurge": "25%",
            "maxUnavailable": "25%",
            **(strategy.get("rollingUpdate") or {}),
        }


def _daemon_set(spec: Object) -> None:
    strategy = spec["updateStrategy"]
    strategy.setdefault("type", "RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        strategy["rollingUpdate"] = {
            "maxSurge": 0,
            "maxUnavailable": 1,
            **(strategy.get("rollingUpdate") or {}),
        }


def _stateful_set(spec: Object) -> None:
    strategy = spec["updateStrategy"]
    strategy.setdefault("type", "RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        strategy["rollingUpdate"] = {"partition": 0, **(strategy.get("rollingUpdate") or {})}
    for claim in spec.get("volumeClaimTemplates") or []:
        claim.setdefault("apiVersion", "v1")
        claim.setdefault("kind", "PersistentVolumeClaim")


def _job(job: Object) -> None:
    spec = job["spec"]
    if "completions" not in spec and "parallelism" not in spec:
        spec["completions"] = 1
    job["spec"] = {**_JOB, **spec}
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels")
    if labels and not job["metadata"].get("labels"):
        job["metadata"]["labels"] = dict(labels)


_JOB: Object = {
    "backoffLimit": 6,
    "completionMode": "NonIndexed",
    "manualSelector": False,
    "parallelism": 1,
    "podReplacementPolicy": "TerminatingOrFailed",
    "suspend": False,
}


def _daemon_set_annotation(daemon_set: Object) -> None:
    annotations = daemon_set["metadata"].get("annotations") or {}
    name = "deprecated.daemonset.template.generation"
    daemon_set["metadata"]["annotations"] = {name: "1", **annotations}


def _scaler(spec: Object) -> None:
    target = {"type": "Utilization", "averageUtilization": 80}
    if not spec.get("metrics"):
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]


def _node(spec: Object) -> None:
    if spec.get("podCIDR"):
        spec.setdefault("podCIDRs", [spec["podCIDR"]])


def _pod(pod: Object) -> None:
    spec = pod["spec"]
    spec.setdefault("enableServiceLinks", True)
    for container in (spec.get("containers") or []) + (spec.get("initContainers") or []):
        resources = container.get("resources") or {}
        if resources.get("limits"):
            requests = {**resources["limits"], **(resources.get("requests") or {})}
            container["resources"] = {**resources, "requests": requests}
        for port in (container.get("ports") or []) if spec.get("hostNetwork") else ():
            port.setdefault("hostPort", port.get("containerPort"))


def _pod_spec(spec: Object) -> None:
    if "serviceAccountName" in spec or "serviceAccount" in spec:
        name = spec.get("serviceAccountName") or spec["serviceAccount"]
        spec |= {"serviceAccountName": name, "serviceAccount": name}


def _volume(volume: Object) -> None:
    if set(volume) == {"name"}:
        volume["emptyDir"] = {}


def _secret(secret: Object) -> None:
    texts = secret.pop("stringData", None)
    if texts:
        encoded = {key: base64.b64encode(str(text).encode()).decode() for key, text in texts.items()}
        secret["data"] = {**(secret.get("data") or {}), **encoded}


def _service(spec: Object) -> None:
    for port in spec.get("ports") or []:
        if port.get("targetPort") in (None, "", 0):
            port["targetPort"] = port.get("port", 0)
    if spec["sessionAffinity"] == "ClientIP":
        spec.setdefault("sessionAffinityConfig", {"clientIP": {"timeoutSeconds": 10800}})
    if spec["type"] in ("NodePort", "LoadBalancer"):
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if spec["type"] == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
    if spec["type"] == "ExternalName":
        spec.pop("internalTrafficPolicy", None)


def _namespace(namespace: Object) -> None:
    name = namespace["metadata"].get("name")
    if name:
        labels = namespace["metadata"].get("labels") or {}
        namespace["metadata"]["labels"] = {**labels, "kubernetes.io/metadata.name": name}


def _subject(subject: Object) -> None:
    if subject.get("kind") in ("User", "Group"):
        subject.setdefault("apiGroup", "rbac.authorization.k8s.io")


def _names_of_definition(spec: Object) -> None:
    names = spec.get("names") or {}
    kind = names.get("kind", "")
    if kind:
        names.setdefault("singular", kind.lower())
        names.setdefault("listKind", f"{kind}List")


def _ingress(ingress: Object) -> None:
    if ingress.get("ip"):
        ingress.setdefault("ipMode", "VIP")


DEPENDENT: dict[str, Callable[[Object], None]] = {
    "Container": _container,
    "CustomResourceDefinitionSpec": _names_of_definition,
    "DaemonSet": _daemon_set_annotation,
    "DaemonSetSpec": _daemon_set,
    "DeploymentSpec": _deployment,
    "EphemeralContainer": _container,
    "HorizontalPodAutoscalerSpec": _scaler,
    "Job": _job,
    "LoadBalancerIngress": _ingress,
    "Namespace": _namespace,
    "NodeSpec": _node,
    "Pod": _pod,
    "PodSpec": _pod_spec,
    "Secret": _secret,
    "ServiceSpec": _service,
    "StatefulSetSpec": _stateful_set,
    "Subject": _subject,
    "Volume": _volume,
}
