"""Which kinds the API server serves, and under which paths."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from apigeectl.clients.apiserver import ApiServer, Request
from apigeectl.clients.apiserver_errors import KindNotServed
from apigeectl.errors import InstallerError, NotFound

_AGGREGATED = ",".join(
    [f"application/json;g=apidiscovery.k8s.io;v={v};as=APIGroupDiscoveryList" for v in ("v2", "v2beta1")]
    + ["application/json"]
)
_PATIENCE = 1.0
"""Seconds for which a kind that was not found is not looked for again."""


@dataclass(frozen=True)
class Resource:
    """A kind as the server serves it."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """The path of one object, or of the collection (of one namespace, or of all)."""
        parts = ["apis", self.group, self.version] if self.group else ["api", self.version]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        parts += [part for part in (self.plural, name, subresource) if part]
        return "/" + "/".join(quote(part, safe="") for part in parts)


_Kinds = dict[tuple[str, str], list[Resource]]
"""Group and kind to its resources, the server's preferred version first."""


class Discovery:
    """Asked when first needed, kept, and asked again for a kind that is not there (yet)."""

    def __init__(self, server: ApiServer, clock: Callable[[], float] = time.monotonic) -> None:
        self._server = server
        self._clock = clock
        self._lock = threading.Lock()
        self._kinds: _Kinds | None = None
        self._asked = 0.0
        self._failed: tuple[float, InstallerError] | None = None

    def find(self, group: str, kind: str, version: str | None = None) -> Resource:
        """The resource of a kind, in the preferred version unless one is named."""
        came = self._clock()
        with self._lock:
            resource = self._known(group, kind, version)
            if resource is None and (self._kinds is None or self._clock() - self._asked >= _PATIENCE):
                self._look_again(came)
                resource = self._known(group, kind, version)
        if resource is None:
            api_version = "/".join(part for part in (group, version) if part) or "the core group"
            raise KindNotServed(
                f"the cluster has no kind {kind} in {api_version}",
                status=404,
                reason="NotFound",
                hint="its CustomResourceDefinition is missing or of another version: run init first",
            )
        return resource

    def refresh(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kinds = None

    def _look_again(self, came: float) -> None:
        # Who waited for an answer that another thread did not get must not wait once more for the same.
        if self._failed and came < self._failed[0]:
            raise self._failed[1]
        try:
            self._kinds = self._ask()
        except InstallerError as error:
            self._failed = (self._clock(), error)
            raise
        self._asked = self._clock()

    def _known(self, group: str, kind: str, version: str | None) -> Resource | None:
        resources = (self._kinds or {}).get((group, kind), [])
        return next((r for r in resources if version in (None, r.version)), None)

    def _ask(self) -> _Kinds:
        kinds: _Kinds = {}
        for root in ("/api", "/apis"):
            for resource in self._resources(root):
                kinds.setdefault((resource.group, resource.kind), []).append(resource)
        return kinds

    def _resources(self, root: str) -> Iterator[Resource]:
        answer = self._server.request(Request("GET", root, accept=_AGGREGATED, subject="discovery"))
        document = answer.json()
        if document.get("kind") == "APIGroupDiscoveryList":
            yield from _aggregated(document)
        else:  # API servers before 1.26
            yield from self._by_group_version(root, document)

    def _by_group_version(self, root: str, document: dict[str, Any]) -> Iterator[Resource]:
        for group, version in _group_versions(document):
            path = f"{root}/{group}/{version}" if group else f"{root}/{version}"
            try:
                listed = self._server.request(Request("GET", path, subject="discovery")).json()
            except NotFound:  # an extension server that is gone
                continue
            for entry in listed.get("resources") or ():
                if "/" not in entry["name"]:
                    yield Resource(
                        group, version, entry["kind"], entry["name"], bool(entry.get("namespaced"))
                    )


def _aggregated(document: dict[str, Any]) -> Iterator[Resource]:
    for item in document.get("items") or ():
        group = str((item.get("metadata") or {}).get("name") or "")
        for version in item.get("versions") or ():
            for entry in version.get("resources") or ():
                kind = str((entry.get("responseKind") or {}).get("kind") or "")
                namespaced = entry.get("scope") == "Namespaced"
                yield Resource(group, str(version["version"]), kind, str(entry["resource"]), namespaced)


def _group_versions(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if document.get("kind") == "APIVersions":
        yield from (("", str(version)) for version in document.get("versions") or ())
    for group in document.get("groups") or ():
        preferred = (group.get("preferredVersion") or {}).get("version")
        versions = [str(version["version"]) for version in group.get("versions") or ()]
        for version in sorted(versions, key=lambda v: v != preferred):
            yield str(group["name"]), version
