"""What the API server fills into built-in kinds while it decodes them, and what it leaves out of answers."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from apigeectl.sandbox.kubernetes.builtin_kinds import TYPE, ZERO_COUNTS
from apigeectl.sandbox.kubernetes.quantities import canonical
from apigeectl.sandbox.kubernetes.structure import UNSET, Node

Object = dict[str, Any]


def fill(node: Node, body: Object) -> Object:
    """The object (or its metadata) as the server holds it: defaults in, unset zeros out; changes the body in place."""
    _fill(node, body)
    metadata = body.get("metadata") if "metadata" in node.properties else body
    if isinstance(metadata, dict) and metadata.get("creationTimestamp", "") is None:
        del metadata["creationTimestamp"]  # the server sets it when it stores the object
    return body


def zero(node: Node) -> Object:
    """The object of which nothing is set."""
    return _zero(node)


def _zero(node: Node) -> Object:
    value: Object = {}
    for name, spec in node.properties.items():
        if UNSET in spec:
            child = node.field(name)
            unset = spec[UNSET]
            value[name] = _zero(child) if unset == {} and child else copy.copy(unset)
    return value


def _fill(node: Node, value: Any) -> None:
    if isinstance(value, list):
        for item in value:
            _fill(node.items, item)
    if not isinstance(value, dict):
        return
    if TYPE in node.spec:
        _tidy(node, value)
        _apply_defaults(node, value)
    for name in list(value):
        child = node.field(name)
        if child and child.spec.get("format") == "quantity":
            value[name] = canonical(value[name])
        elif child and value[name] is None and not node.declares(name):
            value[name] = child.spec.get(UNSET)
        elif child:
            _fill(child, value[name])


def _tidy(node: Node, value: Object) -> None:
    """Zeros that answers leave out go, zeros that they show come."""
    for name, spec in node.properties.items():
        if name == "managedFields":
            continue  # an empty list means a reset there
        if name in value and UNSET not in spec and ZERO_COUNTS not in spec and _is_unset(spec, value[name]):
            del value[name]
        if UNSET in spec and value.get(name) is None:
            value[name] = copy.deepcopy(spec[UNSET])


def _is_unset(spec: Any, value: Any) -> bool:
    if value is None:
        return True
    if spec.get("type") == "array" or "additionalProperties" in spec:
        return value in ([], {})
    return "type" in spec and spec["type"] != "object" and value in ("", 0, False) and _zero_like(spec, value)


def _zero_like(spec: Any, value: Any) -> bool:
    return not (spec.get("format") == "int-or-string" and value == 0)


def _apply_defaults(node: Node, value: Object) -> None:
    name = node.spec[TYPE]
    for field, spec in node.properties.items():
        if field not in value and "default" in spec:
            value[field] = spec["default"]
    for field, fallback in _DEFAULTS.get(name, {}).items():
        if value.get(field) in (None, ""):
            value[field] = copy.deepcopy(fallback)
    if name in _RULES:
        _RULES[name](value)


_ROLLING = {"type": "RollingUpdate"}
_WEBHOOK: Object = {
    "failurePolicy": "Fail",
    "matchPolicy": "Equivalent",
    "namespaceSelector": {},
    "objectSelector": {},
    "timeoutSeconds": 10,
}

_DEFAULTS: dict[str, Object] = {
    "AdmissionregistrationServiceReference": {"port": 443},
    "ApiregistrationServiceReference": {"port": 443},
    "ClientIPConfig": {"timeoutSeconds": 10800},
    "ConfigMapVolumeSource": {"defaultMode": 420},
    "Container": {
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
    },
    "CronJobSpec": {
        "concurrencyPolicy": "Allow",
        "failedJobsHistoryLimit": 1,
        "successfulJobsHistoryLimit": 3,
        "suspend": False,
    },
    "CustomResourceConversion": {"strategy": "None"},
    "CustomResourceDefinitionSpec": {"conversion": {"strategy": "None"}},
    "DaemonSetSpec": {"revisionHistoryLimit": 10, "updateStrategy": _ROLLING},
    "DeploymentSpec": {
        "progressDeadlineSeconds": 600,
        "replicas": 1,
        "revisionHistoryLimit": 10,
        "strategy": _ROLLING,
    },
    "DownwardAPIVolumeSource": {"defaultMode": 420},
    "GRPCAction": {"service": ""},
    "HTTPGetAction": {"path": "/", "scheme": "HTTP"},
    "HorizontalPodAutoscalerSpec": {"minReplicas": 1},
    "HostPathVolumeSource": {"type": ""},
    "MutatingWebhook": {**_WEBHOOK, "reinvocationPolicy": "Never"},
    "NamespaceStatus": {"phase": "Active"},
    "ObjectFieldSelector": {"apiVersion": "v1"},
    "PersistentVolumeClaimSpec": {"volumeMode": "Filesystem"},
    "PersistentVolumeClaimStatus": {"phase": "Pending"},
    "PodSpec": {
        "dnsPolicy": "ClusterFirst",
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "terminationGracePeriodSeconds": 30,
    },
    "PodStatus": {"phase": "Pending"},
    "PriorityClass": {"preemptionPolicy": "PreemptLowerPriority"},
    "Probe": {"failureThreshold": 3, "periodSeconds": 10, "successThreshold": 1, "timeoutSeconds": 1},
    "ProjectedVolumeSource": {"defaultMode": 420},
    "ReplicaSetSpec": {"replicas": 1},
    "RoleRef": {"apiGroup": "rbac.authorization.k8s.io"},
    "RuleWithOperations": {"scope": "*"},
    "Secret": {"type": "Opaque"},
    "SecretVolumeSource": {"defaultMode": 420},
    "ServiceAccountTokenProjection": {"expirationSeconds": 3600},
    "ServiceReference": {"port": 443},
    "ServiceSpec": {"internalTrafficPolicy": "Cluster", "sessionAffinity": "None", "type": "ClusterIP"},
    "StatefulSetPersistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
    "StatefulSetSpec": {
        "persistentVolumeClaimRetentionPolicy": {},
        "podManagementPolicy": "OrderedReady",
        "replicas": 1,
        "revisionHistoryLimit": 10,
        "updateStrategy": _ROLLING,
    },
    "StorageClass": {"reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"},
    "ValidatingWebhook": _WEBHOOK,
}


# --- defaults that depend on other fields -------------------------------------------------------------


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
    import base64

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


_RULES: dict[str, Callable[[Object], None]] = {
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
