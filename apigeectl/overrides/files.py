"""Rules about the files behind the properties, whatever they hold. No content is ever shown."""

from __future__ import annotations

import base64
import binascii
import os
import pathlib
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from apigeectl.overrides.findings import Case, Finding, shown, warning
from apigeectl.overrides.named_files import (
    ENCRYPTION_KEY,
    OTHER,
    PRIVATE_KEY,
    SERVICE_ACCOUNT_KEY,
    NamedFile,
    named_files,
    uses_key_at,
)
from apigeectl.overrides.paths import FileLookup
from apigeectl.overrides.position import Path, dotted
from apigeectl.overrides.problems import Severity

MAX_SIZE = 1024 * 1024


@dataclass(frozen=True)
class FileOnDisk:
    """A file that was looked for: what is wrong with it as the end of a sentence, else what it holds."""

    problem: str | None
    content: bytes = field(default=b"", repr=False)
    mode: int = 0
    """Its permission bits; 0 where the system has none."""


def on_disk(case: Case) -> Mapping[Path, FileOnDisk]:
    """What every property that names a file leads to, each file read once; nothing when files are left alone."""
    return case.once(_read_all)


def contents(case: Case, kind: str) -> Iterator[tuple[NamedFile, bytes]]:
    """Of the files that are there; what is missing or empty has its own rule."""
    files = on_disk(case)
    for named in named_files(case):
        file = files.get(named.path) if named.kind == kind else None
        if file and file.problem is None:
            yield named, file.content


def missing(case: Case) -> Iterator[Finding]:
    files = on_disk(case)
    for named in named_files(case):
        file = files.get(named.path)
        if file and file.problem:
            message = f"{dotted(named.path)}: {shown(named.path, named.written)} {file.problem}"
            yield Finding(named.severity, named.path, message, _HINT_PATHS)


def exposed(case: Case) -> Iterator[Finding]:
    """One finding for all of them: they were usually made in one go."""
    files = on_disk(case)
    found: dict[int, NamedFile] = {}
    for named in named_files(case):
        file = files.get(named.path)
        if named.kind in _SECRET_KINDS and file and file.mode & (stat.S_IRGRP | stat.S_IROTH):
            found.setdefault(id(file), named)
    if found:
        first, *others = found.values()
        name = f"{dotted(first.path)}: {shown(first.path, first.written)}"
        subject = f"{name} and {len(others)} more key files" if others else name
        related = tuple(named.path for named in others[:2])
        message = f"{subject} can be read by other users of this machine"
        yield warning(
            first.path, message, "chmod 600, or remove them after the installation", related=related
        )


def bad_encryption_key(case: Case) -> Iterator[Finding]:
    for named, content in contents(case, ENCRYPTION_KEY):
        problem = _judge_encryption_key(content)
        if problem:
            message = f"{dotted(named.path)}: {shown(named.path, named.written)} {problem}"
            yield Finding(named.severity, named.path, message, _HINT_ENCRYPTION_KEY)
    for entry in case.named(
        "kmsEncryptionKey", "kvmEncryptionKey", "cacheEncryptionKey", "contractEncryptionKey"
    ):
        if entry.property is None or not isinstance(entry.value, str) or not entry.value:
            continue
        problem = _judge_encryption_key(entry.value.encode("utf-8", "replace"))
        if problem and uses_key_at(case, entry.path):
            severity = Severity.ERROR if entry.property.sure else Severity.WARNING
            is_path = entry.value.startswith(("./", "../", "/")) and "." in entry.value.rpartition("/")[2]
            hint = (
                f"the key itself stands here; for a file there is {str(entry.path[-1])[:-3]}Path"
                if is_path
                else _HINT_ENCRYPTION_KEY
            )
            yield Finding(severity, entry.path, f"{dotted(entry.path)} {problem}", hint)


_HINT_PATHS = (
    "relative paths start in the working directory, else beside the overrides file, else one folder above it"
)
_HINT_ENCRYPTION_KEY = "make one with: openssl rand -base64 32"
_SECRET_KINDS = frozenset({SERVICE_ACCOUNT_KEY, PRIVATE_KEY, ENCRYPTION_KEY, OTHER})


def _read_all(case: Case) -> dict[Path, FileOnDisk]:
    """One name may lead to two files: from the folder of each overrides file that was merged."""
    files: dict[Path, FileOnDisk] = {}
    read: dict[tuple[pathlib.Path, str], FileOnDisk] = {}
    for named in named_files(case):
        source = case.overrides.file_of(named.path)
        if (source, named.written) not in read:
            lookup = case.files.lookup(source, named.written)
            if lookup is None:
                break
            read[source, named.written] = _read(lookup)
        files[named.path] = read[source, named.written]
    return files


def _read(lookup: FileLookup) -> FileOnDisk:
    if lookup.found is None:
        if lookup.directory:
            return FileOnDisk(f"is a directory: {lookup.directory}")
        return FileOnDisk(f"does not exist; tried {', '.join(map(str, lookup.tried))}")
    try:
        with lookup.found.open("rb") as stream:
            content, status = stream.read(MAX_SIZE), os.fstat(stream.fileno())
    except OSError as failure:
        return FileOnDisk(f"cannot be read: {failure.strerror} ({lookup.found})")
    if not content:
        return FileOnDisk(f"is empty: {lookup.found}")
    return FileOnDisk(None, content, stat.S_IMODE(status.st_mode) if os.name == "posix" else 0)


def _judge_encryption_key(content: bytes) -> str | None:
    try:
        length = len(base64.b64decode(content.strip(), validate=True))
    except binascii.Error:
        return "is not base64"
    return None if length in (16, 24, 32) else f"decodes to {length} bytes; 16, 24 or 32 are needed"
