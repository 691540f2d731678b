"""The controllers of Services: behind one stand the ready pods that its selector chooses, before it its address."""

from __future__ import annotations

from typing import Any

from apigeectl.manifests import LiveObject
from apigeectl.sandbox.operator.podstatus import NODE_ADDRESS
from apigeectl.sandbox.operator.world import World, is_ready, labels

_OURS = {"endpoints.kubernetes.io/managed-by": "endpoint-controller"}


def reconcile_endpoints(world: World) -> None:
    """One Endpoints object for each Service with a selector, and none without its Service."""
    services = {_key(service): service for service in world.all("Service") if _selector(service)}
    standing = {_key(one): one for one in world.all("Endpoints")}
    for key, service in services.items():
        subsets = _subsets(world, service)
        if key not in standing:
            metadata = {"namespace": key[0], "name": key[1], "labels": _OURS}
            world.create("Endpoints", {"metadata": metadata, "subsets": subsets})
        elif (standing[key].get("subsets") or []) != subsets:
            world.patch("Endpoints", standing[key], {"subsets": subsets})
    for key, orphan in standing.items():
        if key not in services and labels(orphan).items() >= _OURS.items():
            world.delete("Endpoints", orphan)


def reconcile_load_balancers(world: World) -> None:
    """What a cloud does: a Service that asks for a load balancer gets an address, here this machine's."""
    for service in world.all("Service"):
        if (service.get("spec") or {}).get("type") == "LoadBalancer":
            world.patch_status("Service", service, {"loadBalancer": {"ingress": [{"ip": NODE_ADDRESS}]}})


def _subsets(world: World, service: LiveObject) -> list[dict[str, Any]]:
    wanted, namespace = _selector(service), service["metadata"]["namespace"]
    pods = [
        pod
        for pod in world.all("Pod")
        if pod["metadata"]["namespace"] == namespace
        and labels(pod).items() >= wanted.items()
        and is_ready(pod)
    ]
    if not pods:
        return []
    ports = [
        {"name": port["name"], "port": _number(port), "protocol": port.get("protocol", "TCP")}
        if port.get("name")
        else {"port": _number(port), "protocol": port.get("protocol", "TCP")}
        for port in service["spec"].get("ports") or ()
    ]
    addresses = sorted({str(pod["status"]["podIP"]) for pod in pods if pod["status"].get("podIP")})
    return [{"addresses": [{"ip": ip} for ip in addresses], "ports": ports}] if addresses else []


def _number(port: dict[str, Any]) -> int:
    target = port.get("targetPort", port["port"])
    return target if isinstance(target, int) else int(port["port"])


def _selector(service: LiveObject) -> dict[str, str]:
    return (service.get("spec") or {}).get("selector") or {}


def _key(live: LiveObject) -> tuple[str, str]:
    return str(live["metadata"].get("namespace", "")), str(live["metadata"]["name"])
