"""What the API server does for kubectl alone: client-side apply hands its fields over to server-side apply."""

from __future__ import annotations

import json
from typing import Any

from apigeectl.sandbox.kubernetes import comparing, managed_fields, merging
from apigeectl.sandbox.kubernetes.field_sets import NONE, Fields
from apigeectl.sandbox.kubernetes.list_items import StructureMismatch
from apigeectl.sandbox.kubernetes.managed_fields import ApplyConflict, Object, Writer
from apigeectl.sandbox.kubernetes.schema import ANYTHING, Schema

ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration"
MANAGER = "kubectl"
"""The manager's name by which kubectl's server-side apply is known."""


def apply(
    live: Object | None, config: Object, writer: Writer, schema: Schema | None, *, force: bool
) -> Object:
    """A server-side apply that, coming from kubectl, takes over and renews the annotation of client-side apply."""
    try:
        merged = managed_fields.apply(live, config, writer, schema, force=force)
    except ApplyConflict as clash:
        if live is None or writer.manager != MANAGER or clash.fields - _still_as_applied(live, schema):
            raise
        merged = managed_fields.apply(live, config, writer, schema, force=True)
    annotations = merged["metadata"].get("annotations") or {}
    if writer.manager != MANAGER or ANNOTATION not in annotations:
        return merged
    renewed = {**annotations, ANNOTATION: _encoded(config)}
    return {**merged, "metadata": {**merged["metadata"], "annotations": renewed}}


def _still_as_applied(live: Object, schema: Schema | None) -> Fields:
    """The fields that client-side apply set and nobody changed since."""
    text = (live["metadata"].get("annotations") or {}).get(ANNOTATION)
    try:
        applied = json.loads(text or "")
    except ValueError:
        return NONE
    if not isinstance(applied, dict) or applied.get("apiVersion") != live["apiVersion"]:
        return NONE
    node = (schema or ANYTHING).root
    try:
        changes = comparing.compare(node, applied, live)
        fields = merging.fields_of(node, applied)
    except StructureMismatch:
        return NONE
    return fields - changes.added - changes.modified - changes.removed


def _encoded(config: Object) -> str:
    metadata: dict[str, Any] = {**config["metadata"]}
    if ANNOTATION in (metadata.get("annotations") or {}):
        metadata["annotations"] = {
            name: text for name, text in metadata["annotations"].items() if name != ANNOTATION
        }
    text = json.dumps(
        {**config, "metadata": metadata}, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    for special in "<>&\u2028\u2029":  # Go writes JSON that is safe inside HTML
        text = text.replace(special, f"\\u{ord(special):04x}")
    return f"{text}\n"
