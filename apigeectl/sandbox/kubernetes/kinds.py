"""The kinds that the API serves: a table of the built-in ones, and a registry that CRDs add to."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from dataclasses import dataclass

Key = tuple[str, str]
"""Group and plural: where the objects of a kind are stored."""

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
CUSTOM_VERBS = ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")
"""The same in the order in which custom resources have them."""


@dataclass(frozen=True)
class Scale:
    """Where the scale subresource finds its numbers, as dotted paths."""

    replicas: str = "spec.replicas"
    observed: str = "status.replicas"
    selector: str = ""


@dataclass(frozen=True)
class Kind:
    """One kind; versions are the served ones, the preferred one first."""

    group: str
    versions: tuple[str, ...]
    kind: str
    plural: str
    singular: str
    namespaced: bool = True
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    status: bool = False
    scale: Scale | None = None
    generation: str = ""
    """The field whose changes raise metadata.generation; "" for kinds without it, "*" for custom resources."""
    custom: bool = False
    verbs: tuple[str, ...] = ALL_VERBS
    subresources: tuple[tuple[str, str], ...] = ()
    """More subresources and the kind that each of them speaks."""
    list_kind: str = ""

    @property
    def key(self) -> Key:
        return self.group, self.plural

    @property
    def resource(self) -> str:
        """As messages name it: deployments.apps, pods."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def kind_and_group(self) -> str:
        return f"{self.kind}.{self.group}" if self.group else self.kind

    def api_version(self, version: str) -> str:
        return f"{self.group}/{version}" if self.group else version


