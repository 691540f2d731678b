"""get and list; watch is next door."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from apigeectl.manifests import LiveObject
from apigeectl.sandbox.kubernetes import selectors, tables, watching
from apigeectl.sandbox.kubernetes.control_plane import ControlPlane
from apigeectl.sandbox.kubernetes.messages import Answer, Call, Stream, Target
from apigeectl.sandbox.kubernetes.negotiation import Form, form, in_version, listed, metadata_only
from apigeectl.sandbox.kubernetes.statuses import (
    Refusal,
    bad_request,
    expired,
    invalid_option,
    not_found,
    too_large_version,
)


def get(plane: ControlPlane, target: Target, call: Call) -> Answer:
    wanted = form(call.accept)
    live = existing(plane, target)
    return shown(plane, target, call, live, wanted)


def existing(plane: ControlPlane, target: Target) -> LiveObject:
    """The object that a path names, in the version of the path; raises 404."""
    live = plane.store.get(target.kind.key, target.namespace, target.name)
    if live is None:
        raise not_found(target.kind, target.name)
    return in_version(live, target)


def shown(
    plane: ControlPlane, target: Target, call: Call, live: LiveObject, wanted: Form, status: int = 200
) -> Answer:
    """One object in the form that was asked for."""
    if wanted is Form.TABLE:
        metadata = {"resourceVersion": live["metadata"]["resourceVersion"]}
        return Answer(tables.table(plane, target, call, [live], metadata), status)
    if wanted is Form.METADATA:
        return Answer(metadata_only(live), status)
    return Answer(live, status)


def list_or_watch(plane: ControlPlane, target: Target, call: Call) -> Answer | Stream:
    if call.flag("watch"):
        return watching.watch(plane, target, call)
    wanted = form(call.accept)
    items, metadata = _page(plane, target, call)
    if wanted is Form.TABLE:
        return Answer(tables.table(plane, target, call, items, metadata))
    return Answer(listed(target, items, metadata, wanted))


def resource_version(call: Call) -> int | None:
    """The resourceVersion of a list or watch; None when the request has none."""
    text = call.query.get("resourceVersion", "")
    if text and not text.isdigit():
        message = (
            f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax'
        )
        raise Refusal(500, "", message)
    return int(text) if text else None


def _page(plane: ControlPlane, target: Target, call: Call) -> tuple[list[LiveObject], dict[str, Any]]:
    limit = call.number("limit") or 0
    test = selectors.selector(
        target.kind, call.query.get("labelSelector", ""), call.query.get("fieldSelector", "")
    )
    token = _token(call)
    items, version = plane.store.list(target.kind.key, target.namespace)
    _check_version(call, version)
    if token:
        if plane.store.forgot(target.kind.key, token["rv"]):
            raise expired(
                "The provided continue parameter is too old to display a consistent list result. You can start "
                "a new list without the continue parameter."
            )
        version = token["rv"]
        items = [live for live in items if _place(live) > token["start"]]
    if test:
        items = [live for live in items if test(live)]
    metadata: dict[str, Any] = {"resourceVersion": str(version)}
    if limit and len(items) > limit:
        start = _place(items[limit - 1])
        text = json.dumps({"v": "meta.k8s.io/v1", "rv": version, "start": start}).encode()
        metadata["continue"] = base64.urlsafe_b64encode(text).decode().rstrip("=")
        if not test:
            metadata["remainingItemCount"] = len(items) - limit
        items = items[:limit]
    return items, metadata


def _token(call: Call) -> dict[str, Any] | None:
    text = call.query.get("continue", "")
    if not text:
        return None
    try:
        token = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return {"rv": int(token["rv"]), "start": list(token["start"])}
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise bad_request("invalid continue token: continue key is not valid") from None


def _place(live: LiveObject) -> list[str]:
    return [live["metadata"].get("namespace", ""), live["metadata"]["name"]]


def _check_version(call: Call, current: int) -> None:
    asked = resource_version(call)
    match = call.query.get("resourceVersionMatch")
    if match and asked is None:
        message = "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided"
        raise invalid_option("ListOptions", "resourceVersionMatch", "FieldValueForbidden", message)
    if asked is not None and asked > current:
        raise too_large_version(asked, current)
    if match == "Exact" and asked != current:
        raise expired("The provided resource version is not kept: only the current state is")
