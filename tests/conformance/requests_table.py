"""What both servers are asked, in order: later steps rest on earlier ones."""

from __future__ import annotations

from typing import Any

from tests.conformance.comparison import (
    APPLY,
    JSON_PATCH,
    MERGE,
    METADATA,
    METADATA_LIST,
    STRATEGIC,
    TABLE,
    Step,
)

CORE = "/api/v1/namespaces/{ns}"
APPS = "/apis/apps/v1/namespaces/{ns}"
MAPS = f"{CORE}/configmaps"
PODS = f"{CORE}/pods"
DEPLOYMENTS = f"{APPS}/deployments"
GROUP = "{group}"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
WIDGETS = f"/apis/{GROUP}/v1/namespaces/{{ns}}/widgets"


def named(name: str, **more: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, **more}


def config_map(name: str = "a", **more: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", **named(name, **more)}


def widget(name: str = "a", **more: Any) -> dict[str, Any]:
    return {"apiVersion": f"{GROUP}/v1", "kind": "Widget", **named(name, **more)}


TEMPLATE = {
    "metadata": {"labels": {"app": "web"}},
    "spec": {"containers": [{"name": "c", "image": "i:1"}, {"name": "d", "image": "j"}]},
}
SELECTOR = {"matchLabels": {"app": "web"}}
JOB_TEMPLATE = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}
COLUMNS = [
    {"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
    {"name": "State", "type": "string", "jsonPath": ".status.state"},
    {"name": "Since", "type": "date", "jsonPath": ".metadata.creationTimestamp", "priority": 1},
    {"name": "Ready", "type": "string", "jsonPath": ".status.conditions[?(@.type=='Ready')].status"},
]
SCHEMA = {
    "type": "object",
    "required": ["spec"],
    "properties": {
        "spec": {
            "type": "object",
            "properties": {
                "size": {"type": "integer", "minimum": 1},
                "replicas": {"type": "integer", "default": 1},
                "name": {"type": "string"},
            },
        },
        "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    },
}
CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": f"widgets.{GROUP}"},
    "spec": {
        "group": GROUP,
        "scope": "Namespaced",
        "names": {"plural": "widgets", "kind": "Widget", "shortNames": ["wd"]},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "subresources": {
                    "status": {},
                    "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"},
                },
                "additionalPrinterColumns": COLUMNS,
                "schema": {"openAPIV3Schema": SCHEMA},
            }
        ],
    },
}

