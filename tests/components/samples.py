"""Overrides files for tests, and the files that they name."""

from __future__ import annotations

import base64
import pathlib
from collections.abc import Iterator
from typing import Any

from apigeectl.overrides.document import Overrides
from apigeectl.overrides.load import load, parse

REPOSITORY = pathlib.Path(__file__).parents[2]
EXAMPLES = REPOSITORY / "overrides"
GOLDEN = pathlib.Path(__file__).parent / "golden"

MINIMAL = """
org: hybrid-example
instanceID: test-1
gcp: {projectID: hybrid-example, region: us-central1}
k8sCluster: {name: test-cluster, region: us-central1}
envs:
- name: test
"""


def overrides(text: str) -> Overrides:
    """Overrides of a text that needs no file to stand in."""
    return parse(text, pathlib.Path("overrides.yaml"))


def case(name: str) -> Overrides:
    """The overrides of a golden pair: one of the shipped examples, or one of the tests' own."""
    own = GOLDEN / f"{name}.overrides.yaml"
    return load(own if own.is_file() else EXAMPLES / f"{name}.yaml")


def write_files(sample: Overrides, folder: pathlib.Path) -> pathlib.Path:
    """Put every file that the overrides name into a folder, each with content of its own."""
    for key, written in _named_files(sample.data):
        file = folder / written
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_content(key, file.name))
    return folder


def _named_files(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for item in value:
            yield from _named_files(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "serviceAccountPaths":
                yield from ((key, written) for written in item.values())
            elif isinstance(item, str) and (key.endswith("Path") or key.lower() == "keyfile"):
                yield key, item
            else:
                yield from _named_files(item)


def _content(key: str, name: str) -> bytes:
    if key.endswith("EncryptionPath"):
        return base64.b64encode(name.encode().ljust(16)[:16]) + b"\n"
    return f'{{"file": "{name}"}}\n'.encode()
