"""Changes of a collection, as the API server reports them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass

from apigeectl.clients.apiserver import ApiServer, Request
from apigeectl.clients.apiserver_errors import status_error
from apigeectl.manifests import LiveObject

_GRACE = 5.0
"""Seconds that a watch may outlive its timeout before the connection counts as dead."""


@dataclass(frozen=True)
class WatchEvent:
    """A change that the API server reports: ADDED, MODIFIED or DELETED, and the object after it."""

    type: str
    object: LiveObject


def changes(
    server: ApiServer,
    path: str,
    selectors: list[tuple[str, str]],
    resource_version: str,
    *,
    timeout: float,
    subject: str,
) -> Iterator[WatchEvent]:
    """The changes since a resource version, until the server ends the watch after `timeout`."""
    seconds = max(1, math.ceil(timeout))
    query = [*selectors, ("watch", "true"), ("resourceVersion", resource_version)]
    request = Request("GET", path, (*query, ("timeoutSeconds", str(seconds))), subject=subject)
    for line in server.lines(request, seconds + _GRACE):
        try:
            event = json.loads(line)
        except ValueError:
            return  # the connection ended in the middle of a line; the next look tells what it said
        if event.get("type") == "ERROR":
            raise status_error(event.get("object") or {}, subject, server.access)
        if event.get("type") != "BOOKMARK":
            yield WatchEvent(str(event["type"]), event["object"])
