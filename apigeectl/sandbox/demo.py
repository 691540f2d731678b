"""Throw-away files where the quickstart overrides look for them: key files, certificate and key."""

from __future__ import annotations

import json
import os
from pathlib import Path

from apigeectl.sandbox.google.accounts import ACCOUNTS
from apigeectl.sandbox.keys import KEY_ID_PREFIX, self_signed, service_account_key

KEY_DIRECTORY = "service-accounts"
CERTIFICATE = Path("certs", "fullchain.pem")
PRIVATE_KEY = Path("certs", "privkey.pem")
_HOST = "api.hybrid-demo.example.com"


def write_demo_files(directory: Path, project: str, token_uri: str) -> tuple[Path, ...]:
    """The files written. Key files of an earlier sandbox are renewed; any other file is left as it is."""
    written = [
        _write(directory / name, text)
        for name, text in key_files(project, token_uri).items()
        if _replaceable(directory / name)
    ]
    if not (directory / CERTIFICATE).exists() and not (directory / PRIVATE_KEY).exists():
        made = self_signed(_HOST, _HOST)
        written += [
            _write(directory / CERTIFICATE, made.certificate),
            _write(directory / PRIVATE_KEY, made.key),
        ]
    return tuple(written)


def key_files(project: str, token_uri: str) -> dict[Path, str]:
    """Every account's key file below its relative path."""
    return {
        Path(KEY_DIRECTORY, f"{project}-{account}.json"): service_account_key(
            f"{account}@{project}.iam.gserviceaccount.com", project, token_uri
        )
        for account in ACCOUNTS
    }


def write_private(file: Path, text: str) -> Path:
    """Write a file that only its owner can read, from the first byte on."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    return file


def _write(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    return write_private(file, text)


def _replaceable(file: Path) -> bool:
    """Whether nothing is lost: there is no such file, or it is a key of an earlier sandbox."""
    if not file.exists():
        return True
    try:
        key = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(key, dict) and str(key.get("private_key_id", "")).startswith(KEY_ID_PREFIX)
