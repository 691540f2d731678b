"""Tables: the columns that `kubectl get` shows, made by the server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apigeectl.manifests import LiveObject
from apigeectl.sandbox.kubernetes.columns import AGE, NAME, Column, age
from apigeectl.sandbox.kubernetes.control_plane import ControlPlane
from apigeectl.sandbox.kubernetes.jsonpath import find
from apigeectl.sandbox.kubernetes.messages import Call, Target
from apigeectl.sandbox.kubernetes.negotiation import in_version, metadata_only
from apigeectl.sandbox.kubernetes.statuses import bad_request
from apigeectl.sandbox.kubernetes.workload_columns import COLUMNS


def table(
    plane: ControlPlane,
    target: Target,
    call: Call,
    items: Sequence[LiveObject],
    metadata: dict[str, Any],
) -> dict[str, Any]:
    """The objects as a Table."""
    columns = _columns(plane, target)
    include = call.query.get("includeObject", "Metadata")
    if include not in ("", "None", "Metadata", "Object"):
        raise bad_request(f'includeObject must be "None", "Metadata" or "Object", not "{include}"')
    rows = []
    for live in items:
        row: dict[str, Any] = {"cells": [column.cell(live) for column in columns]}
        if include == "Object":
            row["object"] = in_version(live, target)
        elif include != "None":
            row["object"] = metadata_only(live)
        rows.append(row)
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": [column.definition for column in columns],
        "rows": rows,
    }


def _columns(plane: ControlPlane, target: Target) -> Sequence[Column]:
    if not target.kind.custom:
        return COLUMNS.get(target.kind.resource, _PLAIN)
    entry = plane.definition_version(target.kind, target.version)
    described = entry.get("additionalPrinterColumns")
    if not described:
        return [NAME, Column("Age", "date", lambda live: age(live["metadata"]["creationTimestamp"]))]
    return [NAME, *(_custom_column(column) for column in described)]


_PLAIN = (NAME, AGE)


def _custom_column(described: dict[str, Any]) -> Column:
    """A column of a CRD: what the JSONPath finds first, if it is of the type that the column says."""
    path, form = described["jsonPath"], described["type"]

    def cell(live: LiveObject) -> Any:
        found = find(live, path)
        return _fitting(found[0], form) if found else None

    return Column(described["name"], form, cell, described.get("priority", 0), described.get("format", ""))


def _fitting(value: Any, form: str) -> Any:
    if form == "string":
        return (
            value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else f"{value}"
        )
    if form == "date":
        return age(value) if isinstance(value, str) else None
    if form == "boolean":
        return value if isinstance(value, bool) else None
    numeric = isinstance(value, (int, float)) and not isinstance(value, bool)
    return (int(value) if form == "integer" else value) if numeric else None
