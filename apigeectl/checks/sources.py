"""What the questions about Apigee Connect ask of the file, the cluster and Google's APIs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from apigeectl.manifests import LiveObject, ObjectRef

_Objects = list[LiveObject]


class Overrides(Protocol):
    """The part of the file that matters here."""

    @property
    def file(self) -> Path: ...
    @property
    def org(self) -> str: ...
    @property
    def namespace(self) -> str: ...
    @property
    def project_id(self) -> str: ...
    @property
    def cluster_name(self) -> str: ...
    @property
    def cluster_region(self) -> str: ...
    @property
    def workload_identity(self) -> bool: ...
    def get(self, dotted_path: str, default: Any = None) -> Any: ...
    def file_of(self, path: tuple[str | int, ...]) -> Path: ...


class Cluster(Protocol):
    """Objects, pods and their logs."""

    def get(self, ref: ObjectRef) -> LiveObject | None: ...
    def list(self, group: str, kind: str, namespace: str = "", *, labels: str = "") -> _Objects: ...
    def logs(
        self, namespace: str, pod: str, container: str, *, tail: int | None = None, previous: bool = False
    ) -> str: ...


class PropertyChange(Protocol):
    """What became of a property."""

    @property
    def before(self) -> str | None: ...
    @property
    def after(self) -> str | None: ...
    @property
    def changed(self) -> bool: ...
    @property
    def others(self) -> tuple[str, ...]: ...


class Organizations(Protocol):
    """Apigee organizations."""

    def get(self, org: str) -> dict[str, Any]: ...
    def project_mapping(self, org: str) -> dict[str, Any]: ...
    def developers(self, org: str) -> int: ...
    def planned(self, org: str, name: str, value: str) -> dict[str, Any]: ...
    def set_property(
        self, org: str, name: str, value: str, keep: Callable[[Mapping[str, Any]], object] = ...
    ) -> PropertyChange: ...


class Connection(Protocol):
    """The streams of one cluster."""

    @property
    def cluster(self) -> str: ...
    @property
    def region(self) -> str: ...
    @property
    def streams(self) -> int: ...


class Connections(Protocol):
    """The connections of a project."""

    def list(self, project: str) -> tuple[Connection, ...]: ...


class Services(Protocol):
    """The APIs of a project."""

    def is_enabled(self, project: str, api: str) -> bool: ...
    def enable(self, project: str, api: str) -> str | None: ...
    def is_over(self, operation: str) -> bool: ...


class Accounts(Protocol):
    """Service accounts."""

    def get(self, email: str) -> dict[str, Any]: ...


class Policies(Protocol):
    """The IAM policies of projects."""

    def holds(self, project: str, role: str, member: str) -> bool: ...
    def planned(self, project: str, role: str, member: str) -> dict[str, Any] | None: ...
    def grant(self, project: str, role: str, member: str) -> bool: ...


class Permissions(Protocol):
    """What the owner of a key may do."""

    def on_project(self, project: str, wanted: Collection[str]) -> frozenset[str]: ...


class Identity(Protocol):
    """Who we are at Google; prints as account and source."""

    @property
    def source(self) -> str: ...
    @property
    def account(self) -> str: ...
    def token(self) -> str: ...


@dataclass(frozen=True)
class Google:
    """Google's side, as one account sees it. Nothing is asked before it is needed."""

    identity: Callable[[], Identity]
    organizations: Organizations
    connections: Connections
    services: Services
    accounts: Accounts
    policies: Policies
    as_owner: Callable[[Path], Permissions]
    """What the owner of a key file may do, asked as that account."""
