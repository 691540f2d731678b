"""What init adds on clusters of a kind: security constraints on OpenShift, no second TLS inside a mesh."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apigeectl.components.piece import Inputs, Piece
from apigeectl.components.settings import Settings
from apigeectl.manifests import ObjectRef

OPENSHIFT_GROUP, OPENSHIFT_KIND = "security.openshift.io", "SecurityContextConstraints"
MESH_GROUP, MESH_KIND = "security.istio.io", "PeerAuthentication"


@dataclass(frozen=True)
class Platform:
    """What the cluster has of its own."""

    openshift: bool = False
    mesh: bool = False
    """A mesh of the customer's; it matters only to releases that can use one."""


ANY_PLATFORM = Platform()
"""Nothing is added."""


def platform_pieces(component: str, settings: Settings, platform: Platform) -> Iterator[Piece]:
    """What only this platform needs."""
    namespaces = tuple(dict.fromkeys((settings.operator_namespace, settings.namespace)))
    if platform.mesh and settings.release.anthos_service_mesh:
        refs = tuple(ObjectRef(MESH_GROUP, MESH_KIND, name, name) for name in namespaces)
        yield Piece(component, "init/mesh.yaml.j2", refs, lambda _: {"namespaces": list(namespaces)})
    if platform.openshift:
        names = [*(one["name"] for one in _constraints(settings)), _logger(settings)["name"]]
        refs = tuple(ObjectRef(OPENSHIFT_GROUP, OPENSHIFT_KIND, "", str(name)) for name in names)
        yield Piece(component, "init/openshift.yaml.j2", refs, _openshift_values)


def _openshift_values(inputs: Inputs) -> Mapping[str, Any]:
    context = inputs.settings.security_context
    return {
        "user": context["runAsUser"],
        "group": context["runAsGroup"],
        "constraints": _constraints(inputs.settings),
        "logger": _logger(inputs.settings),
    }


def _constraints(settings: Settings) -> list[dict[str, Any]]:
    runtime = settings.namespace
    namespaces = dict.fromkeys((runtime, settings.operator_namespace))
    whole = [
        {
            "name": name,
            "host_network": False,
            "capabilities": None,
            "groups": [f"system:serviceaccounts:{name}"],
            "users": None,
        }
        for name in namespaces
    ]
    cassandra = {
        "name": f"{runtime}-apigee-datastore",
        "host_network": True,
        "capabilities": ["IPC_LOCK", "SYS_RESOURCE"],
        "groups": None,
        "users": [
            f"system:serviceaccount:{runtime}:{account}"
            for account in ("apigee-datastore-default-sa", "apigee-cassandra-default")
        ],
    }
    return [*whole, cassandra]


def _logger(settings: Settings) -> dict[str, Any]:
    account = f"system:serviceaccount:{settings.namespace}:apigee-logger-apigee-telemetry"
    return {"name": f"{settings.namespace}-apigee-logger", "users": [account]}
