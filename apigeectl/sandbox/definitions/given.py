"""Somebody's own definitions, such as Google's, made fit for a sandbox."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from apigeectl.errors import InstallerError
from apigeectl.yaml import load_all

_SUFFIXES = (".yaml", ".yml", ".json", ".yaml.gz", ".yml.gz", ".json.gz")


def copy_bundle(source: Path, directory: Path) -> None:
    """Write the definitions found in a folder as a bundle, without the conversion webhooks that lead nowhere here."""
    found = [document for file in _files(source) for document in _definitions(file)]
    if not found:
        raise InstallerError(
            f"{source} holds no CustomResourceDefinition",
            hint="--crds wants the folder with the definitions' YAML files; they may be gzipped",
        )
    for body in found:
        body["spec"]["conversion"] = {"strategy": "None"}
        (directory / f"{body['metadata']['name']}.yaml").write_text(json.dumps(body), encoding="utf-8")


def _files(source: Path) -> list[Path]:
    if not source.is_dir():
        raise InstallerError(f"--crds {source} is not a directory")
    return sorted(file for file in source.iterdir() if file.name.endswith(_SUFFIXES))


def _definitions(file: Path) -> list[dict[str, Any]]:
    data = file.read_bytes()
    text = (gzip.decompress(data) if file.suffix == ".gz" else data).decode("utf-8")
    return [
        document
        for document in load_all(text)
        if isinstance(document, dict) and document.get("kind") == "CustomResourceDefinition"
    ]
