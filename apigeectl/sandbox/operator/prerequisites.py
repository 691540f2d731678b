"""What a cluster has before an installer comes: nodes, a storage class, cert-manager."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from apigeectl.errors import Conflict
from apigeectl.manifests import LiveObject
from apigeectl.sandbox.definitions import CERT_MANAGER_KINDS, definition
from apigeectl.sandbox.operator.client import MERGE_PATCH, Client
from apigeectl.sandbox.operator.kinds import KINDS
from apigeectl.sandbox.operator.podstatus import NODE_ADDRESS
from apigeectl.sandbox.operator.world import timestamp

CERT_MANAGER = "cert-manager"
_NODES = {"sandbox-data": "apigee-data", "sandbox-runtime": "apigee-runtime"}
_PODS_PER_NODE = "110"


def prepare(client: Client, *, region: str, kubelet_port: int | None) -> None:
    """Put the prerequisites in place; those that exist already are left as they are."""
    for kind, body in (*_nodes(region), *_cert_manager()):
        _create(client, kind, body)
    for name in _NODES:
        status = {"status": _node_status(kubelet_port)}
        path = KINDS["Node"].path("", name)
        client.request("PATCH", f"{path}/status", status, content_type=MERGE_PATCH)


def _create(client: Client, kind: str, body: Mapping[str, Any]) -> LiveObject | None:
    path = KINDS[kind].path(body["metadata"].get("namespace", ""))
    try:
        return client.request("POST", path, {"apiVersion": KINDS[kind].api_version, "kind": kind, **body})
    except Conflict:
        return None


def _nodes(region: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, pool in _NODES.items():
        labels = {
            "kubernetes.io/hostname": name,
            "kubernetes.io/os": "linux",
            "kubernetes.io/arch": "amd64",
            "cloud.google.com/gke-nodepool": pool,
            "topology.kubernetes.io/region": region,
            "topology.kubernetes.io/zone": f"{region}-a",
        }
        yield "Node", {"metadata": {"name": name, "labels": labels}, "spec": {}}
    default = {"storageclass.kubernetes.io/is-default-class": "true"}
    metadata = {"name": "standard", "annotations": default}
    yield "StorageClass", {"metadata": metadata, "provisioner": "sandbox.invalid/none"}


def _node_status(kubelet_port: int | None) -> dict[str, Any]:
    resources = {"cpu": "16", "memory": "64Gi", "pods": _PODS_PER_NODE}
    status: dict[str, Any] = {
        "addresses": [{"type": "InternalIP", "address": NODE_ADDRESS}],
        "conditions": [
            {
                "type": "Ready",
                "status": "True",
                "reason": "KubeletReady",
                "message": "kubelet is posting ready status",
                "lastHeartbeatTime": timestamp(),
                "lastTransitionTime": timestamp(),
            }
        ],
        "capacity": resources,
        "allocatable": resources,
        "nodeInfo": dict.fromkeys(
            (
                "machineID",
                "systemUUID",
                "bootID",
                "kernelVersion",
                "osImage",
                "containerRuntimeVersion",
                "kubeletVersion",
                "kubeProxyVersion",
                "operatingSystem",
                "architecture",
            ),
            "sandbox",
        ),
    }
    if kubelet_port:
        status["daemonEndpoints"] = {"kubeletEndpoint": {"Port": kubelet_port}}
    return status


def _cert_manager() -> Iterator[tuple[str, dict[str, Any]]]:
    yield "Namespace", {"metadata": {"name": CERT_MANAGER}}
    for kind in CERT_MANAGER_KINDS:
        yield "CustomResourceDefinition", definition(kind)
    for name in ("cert-manager", "cert-manager-cainjector", "cert-manager-webhook"):
        labels = {"app": name.removeprefix("cert-manager-"), "app.kubernetes.io/instance": name}
        container = {"name": name, "image": f"sandbox.invalid/{name}:v1"}
        template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
        spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
        metadata = {"name": name, "namespace": CERT_MANAGER, "labels": labels}
        yield "Deployment", {"metadata": metadata, "spec": spec}
