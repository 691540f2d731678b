"""What Google says about deployments, as values. Answers of every age are read, from hybrid 1.2 on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any


class State(Enum):
    """What the management plane concludes from the runtime's reports."""

    READY = "READY"
    PROGRESSING = "PROGRESSING"
    ERROR = "ERROR"


@dataclass(frozen=True, slots=True)
class PodReport:
    """A runtime pod as runtimes before 1.3 reported it; times in milliseconds, None when never."""

    name: str
    status: str
    """deployed, error or pending; Google promises no closed list."""
    reported: int | None
    code: str
    details: str
    alive: str
    """active or stale."""
    heard: int | None


@dataclass(frozen=True, slots=True)
class Share:
    """The percentage of an instance's message processors that report a revision."""

    revision: str
    percentage: int


@dataclass(frozen=True, slots=True)
class Route:
    """The percentage of an instance's ingress replicas that have a base path."""

    base_path: str
    group: str
    environment: str
    percentage: int


@dataclass(frozen=True, slots=True)
class Instance:
    """One cluster, as runtimes from 1.3 on report."""

    name: str
    shares: tuple[Share, ...]
    routes: tuple[Route, ...]

    def share(self, revision: str) -> int:
        """The percentage that reports this revision."""
        return sum(share.percentage for share in self.shares if share.revision == revision)


@dataclass(frozen=True, slots=True)
class RouteConflict:
    """A base path that another deployment of the same environment group has, too."""

    group: str
    description: str
    proxy: str
    revision: str
    environment: str
    base_path: str

    def __str__(self) -> str:
        other = f"{self.proxy} revision {self.revision} in {self.environment}" if self.proxy else ""
        where = f"{self.base_path} in {self.group}" if self.base_path and self.group else self.group
        return ": ".join(part for part in (where, self.description or (other and f"{other} has it")) if part)


@dataclass(frozen=True, slots=True)
class Deployment:
    """One revision in one environment. `state` and what follows it stand only in answers about a single one."""

    environment: str
    proxy: str
    revision: str
    started: int | None
    """When it was marked deployed in the management plane, in milliseconds."""
    service_account: str = ""
    """The bare e-mail, as a deploy request takes it."""
    base_path: str = ""
    state: State | None = None
    errors: tuple[str, ...] = ()
    pods: tuple[PodReport, ...] = ()
    instances: tuple[Instance, ...] = ()
    conflicts: tuple[RouteConflict, ...] = ()

    @property
    def base_paths(self) -> tuple[str, ...]:
        """As far as this answer tells: lists of today tell none, and "/" of hybrid 1.2 is said of every proxy."""
        routed = (route.base_path for instance in self.instances for route in instance.routes)
        written = "" if self.base_path == "/" else self.base_path
        return tuple(dict.fromkeys(path for path in (written, *routed) if path))


@dataclass(frozen=True, slots=True)
class ChangeReport:
    """What a deploy or undeploy would do. Violations stop the real request, conflicts and changes do not."""

    violations: tuple[str, ...] = ()
    conflicts: tuple[RouteConflict, ...] = ()
    changes: tuple[str, ...] = ()
    sequenced: bool = False
    """Traffic moves between environments, so the roll-out needs the safe order."""


def read_deployment(body: Mapping[str, Any]) -> Deployment:
    """A Deployment of the Apigee API."""
    state = str(body.get("state", ""))
    return Deployment(
        str(body.get("environment", "")),
        str(body.get("apiProxy", "")),
        str(body.get("revision", "")),
        _milliseconds(body.get("deployStartTime")),
        str(body.get("serviceAccount", "")).rpartition("/")[2],
        str(body.get("basePath", "")),
        State(state) if state in _STATES else None,
        tuple(_error(entry) for entry in _entries(body, "errors")),
        tuple(_pod(entry) for entry in _entries(body, "pods")),
        tuple(_instance(entry) for entry in _entries(body, "instances")),
        tuple(_conflict(entry) for entry in _entries(body, "routeConflicts")),
    )


def read_report(body: Mapping[str, Any]) -> ChangeReport:
    """A DeploymentChangeReport of the Apigee API."""
    violations = _entries(_object(body, "validationErrors"), "violations")
    changes = _entries(body, "routingChanges")
    return ChangeReport(
        tuple(_violation(entry) for entry in violations),
        tuple(_conflict(entry) for entry in _entries(body, "routingConflicts")),
        tuple(_change(entry) for entry in changes),
        any(entry.get("shouldSequenceRollout") is True for entry in changes),
    )


_STATES = frozenset(state.value for state in State)


def _entries(body: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    entries = body.get(name)
    return [entry for entry in entries if isinstance(entry, Mapping)] if isinstance(entries, list) else []


def _object(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = body.get(name)
    return found if isinstance(found, Mapping) else {}


def _milliseconds(value: Any) -> int | None:
    text = str(value or "")
    return int(text) if text.isdecimal() else None


def _number(value: Any) -> int:
    text = str(value or 0)
    return int(text) if text.isdecimal() else 0


def _error(entry: Mapping[str, Any]) -> str:
    return str(entry.get("message") or f"code {entry.get('code', 'unknown')}").strip()


def _pod(entry: Mapping[str, Any]) -> PodReport:
    return PodReport(
        str(entry.get("podName", "")),
        str(entry.get("deploymentStatus", "")).lower(),
        _milliseconds(entry.get("deploymentStatusTime")),
        str(entry.get("statusCode", "")),
        str(entry.get("statusCodeDetails", "")).strip(),
        str(entry.get("podStatus", "")).lower(),
        _milliseconds(entry.get("podStatusTime")),
    )


def _instance(entry: Mapping[str, Any]) -> Instance:
    return Instance(
        str(entry.get("instance", "")),
        tuple(
            Share(str(share.get("revision", "")), _number(share.get("percentage")))
            for share in _entries(entry, "deployedRevisions")
        ),
        tuple(
            Route(
                str(route.get("basepath", "")),
                str(route.get("envgroup", "")),
                str(route.get("environment", "")),
                _number(route.get("percentage")),
            )
            for route in _entries(entry, "deployedRoutes")
        ),
    )


def _conflict(entry: Mapping[str, Any]) -> RouteConflict:
    other = _object(entry, "conflictingDeployment")
    return RouteConflict(
        str(entry.get("environmentGroup", "")),
        str(entry.get("description", "")),
        *(str(other.get(key, "")) for key in ("apiProxy", "revision", "environment", "basepath")),
    )


def _violation(entry: Mapping[str, Any]) -> str:
    parts = (entry.get("type"), entry.get("description") or entry.get("subject"))
    return ": ".join(str(part) for part in parts if part)


def _change(entry: Mapping[str, Any]) -> str:
    group = str(entry.get("environmentGroup", ""))
    if entry.get("description"):
        return ": ".join(part for part in (group, str(entry["description"])) if part)
    before, after = (_object(entry, key) for key in ("fromDeployment", "toDeployment"))
    path = (after or before).get("basepath", "")
    return f"{path} in {group} goes from {_named(before)} to {_named(after)}"


def _named(entry: Mapping[str, Any]) -> str:
    if not entry:
        return "nothing"
    return f"{entry.get('apiProxy')} revision {entry.get('revision')} in {entry.get('environment')}"