PATHS = [
    Step("GET", "/nope"),
    Step("GET", "/api/v1/nope"),
    Step("GET", "/apis/nope"),
    Step("GET", "/apis/nope/v1/x"),
    Step("GET", "/apis/apps/v2/deployments"),
    Step("GET", "/apis/apps"),
    Step("GET", f"{PODS}/zz"),
    Step("GET", f"{DEPLOYMENTS}/zz"),
    Step("GET", "/api/v1/namespaces/absent/pods"),
    Step("GET", "/api/v1/namespaces/absent/pods/x"),
    Step("GET", "/api/v1/pods/x"),
    Step("GET", f"{CORE}/nodes"),
    Step("DELETE", "/api/v1/namespaces"),
    Step("POST", f"{MAPS}/a", {}),
    Step("PUT", MAPS, {}),
    Step("PATCH", "/api/v1/nodes", {}, APPLY),
    Step("POST", "/api/v1/configmaps", named("z")),
    Step("GET", f"{MAPS}/a/status"),
    Step("GET", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"),
]

CREATES = [
    Step("POST", MAPS, named("a", data={"x": "1"})),
    Step("POST", MAPS, named("a")),
    Step("POST", MAPS, {"metadata": {}}),
    Step("POST", MAPS, named("A_b")),
    Step("POST", MAPS, {"metadata": {"name": "q", "namespace": "other"}}),
    Step("POST", MAPS, {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "q"}}),
    Step("POST", MAPS, {"apiVersion": "v2", "kind": "ConfigMap", "metadata": {"name": "q"}}),
    Step("POST", MAPS, "a: b", "application/xml"),
    Step("POST", MAPS, "metadata: {name: from-yaml}", "application/yaml"),
    Step("POST", MAPS + "?fieldValidation=Strict", {**named("q"), "spec": {}, "foo": 1}),
    Step("POST", MAPS + "?fieldValidation=Warn&dryRun=All", {**named("q"), "spec": {}}),
    Step("POST", MAPS + "?fieldValidation=Ignore&dryRun=All", {**named("q"), "spec": {}}),
    Step("POST", MAPS + "?fieldValidation=Bad", named("q")),
    Step("POST", MAPS + "?dryRun=x", named("q")),
    Step("POST", MAPS + "?fieldManager=me", named("managed", data={"a": "b"})),
    Step("POST", "/api/v1/namespaces/absent/configmaps", named("q")),
    Step("POST", MAPS, {"metadata": {"generateName": "generated-"}}),
    Step("POST", MAPS, {"metadata": {"name": "q", "resourceVersion": "5"}}),
    Step("POST", f"{CORE}/secrets", named("s", stringData={"a": "b"})),
    Step("POST", f"{CORE}/serviceaccounts", named("s")),
    Step("POST", PODS, named("p", spec=TEMPLATE["spec"])),
    Step("POST", PODS, named("placed", spec={**TEMPLATE["spec"], "nodeName": "somewhere"})),
    Step("POST", PODS, named("bad", spec={})),
    Step("POST", f"{CORE}/services", named("s", spec={"ports": [{"port": 80}], "selector": {"app": "web"}})),
    Step("POST", f"{CORE}/services", named("headless", spec={"clusterIP": "None", "ports": [{"port": 80}]})),
    Step("POST", f"{CORE}/services", named("bad", spec={"ports": [{"port": 80}, {"port": 81}]})),
    Step("POST", DEPLOYMENTS, named("d", spec={"selector": SELECTOR, "template": TEMPLATE})),
    Step("POST", DEPLOYMENTS, named("bad", spec={"template": TEMPLATE})),
    Step(
        "POST",
        DEPLOYMENTS,
        named("bad", spec={"selector": {"matchLabels": {"a": "b"}}, "template": TEMPLATE}),
    ),
    Step(
        "POST",
        f"{APPS}/statefulsets",
        named("s", spec={"serviceName": "s", "selector": SELECTOR, "template": TEMPLATE}),
    ),
    Step("POST", f"{APPS}/daemonsets", named("s", spec={"selector": SELECTOR, "template": TEMPLATE})),
    Step("POST", f"{APPS}/replicasets", named("s", spec={"selector": SELECTOR, "template": TEMPLATE})),
    Step("POST", "/apis/batch/v1/namespaces/{ns}/jobs", named("j", spec={"template": JOB_TEMPLATE})),
    Step(
        "POST",
        "/apis/batch/v1/namespaces/{ns}/cronjobs",
        named("j", spec={"schedule": "* * * * *", "jobTemplate": {"spec": {"template": JOB_TEMPLATE}}}),
    ),
    Step(
        "POST",
        f"{CORE}/events",
        named(
            "e",
            involvedObject={"kind": "Pod", "name": "p", "namespace": "{ns}"},
            reason="Why",
            message="What ",
            type="Normal",
            source={"component": "c", "host": "h"},
            count=3,
            firstTimestamp="2026-01-01T10:00:00Z",
            lastTimestamp="2026-01-02T10:10:00Z",
        ),
    ),
    Step(
        "POST",
        f"{CORE}/persistentvolumeclaims",
        named(
            "c",
            spec={
                "accessModes": ["ReadWriteOnce"],
                "storageClassName": "any",
                "resources": {"requests": {"storage": "1Gi"}},
            },
        ),
        known="the protection finalizer needs a controller that the sandbox does not have",
        ignore=("body.metadata.finalizers",),
    ),
    Step(
        "POST",
        "/apis/autoscaling/v2/namespaces/{ns}/horizontalpodautoscalers",
        named(
            "h",
            spec={
                "minReplicas": 2,
                "maxReplicas": 4,
                "scaleTargetRef": {"kind": "Deployment", "name": "d", "apiVersion": "apps/v1"},
                "metrics": [
                    {
                        "type": "Resource",
                        "resource": {
                            "name": "cpu",
                            "target": {"type": "Utilization", "averageUtilization": 75},
                        },
                    }
                ],
            },
        ),
    ),
    Step(
        "POST",
        "/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets",
        named("b", spec={"minAvailable": 1, "selector": SELECTOR}),
    ),
    Step(
        "POST",
        "/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/roles",
        named("r", rules=[{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}]),
    ),
    Step(
        "POST",
        "/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/rolebindings",
        named(
            "r",
            roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"},
            subjects=[
                {"kind": "ServiceAccount", "name": "a", "namespace": "{ns}"},
                {"kind": "User", "name": "u"},
            ],
        ),
    ),
    Step(
        "POST",
        "/apis/coordination.k8s.io/v1/namespaces/{ns}/leases",
        named("l", spec={"holderIdentity": "me"}),
    ),
    Step(
        "POST",
        "/apis/networking.k8s.io/v1/namespaces/{ns}/networkpolicies",
        named("n", spec={"podSelector": SELECTOR, "policyTypes": ["Ingress"]}),
        known="no table of this kind's structure",
        ignore=("body.metadata.managedFields",),
    ),
    Step(
        "POST",
        "/apis/networking.k8s.io/v1/namespaces/{ns}/ingresses",
        named(
            "i",
            spec={
                "rules": [
                    {
                        "host": "h.example.com",
                        "http": {
                            "paths": [
                                {
                                    "path": "/",
                                    "pathType": "Prefix",
                                    "backend": {"service": {"name": "s", "port": {"number": 80}}},
                                }
                            ]
                        },
                    }
                ]
            },
        ),
        known="no table of this kind's structure",
        ignore=("body.metadata.managedFields",),
    ),
]

