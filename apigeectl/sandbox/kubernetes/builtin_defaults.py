"""What the API server fills into built-in kinds while it decodes them, and what it leaves out of answers."""

from __future__ import annotations

import copy
from typing import Any

from apigeectl.sandbox.kubernetes.builtin_kinds import TYPE, ZERO_COUNTS
from apigeectl.sandbox.kubernetes.dependent_defaults import DEPENDENT
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
    if name in DEPENDENT:
        DEPENDENT[name](value)


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
