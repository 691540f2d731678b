"""The components that each custom resource stands for: names, containers, and what they become."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from apigeectl.manifests import LiveObject

PLATFORM_LABEL = "apigee.cloud.google.com/platform"


class Shape(Enum):
    """Which workload a component becomes; the value is its kind."""

    DEPLOYMENT = "ApigeeDeployment"
    STATEFUL = "StatefulSet"
    DAEMON = "DaemonSet"
    JOB = "Job"


@dataclass(frozen=True)
class Component:
    """A row of the table: a key under `spec.components` and what the operator makes of it."""

    key: str
    app: str
    containers: tuple[str, ...]
    init: tuple[str, ...] = ()
    shape: Shape = Shape.DEPLOYMENT
    name: str = ""  # default: the app and the id of the custom resource
    status: str | None = ""  # the key under status.components: default `key`, None when there is none
    port: int = 8443


_SCHEMA = ("apigee-cassandra-schema-readiness",)
_USERS = ("apigee-cassandra-user-readiness",)

COMPONENTS: dict[str, tuple[Component, ...]] = {
    "ApigeeDatastore": (
        Component("cassandra", "apigee-cassandra", ("apigee-cassandra",), shape=Shape.STATEFUL, port=9042),
    ),
    "ApigeeRedis": (
        Component("redis", "apigee-redis", ("apigee-redis",), shape=Shape.STATEFUL, port=6379),
        Component("redisEnvoy", "apigee-redis-envoy", ("apigee-redis-envoy",), port=6379),
    ),
    "ApigeeOrganization": (
        Component(
            "cassandraUserSetup",
            "apigee-cassandra-user-setup",
            ("apigee-cassandra-user-setup",),
            ("apigee-cassandra-readiness",),
            Shape.JOB,
            status=None,
        ),
        Component(
            "cassandraSchemaSetup",
            "apigee-cassandra-schema-setup",
            ("apigee-cassandra-schema-setup",),
            _USERS,
            Shape.JOB,
            status=None,
        ),
        Component(
            "cassandraSchemaValidation",
            "apigee-cassandra-schema-val",
            ("apigee-cassandra-schema-val",),
            _USERS,
            Shape.JOB,
            status=None,
        ),
        Component("connectAgent", "apigee-connect-agent", ("apigee-connect-agent",), port=7070),
        Component("mart", "apigee-mart", ("apigee-mart",), _SCHEMA, port=8843),
        Component("watcher", "apigee-watcher", ("apigee-watcher",), port=8843),
        Component(
            "udca", "apigee-udca", ("apigee-udca", "apigee-fluentd"), ("apigee-tls-readiness",), port=20001
        ),
    ),
    "ApigeeEnvironment": (
        Component(
            "runtime",
            "apigee-runtime",
            ("apigee-runtime",),
            (*_SCHEMA, "apigee-redis-envoy-readiness"),
        ),
        Component("synchronizer", "apigee-synchronizer", ("apigee-synchronizer",), _SCHEMA, port=8843),
        Component(
            "udca", "apigee-udca", ("apigee-udca", "apigee-fluentd"), ("apigee-tls-readiness",), port=20001
        ),
    ),
    "ApigeeTelemetry": (
        Component(
            "metricsApp",
            "apigee-prometheus-app",
            ("apigee-prometheus-app", "apigee-stackdriver-exporter"),
            name="apigee-metrics-{id}-app",
            status="applicationMetrics",
            port=9090,
        ),
        Component(
            "metricsProxy",
            "apigee-prometheus-proxy",
            ("apigee-stackdriver-exporter", "apigee-prometheus-proxy", "apigee-prometheus-agg"),
            name="apigee-metrics-{id}-proxy",
            status="proxyMetrics",
            port=9090,
        ),
        Component(
            "metricsAdapter",
            "apigee-prometheus-adapter",
            ("apigee-prometheus-adapter",),
            name="apigee-metrics-adapter-{id}",
            status="adapterMetrics",
        ),
        Component(
            "containerLogs",
            "apigee-logger",
            ("apigee-logger",),
            shape=Shape.DAEMON,
            name="apigee-logger-{id}",
        ),
    ),
    "ApigeeRouteConfig": (),
}
"""What each custom resource consists of; ingress gateways are a list and stand apart."""

GATEWAY = Component(
    "ingressGateways",
    "apigee-ingressgateway",
    ("apigee-ingressgateway",),
    name="apigee-ingressgateway-{gateway}-{id}",
)


@dataclass(frozen=True)
class Workload:
    """One thing to run for one custom resource."""

    component: Component
    name: str
    labels: Mapping[str, str]
    spec: Mapping[str, Any] = field(default_factory=dict)  # the component's part of the custom resource
    status: tuple[str, ...] = ()  # where it stands below status.components

    @property
    def version(self) -> str:
        """The release as it stands in names."""
        return str(self.spec.get("version") or "0")

    @property
    def pod_spec(self) -> dict[str, Any]:
        """The pod: the component's known containers, and what the custom resource adds to them."""
        wanted = {"containers": self.component.containers, "initContainers": self.component.init}
        pod = {
            part: _containers(names, self.spec.get(part, ()), self.version) for part, names in wanted.items()
        }
        if arguments := self.spec.get("args"):
            pod["containers"][0]["args"] = arguments
        if self.component.shape is Shape.JOB:
            pod["restartPolicy"] = "OnFailure"  # type: ignore[assignment]
        return {key: value for key, value in pod.items() if value}


