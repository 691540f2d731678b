"""Two API servers asked the same: their answers, without what may differ, side by side."""

from __future__ import annotations

import http.client
import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
METADATA = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
METADATA_LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
APPLY, MERGE = "application/apply-patch+yaml", "application/merge-patch+json"
JSON_PATCH, STRATEGIC = "application/json-patch+json", "application/strategic-merge-patch+json"


@dataclass(frozen=True)
class Step:
    """One request; {ns} is the namespace of the run and {group} the API group of its own kinds."""

    method: str
    path: str
    body: Any = None
    content_type: str = "application/json"
    accept: str = "application/json"
    known: str = ""
    """Why the answers differ and may."""
    ignore: tuple[str, ...] = ()
    """Dotted paths that are not compared."""

    def __str__(self) -> str:
        body = "" if self.body is None else f" {json.dumps(self.body)[:70]}"
        return f"{self.method} {self.path}{body}"


@dataclass
class Server:
    """One of the two."""

    url: str
    token: str
    context: ssl.SSLContext
    namespace: str = "conformance"
    group: str = "conformance.example.com"
    connection: http.client.HTTPSConnection = field(init=False)

    def __post_init__(self) -> None:
        address = urlsplit(self.url)
        self.connection = http.client.HTTPSConnection(
            address.hostname or "", address.port, context=self.context, timeout=20
        )

    def ask(self, step: Step) -> tuple[int, Any]:
        """Status and body; streams are lists of their lines."""
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Accept": step.accept,
            "User-Agent": "conformance/1",
        }
        body = None
        if step.body is not None:
            headers["Content-Type"] = step.content_type
            body = self._placed(step.body if isinstance(step.body, str) else json.dumps(step.body))
        self.connection.request(step.method, self._placed(step.path), body, headers)
        response = self.connection.getresponse()
        text = response.read().decode()
        warnings = response.headers.get_all("Warning") or []
        return response.status, {"body": _parsed(text), "warnings": warnings}

    def _placed(self, text: str) -> str:
        return text.replace("{ns}", self.namespace).replace("{group}", self.group)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        lines = text.splitlines()
    try:
        return [json.loads(line) for line in lines]
    except ValueError:
        return text


def comparable(value: Any, key: str = "") -> Any:
    """An answer without uids, times, versions, ages, and the difference between null and nothing."""
    if isinstance(value, dict):
        if value.get("kind") == "Table":
            value = _comparable_table(value)
        cleaned = {name: comparable(inner, name) for name, inner in value.items()}
        return {
            name: inner for name, inner in cleaned.items() if inner not in (None, "") or name == "message"
        }
    if isinstance(value, list):
        return [comparable(item, key) for item in value]
    if isinstance(value, str):
        return _WORDS.get(key) if key in _WORDS and value else _neutral(value)
    return value


def _comparable_table(table: Mapping[str, Any]) -> dict[str, Any]:
    columns = [
        {name: column[name] for name in column if name != "description"}
        for column in table["columnDefinitions"] or ()
    ]
    rows = [
        {**row, "cells": [_comparable_cell(cell) for cell in row["cells"]]} for row in table["rows"] or ()
    ]
    return {**table, "kind": "Table ", "columnDefinitions": columns, "rows": rows}


def _comparable_cell(cell: Any) -> Any:
    if isinstance(cell, str) and re.fullmatch(r"(\d+[smhdy])+", cell):
        return "AGE"
    return cell


def _neutral(text: str) -> str:
    for pattern, word in _PATTERNS:
        text = pattern.sub(word, text)
    return text


_WORDS = {
    "resourceVersion": "VERSION",
    "continue": "TOKEN",
    "clusterIP": "ADDRESS",
    "hash": "HASH",
    "storageVersionHash": "HASH",
}
_PATTERNS = [
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "UID"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "TIME"),
    (re.compile(r"current: \d+"), "current: VERSION"),
    (re.compile(r"record \(\d+\)"), "record (VERSION)"),
    (re.compile(r'\\"resourceVersion\\":\\"\d+\\"'), "VERSION"),
    (re.compile(r"generated-[a-z0-9]{5}"), "generated-NAME"),
    (re.compile(r"10\.(0|96)\.\d+\.\d+"), "ADDRESS"),
]


def differences(left: Any, right: Any, path: str = "") -> list[str]:
    """Where two comparable answers differ, one line each."""
    if isinstance(left, dict) and isinstance(right, dict):
        found = []
        for name in {**left, **right}:
            found += differences(left.get(name), right.get(name), f"{path}.{name}".lstrip("."))
        return found
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        found = []
        for place, (one, other) in enumerate(zip(left, right, strict=True)):
            found += differences(one, other, f"{path}[{place}]")
        return found
    if left == right:
        return []
    return [f"{path}: real {_short(left)} ours {_short(right)}"]


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) < 700 else text[:700] + "..."
