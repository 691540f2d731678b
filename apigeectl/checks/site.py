"""What the questions about Apigee Connect may look at: file, cluster, organization and connections."""

from __future__ import annotations

import base64
import binascii
import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from apigeectl.checks.agent_log import AgentLog, read_agent_log
from apigeectl.checks.key_file import Key, key_in, read_key
from apigeectl.checks.sources import Cluster, Connection, Google, Overrides
from apigeectl.components.names import key_secret, org_id
from apigeectl.errors import APIError, InstallerError
from apigeectl.manifests import APIGEE_GROUP, LiveObject, ObjectRef
from apigeectl.overrides.paths import resolve

AGENT = "apigee-connect-agent"
AGENT_ROLE = "roles/apigeeconnect.Agent"
CONNECT_API = "apigeeconnect.googleapis.com"
CONNECT_PERMISSION = "apigeeconnect.endpoints.connect"
MART = "apigee-mart"
CONNECT_PROPERTY = "features.mart.connect.enabled"
MISSPELT_PROPERTY = "features.mart.apigee.connect.enabled"
"""Written by older tools; it switches nothing."""

KEY_NAME = "client_secret.json"
"""Where a Secret holds the key."""

_REFERENCES = ("serviceAccountRef", "serviceAccountSecretRef", "serviceAccountSecret")
_TAIL = 5000
_LASTING = frozenset({"who", "project", "cluster"})
_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Site:
    """Asks each thing once and remembers refusals too; the cluster is built when first needed."""

    overrides: Overrides
    cluster: Callable[[], Cluster]
    google: Google
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
            identity = self.google.identity()
            identity.token()
            return str(identity)

        return self._once("who", ask)

    def organization(self) -> Mapping[str, Any]:
        """The organization's raw body; without a token nobody is asked for it."""

        def ask() -> dict[str, Any]:
            self.who()
            return self.google.organizations.get(self.overrides.org)

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
                mapping = {} if named else self.google.organizations.project_mapping(self.overrides.org)
            except InstallerError:
                return self.overrides.project_id
            return str(named or mapping.get("projectId") or self.overrides.project_id)

        return self._once("project", ask)

    def connections(self) -> tuple[Connection, ...]:
        """Everything that Apigee Connect lists for the project, of every cluster."""
        return self._once("connections", lambda: self.google.connections.list(self.project()))

    def api_is_on(self) -> bool:
        """The Apigee Connect API of the organization's project."""
        return self._once("api", lambda: self.google.services.is_enabled(self.project(), CONNECT_API))

    def agent_key_file(self) -> Path | None:
        """The key file that the file gives the agent; None where a Secret or the workload's identity stands for it."""
        written = self.named_key_file()
        file = self.overrides.file_of(("connectAgent", "serviceAccountPath"))
        return resolve(file, written, self.cwd).found if written else None

    def named_key_file(self) -> str:
        """The same as the file writes it, whether it is here or not; empty for none."""
        if self.overrides.workload_identity or self.agent_secret_is_the_users():
            return ""
        return str(self.overrides.get("connectAgent.serviceAccountPath", ""))

    def file_key(self) -> Key | None:
        """The key in that file; None when there is no file, or nothing in it that is a key."""
        file = self.agent_key_file()
        return self._once("key", lambda: key_in(file)) if file else None

    def agent_key(self) -> Key | None:
        """The same, or else the key in the Secret as far as it may be read."""
        if key := self.file_key():
            return key
        if self.overrides.workload_identity:
            return None
        try:
            return self.stored_key()
        except InstallerError:
            return None

    def agent_account(self) -> str | None:
        """The Google account that the agent acts as; None when that cannot be seen."""
        if self.overrides.workload_identity:
            named = self.overrides.get("connectAgent.gsa") or self.overrides.get("gcp.workloadIdentity.gsa")
            return str(named) if named else None
        key = self.agent_key()
        return key.email if key else None

    def agent_secret_is_the_users(self) -> bool:
        """The file names a Secret that we do not write."""
        return any(self.overrides.get(f"connectAgent.{name}") for name in _REFERENCES)

    def agent_secret(self) -> ObjectRef:
        """The Secret that the agent's pods take their key from."""
        named = [self.overrides.get(f"connectAgent.{name}") for name in _REFERENCES]
        usual = key_secret(AGENT, org_id(self.overrides.org))
        return ObjectRef(
            "", "Secret", self.overrides.namespace, str(next((one for one in named if one), usual))
        )

    def stored_secret(self) -> LiveObject | None:
        """That Secret as it is in the cluster."""
        return self._once("secret", lambda: self._cluster().get(self.agent_secret()))

    def stored_key(self) -> Key | None:
        """The key in that Secret; None when there is none, or nothing that is a key."""
        data = (self.stored_secret() or {}).get("data") or {}
        written = data.get(KEY_NAME) or next(iter(data.values()), "")
        try:
            return read_key(base64.b64decode(written))
        except (binascii.Error, ValueError):
            return None

    def agent_may_connect(self) -> bool:
        """Whether the agent's account holds the permission: asked as that account, else by the project's policy."""

        def ask() -> bool:
            if file := self.agent_key_file():
                asked = self.google.as_owner(file)
                return CONNECT_PERMISSION in asked.on_project(self.project(), [CONNECT_PERMISSION])
            member = f"serviceAccount:{self.agent_account() or ''}"
            return self.google.policies.holds(self.project(), AGENT_ROLE, member)

        return self._once("role", ask)

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

    def applied(self) -> Mapping[str, Any]:
        """The spec of the ApigeeOrganization in the cluster, empty when there is none."""
        ref = ObjectRef(
            APIGEE_GROUP, "ApigeeOrganization", self.overrides.namespace, org_id(self.overrides.org)
        )
        live = self._once("applied", lambda: self._cluster().get(ref))
        return (live or {}).get("spec") or {}

    def log(self, pod: LiveObject, app: str, *, previous: bool = False) -> str:
        """The newest lines of an app's container; nothing when it has not started or has no earlier run."""
        name = str(pod["metadata"]["name"])

        def ask() -> str:
            try:
                return self._cluster().logs(
                    self.overrides.namespace, name, container(pod, app), tail=_TAIL, previous=previous
                )
            except APIError as error:
                if error.status in {400, 404}:
                    return ""
                raise

        return self._once(f"log {name} {previous}", ask)

    def agent_log(self, pod: LiveObject) -> AgentLog:
        """How the agent fares: its present run, or the one before while the present one is still silent."""
        now = read_agent_log(self.log(pod, AGENT))
        if now.opened or now.fatal or not restarted(pod):
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


def container(pod: LiveObject, app: str) -> str:
    """The container of an app in its pod."""
    names = [str(one["name"]) for one in (pod.get("spec") or {}).get("containers") or ()]
    return app if app in names or not names else names[0]


def _label(pod: LiveObject, name: str) -> str:
    return str((pod["metadata"].get("labels") or {}).get(name, ""))


def restarted(pod: LiveObject) -> bool:
    """A container of the pod has had an earlier run."""
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    return any(int(status.get("restartCount") or 0) for status in statuses)