def workloads(kind: str, resource: LiveObject, organization: Mapping[str, Any] | None) -> Iterator[Workload]:
    """Everything that the custom resource wants to run. An environment needs its organization's spec."""
    spec, identifier = resource["spec"], resource["metadata"]["name"]
    parts: Mapping[str, Any] = spec.get("components") or {}
    marks = _scope_labels(kind, spec, organization)
    for component in COMPONENTS[kind]:
        if component.key in parts and _wanted(kind, component, spec, organization):
            name = (component.name or component.app + "-{id}").format(id=identifier)
            status = () if component.status is None else (component.status or component.key,)
            own = {**parts[component.key], **_datastore(kind, spec), **_arguments(component, spec)}
            yield _workload(component, name, marks, own, status)
    for gateway in parts.get("ingressGateways") or ():
        name = GATEWAY.name.format(gateway=gateway["name"], id=identifier)
        own = {**marks, "ingress_name": gateway["name"]}
        yield _workload(GATEWAY, name, own, gateway, (GATEWAY.key, gateway["name"]))


def replicas(workload: Workload) -> int:
    """How many pods: fixed, or the least the autoscaler may go down to (nothing here makes load)."""
    scaler = workload.spec.get("autoScaler") or {}
    return int(workload.spec.get("replicas") or scaler.get("minReplicas") or 1)


def belongs(
    kind: str, resource: LiveObject, organization: Mapping[str, Any] | None, pod_labels: Mapping[str, str]
) -> bool:
    """Whether a pod with these labels was made for the custom resource."""
    apps = {component.app for component in COMPONENTS[kind]}
    if kind == "ApigeeOrganization":
        apps.add(GATEWAY.app)
    scope = _scope_labels(kind, resource["spec"], organization)
    known = ("env",) if kind == "ApigeeEnvironment" and organization is None else ("org", "env")
    same = all(pod_labels.get(key, "") == scope.get(key, "") for key in known)
    return pod_labels.get("app") in apps and same


def _workload(
    component: Component,
    name: str,
    marks: Mapping[str, str],
    spec: Mapping[str, Any],
    status: tuple[str, ...],
) -> Workload:
    revision = {"revision": str(spec["version"])} if spec.get("version") else {}
    return Workload(component, name, {"app": component.app, **marks, **revision}, spec, status)


def _scope_labels(
    kind: str, spec: Mapping[str, Any], organization: Mapping[str, Any] | None
) -> dict[str, str]:
    marks = {PLATFORM_LABEL: "apigee"}
    if kind == "ApigeeOrganization":
        marks["org"] = str(spec.get("name", ""))
    if kind == "ApigeeEnvironment":
        marks |= {"org": str((organization or {}).get("name", "")), "env": str(spec.get("name", ""))}
    return marks


def _wanted(
    kind: str, component: Component, spec: Mapping[str, Any], organization: Mapping[str, Any] | None
) -> bool:
    if component.key == "cassandraSchemaSetup":
        return spec.get("enabledCassandraSchemaSetup") is not False
    if component.key == "udca":  # one for the organization, or one for each environment
        scoped = (spec if kind == "ApigeeOrganization" else organization or {}).get("udcaEnabled", False)
        return bool(scoped) == (kind == "ApigeeOrganization")
    return True


def _datastore(kind: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    return {"replicas": spec["replicas"]} if kind == "ApigeeDatastore" and spec.get("replicas") else {}


def _arguments(component: Component, spec: Mapping[str, Any]) -> dict[str, Any]:
    """The agent is told where it runs, so that its pods are replaced when that changes."""
    if component.key != "connectAgent":
        return {}
    flags = {
        "cluster_name": spec.get("clusterName", ""),
        "cluster_region": spec.get("clusterRegion", ""),
        "project": f"projects/{spec.get('gcpProjectID', '')}",
    }
    return {"args": [f"--{name}={value}" for name, value in flags.items()]}


def _containers(known: tuple[str, ...], given: Any, version: str) -> list[dict[str, Any]]:
    by_name = {container["name"]: container for container in given}
    names = [*known, *(name for name in by_name if name not in known)]
    kept = ("image", "imagePullPolicy", "resources")
    return [
        {
            "name": name,
            "image": f"sandbox.invalid/{name}:{version}",
            **{key: by_name[name][key] for key in kept if key in by_name.get(name, {})},
        }
        for name in names
    ]
