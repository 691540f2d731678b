"""A site out of plain values."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apigeectl.checks.site import AGENT, MART, Site
from apigeectl.checks.sources import Google
from apigeectl.errors import Forbidden, InstallerError, NoCredentials, NotFound
from apigeectl.manifests import ObjectRef

DENIED = (
    "F0719 11:00:00.000001 1 tether.go:29] failed to register stream with Apigee Connect, got "
    "'PermissionDenied': rpc error: code = PermissionDenied desc = Permission denied on resource "
    "'//apigeeconnect.googleapis.com/projects/p/endpoints/APIGEE_MART' (or it may not exist)."
)
LISTENING = "\n".join(
    [
        "I0719 11:00:00.000001 1 agent.go:400] successfully initiated http client",
        "I0719 11:00:00.000002 1 agent.go:245] listening on tether 1",
        "I0719 11:00:00.000002 1 agent.go:245] listening on tether 2",
        "I0719 11:02:00.000002 1 agent.go:255] tether id 1 is closed",
        "I0719 11:02:00.000003 1 agent.go:245] listening on tether 3",
    ]
)
SERVED = "2026-01-01 INFO 17 /v1/developers 200 GET acme 10.0.0.1 10.0.0.2 apigee-connect-agent-1.0 null"
PROPERTY = "features.mart.connect.enabled"
ORGANIZATION = {"name": "acme", "runtimeType": "HYBRID", "state": "ACTIVE", "projectId": "p"}


def forbidden(message: str = "denied", reason: str = "PERMISSION_DENIED") -> Forbidden:
    return Forbidden(message, status=403, reason=reason, hint="ask for it")


def organization(**properties: str) -> dict[str, Any]:
    entries = [{}, *({"name": name.replace("_", "."), "value": value} for name, value in properties.items())]
    return {**ORGANIZATION, "properties": {"property": entries}}


CONNECT = "apigeeconnect.endpoints.connect"
EMAIL = "mart@p.iam.gserviceaccount.com"
KEY = {"type": "service_account", "client_email": EMAIL, "private_key_id": "0123456789", "project_id": "p"}
APPLIED = {"spec": {"clusterName": "ours", "clusterRegion": "r", "gcpProjectID": "p"}}


def secret(key: Any) -> dict[str, Any]:
    return {"data": {"client_secret.json": base64.b64encode(json.dumps(key).encode()).decode()}}


def with_key(folder: Path, key: Any = None, **more: Any) -> FakeOverrides:
    """A file whose agent has a key file."""
    (folder / "mart.json").write_text(json.dumps(KEY if key is None else key, indent=1))
    stanza = {"enabled": True, "serviceAccountPath": "./mart.json", **more}
    return FakeOverrides({"connectAgent": stanza}, file=folder / "overrides.yaml")


CONNECTED = organization(features_mart_connect_enabled="true")


@dataclass(frozen=True)
class FakeOverrides:
    data: dict[str, Any] = field(default_factory=lambda: {"connectAgent": {"enabled": True}})
    org: str = "acme"
    namespace: str = "apigee"
    project_id: str = "p"
    cluster_name: str = "ours"
    cluster_region: str = "r"
    workload_identity: bool = False
    file: Path = Path("overrides.yaml")

    def file_of(self, path: tuple[str | int, ...]) -> Path:
        return self.file

    def get(self, dotted_path: str, default: Any = None) -> Any:
        value: Any = self.data
        for part in dotted_path.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return default if value is None else value


@dataclass(frozen=True)
class FakeConnection:
    cluster: str
    region: str
    streams: int


@dataclass(frozen=True)
class FakeChange:
    before: str | None
    after: str | None
    changed: bool
    others: tuple[str, ...] = ()


@dataclass
class FakeOrganizations:
    body: dict[str, Any] | InstallerError = field(default_factory=lambda: CONNECTED)
    refuses: InstallerError | None = None
    sets: list[tuple[str, str, str]] = field(default_factory=list)
    gets: int = 0
    developed: int | InstallerError = 3
    others: tuple[str, ...] = ()

    def developers(self, org: str) -> int:
        return _or_raise(self.developed)

    def planned(self, org: str, name: str, value: str) -> dict[str, Any]:
        return {"name": org, "properties": {"property": [{"name": name, "value": value}]}}

    def get(self, org: str) -> dict[str, Any]:
        self.gets += 1
        return _or_raise(self.body)

    def project_mapping(self, org: str) -> dict[str, Any]:
        return {"organization": org, "projectId": "mapped"}

    def set_property(
        self,
        org: str,
        name: str,
        value: str,
        keep: Callable[[Mapping[str, Any]], object] = lambda body: None,
    ) -> FakeChange:
        if self.refuses:
            raise self.refuses
        entries = (_or_raise(self.body).get("properties") or {}).get("property", [])
        before = next((entry["value"] for entry in entries if entry.get("name") == name), None)
        if before != value:
            keep(_or_raise(self.body))
            self.sets.append((org, name, value))
        return FakeChange(before, value, before != value, self.others)


@dataclass
class FakeConnections:
    """One answer after the other, the last one for ever."""

    answers: list[tuple[FakeConnection, ...] | InstallerError]
    projects: list[str] = field(default_factory=list)

    def list(self, project: str) -> tuple[FakeConnection, ...]:
        self.projects.append(project)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return _or_raise(answer)


@dataclass
class FakeCluster:
    pods: list[dict[str, Any]] | InstallerError
    logged: dict[tuple[str, bool], str]
    objects: dict[str, dict[str, Any]] | InstallerError = field(default_factory=dict)

    def get(self, ref: ObjectRef) -> dict[str, Any] | None:
        return _or_raise(self.objects).get(ref.kind)

    def list(self, group: str, kind: str, namespace: str = "", *, labels: str = "") -> list[dict[str, Any]]:
        assert (group, kind, namespace) == ("", "Pod", "apigee")
        app = labels.removeprefix("app=")
        return [pod for pod in _or_raise(self.pods) if pod["metadata"]["labels"]["app"] == app]

    def logs(
        self, namespace: str, pod: str, container: str, *, tail: int | None = None, previous: bool = False
    ) -> str:
        if (pod, previous) not in self.logged:
            raise NotFound("no log", status=404)
        return self.logged[pod, previous]


@dataclass
class FakeServices:
    """An API that is off comes on once it is enabled and its operation was asked for so often."""

    on: bool | InstallerError = True
    asked_for: int = 0
    enabled: list[tuple[str, str]] = field(default_factory=list)

    def is_enabled(self, project: str, api: str) -> bool:
        return _or_raise(self.on)

    def enable(self, project: str, api: str) -> str | None:
        self.enabled.append((project, api))
        return "operations/1"

    def is_over(self, operation: str) -> bool:
        self.asked_for -= 1
        self.on = self.asked_for < 0
        return self.on


@dataclass
class FakeAccounts:
    account: dict[str, Any] | InstallerError = field(default_factory=dict)

    def get(self, email: str) -> dict[str, Any]:
        return _or_raise(self.account)


@dataclass
class FakePolicies:
    held: bool | InstallerError = False
    granted: list[tuple[str, str, str]] = field(default_factory=list)

    def holds(self, project: str, role: str, member: str) -> bool:
        return _or_raise(self.held)

    def planned(self, project: str, role: str, member: str) -> dict[str, Any] | None:
        return {"policy": {"bindings": [{"role": role, "members": [member]}]}}

    def grant(self, project: str, role: str, member: str) -> bool:
        self.granted.append((project, role, member))
        return True


@dataclass
class FakeOwner:
    """What the owner of a key holds: one answer after the other, the last one for ever."""

    answers: list[Collection[str] | InstallerError]

    def on_project(self, project: str, wanted: Collection[str]) -> frozenset[str]:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return frozenset(_or_raise(answer)) & frozenset(wanted)


@dataclass
class FakeIdentity:
    source: str = "key file k.json"
    account: str = "robot@p"

    def token(self) -> str:
        return "hush-hush"

    def __str__(self) -> str:
        return f"{self.account} ({self.source})"


def pod(
    name: str, app: str = AGENT, *, ready: bool = True, restarts: int = 0, **metadata: Any
) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "apigee", "labels": {"app": app, "org": "acme"}, **metadata},
        "spec": {"containers": [{"name": app}]},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
            "containerStatuses": [
                {
                    "name": app,
                    "ready": ready,
                    "restartCount": restarts,
                    "state": {"running": {}} if ready else {"waiting": {"reason": "ImagePullBackOff"}},
                }
            ],
        },
    }


AGENT_POD = pod("agent-1")
MART_POD = pod("mart-1", MART)
OURS = FakeConnection("ours", "r", 4)


def site(
    *,
    overrides: FakeOverrides = FakeOverrides(),
    organizations: FakeOrganizations | None = None,
    connections: Any = ((OURS,),),
    pods: Any = (AGENT_POD, MART_POD),
    logs: dict[tuple[str, bool], str] | None = None,
    credentials: InstallerError | None = None,
    cluster: InstallerError | None = None,
    objects: Any = None,
    services: FakeServices | None = None,
    accounts: FakeAccounts | None = None,
    policies: FakePolicies | None = None,
    held: Any = ((CONNECT,),),
    source: str = "key file k.json",
) -> Site:
    fake = FakeCluster(
        pods if isinstance(pods, InstallerError) else list(pods),
        {("agent-1", False): LISTENING, ("mart-1", False): SERVED} if logs is None else logs,
        {"Secret": secret(KEY), "ApigeeOrganization": APPLIED} if objects is None else objects,
    )

    def connect() -> FakeCluster:
        if cluster:
            raise cluster
        return fake

    def identify() -> FakeIdentity:
        if credentials:
            raise credentials
        return FakeIdentity(source)

    owner = FakeOwner(list(held))
    google = Google(
        identify,
        organizations or FakeOrganizations(),
        FakeConnections(list(connections)),
        services or FakeServices(),
        accounts or FakeAccounts(),
        policies or FakePolicies(),
        lambda file: owner,
    )
    return Site(overrides, connect, google)


NOBODY = NoCredentials("no credentials for Google's APIs", hint="log in")


def _or_raise(answer: Any) -> Any:
    if isinstance(answer, InstallerError):
        raise answer
    return answer
