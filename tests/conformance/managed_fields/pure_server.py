"""The order of steps in which an API server uses our functions, and nothing else of a server."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from apigeectl.sandbox.kubernetes import managed_fields, patch
from apigeectl.sandbox.kubernetes.managed_fields import Writer
from apigeectl.sandbox.kubernetes.schema import Schema, default, prune

Object = dict[str, Any]


def write(
    live: Object | None, verb: str, body: Any, writer: Writer, schema: Schema, *, force: bool
) -> Object:
    """The object that a request would leave behind."""
    if verb == "apply":
        result = managed_fields.apply(live, body, replace(writer, operation="Apply"), schema, force=force)
        return default(_reset(live, prune(result, schema)[0], writer), schema)
    new = default(prune(_wanted(live, verb, body, schema), schema)[0], schema)
    if live:
        new = _reset(live, _keep_server_side(live, new), writer)
    result = managed_fields.update(live, new, replace(writer, operation="Update"), schema)
    return result if live else default(_reset(live, result, writer), schema)


def _wanted(live: Object | None, verb: str, body: Any, schema: Schema) -> Object:
    if verb in ("create", "replace"):
        return copy.deepcopy(body)
    if verb == "merge-patch":
        return patch.merge_patch(live, body)
    if verb == "json-patch":
        return patch.json_patch(live, body)
    return patch.strategic_merge(live, body, schema)


def _keep_server_side(live: Object, new: Object) -> Object:
    kept = {name: live["metadata"][name] for name in SERVER_SIDE if name in live["metadata"]}
    return {**new, "metadata": {**new["metadata"], **kept}}


def _reset(live: Object | None, new: Object, writer: Writer) -> Object:
    """A write to the object leaves the status alone, a write to the status leaves all else alone."""
    live = live or {}
    if writer.subresource == "status":
        metadata = {**live["metadata"], "managedFields": new["metadata"].get("managedFields")}
        return {**live, "metadata": metadata, **({"status": new["status"]} if "status" in new else {})}
    kept = {name: value for name, value in new.items() if name != "status"}
    return {**kept, "status": live["status"]} if "status" in live else kept


SERVER_SIDE = ("uid", "creationTimestamp", "generation", "resourceVersion")
