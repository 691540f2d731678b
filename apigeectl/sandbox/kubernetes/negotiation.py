"""In which form an answer is wanted, and objects in that form."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

from apigeectl.manifests import LiveObject
from apigeectl.sandbox.kubernetes.messages import Target
from apigeectl.sandbox.kubernetes.statuses import not_acceptable


class Form(Enum):
    """What the Accept header asks for."""

    WHOLE = ""
    TABLE = "Table"
    METADATA = "PartialObjectMetadata"
    METADATA_LIST = "PartialObjectMetadataList"


def form(accept: str) -> Form:
    """The first form of the Accept header that we speak."""
    for wanted in accept.split(",") if accept.strip() else ["*/*"]:
        media, *parameters = (part.strip() for part in wanted.split(";"))
        if media not in ("*/*", "application/*", "application/json"):
            continue
        named = dict(parameter.partition("=")[::2] for parameter in parameters)
        if "as" not in named:
            return Form.WHOLE
        if named.get("g") == "meta.k8s.io" and named.get("v") == "v1" and named["as"] in _FORMS:
            return Form(named["as"])
    raise not_acceptable()


_FORMS = {member.value for member in Form if member.value}


def in_version(live: LiveObject, target: Target) -> LiveObject:
    """The object in the version of the path; versions differ by name only, there is no conversion webhook."""
    if live["apiVersion"] == target.api_version:
        return live
    return {**live, "apiVersion": target.api_version}


def metadata_only(live: LiveObject) -> LiveObject:
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": live["metadata"]}


def listed(
    target: Target, items: Sequence[LiveObject], metadata: dict[str, Any], wanted: Form
) -> dict[str, Any]:
    """A list of objects, or of their metadata."""
    if wanted in (Form.METADATA, Form.METADATA_LIST):
        return {
            "kind": "PartialObjectMetadataList",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": metadata,
            "items": [metadata_only(live) for live in items],
        }
    if target.kind.custom:
        body = [in_version(live, target) for live in items]
    else:  # the list kind says what its items are
        body = [{key: live[key] for key in live if key not in ("kind", "apiVersion")} for live in items]
    kind = target.kind.list_kind or f"{target.kind.kind}List"
    return {"kind": kind, "apiVersion": target.api_version, "metadata": metadata, "items": body}