READS = [
    Step("GET", f"{MAPS}/a"),
    Step("GET", f"{MAPS}/a", accept="text/html", known="YAML and protobuf answers", ignore=("body.message",)),
    Step("GET", f"{MAPS}/a", accept=METADATA),
    Step("GET", MAPS, accept=METADATA_LIST),
    Step("GET", MAPS),
    Step("GET", MAPS + "?limit=1"),
    Step("GET", MAPS + "?labelSelector=a%3D%3D%3Db"),
    Step("GET", MAPS + "?labelSelector=app%3Dweb"),
    Step("GET", MAPS + "?fieldSelector=data.x%3Db"),
    Step("GET", MAPS + "?fieldSelector=metadata.name%3Da"),
    Step("GET", PODS + "?fieldSelector=data.x%3Db"),
    Step("GET", PODS + "?fieldSelector=spec.nodeName%3Dsomewhere"),
    Step("GET", MAPS + "?limit=x"),
    Step("GET", MAPS + "?continue=x", known="Go's words for broken base64", ignore=("body.message",)),
    Step("GET", MAPS + "?resourceVersionMatch=Exact"),
    Step("GET", MAPS + "?resourceVersion=abc"),
    Step("GET", MAPS + "?resourceVersion=99999999"),
    Step("GET", MAPS + "?watch=1&sendInitialEvents=true&timeoutSeconds=1"),
    Step("GET", MAPS + "?watch=1&resourceVersion=abc&timeoutSeconds=1"),
    Step("GET", f"{PODS}/p/log"),
    Step("GET", f"{PODS}/p/log?container=c"),
    Step("GET", f"{PODS}/zz/log"),
    Step("GET", f"{PODS}/p/log?container=zz"),
    Step("GET", f"{PODS}/p/log?container=c&tailLines=-1"),
    Step("GET", f"{PODS}/p/log?container=c&limitBytes=0"),
    Step("GET", f"{DEPLOYMENTS}/d/scale"),
]

_OBJECT = "body.rows[0].object.metadata"
_UNCOMPARED = {
    "persistentvolumeclaims": (f"{_OBJECT}.finalizers",),
    "daemonsets": (f"{_OBJECT}.annotations",),  # the real server shows it everywhere but in tables
    "networkpolicies": (f"{_OBJECT}.managedFields",),
    "ingresses": (f"{_OBJECT}.managedFields",),
    "priorityclasses": (f"{_OBJECT}.managedFields", "body.rows[1].object.metadata.managedFields"),
}

