"""Whether a custom resource obeys its schema, in the words of the API server.

Left out, because no schema of the kinds we serve has them: CEL rules, anyOf and its kin.
"""

from __future__ import annotations

import base64
import datetime
import ipaddress
import json
import re
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from apigeectl.sandbox.kubernetes.structure import Node


@dataclass(frozen=True)
class Cause:
    """One thing that is wrong, as in `Status.details.causes`."""

    field: str
    reason: str
    message: str


def validate_node(node: Node, value: Any, path: str = "") -> Iterator[Cause]:
    """What the schema has against a value, list keys last as the API server does."""
    yield from _schema_causes(node, value, path)
    yield from _list_causes(node, value, path)
    yield from _embedded_causes(node, value, path)


def required(field: str, why: str = "") -> Cause:
    return Cause(field, "FieldValueRequired", f"Required value: {why}" if why else "Required value")


def invalid(field: str, value: Any, why: str) -> Cause:
    return Cause(field, "FieldValueInvalid", f"Invalid value: {_shown(value)}: {why}")


def unsupported(field: str, value: Any, supported: list[Any]) -> Cause:
    values = ", ".join(json.dumps(str(one)) for one in supported)
    words = f"Unsupported value: {_shown(value)}: supported values: {values}"
    return Cause(field, "FieldValueNotSupported", words)


def duplicate(field: str, value: Any) -> Cause:
    return Cause(field, "FieldValueDuplicate", f"Duplicate value: {_shown(value)}")


def _schema_causes(node: Node, value: Any, path: str) -> Iterator[Cause]:
    if value is None and (node.spec.get("nullable") or not path):
        return
    yield from _type_causes(node, value, path)
    if isinstance(value, str):
        yield from _string_causes(node.spec, value, path)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield from _number_causes(node.spec, value, path)
    enum = node.spec.get("enum")
    if enum and value not in enum:
        yield unsupported(path, value, enum)
    if isinstance(value, dict) and "object" in _types(node):
        yield from _object_causes(node, value, path)
    elif isinstance(value, list) and "array" in _types(node):
        yield from _array_causes(node, value, path)


def _types(node: Node) -> tuple[str, ...]:
    if node.spec.get("x-kubernetes-int-or-string"):
        return ("integer", "string")
    return (node.spec["type"],) if "type" in node.spec else tuple(_TYPE_NAMES.values())


def _type_causes(node: Node, value: Any, path: str) -> Iterator[Cause]:
    wanted, kind = _types(node), _type_name(value)
    if "type" not in node.spec and len(wanted) != 2:
        return
    if kind not in wanted and not (kind == "integer" and "number" in wanted):
        words = f'Invalid value: "{kind}": {path} in body must be of type {",".join(wanted)}: "{kind}"'
        yield Cause(path, "FieldValueTypeInvalid", words)


def _string_causes(spec: Any, value: str, path: str) -> Iterator[Cause]:
    if len(value) > spec.get("maxLength", len(value)):
        yield Cause(path, "FieldValueTooLong", f"Too long: may not be more than {spec['maxLength']} bytes")
    if len(value) < spec.get("minLength", 0):
        yield invalid(path, value, f"{path} in body should be at least {spec['minLength']} chars long")
    if "pattern" in spec and not re.search(spec["pattern"], value):
        yield invalid(path, value, f"{path} in body should match '{spec['pattern']}'")
    form = spec.get("format", "")
    if form in _FORMATS and not _obeys(_FORMATS[form], value):
        quoted = _shown(value)
        words = f"Invalid value: {quoted}: {path} in body must be of type {form}: {quoted}"
        yield Cause(path, "FieldValueTypeInvalid", words)


def _number_causes(spec: Any, value: float, path: str) -> Iterator[Cause]:
    if "multipleOf" in spec and Decimal(str(value)) % Decimal(str(spec["multipleOf"])):
        yield invalid(path, value, f"{path} in body should be a multiple of {spec['multipleOf']}")
    if "maximum" in spec:
        most, exclusive = spec["maximum"], spec.get("exclusiveMaximum")
        if value > most or (exclusive and value == most):
            words = "less than" if exclusive else "less than or equal to"
            yield invalid(path, value, f"{path} in body should be {words} {most}")
    if "minimum" in spec:
        least, exclusive = spec["minimum"], spec.get("exclusiveMinimum")
        if value < least or (exclusive and value == least):
            words = "greater than" if exclusive else "greater than or equal to"
            yield invalid(path, value, f"{path} in body should be {words} {least}")


