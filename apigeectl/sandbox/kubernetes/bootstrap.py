"""What is there before the first request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from apigeectl.sandbox.kubernetes import admission, assigned, definitions
from apigeectl.sandbox.kubernetes.control_plane import ControlPlane
from apigeectl.sandbox.kubernetes.kinds import BUILT_IN, DEFINITIONS, NAMESPACES, Kind
from apigeectl.sandbox.kubernetes.messages import Target

_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
_PRIORITIES = {"system-cluster-critical": 2000000000, "system-node-critical": 2000001000}
_APISERVICES = next(kind for kind in BUILT_IN if kind.plural == "apiservices")
_PRIORITYCLASSES = next(kind for kind in BUILT_IN if kind.plural == "priorityclasses")
_SERVICES = next(kind for kind in BUILT_IN if kind.plural == "services")


def fill(plane: ControlPlane, crds: Iterable[Mapping[str, Any]]) -> None:
    """Namespaces, priority classes, the kubernetes Service, and the definitions given, established."""
    for name in _NAMESPACES:
        _put(plane, NAMESPACES, {"metadata": {"name": name}})
    for name, value in _PRIORITIES.items():
        body = {"metadata": {"name": name}, "value": value, "preemptionPolicy": "PreemptLowerPriority"}
        _put(plane, _PRIORITYCLASSES, body)
    port = {"name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443}
    service = {"metadata": {"name": "kubernetes"}, "spec": {"clusterIP": "10.96.0.1", "ports": [port]}}
    _put(plane, _SERVICES, service, "default")
    for crd in crds:
        _put(plane, DEFINITIONS, {**crd})
        definitions.reconcile(plane, crd["metadata"]["name"])


def _put(plane: ControlPlane, kind: Kind, body: dict[str, Any], namespace: str = "") -> None:
    target = Target(kind, "v1", namespace)
    whole = {"kind": kind.kind, "apiVersion": target.api_version, **body}
    plane.store.put(kind.key, assigned.at_creation(plane, kind, admission.newborn(plane, target, whole)))
