"""Google's CRDs, found beside the checkout or not at all, as both servers are given them."""

from __future__ import annotations

import gzip
import json
import os
import pathlib
import tempfile
import zlib
from typing import Any

import pytest

from apigeectl.yaml import load_all

FOLDER = pathlib.Path(
    os.environ.get("APIGEECTL_TEST_CRDS") or pathlib.Path(__file__).parents[3] / "shared" / "crds"
)


def google_definitions(*plurals: str) -> list[dict[str, Any]]:
    """The CRDs with these plural names (all by default); skips the test when they are not at hand."""
    files = sorted(FOLDER.glob("*.yaml.gz"))
    if not files:
        pytest.skip(
            f"the CRDs of the apigee operator are not at {FOLDER}; APIGEECTL_TEST_CRDS names a folder"
        )
    return [_definition(file) for file in files if not plurals or file.name.split(".")[0] in plurals]


def _definition(file: pathlib.Path) -> dict[str, Any]:
    """Parsing takes seconds, so the result is kept outside the checkout."""
    packed = file.read_bytes()
    kept = (
        pathlib.Path(tempfile.gettempdir()) / f"apigeectl-test-{file.stem}-{zlib.crc32(packed):08x}.crd.json"
    )
    if not kept.is_file():
        unfinished = kept.with_suffix(f".{os.getpid()}")
        unfinished.write_text(json.dumps(load_all(gzip.decompress(packed).decode())[0], default=str))
        unfinished.replace(kept)
    definition: dict[str, Any] = json.loads(kept.read_text())
    definition["metadata"].pop("creationTimestamp", None)
    definition["spec"].pop("conversion", None)  # its caBundle is a placeholder that newer servers refuse
    return definition
