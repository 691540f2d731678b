"""Google's discovery documents as judges: which requests exist, and what answers may hold."""

from __future__ import annotations

import functools
import json
import re
from importlib import resources
from typing import Any

import jsonschema


@functools.cache
def document(name: str, version: str) -> dict[str, Any]:
    package = resources.files("googleapiclient.discovery_cache.documents")
    loaded: dict[str, Any] = json.loads(
        package.joinpath(f"{name}.{version}.json").read_text(encoding="utf-8")
    )
    return loaded


def method(api: dict[str, Any], name: str) -> dict[str, Any]:
    """A method by its dotted id ("organizations.envgroups.list")."""
    *parents, last = name.split(".")
    for parent in parents:
        api = api["resources"][parent]
    return dict(api["methods"][last])


def check_path(rule: dict[str, Any], path: str) -> None:
    """The path is one that the method's flat path describes."""
    pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(rule["flatPath"]))
    assert re.fullmatch(pattern, path.lstrip("/")), f"{path} is not {rule['flatPath']}"


def check_body(api: dict[str, Any], schema: str, body: Any) -> None:
    """The body fits the schema strictly: no unknown fields, 64-bit numbers as strings."""
    wanted = {"$ref": f"#/$defs/{schema}", "$defs": _definitions(api["name"], api["version"])}
    jsonschema.Draft202012Validator(wanted).validate(body)


@functools.cache
def _definitions(name: str, version: str) -> dict[str, Any]:
    return {each: _strict(schema) for each, schema in document(name, version)["schemas"].items()}


def _strict(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return {"$ref": f"#/$defs/{schema['$ref']}"}
    kind, form = schema.get("type"), schema.get("format", "")
    if kind == "any":
        return {}
    if kind == "object":
        more = schema.get("additionalProperties")
        properties = {name: _strict(each) for name, each in schema.get("properties", {}).items()}
        return {
            "type": "object",
            "properties": properties,
            "additionalProperties": _strict(more) if more else False,
        }
    if kind == "array":
        return {"type": "array", "items": _strict(schema["items"])}
    strict: dict[str, Any] = {"type": kind}
    if form in {"int64", "uint64"}:
        strict = {"type": "string", "pattern": r"^-?\d+$"}
    if form == "byte":
        strict = {"type": "string", "pattern": r"^[A-Za-z0-9+/_-]*={0,2}$"}
    if "enum" in schema:
        strict["enum"] = schema["enum"]
    return strict
