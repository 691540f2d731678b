"""watch: what was there, then what changes, until the time is over or somebody leaves."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from apigeectl.manifests import LiveObject
from apigeectl.sandbox.kubernetes import reading, selectors, tables
from apigeectl.sandbox.kubernetes.control_plane import ControlPlane
from apigeectl.sandbox.kubernetes.messages import Call, Stream, Target
from apigeectl.sandbox.kubernetes.negotiation import Form, form, in_version, metadata_only
from apigeectl.sandbox.kubernetes.statuses import expired, invalid_option
from apigeectl.sandbox.kubernetes.storage import Change

DEFAULT_TIMEOUT = 1800.0
BOOKMARK_EVERY = 60.0
LOOK_EVERY = 2.0
"""How often a silent watch looks whether its client is still there."""


def watch(plane: ControlPlane, target: Target, call: Call) -> Stream:
    """A stream of events as JSON lines."""
    wanted = form(call.accept)
    initial = _sends_initial_events(call)
    since = reading.resource_version(call)
    test = selectors.selector(
        target.kind, call.query.get("labelSelector", ""), call.query.get("fieldSelector", "")
    )
    items, version = plane.store.list(target.kind.key, target.namespace)
    if since and not initial:
        items, version = [], since
    if test:
        items = [live for live in items if test(live)]
    watcher = _Watcher(plane, target, call, wanted, test, deadline=_deadline(call))
    return Stream(watcher.events(items, version, mark_end=initial))


@dataclass
class _Watcher:
    plane: ControlPlane
    target: Target
    call: Call
    form: Form
    test: selectors.Test | None
    deadline: float
    columns_sent: bool = False

    def events(self, items: list[LiveObject], version: int, *, mark_end: bool) -> Iterator[bytes]:
        for live in items:
            yield self._event("ADDED", live)
        if mark_end:
            yield self._bookmark(version, {"k8s.io/initial-events-end": "true"})
        bookmarks = self.call.flag("allowWatchBookmarks")
        bookmark_at = time.monotonic() + BOOKMARK_EVERY
        while not self.plane.stopping.is_set():
            left = self.deadline - time.monotonic()
            if left <= 0:
                break
            changes = self.plane.store.changes(self.target.kind.key, version, min(left, LOOK_EVERY))
            if changes is None:
                oldest = self.plane.store.oldest(self.target.kind.key)
                yield _line("ERROR", expired(f"too old resource version: {version} ({oldest})").body)
                return
            for change in changes:
                version = change.version
                yield self._shown(change)
            if not changes:
                yield b""
            if bookmarks and time.monotonic() >= bookmark_at:
                bookmark_at += BOOKMARK_EVERY
                yield self._bookmark(version, {})
        if bookmarks:
            yield self._bookmark(version, {})

    def _shown(self, change: Change) -> bytes:
        """The event as this watch sees it: what leaves its selection is deleted, what enters is added."""
        before, after = self._selected(change.before), self._selected(change.after)
        if after:
            return self._event("MODIFIED" if before else "ADDED", change.last)
        if not before or change.before is None:
            return b""
        if change.after is None:
            return self._event("DELETED", change.last)
        metadata = {**change.before["metadata"], "resourceVersion": str(change.version)}
        return self._event("DELETED", {**change.before, "metadata": metadata})

    def _selected(self, live: LiveObject | None) -> bool:
        if live is None:
            return False
        if self.target.namespace and live["metadata"].get("namespace") != self.target.namespace:
            return False
        return self.test is None or self.test(live)

    def _event(self, event: str, live: LiveObject) -> bytes:
        body: Any = in_version(live, self.target)
        if self.form is Form.TABLE:
            version = {"resourceVersion": live["metadata"]["resourceVersion"]}
            body = tables.table(self.plane, self.target, self.call, [body], version)
            if self.columns_sent:
                body["columnDefinitions"] = None
            self.columns_sent = True
        elif self.form is not Form.WHOLE:
            body = metadata_only(live)
        return _line(event, body)

    def _bookmark(self, version: int, annotations: dict[str, str]) -> bytes:
        metadata: dict[str, Any] = {"resourceVersion": str(version), "creationTimestamp": None}
        if annotations:
            metadata["annotations"] = annotations
        kind, api_version = self.target.kind.kind, self.target.api_version
        return _line("BOOKMARK", {"kind": kind, "apiVersion": api_version, "metadata": metadata})


def _line(event: str, body: Any) -> bytes:
    return json.dumps({"type": event, "object": body}, separators=(",", ":")).encode() + b"\n"


def _deadline(call: Call) -> float:
    return time.monotonic() + (call.number("timeoutSeconds") or DEFAULT_TIMEOUT)


def _sends_initial_events(call: Call) -> bool:
    if "sendInitialEvents" not in call.query:
        return False
    if call.query.get("resourceVersionMatch") != "NotOlderThan":
        message = "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        raise invalid_option("ListOptions", "resourceVersionMatch", "FieldValueForbidden", message)
    return call.flag("sendInitialEvents")
