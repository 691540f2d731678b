"""What the cluster already holds of keys, salts and passwords; it wins over the file."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Protocol

from apigeectl.manifests import LiveObject, ObjectRef

StoredSecrets = Mapping[str, Mapping[str, bytes]]


class Cluster(Protocol):
    """What reading Secrets asks of a cluster."""

    def get(self, ref: ObjectRef, version: str | None = None) -> LiveObject | None: ...


def stored_secrets(cluster: Cluster, namespace: str, names: Iterable[str]) -> StoredSecrets:
    """The values of those Secrets that exist, by name and key. Raises Forbidden when they may not be read:
    without knowing them, nothing may be rendered that could replace them."""
    found: dict[str, dict[str, bytes]] = {}
    for name in names:
        live = cluster.get(ObjectRef("", "Secret", namespace, name))
        if live is not None:
            found[name] = {key: _decoded(value) for key, value in (live.get("data") or {}).items()}
    return found


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        return b""
