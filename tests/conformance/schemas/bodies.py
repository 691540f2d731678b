"""Bodies to create, right and wrong ones."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

GROUP = f"c{uuid4().hex[:8]}.example.dev"
"""Of this process alone, so that another one can use the same server."""

RULES: dict[str, Any] = {
    "name": {"type": "string", "minLength": 2, "maxLength": 5, "pattern": "^[a-z]+$"},
    "even": {"type": "integer", "minimum": 1, "maximum": 10, "multipleOf": 2},
    "between": {
        "type": "number",
        "minimum": 0,
        "exclusiveMinimum": True,
        "maximum": 5,
        "exclusiveMaximum": True,
    },
    "flag": {"type": "boolean"},
    "choice": {"type": "string", "enum": ["a", "b"]},
    "number": {"type": "integer", "enum": [1, 2]},
    "date": {"type": "string", "format": "date-time"},
    "byte": {"type": "string", "format": "byte"},
    "ip": {"type": "string", "format": "ipv4"},
    "either": {"x-kubernetes-int-or-string": True},
    "set": {
        "type": "array",
        "items": {"type": "string"},
        "x-kubernetes-list-type": "set",
        "minItems": 1,
        "maxItems": 3,
    },
    "items": {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["k"],
            "properties": {
                "k": {"type": "string"},
                "p": {"type": "string", "default": "TCP"},
                "v": {"type": "integer"},
            },
        },
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["k", "p"],
    },
    "whole": {"type": "array", "items": {"type": "object", "properties": {"q": {"type": "string"}}}},
    "free": {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "minProperties": 1,
        "maxProperties": 2,
    },
    "pair": {
        "type": "object",
        "required": ["r1", "r2"],
        "properties": {
            "r1": {"type": "string"},
            "r2": {"type": "string"},
            "d": {"type": "string", "default": "dd"},
        },
    },
    "nullable": {"type": "string", "nullable": True},
    "defaulted": {"type": "string", "default": "z"},
    "kept": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    "any": {"x-kubernetes-preserve-unknown-fields": True},
    "embedded": {
        "type": "object",
        "x-kubernetes-embedded-resource": True,
        "properties": {"spec": {"type": "object"}},
    },
}

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "spec": {"type": "object", "required": ["name"], "properties": RULES},
        "status": {"type": "object", "properties": {"s": {"type": "string"}}},
    },
}

DEFINITION: dict[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": f"rulebooks.{GROUP}"},
    "spec": {
        "group": GROUP,
        "scope": "Namespaced",
        "names": {"plural": "rulebooks", "kind": "Rulebook"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": SCHEMA},
            }
        ],
    },
}


def rulebook(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "r"}, "spec": {"name": "ab", **spec}}


RULEBOOKS: tuple[dict[str, Any], ...] = (
    {"metadata": {"name": "r"}},
    {"metadata": {"name": "r"}, "spec": {}},
    {"metadata": {"name": "r"}, "spec": None},
    {"metadata": {"name": "r"}, "spec": "x"},
    {"metadata": {"name": "r"}, "spec": [1]},
    {"metadata": {"name": "r", "labels": {"a b": "c"}, "finalizers": ["x"]}, "spec": {"name": "ab"}},
    {"metadata": {"name": "r", "foo": 1, "bar": {}}, "spec": {"name": "ab"}},
    {"metadata": {"name": "r", "labels": {}, "finalizers": []}, "spec": {"name": "ab"}},
    {"metadata": {"name": "r"}, "spec": {"name": "ab"}, "zz": 1, "status": {"q": 1}},
    rulebook(),
    rulebook(name="a"),
    rulebook(name="abcdefg"),
    rulebook(name="AB"),
    rulebook(name=1),
    rulebook(name=None),
    *(rulebook(even=value) for value in (11, 12, 0, 3, "x", 1.5, 2.0, None)),
    *(rulebook(between=value) for value in (0, 5, 1, 1.5)),
    *(rulebook(flag=value) for value in ("true", 1, False)),
    *(rulebook(choice=value) for value in ("c", 1, "a")),
    rulebook(number=3),
    *(rulebook(date=value) for value in ("x", "2020-01-01T00:00:00Z", "2020-13-01T00:00:00Z")),
    *(rulebook(byte=value) for value in ("!", "AAEC")),
    *(rulebook(ip=value) for value in ("x", "1.2.3.4")),
    *(rulebook(either=value) for value in (True, "5%", 1.5, 5)),
    *(rulebook(set=value) for value in (["a", "a"], [], list("abcd"), "a", [1], [None])),
    rulebook(items=[{"k": "a"}, {"k": "a"}]),
    rulebook(items=[{"k": "a"}, {"k": "a", "p": "UDP"}]),
    rulebook(items=[{"v": 1}]),
    rulebook(items=[{"k": "a", "v": "x"}, "z", {"k": 1}]),
    rulebook(whole=[{"q": 1}, 2]),
    *(rulebook(free=value) for value in ({}, {"a": "1", "b": "2", "c": "3"}, {"a": 1}, ["a"], {"a": None})),
    rulebook(pair={}),
    rulebook(pair=None),
    rulebook(nullable=None, defaulted=None),
    rulebook(kept={"z": {"y": 1}}, any=[1]),
    rulebook(embedded={"kind": "K", "apiVersion": "v1", "metadata": {"name": "x", "foo": 1}, "foo": 1}),
    rulebook(embedded={"spec": {}}),
    rulebook(zz=1, pair={"r1": "a", "r2": "b", "y": {"z": 1}}, whole=[{"q": "a", "w": 2}, {"w": 1}], aa=[1]),
    rulebook(name="AB", even=11, choice="c", pair={}),
)


def body(kind: str, name: str = "x", **fields: Any) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": name}, **fields}


def deployment(spec: Any = None, pod: Any = None, container: Any = None) -> dict[str, Any]:
    return workload("Deployment", spec, pod, container)


def workload(kind: str, spec: Any = None, pod: Any = None, container: Any = None) -> dict[str, Any]:
    template = {
        "metadata": {"labels": {"a": "b"}},
        "spec": {"containers": [{"name": "c", "image": "i", **(container or {})}], **(pod or {})},
    }
    selector = {} if kind in ("Job", "CronJob") else {"selector": {"matchLabels": {"a": "b"}}}
    return body(kind, spec={**selector, "template": template, **(spec or {})})


CLIENT = {"service": {"name": "s", "namespace": "n"}}
WEBHOOK = {
    "name": "w.example.dev",
    "clientConfig": CLIENT,
    "sideEffects": "None",
    "admissionReviewVersions": ["v1"],
    "rules": [{"operations": ["*"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}],
}

BUILTIN: tuple[dict[str, Any], ...] = (
    body("ConfigMap"),
    body("ConfigMap", data={"a": "1"}, foo=1),
    body("ConfigMap", data={"a b": "1"}),
    body("ConfigMap", data={"a": "1"}, binaryData={"a": "AA=="}),
    body("ConfigMap", data=None, immutable=False),
    body("ConfigMap", data={"a": 1}),
    body("ConfigMap", data=["a"]),
    {"kind": "ConfigMap", "metadata": {"name": "x", "labels": {"a": "b c"}, "finalizers": ["x"]}},
    body("Secret", data={"a": "eA=="}, stringData={"b": "y", "a": "z"}),
    body("Secret", type="kubernetes.io/tls"),
    body("Secret", stringData={"a": 1}),
    body("Namespace"),
    body("ServiceAccount", secrets=[{"name": "s"}], imagePullSecrets=[{"name": "p"}]),
    body("Service", spec={"ports": [{"port": 80}], "selector": {"a": "b"}}),
    body("Service", spec={}),
    body("Service", spec={"ports": [{}]}),
    body("Service", spec={"ports": [{"port": 80}, {"port": 81}]}),
    body("Service", spec={"ports": [{"port": 70000}], "type": "x"}),
    body("Service", spec={"ports": [{"port": 80}], "type": "NodePort", "sessionAffinity": "ClientIP"}),
    body("Service", spec={"ports": [{"port": 80}], "type": "LoadBalancer"}),
    body("Service", spec={"type": "ExternalName", "externalName": "a.b"}),
    body("Service", spec={"clusterIP": "None", "ports": [{"port": 80, "targetPort": "x"}]}),
    body(
        "PersistentVolumeClaim",
        spec={"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1024Mi"}}},
    ),
    body("Pod", spec={"containers": [{"name": "c", "image": "i:latest"}]}),
    body(
        "Pod",
        spec={
            "containers": [
                {"name": "c", "image": "i@sha256:" + "0" * 64, "resources": {"limits": {"cpu": 1}}}
            ]
        },
    ),
    deployment(),
    deployment({"zz": 1, "foo": {"x": 1}}, {"bar": 1, "abc": 2}, {"q": 1}),
    deployment({"selector": None}),
    deployment({"selector": {"matchLabels": {"a": "c"}}}),
    deployment({"replicas": -1}),
    deployment({"replicas": "1"}),
    deployment({"replicas": 1.5}),
    deployment({"paused": "true"}),
    deployment({"replicas": 0, "minReadySeconds": 0, "paused": False}),
    deployment({"strategy": {"type": "Recreate"}}),
    deployment(pod={"containers": []}),
    deployment(pod={"containers": [{}]}),
    deployment(pod={"containers": "x"}),
    deployment(pod={"containers": [{"name": "a", "image": "x"}, {"name": "a", "image": "x"}]}),
    deployment(pod={"restartPolicy": "Never"}),
    deployment(pod={"dnsPolicy": "x"}),
    deployment(
        pod={
            "hostNetwork": False,
            "nodeSelector": {},
            "serviceAccountName": "",
            "terminationGracePeriodSeconds": 0,
        }
    ),
    deployment(pod={"hostNetwork": True}, container={"ports": [{"containerPort": 80}]}),
    deployment(container={"name": "A_b"}),
    deployment(container={"image": ""}),
    deployment(container={"args": [1]}),
    deployment(container={"args": "x"}),
    deployment(container={"imagePullPolicy": "x"}),
    deployment(container={"volumeMounts": [{"name": "v", "mountPath": "/x"}]}),
    deployment(container={"ports": [{}]}),
    deployment(container={"ports": [{"containerPort": "80"}]}),
    deployment(container={"env": [{}]}),
    deployment(container={"env": [{"name": "a", "value": 1}]}),
    deployment(container={"env": [{"name": "a", "value": ""}], "args": [], "stdin": False}),
    deployment(
        container={
            "resources": {
                "limits": {"cpu": "0.5", "memory": "1000Ki"},
                "requests": {"cpu": "100m", "memory": 1},
            }
        }
    ),
    deployment(
        container={"resources": {"limits": {"memory": "2.5Gi", "cpu": "1500m", "ephemeral-storage": "1e3"}}}
    ),
    deployment(
        container={"readinessProbe": {"tcpSocket": {"port": 1}}, "startupProbe": {"grpc": {"port": 1}}}
    ),
    deployment(container={"securityContext": {"runAsNonRoot": False, "runAsUser": 0, "privileged": True}}),
    workload(
        "StatefulSet",
        {
            "serviceName": "s",
            "volumeClaimTemplates": [
                {
                    "metadata": {"name": "d"},
                    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
                }
            ],
        },
    ),
    workload("StatefulSet", {"updateStrategy": {"type": "OnDelete"}}),
    workload("DaemonSet"),
    workload("DaemonSet", {"updateStrategy": {"rollingUpdate": {"maxUnavailable": "10%"}}}),
    workload("ReplicaSet"),
    workload("Job", pod={"restartPolicy": "Never"}),
    body(
        "CronJob",
        spec={
            "schedule": "* * * * *",
            "jobTemplate": {"spec": workload("Job", pod={"restartPolicy": "Never"})["spec"]},
        },
    ),
    body("Role"),
    body("Role", rules=[{}]),
    body("ClusterRole", rules=[{"nonResourceURLs": ["/x"], "verbs": ["get"]}]),
    body(
        "RoleBinding",
        roleRef={"kind": "Role", "name": "r"},
        subjects=[{"kind": "User", "name": "u"}, {"kind": "ServiceAccount", "name": "s"}],
    ),
    body("RoleBinding"),
    body(
        "ClusterRoleBinding",
        roleRef={"kind": "ClusterRole", "name": "r"},
        subjects=[{"kind": "Group", "name": "g"}],
    ),
    body("ValidatingWebhookConfiguration", webhooks=[WEBHOOK]),
    body("MutatingWebhookConfiguration", webhooks=[WEBHOOK]),
    body(
        "CustomResourceDefinition",
        name="tables.example.dev",
        spec={**DEFINITION["spec"], "group": "example.dev", "names": {"plural": "tables", "kind": "Table"}},
    ),
    body(
        "CustomResourceDefinition",
        name="tables.example.dev",
        spec={
            **DEFINITION["spec"],
            "group": "example.dev",
            "names": {"plural": "tables", "kind": "Table"},
            "foo": 1,
        },
    ),
    body(
        "Lease",
        spec={"holderIdentity": "x", "leaseDurationSeconds": 5, "renewTime": "2020-01-01T00:00:00.000000Z"},
    ),
    body("PodDisruptionBudget", spec={"minAvailable": 1, "selector": {"matchLabels": {"a": "b"}}}),
    body(
        "HorizontalPodAutoscaler",
        spec={
            "maxReplicas": 2,
            "scaleTargetRef": {"kind": "Deployment", "name": "d", "apiVersion": "apps/v1"},
        },
    ),
    body("StorageClass", provisioner="p.example.dev"),
    body("PriorityClass", value=5),
    body(
        "APIService",
        name="v1.x.example.dev",
        spec={
            "group": "x.example.dev",
            "version": "v1",
            "groupPriorityMinimum": 1,
            "versionPriority": 1,
            "service": {"name": "s", "namespace": "n"},
        },
    ),
    body("Node", spec={"podCIDR": "10.0.0.0/24"}),
)

PLURALS = {
    "APIService": ("apiregistration.k8s.io/v1", "apiservices", False),
    "ClusterRole": ("rbac.authorization.k8s.io/v1", "clusterroles", False),
    "ClusterRoleBinding": ("rbac.authorization.k8s.io/v1", "clusterrolebindings", False),
    "ConfigMap": ("v1", "configmaps", True),
    "CronJob": ("batch/v1", "cronjobs", True),
    "CustomResourceDefinition": ("apiextensions.k8s.io/v1", "customresourcedefinitions", False),
    "DaemonSet": ("apps/v1", "daemonsets", True),
    "Deployment": ("apps/v1", "deployments", True),
    "HorizontalPodAutoscaler": ("autoscaling/v2", "horizontalpodautoscalers", True),
    "Job": ("batch/v1", "jobs", True),
    "Lease": ("coordination.k8s.io/v1", "leases", True),
    "MutatingWebhookConfiguration": (
        "admissionregistration.k8s.io/v1",
        "mutatingwebhookconfigurations",
        False,
    ),
    "Namespace": ("v1", "namespaces", False),
    "Node": ("v1", "nodes", False),
    "PersistentVolumeClaim": ("v1", "persistentvolumeclaims", True),
    "Pod": ("v1", "pods", True),
    "PodDisruptionBudget": ("policy/v1", "poddisruptionbudgets", True),
    "PriorityClass": ("scheduling.k8s.io/v1", "priorityclasses", False),
    "ReplicaSet": ("apps/v1", "replicasets", True),
    "Role": ("rbac.authorization.k8s.io/v1", "roles", True),
    "RoleBinding": ("rbac.authorization.k8s.io/v1", "rolebindings", True),
    "Rulebook": (f"{GROUP}/v1", "rulebooks", True),
    "Secret": ("v1", "secrets", True),
    "Service": ("v1", "services", True),
    "ServiceAccount": ("v1", "serviceaccounts", True),
    "StatefulSet": ("apps/v1", "statefulsets", True),
    "StorageClass": ("storage.k8s.io/v1", "storageclasses", False),
    "ValidatingWebhookConfiguration": (
        "admissionregistration.k8s.io/v1",
        "validatingwebhookconfigurations",
        False,
    ),
}
