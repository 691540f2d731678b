"""Behind a Service stand the ready pods that it selects."""

from __future__ import annotations

from typing import Any

import pytest

from apigeectl.sandbox.operator.endpoints import reconcile_endpoints


class FakeWorld:
    """What a controller sees and does, as plain lists."""

    def __init__(self, **objects: list[dict[str, Any]]) -> None:
        self.objects = objects

    def all(self, kind: str) -> list[dict[str, Any]]:
        return self.objects.get(kind, [])

    def create(self, kind: str, body: dict[str, Any]) -> None:
        self.objects.setdefault(kind, []).append(body)

    def patch(self, kind: str, live: dict[str, Any], patch: dict[str, Any]) -> None:
        live.update(patch)

    def delete(self, kind: str, live: dict[str, Any]) -> None:
        self.objects[kind].remove(live)


def service(**selector: str) -> dict[str, Any]:
    spec = {"selector": selector, "ports": [{"port": 443, "targetPort": 9443}]}
    return {"metadata": {"namespace": "apigee", "name": "webhook"}, "spec": spec}


def pod(ip: str, *, ready: bool = True, **labels: str) -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
    status = {"podIP": ip, "conditions": conditions}
    return {"metadata": {"namespace": "apigee", "name": ip, "labels": labels}, "spec": {}, "status": status}


def addresses(world: FakeWorld) -> list[str]:
    (endpoints,) = world.all("Endpoints")
    return [one["ip"] for subset in endpoints["subsets"] for one in subset["addresses"]]


def test_ready_pods_that_are_selected_stand_behind_it():
    world = FakeWorld(
        Service=[service(app="a")],
        Pod=[pod("10.0.0.1", app="a"), pod("10.0.0.2", app="a", ready=False), pod("10.0.0.3")],
    )

    reconcile_endpoints(world)  # type: ignore[arg-type]

    assert addresses(world) == ["10.0.0.1"]
    assert world.all("Endpoints")[0]["subsets"][0]["ports"] == [{"port": 9443, "protocol": "TCP"}]


def test_a_pod_that_is_no_longer_ready_goes():
    world = FakeWorld(Service=[service(app="a")], Pod=[pod("10.0.0.1", app="a")])
    reconcile_endpoints(world)  # type: ignore[arg-type]
    world.objects["Pod"] = []

    reconcile_endpoints(world)  # type: ignore[arg-type]

    assert addresses(world) == []


@pytest.mark.parametrize(("managed", "left"), [(True, 0), (False, 1)])
def test_without_its_service_only_what_the_controller_made_goes(managed: bool, left: int):
    labels = {"endpoints.kubernetes.io/managed-by": "endpoint-controller"} if managed else {}
    metadata = {"namespace": "apigee", "name": "webhook", "labels": labels}
    world = FakeWorld(Endpoints=[{"metadata": metadata, "subsets": []}])

    reconcile_endpoints(world)  # type: ignore[arg-type]

    assert len(world.all("Endpoints")) == left
