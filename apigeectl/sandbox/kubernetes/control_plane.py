"""What every part of the server works on: the objects, the kinds, and what is known about them."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from apigeectl.manifests import LiveObject
from apigeectl.sandbox.kubernetes.kinds import DEFINITIONS, NAMESPACES, Kind, Kinds
from apigeectl.sandbox.kubernetes.schema import Schema, builtin_schema, crd_schema
from apigeectl.sandbox.kubernetes.storage import Store


class Logs(Protocol):
    """Where the text of `pods/log` comes from.

    Yields whole lines, each preceded by its RFC 3339 time and a blank; the server cuts and selects them. When
    followed, it yields b"" when what was written so far is over, and again while it waits, so that the server
    can look whether the client is still there.
    """

    def __call__(
        self, namespace: str, pod: str, container: str, *, follow: bool, previous: bool
    ) -> Iterator[bytes]: ...


@dataclass
class ControlPlane:
    """The state behind the API."""

    store: Store = field(default_factory=Store)
    kinds: Kinds = field(default_factory=Kinds)
    logs: Logs | None = None
    stopping: threading.Event = field(default_factory=threading.Event)
    _schemas: dict[tuple[str, str, str], Schema] = field(default_factory=dict)

    def definition(self, kind: Kind) -> LiveObject:
        """The CRD behind a custom kind."""
        return self.store.get(DEFINITIONS.key, "", kind.resource) or {
            "metadata": {},
            "spec": {"versions": []},
        }

    def definition_version(self, kind: Kind, version: str) -> Mapping[str, Any]:
        versions = self.definition(kind)["spec"]["versions"]
        return next((entry for entry in versions if entry["name"] == version), {})

    def schema(self, kind: Kind, version: str) -> Schema | None:
        """What is known about the structure of a kind; of a CRD's schema only what objects ask for is read."""
        if not kind.custom:
            return builtin_schema(kind.group, kind.kind)
        generation = self.definition(kind)["metadata"].get("generation", 0)
        cached = kind.resource, version, f"{self.definition(kind)['metadata'].get('uid')}/{generation}"
        if cached not in self._schemas:
            entry = self.definition_version(kind, version)
            schema = (entry.get("schema") or {}).get("openAPIV3Schema") or {}
            self._schemas[cached] = crd_schema(schema, status_subresource=kind.status)
        return self._schemas[cached]

    def namespace_phase(self, namespace: str) -> str | None:
        """Active or Terminating; None when there is no such namespace."""
        live = self.store.get(NAMESPACES.key, "", namespace)
        return live.get("status", {}).get("phase", "Active") if live else None


def now(offset: float = 0) -> str:
    """The time as Kubernetes writes it."""
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=offset)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
