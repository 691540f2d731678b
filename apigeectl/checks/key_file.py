"""Whose a service account key is, and whether two copies of it are the same."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from pathlib import Path

_PER_RUN = secrets.token_bytes(16)
"""Keys the fingerprints, so that they tell nothing outside of this run."""


@dataclass(frozen=True)
class Key:
    """What of a key may be shown."""

    email: str
    project: str
    key_id: str
    fingerprint: str
    """Of the whole content; equal for equal contents, within one run."""

    @property
    def short_id(self) -> str:
        """The end of its id, by which people tell keys apart; `unknown` without one."""
        return f"...{self.key_id[-8:]}" if len(self.key_id) > 8 else self.key_id or "unknown"


def read_key(content: bytes) -> Key | None:
    """The key in a file's or a Secret's bytes; None for anything else."""
    try:
        key = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(key, dict) or not isinstance(key.get("client_email"), str) or not key["client_email"]:
        return None
    same = json.dumps(key, sort_keys=True).encode()  # layout and line ends are no difference
    fingerprint = hmac.new(_PER_RUN, same, hashlib.sha256).hexdigest()[:12]
    return Key(
        key["client_email"], _text(key.get("project_id")), _text(key.get("private_key_id")), fingerprint
    )


def key_in(file: Path) -> Key | None:
    """The key of a file; None when the file is not there or is no key file."""
    try:
        return read_key(file.read_bytes())
    except OSError:
        return None


def client_email(file: Path) -> str | None:
    """The account of a key file; None when the file is not there or is no key file."""
    key = key_in(file)
    return key.email if key else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
