"""A cluster with the operator at work, and the custom resources that an installer would apply."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from apigeectl.errors import APIError
from apigeectl.manifests import LiveObject
from apigeectl.sandbox.definitions import APIGEE_KINDS, definition
from apigeectl.sandbox.faults import Faults
from apigeectl.sandbox.kubernetes import KubernetesServer
from apigeectl.sandbox.operator import APIServer, Operator
from apigeectl.sandbox.operator.client import MERGE_PATCH, Client, Stop
from apigeectl.sandbox.operator.kinds import KINDS

ORG = "hybrid-demo"
ORG_ID = "hybrid-demo-a6bab48"
ENV_ID = "hybrid-demo-test-d12b961"
NAMESPACE = "apigee"
RESOURCES = {
    "ApigeeDatastore": "default",
    "ApigeeRedis": "default",
    "ApigeeOrganization": ORG_ID,
    "ApigeeEnvironment": ENV_ID,
    "ApigeeTelemetry": "apigee-telemetry",
    "ApigeeRouteConfig": f"{ORG}-test-group",
}


class World:
    """What a test does to the cluster and asks of it."""

    def __init__(self, server: APIServer, operator: Operator) -> None:
        self.operator = operator
        self.client = Client(server, "apigeectl/test")

    def close(self) -> None:
        self.client.close()

    def create(self, kind: str, body: dict[str, Any]) -> LiveObject:
        path = KINDS[kind].path(body["metadata"].get("namespace", ""))
        return self.client.request(
            "POST", path, {"apiVersion": KINDS[kind].api_version, "kind": kind, **body}
        )

    def get(self, kind: str, name: str, namespace: str = NAMESPACE) -> LiveObject | None:
        return next((live for live in self.all(kind, namespace) if live["metadata"]["name"] == name), None)

    def all(self, kind: str, namespace: str = NAMESPACE) -> list[LiveObject]:
        items = self.client.request("GET", KINDS[kind].path(namespace)).get("items")
        return list(items or ())

    def pods(self, app: str, namespace: str = NAMESPACE) -> list[LiveObject]:
        return [
            pod for pod in self.all("Pod", namespace) if pod["metadata"].get("labels", {}).get("app") == app
        ]

    def patch(self, kind: str, name: str, patch: Any) -> LiveObject:
        path = KINDS[kind].path(NAMESPACE, name)
        return self.client.request("PATCH", path, patch, content_type=MERGE_PATCH)

    def delete(self, kind: str, name: str, namespace: str = NAMESPACE) -> None:
        path = KINDS[kind].path(namespace, name)
        self.client.request("DELETE", path, {"propagationPolicy": "Background"})

    def install(self, definitions: Sequence[dict[str, Any]] = ()) -> None:
        """What `init` does, as far as the operator is concerned; with our own definitions by default."""
        for each in definitions or [definition(row) for row in APIGEE_KINDS]:
            self.create("CustomResourceDefinition", each)
        for namespace in (NAMESPACE, "apigee-system"):
            self.create("Namespace", {"metadata": {"name": namespace}})
        marks = {"app": "apigee-controller", "control-plane": "controller-manager"}
        self.create(
            "Deployment", deployment("apigee-controller-manager", "apigee-system", marks, ("manager",))
        )
        until(lambda: all(serves(self, kind) for kind in RESOURCES))

    def apply(self, *kinds: str, **specs: dict[str, Any]) -> None:
        """Create the custom resources of these kinds (all, when none is named), with changes to their specs."""
        for kind in kinds or RESOURCES:
            metadata = {"name": RESOURCES[kind], "namespace": NAMESPACE}
            body: dict[str, Any] = {"metadata": metadata, "spec": SPECS[kind] | specs.get(kind, {})}
            if kind not in {"ApigeeDatastore", "ApigeeRouteConfig"}:
                body["release"] = {"forceUpdate": True}
            self.create(kind, body)

    def state(self, kind: str) -> str | None:
        """status.state, once it is about the newest generation."""
        live = self.get(kind, RESOURCES[kind])
        status = (live or {}).get("status") or {}
        current = live and status.get("lastAppliedGeneration") == live["metadata"]["generation"]
        return status.get("state") if current or status.get("state") != "running" else None

    def until_running(self, *kinds: str) -> None:
        for kind in kinds or RESOURCES:
            until(lambda kind=kind: self.state(kind) == "running")

    def states(
        self, kind: str, act: Callable[[], object], last: Callable[[str, LiveObject], bool]
    ) -> list[str]:
        """The states that a kind's one object goes through after something was done to it."""
        path = KINDS[kind].path(NAMESPACE)
        version = self.client.request("GET", path)["metadata"]["resourceVersion"]
        act()
        seen: list[str] = []
        for change, live in self.client.watch(path, version, Stop()):
            status, generation = live.get("status", {}), live["metadata"]["generation"]
            state = status.get("state")
            stale = state == "running" and status.get("lastAppliedGeneration") != generation
            if state and not stale and state not in seen[-1:]:
                seen.append(state)
            if last(change, live):
                return seen
        raise AssertionError("the watch ended")