TABLES = [
    Step("GET", path, accept=TABLE, ignore=_UNCOMPARED.get(path.rpartition("/")[2], ()))
    for path in (
        MAPS,
        PODS,
        f"{CORE}/secrets",
        f"{CORE}/serviceaccounts",
        f"{CORE}/services",
        f"{CORE}/events",
        f"{CORE}/persistentvolumeclaims",
        f"{CORE}/endpoints",
        f"{CORE}/resourcequotas",
        f"{CORE}/limitranges",
        f"{CORE}/replicationcontrollers",
        DEPLOYMENTS,
        f"{APPS}/statefulsets",
        f"{APPS}/daemonsets",
        f"{APPS}/replicasets",
        "/apis/batch/v1/namespaces/{ns}/jobs",
        "/apis/batch/v1/namespaces/{ns}/cronjobs",
        "/apis/autoscaling/v2/namespaces/{ns}/horizontalpodautoscalers",
        "/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets",
        "/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/roles",
        "/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/rolebindings",
        "/apis/coordination.k8s.io/v1/namespaces/{ns}/leases",
        "/apis/networking.k8s.io/v1/namespaces/{ns}/networkpolicies",
        "/apis/networking.k8s.io/v1/namespaces/{ns}/ingresses",
        "/apis/scheduling.k8s.io/v1/priorityclasses",
    )
]
WRITES = [
    Step("PUT", f"{MAPS}/nonex", named("nonex")),
    Step("PUT", f"{MAPS}/a", named("x2")),
    Step("PUT", f"{MAPS}/a", {"metadata": {"name": "a", "resourceVersion": "5"}}),
    Step("PUT", f"{MAPS}/a", {"metadata": {"name": "a", "resourceVersion": "abc"}}),
    Step("PUT", f"{MAPS}/a", {"metadata": {}}),
    Step(
        "PUT",
        f"{MAPS}/a",
        {"metadata": {"name": "a", "uid": "abc"}},
        known="storage keys of etcd",
        ignore=("body.message",),
    ),
    Step("PUT", f"{MAPS}/a?fieldManager=putter", named("a", data={"x": "2", "y": "3"})),
    Step("PUT", f"{MAPS}/a?fieldManager=putter", named("a", data={"x": "2", "y": "3"})),
    Step("PATCH", f"{MAPS}/zz", {"data": {}}, MERGE),
    Step("PATCH", f"{MAPS}/a", {"data": {}}),
    Step("PATCH", f"{MAPS}/a", {"data": {}}, JSON_PATCH),
    Step("PATCH", f"{MAPS}/a", [{"op": "replace", "path": "/data/x", "value": "1"}], JSON_PATCH),
    Step("PATCH", f"{MAPS}/a", [{"op": "test", "path": "/data/x", "value": "7"}], JSON_PATCH),
    Step("PATCH", f"{MAPS}/a", [{"op": "remove", "path": "/data/zz"}], JSON_PATCH),
    Step("PATCH", f"{MAPS}/a", {"metadata": {"labels": {"app": "web"}}}, STRATEGIC),
    Step("PATCH", f"{MAPS}/a", {"metadata": {"resourceVersion": "1"}}, MERGE),
    Step("PATCH", f"{MAPS}/a", {"metadata": {"uid": "1"}}, MERGE),
    Step("PATCH", f"{MAPS}/a", {"metadata": {"name": "1"}}, MERGE),
    Step("PATCH", f"{MAPS}/a?force=true", {"metadata": {}}, MERGE),
    Step("PATCH", f"{MAPS}/a", {"foo": {}}, MERGE),
    Step("PATCH", f"{MAPS}/a?dryRun=All", {"data": {"dry": "run"}}, MERGE),
    Step("PATCH", f"{MAPS}/a", {"data": None}, MERGE),
    Step("PATCH", f"{MAPS}/a", {"metadata": {}}, APPLY),
    Step("PATCH", f"{MAPS}/a?fieldManager=m", config_map("x2"), APPLY),
    Step("PATCH", f"{MAPS}/a?fieldManager=m", named("a"), APPLY),
    Step("PATCH", f"{MAPS}/a?fieldManager=m", {**config_map(), "kind": "Secret"}, APPLY),
    Step(
        "PATCH",
        f"{MAPS}/a?fieldManager=m",
        config_map() | {"metadata": {"name": "a", "managedFields": [{}]}},
        APPLY,
    ),
    Step(
        "PATCH",
        f"{MAPS}/a?fieldManager=m",
        config_map() | {"metadata": {"name": "a", "namespace": "o"}},
        APPLY,
    ),
    Step(
        "PATCH",
        f"{MAPS}/a?fieldManager=m",
        config_map() | {"metadata": {"name": "a", "resourceVersion": "1"}},
        APPLY,
    ),
    Step(
        "PATCH", f"{MAPS}/n?fieldManager=m", config_map("n") | {"metadata": {"name": "n", "uid": "1"}}, APPLY
    ),
    Step("PATCH", f"{MAPS}/n?fieldManager=m", {**config_map("n"), "spec": {}}, APPLY),
    Step("PATCH", f"{MAPS}/n?fieldManager=m", config_map("n", data={"a": "1"}), APPLY),
    Step("PATCH", f"{MAPS}/n?fieldManager=m", config_map("n", data={"a": "1"}), APPLY),
    Step("PATCH", f"{MAPS}/n?fieldManager=o", config_map("n", data={"a": "2"}), APPLY),
    Step("PATCH", f"{MAPS}/n?fieldManager=o&force=true", config_map("n", data={"a": "2"}), APPLY),
    Step("PATCH", f"{MAPS}/n?fieldManager=m", config_map("n", data={"b": "2"}), APPLY),
    Step("PATCH", f"{MAPS}/n?fieldManager=m", config_map("n"), APPLY),
    Step("PATCH", f"{DEPLOYMENTS}/d/scale", {"spec": {"replicas": 3}}, MERGE),
    Step("PATCH", f"{DEPLOYMENTS}/d/scale", {"spec": {"replicas": -3}}, MERGE),
    Step("GET", f"{DEPLOYMENTS}/d"),
    Step("PATCH", f"{DEPLOYMENTS}/d", {"metadata": {"annotations": {"a": "b"}}}, MERGE),
    Step("PATCH", f"{DEPLOYMENTS}/d", {"metadata": {"labels": {"a": "b"}}}, MERGE),
    Step(
        "PATCH",
        f"{DEPLOYMENTS}/d",
        {"spec": {"template": {"spec": {"containers": [{"name": "d", "image": "k"}]}}}},
        STRATEGIC,
    ),
    Step(
        "PATCH",
        f"{DEPLOYMENTS}/d",
        {"spec": {"selector": {"matchLabels": {"a": "b"}}}},
        MERGE,
    ),
    Step(
        "PATCH",
        f"{DEPLOYMENTS}/d/status",
        {"status": {"replicas": 3, "readyReplicas": 2}, "spec": {"replicas": 9}},
        MERGE,
    ),
    Step("PATCH", f"{CORE}/secrets/s", {"stringData": {"more": "text"}}, MERGE),
    Step("PATCH", f"{CORE}/secrets/s", {"type": "other"}, MERGE),
    Step(
        "PATCH",
        f"{PODS}/placed/status",
        {
            "status": {
                "phase": "Running",
                "containerStatuses": [
                    {
                        "name": "c",
                        "ready": True,
                        "restartCount": 2,
                        "image": "",
                        "imageID": "",
                        "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}},
                        "lastState": {},
                    }
                ],
            }
        },
        MERGE,
    ),
    Step("GET", PODS, accept=TABLE),
]

