"""Manifests and object refs: the values that everything else passes around."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LiveObject = dict[str, Any]
"""An object as the cluster has it now: the decoded JSON of the API server."""

APIGEE_GROUP = "apigee.cloud.google.com"
FIELD_MANAGER = "apigeectl"
"""Our name in server-side apply; fixed, because a renamed binary must not become a new manager."""

MANAGED_BY_LABEL = "app.kubernetes.io/managed-by"
ORGANIZATION_LABEL = "apigeectl.dev/organization"
COMPONENT_LABEL = "apigeectl.dev/component"


@dataclass(frozen=True, order=True)
class ObjectRef:
    """Which object: group and kind (no version), namespace ("" when cluster-scoped), name."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return "/".join(part for part in (self.kind, self.namespace, self.name) if part)


@dataclass(frozen=True)
class Manifest:
    """One rendered Kubernetes object, as we want it. The body is never changed in place."""

    body: Mapping[str, Any] = field(hash=False)
    component: str = ""

    @property
    def api_version(self) -> str:
        return str(self.body["apiVersion"])

    @property
    def group(self) -> str:
        return split_api_version(self.api_version)[0]

    @property
    def kind(self) -> str:
        return str(self.body["kind"])

    @property
    def namespace(self) -> str:
        return str(self.body["metadata"].get("namespace", ""))

    @property
    def name(self) -> str:
        return str(self.body["metadata"]["name"])

    @property
    def ref(self) -> ObjectRef:
        return ObjectRef(self.group, self.kind, self.namespace, self.name)

    def __str__(self) -> str:
        return str(self.ref)


def split_api_version(api_version: str) -> tuple[str, str]:
    """Group and version: ("apps", "v1"), and ("", "v1") for the core group."""
    group, _, version = api_version.rpartition("/")
    return group, version


def ref_of(live: Mapping[str, Any]) -> ObjectRef:
    """The ref of an object that carries its apiVersion and kind."""
    return Manifest(live).ref