def _object_causes(node: Node, value: dict[str, Any], path: str) -> Iterator[Cause]:
    spec = node.spec
    if len(value) < spec.get("minProperties", 0):
        words = f"{path} in body should have at least {spec['minProperties']} properties"
        yield invalid(path, len(value), words)
    if len(value) > spec.get("maxProperties", len(value)):
        yield _too_many(path, len(value), spec["maxProperties"])
    for name in spec.get("required") or []:
        if name not in value:
            yield required(_below(path, name))
    for name, inner in value.items():
        child = node.field(name)
        if child:
            yield from _schema_causes(child, inner, _below(path, name))


def _array_causes(node: Node, value: list[Any], path: str) -> Iterator[Cause]:
    for index, item in enumerate(value):
        yield from _schema_causes(node.items, item, f"{path}[{index}]")
    if len(value) < node.spec.get("minItems", 0):
        yield invalid(path, len(value), f"{path} in body should have at least {node.spec['minItems']} items")
    if len(value) > node.spec.get("maxItems", len(value)):
        yield _too_many(path, len(value), node.spec["maxItems"])


def _too_many(path: str, count: int, most: int) -> Cause:
    return Cause(path, "FieldValueTooMany", f"Too many: {count}: must have at most {most} items")


def _list_causes(node: Node, value: Any, path: str) -> Iterator[Cause]:
    """Items of a set or of a map list that are there twice."""
    if isinstance(value, dict):
        for name, inner in value.items():
            child = node.field(name)
            if child:
                yield from _list_causes(child, inner, _below(path, name))
    elif isinstance(value, list):
        seen: list[Any] = []
        for index, item in enumerate(value):
            where = f"{path}[{index}]"
            if node.keys and not isinstance(item, dict):
                yield invalid(where, item, "must be an object for an array of list-type map")
            elif node.list_type != "atomic":
                identity = {key: item[key] for key in node.keys if key in item} if node.keys else item
                if identity in seen:
                    yield duplicate(where, identity)
                seen.append(identity)
            yield from _list_causes(node.items, item, where)


def _embedded_causes(node: Node, value: Any, path: str) -> Iterator[Cause]:
    if not isinstance(value, (dict, list)):
        return
    if node.spec.get("x-kubernetes-embedded-resource") and isinstance(value, dict):
        for name in ("apiVersion", "kind"):
            if not value.get(name):
                yield required(_below(path, name), "must not be empty")
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _embedded_causes(node.items, item, f"{path}[{index}]")
        return
    for name, inner in value.items():
        child = node.field(name)
        if child:
            yield from _embedded_causes(child, inner, _below(path, name))


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


_TYPE_NAMES: dict[type, str] = {
    bool: "boolean",
    dict: "object",
    float: "number",
    int: "integer",
    list: "array",
    str: "string",
    type(None): "null",
}


def _type_name(value: Any) -> str:
    return "integer" if isinstance(value, float) and value.is_integer() else _TYPE_NAMES[type(value)]


def _shown(value: Any) -> str:
    """A value inside a message, as Go prints it."""
    if isinstance(value, dict):
        words = ", ".join(f"{json.dumps(name)}:{_shown(value[name])}" for name in sorted(value))
        return f"map[string]interface {{}}{{{words}}}"
    return json.dumps(value, ensure_ascii=False)


def _obeys(parse: Callable[[str], Any], value: str) -> bool:
    try:
        return parse(value) is not False
    except ValueError:
        return False


def _date_time(value: str) -> object:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", value):
        return False
    return datetime.datetime.fromisoformat(re.sub(r"(\.\d+)?([Zz]|[+-]\d\d:\d\d)$", "", value))


_FORMATS: dict[str, Callable[[str], Any]] = {
    "byte": lambda value: base64.b64decode(value, validate=True),
    "date": datetime.date.fromisoformat,
    "date-time": _date_time,
    "ipv4": ipaddress.IPv4Address,
    "ipv6": ipaddress.IPv6Address,
    "uri": lambda value: bool(urllib.parse.urlsplit(value).scheme or value.startswith("/")),
    "uuid": lambda value: bool(re.fullmatch(r"(?i)[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", value)),
}
