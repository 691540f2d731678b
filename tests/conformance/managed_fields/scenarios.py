"""Histories of one object: who wrote what, in which order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Step:
    """One request. An absent body field stands for what the server already has (replace)."""

    verb: str
    manager: str
    body: Any
    force: bool = False
    subresource: str = ""
    wait: bool = False
    """Let the clock go on to the next second before, so that a changed time shows."""


@dataclass(frozen=True)
class Scenario:
    """A kind and the history of one object of it."""

    title: str
    api_version: str
    kind: str
    plural: str
    steps: tuple[Step, ...] = field(repr=False)

    @property
    def group(self) -> str:
        return self.api_version.rpartition("/")[0]


def apply(manager: str, *, force: bool = False, sub: str = "", wait: bool = False, **body: Any) -> Step:
    return Step("apply", manager, body, force, sub, wait)


def create(manager: str, **body: Any) -> Step:
    return Step("create", manager, body)


def replace(manager: str, sub: str = "", wait: bool = False, **body: Any) -> Step:
    return Step("replace", manager, body, subresource=sub, wait=wait)


def merge(manager: str, sub: str = "", wait: bool = False, **body: Any) -> Step:
    return Step("merge-patch", manager, body, subresource=sub, wait=wait)


def strategic(manager: str, sub: str = "", **body: Any) -> Step:
    return Step("strategic", manager, body, subresource=sub)


def operations(manager: str, *steps: dict[str, Any]) -> Step:
    return Step("json-patch", manager, list(steps))


def config_map(title: str, *steps: Step) -> Scenario:
    return Scenario(title, "v1", "ConfigMap", "configmaps", steps)


def deployment(title: str, *steps: Step) -> Scenario:
    return Scenario(title, "apps/v1", "Deployment", "deployments", steps)


def service(title: str, *steps: Step) -> Scenario:
    return Scenario(title, "v1", "Service", "services", steps)


def organization(title: str, *steps: Step) -> Scenario:
    version = "apigee.cloud.google.com/v1alpha2"
    return Scenario(title, version, "ApigeeOrganization", "apigeeorganizations", steps)


def apigee_deployment(title: str, *steps: Step) -> Scenario:
    version = "apigee.cloud.google.com/v1alpha2"
    return Scenario(title, version, "ApigeeDeployment", "apigeedeployments", steps)


def pod(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [container()], **spec}}


def container(name: str = "c", **more: Any) -> dict[str, Any]:
    return {"name": name, "image": "i:1", **more}


def deploy(containers: list[Any] | None = None, pod_spec: Any = None, **spec: Any) -> dict[str, Any]:
    inner = {"containers": containers or [container()], **(pod_spec or {})}
    template = {"metadata": {"labels": {"app": "x"}}, "spec": inner}
    return {"selector": {"matchLabels": {"app": "x"}}, "template": template, **spec}


def labels(**names: str) -> dict[str, Any]:
    return {"labels": names}


def finalizers(*names: str) -> dict[str, Any]:
    return {"finalizers": list(names)}


def ports(*pairs: tuple[str, int]) -> dict[str, Any]:
    return {"serviceSpec": {"ports": [{"name": name, "port": port} for name, port in pairs]}}


def in_pod(**spec: Any) -> dict[str, Any]:
    return {"template": {"spec": spec}}


SPREAD = {
    "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule"}]
}
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
ORG = {
    "name": "acme",
    "axHashingSaltRef": "salt",
    "dataEncryptionRef": "keys",
    "datastoreCredentialRef": "creds",
}

SCENARIOS = (
    config_map("an apply creates", apply("a", data={"x": "1"})),
    config_map(
        "the same apply again changes nothing",
        apply("a", data={"x": "1"}),
        apply("a", wait=True, data={"x": "1"}),
    ),
    config_map("two appliers side by side", apply("a", data={"x": "1"}), apply("b", data={"y": "2"})),
    config_map(
        "two appliers share a value", apply("a", data={"x": "1"}), apply("b", wait=True, data={"x": "1"})
    ),
    config_map(
        "a shared value stays until the last lets go",
        apply("a", data={"x": "1", "y": "1"}),
        apply("b", data={"x": "1"}),
        apply("a", wait=True, data={"y": "1"}),
        apply("b", data={}),
    ),
    config_map("a conflict", apply("a", data={"x": "1"}), apply("b", data={"x": "2"})),
    config_map(
        "several conflicts with one and with two managers",
        apply("a", data={"x": "1", "y": "1"}),
        apply("b", data={"z": "1"}),
        create("c", data={}),
        apply("c", data={"x": "2", "y": "2"}),
        apply("c", data={"x": "2", "y": "2", "z": "2"}),
        apply("c", force=True, wait=True, data={"x": "2", "y": "2", "z": "2"}),
        apply("a", data={"x": "1"}),
    ),
    config_map(
        "everything is dropped", apply("a", data={"x": "1"}, metadata=labels(a="1")), apply("a", wait=True)
    ),
    config_map("a post is an update entry", create("a", data={"x": "1"}, metadata=labels(a="1"))),
    config_map("apply over a post conflicts", create("a", data={"x": "1"}), apply("b", data={"x": "2"})),
    config_map(
        "apply of equal values over a post",
        create("a", data={"x": "1"}),
        apply("b", wait=True, data={"x": "1"}),
    ),
    config_map(
        "applied, then changed by a patch, then applied again",
        apply("a", data={"x": "1", "y": "1"}),
        merge("m", wait=True, data={"x": "2"}),
        apply("a", data={"x": "1", "y": "1"}),
        apply("a", force=True, wait=True, data={"x": "1", "y": "1"}),
    ),
    config_map(
        "a patch that removes a field takes it from all",
        apply("a", data={"x": "1", "y": "1"}),
        merge("m", wait=True, data={"x": None}),
        apply("a", wait=True, data={"x": "1", "y": "1"}),
    ),
    config_map(
        "a patch without a change", apply("a", data={"x": "1"}), merge("m", wait=True, data={"x": "1"})
    ),
    config_map(
        "a removed map is owned no more",
        create("a", data={"x": "1"}),
        operations("m", {"op": "remove", "path": "/data"}),
        operations("m", {"op": "add", "path": "/data", "value": {"q": "1"}}),
    ),
    config_map(
        "a put changes, adds and removes",
        apply("a", data={"x": "1", "y": "1"}, metadata=labels(l="1")),
        replace("p", wait=True, data={"x": "2", "z": "1"}),
        replace("p", wait=True, data={"x": "2", "z": "1"}),
    ),
    config_map(
        "an empty list resets, and the next apply begins anew",
        apply("a", data={"x": "1"}),
        merge("m", metadata={"managedFields": []}),
        apply("b", wait=True, data={"x": "2"}),
        apply("b", force=True, data={"x": "2"}),
    ),
    config_map(
        "an empty entry resets",
        create("a", data={"x": "1"}),
        replace("m", data={"x": "1"}, metadata={"managedFields": [{}]}),
        replace("m", data={"x": "2"}),
        apply("b", data={"y": "2"}),
    ),
    config_map(
        "a list of entries replaces the old one",
        create("a", data={"x": "1"}),
        replace(
            "m",
            data={"x": "1"},
            metadata={
                "managedFields": [
                    {
                        "manager": "other",
                        "operation": "Apply",
                        "apiVersion": "v1",
                        "time": "2020-01-01T00:00:00Z",
                        "fieldsType": "FieldsV1",
                        "fieldsV1": {"f:data": {"f:x": {}}},
                    }
                ]
            },
        ),
        apply("b", data={"x": "2"}),
    ),
    config_map(
        "labels, annotations and finalizers",
        apply("a", metadata={**labels(a="1"), "annotations": {"n/n": "1"}, **finalizers("x/a")}),
        apply("b", metadata={**labels(b="1"), **finalizers("x/b", "x/a")}),
        apply("a", metadata=finalizers("x/c")),
        merge("m", metadata={"finalizers": None}),
    ),
    config_map(
        "a null is owned",
        apply("a", data=None),
        apply("a", data={"x": None}),
    ),
    config_map("an empty map that somebody else fills", apply("a", data={}), apply("b", data={"x": "1"})),
    config_map("an empty map", apply("a", data={}), apply("b", wait=True, data={})),
    config_map(
        "more than ten updaters",
        *(
            merge(f"m{n:02}", data={f"k{n:02}": "1"}) if n else create("m00", data={"k00": "1"})
            for n in range(13)
        ),
    ),
    config_map(
        "owner references by uid",
        apply(
            "a",
            metadata={
                "ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": "u-1"}],
            },
        ),
        apply(
            "b",
            metadata={
                "ownerReferences": [
                    {"apiVersion": "v1", "kind": "ConfigMap", "name": "p", "uid": "u-2", "controller": True}
                ],
            },
        ),
        apply("a"),
    ),
    config_map(
        "names that need care",
        apply("a", data={"a.b": "1", "A_b-c": "2"}, metadata={"annotations": {"x.y/z": "é"}}),
        apply("b", data={"a.b": "2"}),
    ),
    config_map("immutable and binary data", apply("a", immutable=True, binaryData={"b": "AAEC"})),
    deployment("a deployment is created by apply", apply("a", spec=deploy())),
    deployment("a deployment is created by post", create("a", spec=deploy(), metadata=labels(x="y"))),
    deployment(
        "a rich deployment is created by post",
        create(
            "a",
            spec=deploy(
                [
                    container(
                        ports=[{"containerPort": 80}, {"containerPort": 80, "protocol": "UDP", "name": "u"}],
                        env=[
                            {"name": "E", "value": "1"},
                            {"name": "F", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
                        ],
                        volumeMounts=[{"name": "v", "mountPath": "/v"}],
                        resources={"limits": {"cpu": "1000m", "memory": "1024Mi"}, "requests": {"cpu": 0.5}},
                        livenessProbe={"httpGet": {"port": "http"}},
                        args=["a"],
                        securityContext={"capabilities": {"drop": ["ALL"]}},
                        lifecycle={"preStop": {"exec": {"command": ["x"]}}},
                        envFrom=[{"secretRef": {"name": "s"}}],
                    ),
                    container("d", image="d"),
                ],
                {
                    "volumes": [
                        {"name": "v"},
                        {"name": "s", "secret": {"secretName": "s"}},
                        {
                            "name": "p",
                            "projected": {
                                "sources": [
                                    {"serviceAccountToken": {"path": "t"}},
                                    {"configMap": {"name": "c"}},
                                ]
                            },
                        },
                        {"name": "h", "hostPath": {"path": "/h"}},
                        {
                            "name": "w",
                            "downwardAPI": {
                                "items": [{"path": "l", "fieldRef": {"fieldPath": "metadata.labels"}}]
                            },
                        },
                    ],
                    "tolerations": [{"key": "k", "operator": "Exists"}],
                    "imagePullSecrets": [{"name": "r"}],
                    "nodeSelector": {"n": "1"},
                    "initContainers": [container("i")],
                    "serviceAccountName": "sa",
                    "hostAliases": [{"ip": "1.2.3.4", "hostnames": ["h"]}],
                    "topologySpreadConstraints": [
                        {
                            "maxSkew": 1,
                            "topologyKey": "z",
                            "whenUnsatisfiable": "DoNotSchedule",
                            "labelSelector": {"matchLabels": {"app": "x"}},
                        }
                    ],
                    "affinity": {
                        "nodeAffinity": {
                            "requiredDuringSchedulingIgnoredDuringExecution": {
                                "nodeSelectorTerms": [
                                    {"matchExpressions": [{"key": "k", "operator": "Exists"}]}
                                ]
                            }
                        }
                    },
                },
                strategy={"rollingUpdate": {"maxSurge": 1}},
            ),
        ),
        strategic(
            "s",
            spec={
                "template": {
                    "spec": {"containers": [{"name": "d", "image": "d:2"}, {"name": "e", "image": "e"}]}
                }
            },
        ),
        strategic("s", spec={"template": {"spec": {"containers": [{"name": "e", "$patch": "delete"}]}}}),
        merge(
            "m",
            spec={
                "template": {
                    "spec": {
                        "tolerations": None,
                        "volumes": [
                            {"name": "v", "emptyDir": {"medium": "Memory"}},
                            {"name": "h", "hostPath": {"path": "/h"}},
                        ],
                    }
                }
            },
        ),
        apply(
            "b",
            spec={
                "template": {
                    "spec": {
                        "containers": [
                            container(
                                "c",
                                env=[{"name": "G", "value": "1"}],
                                ports=[{"containerPort": 80, "name": "web"}],
                            )
                        ]
                    }
                }
            },
        ),
    ),
    deployment(
        "containers by name, ports by number and protocol",
        apply("a", spec=deploy([container(ports=[{"containerPort": 80}])])),
        apply(
            "b",
            spec={
                "template": {
                    "spec": {
                        "containers": [{"name": "c", "ports": [{"containerPort": 81, "protocol": "TCP"}]}]
                    }
                }
            },
        ),
        apply(
            "b",
            spec={
                "template": {"spec": {"containers": [{"name": "c", "env": [{"name": "E", "value": "1"}]}]}}
            },
        ),
        apply("a", spec=deploy([container(image="i:2", ports=[{"containerPort": 80, "protocol": "TCP"}])])),
        apply("b"),
    ),
    deployment(
        "a second container in front, and the order of items",
        apply("a", spec=deploy([container("c"), container("d")])),
        apply("b", spec=deploy([container("z"), container("d"), container("c")])),
        apply("a", spec=deploy([container("e"), container("c")])),
    ),
    deployment(
        "replicas: conflict with scaling",
        apply("a", spec=deploy(replicas=1)),
        merge("kubectl-scale", spec={"replicas": 3}),
        apply("a", spec=deploy(replicas=1)),
        apply("a", wait=True, spec=deploy()),
        apply("a", spec=deploy(replicas=3)),
    ),
    deployment(
        "a default that comes back", apply("a", spec=deploy(replicas=1)), apply("a", wait=True, spec=deploy())
    ),
    deployment(
        "an abandoned default value",
        apply("a", spec=deploy(replicas=3)),
        apply("a", wait=True, spec=deploy()),
    ),
    deployment(
        "atomic lists are whole",
        apply(
            "a",
            spec=deploy([container(args=["1", "2"])], {"tolerations": [{"key": "a", "operator": "Exists"}]}),
        ),
        apply("b", spec={"template": {"spec": {"tolerations": [{"key": "b", "operator": "Exists"}]}}}),
        apply(
            "b",
            force=True,
            spec={"template": {"spec": {"tolerations": [{"key": "b", "operator": "Exists"}]}}},
        ),
        apply("a", spec=deploy([container(args=["1"])])),
    ),
    deployment(
        "status by its own door",
        apply("a", spec=deploy()),
        merge(
            "kcm",
            sub="status",
            status={"replicas": 1, "conditions": [{"type": "Available", "status": "True"}]},
        ),
        apply("s", sub="status", metadata=labels(no="1"), spec={"replicas": 9}, status={"readyReplicas": 1}),
        apply("t", sub="status", status={"readyReplicas": 2}),
        apply("a", spec=deploy(replicas=2), status={"readyReplicas": 7}),
        merge("a", status={"readyReplicas": 7}),
        merge("kcm", sub="status", wait=True, spec={"replicas": 5}),
    ),
    deployment("a key twice", apply("a", spec=deploy([container(), container()]))),
    deployment("an unknown field", apply("a", spec=deploy(foo=1))),
    deployment("an unknown field of a container", apply("a", spec=deploy([container(bar=1)]))),
    deployment("a wrong type", apply("a", spec=deploy(replicas="one"))),
    deployment(
        "a map for a text", apply("a", spec=deploy([container(workingDir={"a": [1, "x", None, True]})]))
    ),
    deployment("a number for a text", apply("a", spec=deploy([container(workingDir=1)]))),
    deployment("a text for a switch", apply("a", spec=deploy(paused="yes"))),
    deployment("a map for a number", apply("a", spec=deploy(replicas={"a": 1}))),
    deployment("a list for a switch", apply("a", spec=deploy(paused=[True, "x"]))),
    deployment("a null for a map", apply("a", spec=deploy(strategy=None))),
    deployment("a list for a map", apply("a", spec=deploy(selector=["x"]))),
    deployment("a map for a list", apply("a", spec={"template": {"spec": {"containers": {"a": 1}}}})),
    deployment("a key is missing", apply("a", spec=deploy([{"image": "x"}]))),
    deployment(
        "a key is missing in a live object's neighbour",
        create("a", spec=deploy()),
        apply("b", spec={"template": {"spec": {"containers": [{"name": "c", "ports": [{"name": "x"}]}]}}}),
    ),
    service("a service by apply", apply("a", spec={"ports": [{"port": 80}], "selector": {"a": "b"}})),
    service(
        "service ports by port and protocol",
        create("a", spec={"ports": [{"port": 80, "name": "a"}], "selector": {"a": "b"}}),
        apply("b", spec={"ports": [{"port": 81, "name": "b", "targetPort": "x"}]}),
        apply("c", spec={"ports": [{"port": 81, "protocol": "UDP", "name": "u"}]}),
        apply("b", spec={"ports": [{"port": 81, "name": "b", "targetPort": 8080}]}),
        strategic("s", spec={"ports": [{"port": 80, "name": "changed"}]}),
        apply("b", wait=True, spec={"selector": {"a": "b"}}),
        apply("d", spec={"selector": {"c": "d"}}),
    ),
    service(
        "load balancer status",
        create("a", spec={"ports": [{"port": 80}], "type": "LoadBalancer"}),
        merge("lb", sub="status", status={"loadBalancer": {"ingress": [{"ip": "1.2.3.4"}]}}),
        apply("a", spec={"type": "ClusterIP"}),
    ),
    organization("an organization by apply", apply("a", spec=ORG)),
    organization("an organization by post", create("a", spec=ORG, release={"forceUpdate": True})),
    organization(
        "the operator sets forceUpdate back",
        apply(
            "apigeectl", spec={**ORG, "components": {"mart": {"replicas": 1}}}, release={"forceUpdate": True}
        ),
        merge("operator", release={"forceUpdate": False}),
        apply("apigeectl", spec=ORG, release={"forceUpdate": True}),
        apply("apigeectl", force=True, spec=ORG, release={"forceUpdate": True}),
        merge("operator", sub="status", status={"state": "running"}),
        apply("apigeectl", spec=ORG, release={"forceUpdate": True}, status={"state": "x"}),
        apply(
            "s",
            sub="status",
            release={"forceUpdate": False},
            spec={"name": "no"},
            status={"state": "creating"},
        ),
        apply("s", sub="status", force=True, status={"state": "creating"}),
        operations("m", {"op": "replace", "path": "/spec/components", "value": {"mart": {}}}),
        operations("m", {"op": "remove", "path": "/spec/components"}),
    ),
    organization(
        "a post with nested maps and lists",
        create(
            "a",
            spec={
                **ORG,
                "imagePullSecrets": [{"name": "p"}],
                "components": {"connectAgent": {"replicas": 1, "configOverride": {"a.b": "c"}}},
            },
        ),
        merge("m", spec={"components": {"connectAgent": {"configOverride": {"d": "e"}}}}),
        apply("b", spec={"components": {"connectAgent": {"configOverride": {"a.b": "x"}}}}),
        apply("b", spec={"components": {"connectAgent": {"configOverride": {}}}}),
        apply("b", spec={"imagePullSecrets": [{"name": "q"}]}),
        apply("b", force=True, spec={"imagePullSecrets": [{"name": "q"}]}),
        apply("b", spec={"components": None}),
    ),
    organization("an unknown field of a custom resource", apply("a", spec={**ORG, "foo": {"bar": 1}})),
    organization(
        "ports of a custom resource by number",
        apply("a", spec={**ORG, "components": {"mart": ports(("a", 80))}}),
        apply("b", spec={"components": {"mart": ports(("b", 81), ("a", 80))}}),
        apply("a", spec=ORG),
        merge("m", spec={"components": {"mart": ports(("c", 82))}}),
        apply(
            "b", spec={"components": {"mart": {"serviceSpec": {"ports": [{"port": 82, "protocol": "UDP"}]}}}}
        ),
        apply("b", spec={"components": {"mart": {"serviceSpec": {"ports": [{"name": "x"}]}}}}),
        apply("b", spec={"components": {"mart": {"serviceSpec": {"ports": []}}}}),
    ),
    apigee_deployment(
        "containers of a custom resource are whole, their ports too",
        apply(
            "a",
            spec={
                "replicas": 1,
                "template": {"spec": {"containers": [container(ports=[{"containerPort": 80}])]}},
            },
        ),
        apply("b", spec={"template": {"spec": {"containers": [container(ports=[{"containerPort": 81}])]}}}),
        apply(
            "b",
            force=True,
            spec={"template": {"spec": {"containers": [container(ports=[{"containerPort": 81}])]}}},
        ),
        apply("b", spec={"template": {"spec": {**SPREAD, "containers": [container()]}}}),
        merge("m", spec={"template": {"spec": {"topologySpreadConstraints": []}}}),
        merge("op", sub="status", status={"state": "running"}),
        apply("b"),
    ),
    apigee_deployment("a custom resource without a spec", apply("a"), apply("a", metadata=labels(a="1"))),
    apigee_deployment(
        "metadata of a custom resource",
        create("a", metadata={**labels(a="1"), **finalizers("x/a"), "annotations": {"a": "b"}}),
        apply("b", metadata={**labels(a="2"), **finalizers("x/b")}),
        apply("b", metadata=finalizers("x/b")),
        replace("p", spec={"replicas": 2}, metadata=finalizers("x/b")),
        merge("p", metadata={"finalizers": []}),
    ),
    deployment(
        "strategic merge: containers, volumes and tolerations",
        create(
            "a",
            spec=deploy(
                [
                    container("a"),
                    container("b", env=[{"name": "E", "value": "1"}, {"name": "F", "value": "2"}]),
                ],
                {
                    "volumes": [{"name": "v", "emptyDir": {}}, {"name": "w", "hostPath": {"path": "/w"}}],
                    "tolerations": [{"key": "a", "operator": "Exists"}],
                },
            ),
        ),
        strategic(
            "s",
            spec=in_pod(
                containers=[
                    {"name": "b", "env": [{"name": "F", "$patch": "delete"}, {"name": "G", "value": "3"}]}
                ]
            ),
        ),
        strategic("s", spec=in_pod(containers=[{"name": "z", "image": "z"}, {"name": "a", "image": "new"}])),
        strategic(
            "s",
            spec=in_pod(
                **{
                    "$setElementOrder/containers": [{"name": "z"}, {"name": "b"}, {"name": "a"}],
                    "containers": [{"name": "b", "image": "b:3"}],
                }
            ),
        ),
        strategic(
            "s",
            spec=in_pod(
                **{
                    "$setElementOrder/containers": [{"name": "b"}, {"name": "n"}, {"name": "a"}],
                    "containers": [{"name": "n", "image": "n"}],
                }
            ),
        ),
        strategic("s", spec=in_pod(volumes=[{"name": "w", "hostPath": None, "secret": {"secretName": "s"}}])),
        strategic(
            "s",
            spec=in_pod(
                volumes=[{"name": "v", "$retainKeys": ["name", "configMap"], "configMap": {"name": "c"}}]
            ),
        ),
        strategic("s", spec=in_pod(volumes=[{"name": "v", "$patch": "delete"}])),
        strategic("s", spec=in_pod(tolerations=[{"key": "b", "operator": "Exists"}])),
        strategic("s", spec=in_pod(containers=[{"$patch": "replace"}, {"name": "only", "image": "o"}])),
        strategic("s", spec={"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}),
        strategic("s", spec={"template": {"metadata": {"labels": {"app": "x", "more": "1"}}}}),
        strategic("s", spec={"template": {"metadata": {"labels": {"$patch": "replace", "app": "x"}}}}),
        strategic("s", spec={"replicas": None}),
    ),
    deployment(
        "strategic merge: ports of a container have one key only",
        create(
            "a", spec=deploy([container(ports=[{"containerPort": 80, "name": "t"}, {"containerPort": 81}])])
        ),
        strategic(
            "s", spec=in_pod(containers=[{"name": "c", "ports": [{"containerPort": 80, "name": "n"}]}])
        ),
        strategic(
            "s",
            spec=in_pod(
                containers=[
                    {
                        "name": "c",
                        "ports": [{"containerPort": 82}],
                        "$setElementOrder/ports": [{"containerPort": 82}, {"containerPort": 81}],
                    }
                ]
            ),
        ),
    ),
    config_map(
        "strategic merge: finalizers are a set",
        create("a", metadata=finalizers("x/a", "x/b")),
        strategic("s", metadata={"finalizers": ["x/c", "x/a"]}),
        strategic("s", metadata={"$deleteFromPrimitiveList/finalizers": ["x/a"]}),
        strategic(
            "s",
            metadata={
                "$deleteFromPrimitiveList/finalizers": ["x/b"],
                "$setElementOrder/finalizers": ["x/d", "x/c"],
                "finalizers": ["x/d"],
            },
        ),
        merge("m", metadata={"finalizers": None}),
    ),
    config_map(
        "json patch: every operation",
        create("a", data={"a": "1", "b": "2"}, metadata=finalizers("x/a", "x/b")),
        operations("j", {"op": "add", "path": "/metadata/finalizers/-", "value": "x/c"}),
        operations("j", {"op": "add", "path": "/metadata/finalizers/1", "value": "x/d"}),
        operations("j", {"op": "replace", "path": "/metadata/finalizers/0", "value": "x/e"}),
        operations("j", {"op": "remove", "path": "/metadata/finalizers/-1"}),
        operations("j", {"op": "move", "from": "/data/a", "path": "/data/c"}),
        operations("j", {"op": "copy", "from": "/data/b", "path": "/data/d"}),
        operations(
            "j",
            {"op": "test", "path": "/data/d", "value": "2"},
            {"op": "replace", "path": "/data/d", "value": "3"},
        ),
        operations("j", {"op": "replace", "path": "/data/new", "value": "3"}),
        operations("j", {"op": "add", "path": "/metadata/annotations", "value": {"b.c/d": "1"}}),
        operations("j", {"op": "add", "path": "/metadata/annotations/x.y~1z", "value": "1"}),
        operations(
            "j",
            {"op": "test", "path": "/data/absent", "value": None},
            {"op": "remove", "path": "/metadata/finalizers"},
        ),
    ),
    deployment(
        "three managers of one container",
        apply("a", spec=deploy([container(env=[{"name": "A", "value": "1"}])])),
        apply("b", spec=in_pod(containers=[{"name": "c", "env": [{"name": "B", "value": "1"}]}])),
        apply(
            "c",
            force=True,
            spec=in_pod(containers=[{"name": "c", "image": "mine", "env": [{"name": "A", "value": "2"}]}]),
        ),
        apply("a", spec=deploy([container(env=[])])),
        apply("a", force=True, spec=deploy()),
        apply("c"),
        replace("p", spec=deploy()),
        apply("b", force=True, spec=in_pod(containers=[{"name": "c", "env": [{"name": "B", "value": "2"}]}])),
        apply("b", spec=in_pod(containers=[])),
    ),
    config_map(
        "a shared field changes hands",
        apply("a", data={"x": "1"}),
        apply("b", data={"x": "1"}),
        apply("a", data={"x": "2"}),
        apply("a", force=True, wait=True, data={"x": "2"}),
        apply("b", wait=True, data={"x": "2"}),
        apply("b"),
        apply("a"),
    ),
)
