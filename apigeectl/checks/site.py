"""What the questions about Apigee Connect may look at: file, cluster, organization and connections."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from apigeectl.checks.agent_log import AgentLog, read_agent_log
from apigeectl.checks.key_file import client_email
from apigeectl.errors import APIError, InstallerError
from apigeectl.manifests import LiveObject
from apigeectl.overrides.paths import resolve

AGENT = "apigee-connect-agent"
MART = "apigee-mart"
CONNECT_PROPERTY = "features.mart.connect.enabled"
MISSPELT_PROPERTY = "features.mart.apigee.connect.enabled"
"""Written by older tools; it switches nothing."""

_TAIL = 5000
_LASTING = frozenset({"who", "project", "cluster"})
_Objects = list[LiveObject]
_Value = TypeVar("_Value")


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


class Cluster(Protocol):
    """Pods and their logs."""

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


class Organizations(Protocol):
    """Apigee organizations."""

    def get(self, org: str) -> dict[str, Any]: ...
    def project_mapping(self, org: str) -> dict[str, Any]: ...
    def set_property(self, org: str, name: str, value: str) -> PropertyChange: ...


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


class Identity(Protocol):
    """Who we are at Google; prints as account and source."""

    def token(self) -> str: ...


@dataclass(frozen=True)
class Site:
    """Asks each thing once and remembers refusals too; `cluster` and `identity` are built when first needed."""

    overrides: Overrides
    cluster: Callable[[], Cluster]
    organizations: Organizations
    connected: Connections
    identity: Callable[[], Identity]
    cwd: Path = field(default_factory=Path.cwd)
    """Where relative paths in the file begin."""
    _known: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def fresh(self) -> Site:
        """The same site, to be looked at again; who we are and which project it is do not move."""
        again = dataclasses.replace(self)
        again._known.update({name: self._known[name] for name in _LASTING & self._known.keys()})
        return again

    def who(self) -> str:
        """Our account at Google, with a token that was really given; NoCredentials otherwise."""

        def ask() -> str:
            identity = self.identity()
            identity.token()
            return str(identity)

        return self._once("who", ask)

    def organization(self) -> Mapping[str, Any]:
        """The organization's raw body; without a token nobody is asked for it."""

        def ask() -> dict[str, Any]:
            self.who()
            return self.organizations.get(self.overrides.org)

        return self._once("organization", ask)

    def property(self, name: str) -> str | None:
        """A property of the organization, None when it is absent."""
        entries = (self.organization().get("properties") or {}).get("property") or ()
        return next((str(entry.get("value", "")) for entry in entries if entry.get("name") == name), None)

    def project(self) -> str:
        """The project of the organization; the file's when Google cannot be asked."""

        def ask() -> str:
            try:
                named = self.organization().get("projectId")
                mapping = {} if named else self.organizations.project_mapping(self.overrides.org)
            except InstallerError:
                return self.overrides.project_id
            return str(named or mapping.get("projectId") or self.overrides.project_id)

        return self._once("project", ask)

    def connections(self) -> tuple[Connection, ...]:
        """Everything that Apigee Connect lists for the project, of every cluster."""
        return self._once("connections", lambda: self.connected.list(self.project()))

    def agent_account(self) -> str | None:
        """The Google account that the file gives the Connect agent; None when only a Secret knows it."""
        if self.overrides.workload_identity:
            named = self.overrides.get("connectAgent.gsa") or self.overrides.get("gcp.workloadIdentity.gsa")
            return str(named) if named else None
        written = str(self.overrides.get("connectAgent.serviceAccountPath", ""))
        found = resolve(self.overrides.file, written, self.cwd).found
        return client_email(found) if found else None

    def is_ours(self, connection: Connection) -> bool:
        """The connection comes from the cluster that the file names."""
        same_region = self.overrides.cluster_region in ("", connection.region)
        return connection.cluster == self.overrides.cluster_name and same_region

    def pods(self, app: str) -> tuple[LiveObject, ...]:
        """The pods of one app of our organization, those that are ending included."""

        def ask() -> tuple[LiveObject, ...]:
            found = self._cluster().list("", "Pod", self.overrides.namespace, labels=f"app={app}")
            return tuple(pod for pod in found if _label(pod, "org") in ("", self.overrides.org))

        return self._once(f"pods {app}", ask)

    def log(self, pod: LiveObject, app: str, *, previous: bool = False) -> str:
        """The newest lines of an app's container; nothing when it has not started or has no earlier run."""
        name = str(pod["metadata"]["name"])

        def ask() -> str:
            try:
                return self._cluster().logs(
                    self.overrides.namespace, name, _container(pod, app), tail=_TAIL, previous=previous
                )
            except APIError as error:
                if error.status in {400, 404}:
                    return ""
                raise

        return self._once(f"log {name} {previous}", ask)

    def agent_log(self, pod: LiveObject) -> AgentLog:
        """How the agent fares: its present run, or the one before while the present one is still silent."""
        now = read_agent_log(self.log(pod, AGENT))
        if now.opened or now.fatal or not _restarted(pod):
            return now
        return read_agent_log(self.log(pod, AGENT, previous=True))

    def _cluster(self) -> Cluster:
        return self._once("cluster", self.cluster)

    def _once(self, name: str, ask: Callable[[], _Value]) -> _Value:
        if name not in self._known:
            try:
                self._known[name] = ask()
            except InstallerError as error:
                self._known[name] = error
        known = self._known[name]
        if isinstance(known, InstallerError):
            raise known
        value: _Value = known
        return value


def ending(pod: LiveObject) -> bool:
    """The pod was deleted and takes its leave."""
    return bool(pod["metadata"].get("deletionTimestamp"))


def _label(pod: LiveObject, name: str) -> str:
    return str((pod["metadata"].get("labels") or {}).get(name, ""))


def _container(pod: LiveObject, app: str) -> str:
    names = [str(container["name"]) for container in (pod.get("spec") or {}).get("containers") or ()]
    return app if app in names or not names else names[0]


def _restarted(pod: LiveObject) -> bool:
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    return any(int(status.get("restartCount") or 0) for status in statuses)
