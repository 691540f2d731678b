"""Rules about the files behind the properties, and about key material. No content is ever shown."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator

from apigeectl.overrides.findings import Case, Finding, shown
from apigeectl.overrides.named_files import (
    CERTIFICATE,
    ENCRYPTION_KEY,
    PRIVATE_KEY,
    SERVICE_ACCOUNT_KEY,
    NamedFile,
    named_files,
    uses_key_at,
)
from apigeectl.overrides.paths import FileLookup
from apigeectl.overrides.position import dotted
from apigeectl.overrides.problems import Severity

MAX_SIZE = 1024 * 1024


def missing(case: Case) -> Iterator[Finding]:
    for named in named_files(case):
        lookup = case.files.lookup(case.overrides.file, named.written)
        if lookup is None:
            continue
        problem = _unreadable(lookup)
        if problem:
            message = (
                f"{dotted(named.path)} names the file {shown(named.path, named.written)}, which {problem}"
            )
            yield Finding(named.severity, named.path, message, _HINT_PATHS)


def bad_service_account_key(case: Case) -> Iterator[Finding]:
    for named, content in _contents(case, SERVICE_ACCOUNT_KEY):
        verdict = _judge_service_account(content)
        if verdict:
            severity, problem = verdict
            message = f"{dotted(named.path)}: {shown(named.path, named.written)} {problem}"
            yield Finding(severity, named.path, message, _HINT_KEY)


def bad_pem(case: Case) -> Iterator[Finding]:
    for kind, wanted in _PEM_HEADERS.items():
        for named, content in _contents(case, kind):
            if wanted.search(content):
                continue
            name = shown(named.path, named.written)
            held = next((other for other, pattern in _PEM_HEADERS.items() if pattern.search(content)), None)
            message, hint = f"{dotted(named.path)}: {name} holds no {kind} in PEM form.", None
            if b"ENCRYPTED PRIVATE KEY" in content or b"Proc-Type: 4,ENCRYPTED" in content:
                message, hint = (
                    f"{dotted(named.path)}: {name} is encrypted.",
                    "Store the key without a passphrase.",
                )
            elif held:
                message, hint = (
                    f"{dotted(named.path)}: {name} holds a {held}, no {kind}.",
                    "Are the paths swapped?",
                )
            yield Finding(named.severity, named.path, message, hint)


def bad_encryption_key(case: Case) -> Iterator[Finding]:
    for named, content in _contents(case, ENCRYPTION_KEY):
        problem = _judge_encryption_key(content)
        if problem:
            message = f"{dotted(named.path)}: {shown(named.path, named.written)} {problem}"
            yield Finding(named.severity, named.path, message, _HINT_ENCRYPTION_KEY)
    for entry in case.entries:
        if entry.property is None or not str(entry.path[-1]).endswith("EncryptionKey"):
            continue
        if not isinstance(entry.value, str) or not entry.value or not uses_key_at(case, entry.path):
            continue
        problem = _judge_encryption_key(entry.value.encode("utf-8", "replace"))
        if problem:
            severity = Severity.ERROR if entry.property.sure else Severity.WARNING
            yield Finding(severity, entry.path, f"{dotted(entry.path)} {problem}", _HINT_ENCRYPTION_KEY)


_HINT_PATHS = (
    "Relative paths start in the working directory, else beside the overrides file, else one folder above it."
)
_HINT_KEY = "Create a key for the service account, as JSON, and name that file."
_HINT_ENCRYPTION_KEY = "Make one with: openssl rand 32 | base64"

_PEM_HEADERS = {
    CERTIFICATE: re.compile(rb"-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----"),
    PRIVATE_KEY: re.compile(
        rb"-----BEGIN ([A-Z]+ )?PRIVATE KEY-----(?!\s*Proc-Type: 4,ENCRYPTED)(?<!ENCRYPTED PRIVATE KEY-----)"
    ),
}

_OTHER_CREDENTIALS = {
    "authorized_user": "a user's own credentials",
    "external_account": "a configuration of workload identity federation",
    "impersonated_service_account": "a configuration of impersonation",
}
_KEY_FIELDS = ("client_email", "private_key", "token_uri")


def _unreadable(lookup: FileLookup) -> str | None:
    """Why the file cannot be used, as the end of a sentence."""
    if lookup.found is None:
        if lookup.directory:
            return f"is a directory: {lookup.directory}."
        return f"does not exist; tried {', '.join(map(str, lookup.tried))}."
    try:
        with lookup.found.open("rb") as stream:
            return None if stream.read(1) else f"is empty: {lookup.found}."
    except OSError as failure:
        return f"cannot be read: {failure.strerror} ({lookup.found})."


def _contents(case: Case, kind: str) -> Iterator[tuple[NamedFile, bytes]]:
    """Of the files that are there; what is missing or empty has its own rule."""
    for named in named_files(case):
        lookup = case.files.lookup(case.overrides.file, named.written) if named.kind == kind else None
        if lookup is None or _unreadable(lookup) or lookup.found is None:
            continue
        with lookup.found.open("rb") as stream:
            yield named, stream.read(MAX_SIZE)


def _judge_service_account(content: bytes) -> tuple[Severity, str] | None:
    try:
        key = json.loads(content)
    except (ValueError, RecursionError):
        return Severity.ERROR, "is no service account key: it is not JSON."
    kind = key.get("type") if isinstance(key, dict) else None
    if isinstance(kind, str) and kind in _OTHER_CREDENTIALS:
        return Severity.WARNING, f"is no service account key but {_OTHER_CREDENTIALS[kind]}."
    if kind != "service_account":
        return Severity.ERROR, 'is no service account key: its type is not "service_account".'
    absent = [field for field in _KEY_FIELDS if not isinstance(key.get(field), str) or not key[field]]
    if absent:
        return Severity.ERROR, f"is an incomplete service account key: it lacks {', '.join(absent)}."
    if not _PEM_HEADERS[PRIVATE_KEY].search(key["private_key"].encode("utf-8", "replace")):
        return Severity.ERROR, "is a damaged service account key: its private_key is not in PEM form."
    return None


def _judge_encryption_key(content: bytes) -> str | None:
    try:
        length = len(base64.b64decode(content.strip(), validate=True))
    except binascii.Error:
        return "is not base64."
    return None if length in (16, 24, 32) else f"decodes to {length} bytes; 16, 24 or 32 are needed."
