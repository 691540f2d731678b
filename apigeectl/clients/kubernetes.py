"""The Kubernetes API: objects as plain JSON, server-side apply, watches, logs."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from apigeectl.clients import kubeconfig as kubeconfigs
from apigeectl.clients.apiserver import APPLY, JSON, Answer, ApiServer, Request
from apigeectl.clients.apiserver_errors import Expired, KindNotServed
from apigeectl.clients.discovery import Discovery, Resource
from apigeectl.clients.pod_logs import LogRequest, follow
from apigeectl.clients.redaction import values_hidden
from apigeectl.clients.watch import WatchEvent, changes
from apigeectl.errors import NotFound
from apigeectl.manifests import FIELD_MANAGER, LiveObject, Manifest, ObjectRef, split_api_version

__all__ = ["Cluster", "Expired", "KindNotServed", "WatchEvent"]

_PAGE = 500
_Query = list[tuple[str, str]]
_Objects = list[LiveObject]  # inside Cluster the name `list` is a method
_Operations = list[Any]


class Cluster:
    """One cluster, as one account sees it. Threads may share it."""

    user_agent = kubeconfigs.USER_AGENT

    def __init__(self, server: ApiServer) -> None:
        self.warnings: list[str] = []
        self._server = server
        self._discovery = Discovery(server)
        self._warnings_lock = threading.Lock()

    @classmethod
    def connect(
        cls,
        *,
        kubeconfig: str | None = None,
        context: str | None = None,
        request_timeout: float = 30.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Cluster:
        """Log in by kubeconfig, or inside a pod by its service account. No request goes out yet."""

        def log_in() -> kubeconfigs.Access:
            return kubeconfigs.load(kubeconfig, context)

        return cls(ApiServer(log_in, timeout=request_timeout, sleep=sleep))

    @property
    def context(self) -> str:
        return self._server.access.context

    @property
    def server(self) -> str:
        return self._server.access.server

    def server_version(self) -> Mapping[str, Any]:
        """What the API server says it is: major, minor, gitVersion."""
        return self._request("GET", "/version", subject="the version").json()

    def serves(self, group: str, kind: str, version: str | None = None) -> bool:
        """The API server knows the kind (in this version)."""
        try:
            self._discovery.find(group, kind, version)
        except KindNotServed:
            return False
        return True

    def refresh_discovery(self) -> None:
        """Forget which kinds the server serves."""
        self._discovery.refresh()

    def get(self, ref: ObjectRef, version: str | None = None) -> LiveObject | None:
        """The live object, None when there is none; KindNotServed when its kind is unknown."""
        resource = self._discovery.find(ref.group, ref.kind, version)
        try:
            return self._request("GET", resource.path(ref.namespace, ref.name), subject=str(ref)).json()
        except NotFound as absent:
            if absent.reason != "NotFound":  # no Status: perhaps the path is gone, not the object
                self._discovery.refresh()
                self._discovery.find(ref.group, ref.kind, version)
            return None

    def list(
        self,
        group: str,
        kind: str,
        namespace: str = "",
        *,
        labels: str = "",
        fields: str = "",
        version: str | None = None,
    ) -> _Objects:
        """All objects of a kind, in one namespace or in all, that the selectors let through."""
        return self.list_with_version(group, kind, namespace, labels=labels, fields=fields, version=version)[
            0
        ]

    def list_with_version(
        self,
        group: str,
        kind: str,
        namespace: str = "",
        *,
        labels: str = "",
        fields: str = "",
        version: str | None = None,
    ) -> tuple[_Objects, str]:
        """As list, with the resource version from which a watch goes on."""
        resource = self._discovery.find(group, kind, version)
        subject = _subject(kind, namespace)
        selectors = _selectors(labels, fields)
        try:
            return self._pages(resource, namespace, [*selectors, ("limit", str(_PAGE))], subject)
        except Expired:  # the list took longer than the server remembers: ask for all of it at once
            return self._pages(resource, namespace, selectors, subject)

    def watch(
        self,
        group: str,
        kind: str,
        namespace: str,
        resource_version: str,
        *,
        labels: str = "",
        fields: str = "",
        timeout: float,
        version: str | None = None,
    ) -> Iterator[WatchEvent]:
        """Changes since a resource version, until timeout or the server ends it; Expired when too old."""
        resource = self._discovery.find(group, kind, version)
        return changes(
            self._server,
            resource.path(namespace),
            _selectors(labels, fields),
            resource_version,
            timeout=timeout,
            subject=_subject(kind, namespace),
        )

    def apply(
        self, manifest: Manifest, *, dry_run: bool = False, force: bool = False, manager: str = FIELD_MANAGER
    ) -> LiveObject:
        """Server-side apply; Conflict names the fields that other managers hold."""
        query = [
            ("fieldManager", manager),
            ("fieldValidation", "Strict"),
            ("force", "true" if force else "false"),
        ]
        return self._write("PATCH", manifest, query, content_type=APPLY, dry_run=dry_run)

    def create(self, manifest: Manifest) -> LiveObject:
        """Create; Conflict when there is one already."""
        return self._write("POST", manifest, [("fieldManager", FIELD_MANAGER), ("fieldValidation", "Strict")])

    def replace(self, live: LiveObject) -> LiveObject:
        """Write a whole object back; Conflict when it changed since its resource version."""
        return self._write("PUT", Manifest(live), [("fieldManager", FIELD_MANAGER)])

    def patch(
        self,
        ref: ObjectRef,
        patch: Mapping[str, Any] | _Operations,
        *,
        content_type: str = "application/merge-patch+json",
        subresource: str = "",
        dry_run: bool = False,
        version: str | None = None,
    ) -> LiveObject:
        """Change some fields of an object, by merge patch or a list of JSON patch operations."""
        resource = self._discovery.find(ref.group, ref.kind, version)
        with values_hidden(ref.kind, patch):
            return self._request(
                "PATCH",
                resource.path(ref.namespace, ref.name, subresource),
                [("fieldManager", FIELD_MANAGER), *_dry_run(dry_run)],
                body=patch,
                content_type=content_type,
                subject=str(ref),
            ).json()

    def delete(self, ref: ObjectRef, *, propagation: str = "Background", uid: str | None = None) -> bool:
        """Ask for deletion; False when it was gone already, Conflict when the live object has another uid."""
        resource = self._discovery.find(ref.group, ref.kind)
        options: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": propagation,
        }
        if uid:
            options["preconditions"] = {"uid": uid}
        try:
            self._request("DELETE", resource.path(ref.namespace, ref.name), body=options, subject=str(ref))
        except NotFound:
            return False
        self._definitions_changed(ref.kind)
        return True

    def logs(
        self,
        namespace: str,
        pod: str,
        container: str,
        *,
        tail: int | None = None,
        since: int | None = None,
        previous: bool = False,
        timestamps: bool = False,
    ) -> str:
        """What a container wrote: the last `tail` lines, of the last `since` seconds, of its previous run."""
        request = LogRequest(
            namespace, pod, container, tail, since, previous=previous, timestamps=timestamps
        ).request()
        return self._server.request(request).data.decode("utf-8", "replace")

    def follow_log(
        self, namespace: str, pod: str, container: str, *, since_time: str | None, timeout: float
    ) -> Iterator[str]:
        """Lines as they are written, each with its time, until the container ends or is silent for so many seconds."""
        log = LogRequest(namespace, pod, container, since_time=since_time, timestamps=True)
        return follow(self._server, log, timeout)

    def _pages(self, resource: Resource, namespace: str, query: _Query, subject: str) -> tuple[_Objects, str]:
        items: _Objects = []
        token = ""
        while True:
            page_query = [*query, ("continue", token)] if token else query
            page = self._request("GET", resource.path(namespace), page_query, subject=subject).json()
            # Items of a list come without these two, and an object must say what it is.
            about = {"apiVersion": resource.api_version, "kind": resource.kind}
            items += [{**about, **item} for item in page.get("items") or ()]
            metadata = page.get("metadata") or {}
            token = str(metadata.get("continue") or "")
            if not token:
                return items, str(metadata.get("resourceVersion") or "")

    def _write(
        self,
        method: str,
        manifest: Manifest,
        query: _Query,
        *,
        content_type: str = JSON,
        dry_run: bool = False,
    ) -> LiveObject:
        group, version = split_api_version(manifest.api_version)
        resource = self._discovery.find(group, manifest.kind, version)
        path = resource.path(manifest.namespace, "" if method == "POST" else manifest.name)
        with values_hidden(manifest.kind, manifest.body):
            answer = self._request(
                method,
                path,
                [*query, *_dry_run(dry_run)],
                body=json.dumps(manifest.body) if content_type == APPLY else manifest.body,
                content_type=content_type,
                subject=str(manifest),
            )
        if not dry_run:
            self._definitions_changed(manifest.kind)
        return answer.json()

    def _definitions_changed(self, kind: str) -> None:
        if kind in {"CustomResourceDefinition", "APIService"}:
            self._discovery.refresh()

    def _request(self, method: str, path: str, query: _Query | None = None, **rest: Any) -> Answer:
        answer = self._server.request(Request(method, path, tuple(query or ()), **rest))
        for header in answer.headers.getlist("Warning"):
            self._note(header)
        return answer

    def _note(self, header: str) -> None:
        texts = [re.sub(r"\\(.)", r"\1", quoted) for quoted in _WARNING.findall(header)]
        with self._warnings_lock:
            self.warnings += [text for text in texts if text not in self.warnings]


_WARNING = re.compile(r'\b299 \S+ "((?:[^"\\]|\\.)*)"')


def _subject(kind: str, namespace: str) -> str:
    return f"{kind}/{namespace}" if namespace else kind


def _selectors(labels: str, fields: str) -> _Query:
    selectors = (("labelSelector", labels), ("fieldSelector", fields))
    return [(name, selector) for name, selector in selectors if selector]


def _dry_run(dry_run: bool) -> _Query:
    return [("dryRun", "All")] if dry_run else []