def deployment(
    name: str, namespace: str, marks: dict[str, str], containers: Sequence[str], replicas: int = 1
) -> dict[str, Any]:
    template = {
        "metadata": {"labels": marks},
        "spec": {"containers": [{"name": each, "image": f"{each}:1"} for each in containers]},
    }
    spec = {"replicas": replicas, "selector": {"matchLabels": marks}, "template": template}
    return {"metadata": {"name": name, "namespace": namespace}, "spec": spec}


def component(*containers: str, **more: Any) -> dict[str, Any]:
    return {
        "version": "1103",
        "containers": [{"name": name, "image": f"registry.example/{name}:1.10.3"} for name in containers],
        **more,
    }


SPECS: dict[str, dict[str, Any]] = {
    "ApigeeDatastore": {"replicas": 1, "components": {"cassandra": component("apigee-cassandra")}},
    "ApigeeRedis": {
        "components": {
            "redis": component("apigee-redis", replicas=2),
            "redisEnvoy": component("apigee-redis-envoy"),
        }
    },
    "ApigeeOrganization": {
        "name": ORG,
        "gcpProjectID": ORG,
        "clusterName": "demo-cluster",
        "clusterRegion": "us-central1",
        "axHashingSaltRef": "salt",
        "dataEncryptionRef": "key",
        "datastoreCredentialRef": "credentials",
        "components": {
            "cassandraUserSetup": component("apigee-cassandra-user-setup"),
            "cassandraSchemaSetup": component("apigee-cassandra-schema-setup"),
            "connectAgent": component("apigee-connect-agent"),
            "mart": component("apigee-mart"),
            "watcher": component("apigee-watcher"),
            "ingressGateways": [
                component("apigee-ingressgateway", name="main", autoScaler={"minReplicas": 2})
            ],
        },
    },
    "ApigeeEnvironment": {
        "name": "test",
        "organizationRef": ORG_ID,
        "components": {
            "runtime": component("apigee-runtime"),
            "synchronizer": component("apigee-synchronizer"),
            "udca": component("apigee-udca", "apigee-fluentd"),
        },
    },
    "ApigeeTelemetry": {
        "components": {
            "metricsApp": component("apigee-prometheus-app", "apigee-stackdriver-exporter"),
            "containerLogs": component("apigee-logger"),
        }
    },
    "ApigeeRouteConfig": {"selector": {"app": "apigee-ingressgateway"}},
}


def until(holds: Callable[[], Any], seconds: float = 30.0) -> Any:
    """Wait for what is about to become true."""
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)
    return found


def serves(world: World, kind: str) -> bool:
    try:
        world.all(kind)
    except APIError:
        return False
    return True


@contextlib.contextmanager
def in_memory(speed: float = 0.0, faults: Sequence[str] = (), **options: Any) -> Iterator[World]:
    """An in-memory API server with the operator at work."""
    with KubernetesServer() as server:
        address = APIServer(server.url, server.token, server.ca_pem)
        operator = Operator(address, speed=speed, faults=Faults.parse(faults), **options)
        operator.start()
        try:
            with contextlib.closing(World(address, operator)) as world:
                yield world
        finally:
            operator.stop()