CUSTOM = [
    Step("GET", WIDGETS),
    Step("POST", WIDGETS, named("a")),
    Step("POST", WIDGETS, widget()),
    Step("POST", WIDGETS, {**widget(), "apiVersion": f"{GROUP}/v2"}),
    Step("POST", WIDGETS, widget(spec={"size": "x"})),
    Step("POST", WIDGETS, widget(spec={"size": 0})),
    Step("POST", WIDGETS + "?fieldValidation=Strict", {**widget(spec={"siz": 0}), "foo": 1}),
    Step("POST", WIDGETS, {**widget(spec={"size": 3, "siz": 0}), "status": {"a": 1}}),
    Step("POST", WIDGETS, widget(spec={"size": 3})),
    Step("GET", f"{WIDGETS}/a"),
    Step("GET", f"{WIDGETS}/a/scale"),
    Step("PATCH", f"{WIDGETS}/a/scale", {"spec": {"replicas": 4}}, MERGE),
    Step(
        "PATCH",
        f"{WIDGETS}/a/status",
        {"status": {"state": "ok", "conditions": [{"type": "Ready", "status": "True"}]}, "spec": {"size": 9}},
        MERGE,
    ),
    Step("GET", WIDGETS, accept=TABLE),
    Step("GET", f"{WIDGETS}/a", accept=TABLE),
    Step("PUT", f"{WIDGETS}/a", widget(spec={"size": 3})),
    Step("PATCH", f"{WIDGETS}/a", {"spec": {"size": 3}}, STRATEGIC),
    Step("PATCH", f"{WIDGETS}/a?fieldManager=x", widget(spec={"siz": 3}), APPLY),
    Step("PATCH", f"{WIDGETS}/a?fieldManager=x", widget(spec={"size": 30}), APPLY),
    Step("PATCH", f"{WIDGETS}/a?fieldManager=x", widget(spec={"size": 3}), APPLY),
    Step("PATCH", f"{WIDGETS}/a?fieldManager=x&force=true", widget(spec={"size": 30}), APPLY),
    Step("PATCH", f"{WIDGETS}/zz/status?fieldManager=x", widget("zz", status={"a": 30}), APPLY),
    Step("PATCH", f"{WIDGETS}/new?fieldManager=x", widget("new", spec={"size": 1}), APPLY),
    Step("PATCH", f"{WIDGETS}/new", {"metadata": {"finalizers": ["example.com/hold"]}}, MERGE),
    Step("GET", WIDGETS + "?fieldSelector=spec.x%3D1"),
    Step("DELETE", f"{WIDGETS}/new"),
    Step("DELETE", f"{WIDGETS}/new"),
    Step(
        "PATCH",
        f"{WIDGETS}/new",
        {"metadata": {"finalizers": ["example.com/hold", "example.com/more"]}},
        MERGE,
    ),
    Step("PATCH", f"{WIDGETS}/new", {"metadata": {"finalizers": None}}, MERGE),
    Step("GET", f"{WIDGETS}/new"),
    Step("DELETE", f"{WIDGETS}/a"),
    Step("DELETE", WIDGETS),
    Step(
        "GET",
        f"/apis/{GROUP}/v1",
        known="no storage version hashes",
        ignore=("body.resources[0].storageVersionHash",),
    ),
    Step(
        "GET",
        f"{CRDS}/widgets.{GROUP}",
        ignore=("body.metadata.finalizers",),
        known="which finalizer is there when",
    ),
]

