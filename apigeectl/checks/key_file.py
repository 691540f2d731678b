"""Whose a service account key file is."""

from __future__ import annotations

import json
from pathlib import Path


def client_email(file: Path) -> str | None:
    """The account of a key file; None when the file is not there or is no key file."""
    try:
        key = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    email = key.get("client_email") if isinstance(key, dict) else None
    return email if isinstance(email, str) and email else None
