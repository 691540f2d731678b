"""Request bodies: JSON, YAML or protobuf to objects that fit their path."""

from __future__ import annotations

import json
from typing import Any

from apigeectl import yaml
from apigeectl.manifests import LiveObject
from apigeectl.sandbox.kubernetes import protobuf
from apigeectl.sandbox.kubernetes.kinds import Kind
from apigeectl.sandbox.kubernetes.messages import Call, Target
from apigeectl.sandbox.kubernetes.statuses import Refusal, bad_request, unsupported_media_type

JSON_TYPES = ("application/json", "application/yaml")
PROTOBUF = "application/vnd.kubernetes.protobuf"


def sent_object(call: Call, target: Target, expected: str = "") -> LiveObject:
    """The object in the body; apiVersion and kind may be missing, but not wrong."""
    kind = target.kind
    expected = expected or kind.kind
    body = _decoded(call, kind, expected)
    if not isinstance(body, dict):
        raise bad_request(f"the object provided is unrecognized (must be of type {expected})")
    if kind.custom and not body.get("kind"):
        raise _kindless(call, expected)
    api_version = target.api_version
    sent_kind, sent_version = body.get("kind") or expected, body.get("apiVersion") or api_version
    if (sent_kind, sent_version) != (expected, api_version):
        raise _wrong_kind(target, sent_kind, sent_version)
    metadata = body.get("metadata") or {}
    if not isinstance(metadata, dict):
        raise bad_request("metadata is not an object")
    return {"kind": sent_kind, "apiVersion": sent_version, **body, "metadata": metadata}


def parsed(body: bytes) -> Any:
    """A body that may be YAML but, coming from the known clients, nearly always is JSON."""
    try:
        return json.loads(body)
    except ValueError:
        pass
    try:
        documents = yaml.load_all(body.decode())
    except (yaml.YAMLSyntaxError, UnicodeDecodeError) as error:
        raise bad_request(f"error decoding YAML: {error}") from None
    return documents[0] if documents else None


def _decoded(call: Call, kind: Kind, expected: str) -> Any:
    if call.content_type == PROTOBUF and not kind.custom:
        return protobuf.decode(call.body)
    if call.content_type == "application/yaml":
        return parsed(call.body)
    if call.content_type not in ("", "application/json"):
        raise unsupported_media_type((*JSON_TYPES, *(() if kind.custom else (PROTOBUF,))))
    try:
        return json.loads(call.body)
    except ValueError as error:
        shown = call.body[:60].decode(errors="replace")
        why = f"couldn't get version/kind; json parse error: {error} ({shown})"
        if kind.plural in ("secrets",):
            why = "couldn't get version/kind; json parse error"  # a broken Secret is a secret still
        raise bad_request(
            f"the object provided is unrecognized (must be of type {expected}): {why}"
        ) from None


def _kindless(call: Call, expected: str) -> Refusal:
    """Custom resources have no type that the server could decode them into."""
    sent = call.body.decode(errors="replace")
    why = f"Object 'Kind' is missing in '{sent}' ({sent})"
    return bad_request(f"the object provided is unrecognized (must be of type {expected}): {why}")


def _wrong_kind(target: Target, kind: str, api_version: str) -> Refusal:
    if target.kind.custom:
        return bad_request(
            f"the API version in the data ({api_version}) does not match the expected API version "
            f"({target.api_version})"
            if api_version != target.api_version
            else f"the kind in the data ({kind}) does not match the expected kind ({target.kind.kind})"
        )
    version = api_version.rpartition("/")[2]
    if kind == target.kind.kind:
        why = f'no kind "{kind}" is registered for version "{api_version}" in scheme "pkg/runtime/scheme.go:100"'
    else:
        group = target.kind.group.partition(".")[0] or "core"
        why = f"converting ({version}.{kind}) to ({group}.{target.kind.kind}): unknown conversion"
    return bad_request(f'{kind} in version "{version}" cannot be handled as a {target.kind.kind}: {why}')
