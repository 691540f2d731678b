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
    from concurrent.futures import ThreadPoolExecutor  # a dry run without a cluster starts faster

    wanted = tuple(dict.fromkeys(names))
    with ThreadPoolExecutor(8, thread_name_prefix="stored") as pool:
        answers = pool.map(lambda name: cluster.get(ObjectRef("", "Secret", namespace, name)), wanted)
        return {
            name: {key: _decoded(value) for key, value in (live.get("data") or {}).items()}
            for name, live in zip(wanted, answers, strict=True)
            if live is not None
        }


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        return b""