class Kinds:
    """Every kind served now. Reading needs no lock: a change replaces the whole table."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_key = {kind.key: kind for kind in BUILT_IN}

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._by_key.values())

    def at(self, group: str, version: str, plural: str) -> Kind | None:
        """The kind served at this path."""
        kind = self._by_key.get((group, plural))
        return kind if kind is not None and version in kind.versions else None

    def with_key(self, key: Key) -> Kind | None:
        return self._by_key.get(key)

    def serves_version(self, group: str, version: str) -> bool:
        return any(kind.group == group and version in kind.versions for kind in self)

    def serves_group(self, group: str) -> bool:
        return any(kind.group == group for kind in self)

    def add(self, kind: Kind) -> None:
        with self._lock:
            self._by_key = {**self._by_key, kind.key: kind}

    def remove(self, key: Key) -> None:
        with self._lock:
            self._by_key = {other: kind for other, kind in self._by_key.items() if other != key}


def _kind(
    group: str,
    version: str,
    kind: str,
    short: str = "",
    *,
    namespaced: bool = True,
    status: bool = False,
    categories: tuple[str, ...] = (),
    plural: str = "",
    verbs: tuple[str, ...] = ALL_VERBS,
    generation: str = "",
    scale: Scale | None = None,
    subresources: tuple[tuple[str, str], ...] = (),
) -> Kind:
    singular = kind.lower()
    return Kind(
        group=group,
        versions=(version,),
        kind=kind,
        plural=plural or singular + ("es" if singular.endswith("s") else "s"),
        singular=singular,
        namespaced=namespaced,
        short_names=tuple(short.split()),
        categories=categories,
        status=status,
        scale=scale,
        generation=generation,
        verbs=verbs,
        subresources=subresources,
    )


_core = functools.partial(_kind, "", "v1")
_ALL = ("all",)
_EXTENSIONS = ("api-extensions",)
_RBAC = "rbac.authorization.k8s.io"
_SCALE = Scale(selector="spec.selector")
_CREATE = ("create",)
_NAMESPACE_VERBS = tuple(verb for verb in ALL_VERBS if verb != "deletecollection")

BUILT_IN: tuple[Kind, ...] = (
    _core("ConfigMap", "cm"),
    _core("Endpoints", "ep", plural="endpoints"),
    _core("Event", "ev"),
    _core("LimitRange", "limits"),
    _core(
        "Namespace",
        "ns",
        namespaced=False,
        status=True,
        verbs=_NAMESPACE_VERBS,
        subresources=(("finalize", "Namespace"),),
    ),
    _core("Node", "no", namespaced=False, status=True),
    _core("PersistentVolumeClaim", "pvc", status=True),
    _core("PersistentVolume", "pv", namespaced=False, status=True),
    _core("Pod", "po", status=True, categories=_ALL, subresources=(("log", "Pod"), ("binding", "Binding"))),
    _core("ReplicationController", "rc", status=True, categories=_ALL, generation="spec", scale=_SCALE),
    _core("ResourceQuota", "quota", status=True),
    _core("Secret"),
    _core("ServiceAccount", "sa"),
    _core("Service", "svc", status=True, categories=_ALL),
    _kind(
        "apiregistration.k8s.io",
        "v1",
        "APIService",
        namespaced=False,
        status=True,
        categories=_EXTENSIONS,
    ),
    _kind("apps", "v1", "ControllerRevision"),
    _kind("apps", "v1", "DaemonSet", "ds", status=True, categories=_ALL, generation="spec"),
    _kind(
        "apps", "v1", "Deployment", "deploy", status=True, categories=_ALL, generation="spec", scale=_SCALE
    ),
    _kind("apps", "v1", "ReplicaSet", "rs", status=True, categories=_ALL, generation="spec", scale=_SCALE),
    _kind("apps", "v1", "StatefulSet", "sts", status=True, categories=_ALL, generation="spec", scale=_SCALE),
    _kind("authentication.k8s.io", "v1", "SelfSubjectReview", namespaced=False, verbs=_CREATE),
    _kind("authorization.k8s.io", "v1", "SelfSubjectAccessReview", namespaced=False, verbs=_CREATE),
    _kind("authorization.k8s.io", "v1", "SelfSubjectRulesReview", namespaced=False, verbs=_CREATE),
    _kind("autoscaling", "v2", "HorizontalPodAutoscaler", "hpa", status=True, categories=_ALL),
    _kind("batch", "v1", "CronJob", "cj", status=True, categories=_ALL, generation="spec"),
    _kind("batch", "v1", "Job", status=True, categories=_ALL, generation="spec"),
    _kind("networking.k8s.io", "v1", "Ingress", "ing", status=True, generation="spec"),
    _kind("networking.k8s.io", "v1", "NetworkPolicy", "netpol", plural="networkpolicies", generation="spec"),
    _kind("policy", "v1", "PodDisruptionBudget", "pdb", status=True, generation="spec"),
    _kind(_RBAC, "v1", "ClusterRoleBinding", namespaced=False),
    _kind(_RBAC, "v1", "ClusterRole", namespaced=False),
    _kind(_RBAC, "v1", "RoleBinding"),
    _kind(_RBAC, "v1", "Role"),
    _kind("storage.k8s.io", "v1", "StorageClass", "sc", namespaced=False),
    _kind(
        "admissionregistration.k8s.io",
        "v1",
        "MutatingWebhookConfiguration",
        namespaced=False,
        categories=_EXTENSIONS,
        generation="webhooks",
    ),
    _kind(
        "admissionregistration.k8s.io",
        "v1",
        "ValidatingWebhookConfiguration",
        namespaced=False,
        categories=_EXTENSIONS,
        generation="webhooks",
    ),
    _kind(
        "apiextensions.k8s.io",
        "v1",
        "CustomResourceDefinition",
        "crd crds",
        namespaced=False,
        status=True,
        categories=_EXTENSIONS,
        generation="spec",
    ),
    _kind("scheduling.k8s.io", "v1", "PriorityClass", "pc", namespaced=False, generation="value"),
    _kind("coordination.k8s.io", "v1", "Lease"),
)

NAMESPACES = next(kind for kind in BUILT_IN if kind.plural == "namespaces")
PODS = next(kind for kind in BUILT_IN if kind.plural == "pods")
DEFINITIONS = next(kind for kind in BUILT_IN if kind.plural == "customresourcedefinitions")