DELETES = [
    Step("DELETE", f"{MAPS}/zz"),
    Step("DELETE", f"{MAPS}/a", {"preconditions": {"uid": "abc"}}),
    Step("DELETE", f"{MAPS}/a", {"preconditions": {"resourceVersion": "1"}}),
    Step("DELETE", f"{MAPS}/a", {"propagationPolicy": "Bad"}),
    Step("DELETE", f"{MAPS}/a", {"dryRun": ["All"]}),
    Step("DELETE", f"{MAPS}/a?dryRun=All"),
    Step("DELETE", f"{MAPS}/a"),
    Step("DELETE", f"{PODS}/p"),
    Step("DELETE", f"{PODS}/placed"),
    Step("GET", f"{PODS}", accept=TABLE),
    Step("DELETE", f"{PODS}/placed?gracePeriodSeconds=0"),
    Step("DELETE", f"{CORE}/services/s"),
    Step("DELETE", f"{CORE}/secrets/s"),
    Step("DELETE", f"{CORE}/serviceaccounts/s"),
    Step("DELETE", "/apis/batch/v1/namespaces/{ns}/cronjobs/j"),
    Step("DELETE", f"{DEPLOYMENTS}/d"),
    Step("DELETE", MAPS),
]

REVIEWS = [
    Step(
        "POST",
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        {"spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}}},
        known="a review has no fields that anybody owns",
        ignore=("body.metadata.managedFields",),
    ),
    Step("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {"spec": {}}),
    Step("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {}),
]

STEPS = [*PATHS, *CREATES, *READS, *TABLES, *WRITES, *CUSTOM, *DELETES, *REVIEWS]
