"""Protobuf bodies of the kinds that kubectl creates by flags and asks reviews with; answers are JSON anyway.

A message is a table from field number to name and form: TEXT, FLAG, a nested table, [form] for a repeated
field, MAP, BYTES_MAP and QUANTITIES for maps with strings as keys.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

from apigeectl.sandbox.kubernetes.statuses import bad_request, unsupported_media_type

Table = dict[int, tuple[str, Any]]

MAGIC = b"k8s\x00"
TEXT, FLAG, NUMBER = "text", "flag", "number"
MAP, BYTES_MAP, QUANTITIES = "map", "bytes map", "quantities"


def decode(body: bytes) -> dict[str, Any]:
    """The object in a protobuf body; 415 for kinds that we have no table for."""
    try:
        return _decode(body)
    except (IndexError, ValueError, KeyError):
        raise bad_request("the body is not a protobuf message of Kubernetes") from None


def _decode(body: bytes) -> dict[str, Any]:
    if not body.startswith(MAGIC):
        raise ValueError
    envelope = dict(_fields(body[len(MAGIC) :]))
    names = dict(_fields(envelope[1]))
    api_version, kind = names[1].decode(), names[2].decode()
    table = KINDS.get((api_version, kind))
    if table is None:
        raise unsupported_media_type(("application/json", "application/yaml"))
    return {"apiVersion": api_version, "kind": kind, **_message(envelope.get(2, b""), table)}


def _message(data: bytes, table: Table) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for number, value in _fields(data):
        if number not in table:
            continue
        name, form = table[number]
        if isinstance(form, str) and form in _ENTRIES:
            entry = dict(_fields(value))
            shown = _ENTRIES[form](entry.get(2, b""))
            result.setdefault(name, {})[entry.get(1, b"").decode()] = shown.decode()
        elif isinstance(form, list):
            result.setdefault(name, []).append(_value(value, form[0]))
        elif (read := _value(value, form)) != "":
            result[name] = read
    return result


_ENTRIES: dict[Any, Callable[[bytes], bytes]] = {
    MAP: lambda text: text,
    BYTES_MAP: base64.b64encode,
    QUANTITIES: lambda quantity: dict(_fields(quantity)).get(1, b"0"),
}


def _value(value: Any, form: Any) -> Any:
    if isinstance(form, dict):
        return _message(value, form)
    if form == NUMBER:
        return value - (1 << 64) if value >> 63 else value
    return bool(value) if form == FLAG else value.decode()


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Number and value of each field: an int, or the bytes of everything that has a length."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield number, value
        elif wire == 2:
            size, at = _varint(data, at)
            if at + size > len(data):
                raise ValueError
            yield number, data[at : at + size]
            at += size
        elif wire in (1, 5):
            at += 8 if wire == 1 else 4
        else:
            raise ValueError


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


_METADATA: Table = {
    1: ("name", TEXT),
    2: ("generateName", TEXT),
    3: ("namespace", TEXT),
    11: ("labels", MAP),
    12: ("annotations", MAP),
    14: ("finalizers", [TEXT]),
}
_RULE: Table = {
    1: ("verbs", [TEXT]),
    2: ("apiGroups", [TEXT]),
    3: ("resources", [TEXT]),
    4: ("resourceNames", [TEXT]),
    5: ("nonResourceURLs", [TEXT]),
}
_SUBJECT: Table = {1: ("kind", TEXT), 2: ("apiGroup", TEXT), 3: ("name", TEXT), 4: ("namespace", TEXT)}
_ROLE_REF: Table = {1: ("apiGroup", TEXT), 2: ("kind", TEXT), 3: ("name", TEXT)}
_RESOURCE: Table = {
    1: ("namespace", TEXT),
    2: ("verb", TEXT),
    3: ("group", TEXT),
    4: ("version", TEXT),
    5: ("resource", TEXT),
    6: ("subresource", TEXT),
    7: ("name", TEXT),
}
_ACCESS: Table = {
    1: ("resourceAttributes", _RESOURCE),
    2: ("nonResourceAttributes", {1: ("path", TEXT), 2: ("verb", TEXT)}),
}
_BINDING: Table = {2: ("subjects", [_SUBJECT]), 3: ("roleRef", _ROLE_REF)}

_CONTAINER: Table = {
    1: ("name", TEXT),
    2: ("image", TEXT),
    3: ("command", [TEXT]),
    4: ("args", [TEXT]),
    6: (
        "ports",
        [{1: ("name", TEXT), 2: ("hostPort", NUMBER), 3: ("containerPort", NUMBER), 4: ("protocol", TEXT)}],
    ),
}
_TEMPLATE: Table = {
    1: ("metadata", _METADATA),
    2: ("spec", {2: ("containers", [_CONTAINER]), 3: ("restartPolicy", TEXT)}),
}
_DEPLOYMENT: Table = {
    1: ("replicas", NUMBER),
    2: ("selector", {1: ("matchLabels", MAP)}),
    3: ("template", _TEMPLATE),
}

_BODIES: dict[tuple[str, str], Table] = {
    ("v1", "Namespace"): {},
    ("v1", "ServiceAccount"): {},
    ("v1", "ConfigMap"): {2: ("data", MAP), 3: ("binaryData", BYTES_MAP), 4: ("immutable", FLAG)},
    ("v1", "Secret"): {
        2: ("data", BYTES_MAP),
        3: ("type", TEXT),
        4: ("stringData", MAP),
        5: ("immutable", FLAG),
    },
    ("v1", "ResourceQuota"): {2: ("spec", {1: ("hard", QUANTITIES), 2: ("scopes", [TEXT])})},
    ("apps/v1", "Deployment"): {2: ("spec", _DEPLOYMENT)},
    ("batch/v1", "Job"): {2: ("spec", {6: ("template", _TEMPLATE)})},
    ("rbac.authorization.k8s.io/v1", "ClusterRole"): {2: ("rules", [_RULE])},
    ("rbac.authorization.k8s.io/v1", "Role"): {2: ("rules", [_RULE])},
    ("rbac.authorization.k8s.io/v1", "RoleBinding"): _BINDING,
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"): _BINDING,
    ("authorization.k8s.io/v1", "SelfSubjectAccessReview"): {2: ("spec", _ACCESS)},
    ("authorization.k8s.io/v1", "SelfSubjectRulesReview"): {2: ("spec", {1: ("namespace", TEXT)})},
    ("authentication.k8s.io/v1", "SelfSubjectReview"): {},
}
KINDS: dict[tuple[str, str], Table] = {
    names: {1: ("metadata", _METADATA), **table} for names, table in _BODIES.items()
}
