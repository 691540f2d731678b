"""Google's CRDs as judges of what is rendered. They are found beside the checkout or not at all."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import pathlib
import tempfile
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from apigeectl.yaml import load_all
from tests.components.samples import REPOSITORY

FOLDER = pathlib.Path(os.environ.get("APIGEECTL_TEST_CRDS", REPOSITORY.parent / "shared" / "crds"))


def violations(body: dict[str, Any]) -> list[str]:
    """Everything that the schema of an object's kind and version refuses or would drop."""
    schema = _schema(body["kind"], body["apiVersion"].rpartition("/")[2])
    validator = Draft202012Validator(schema)
    wrong = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(body)]
    return wrong + [f"{place}: unknown field" for place in _unknown(body, schema, "$")]


def known_kinds() -> frozenset[str]:
    """The kinds that there are schemas for; skips the test when there are none at all."""
    return frozenset(kind for kind, _ in _schemas())


@cache
def _schemas() -> dict[tuple[str, str], Any]:
    files = sorted(FOLDER.glob("*.yaml.gz"))
    if not files:
        pytest.skip(f"the CRDs of the apigee operator are not at {FOLDER}")
    return {(kind, version): schema for file in files for kind, version, schema in _versions(file)}


def _schema(kind: str, version: str) -> Any:
    return _schemas()[kind, version]


def _versions(file: pathlib.Path) -> list[Any]:
    """Parsing takes seconds, so the result is kept outside the checkout."""
    digest = hashlib.sha256(file.read_bytes()).hexdigest()[:16]
    kept = pathlib.Path(tempfile.gettempdir()) / f"apigeectl-test-{file.stem}-{digest}.json"
    if not kept.is_file():
        (crd,) = load_all(gzip.decompress(file.read_bytes()).decode())
        kind = crd["spec"]["names"]["kind"]
        versions = [
            (kind, version["name"], _plain(version["schema"]["openAPIV3Schema"]))
            for version in crd["spec"]["versions"]
        ]
        unfinished = kept.with_suffix(f".{os.getpid()}")
        unfinished.write_text(json.dumps(versions))
        unfinished.replace(kept)
    loaded: list[Any] = json.loads(kept.read_text())
    return loaded


def _plain(node: Any) -> Any:
    """JSON Schema out of the dialect of CRDs."""
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    plain = {key: _plain(item) for key, item in node.items() if key not in ("description", "format")}
    if node.get("x-kubernetes-int-or-string"):
        plain["type"] = ["integer", "string"]
    if node.get("nullable") is True and isinstance(plain.get("type"), str):
        plain["type"] = [plain["type"], "null"]
    return plain


def _unknown(value: Any, schema: Any, place: str) -> Iterator[str]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unknown(item, schema.get("items", {}), f"{place}[{index}]")
    elif isinstance(value, dict) and place != "$.metadata":
        for key, item in value.items():
            below = schema.get("properties", {}).get(key, schema.get("additionalProperties"))
            if below is None:
                yield f"{place}.{key}"
            elif isinstance(below, dict):
                yield from _unknown(item, below, f"{place}.{key}")
