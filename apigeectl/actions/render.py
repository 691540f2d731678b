"""A folder of manifests, one file an object: what stands in it afterwards, and nothing lost on the way.

Only files that the folder's index lists are ours. The index names the content of each, so that a file that somebody
changed since is never written over or deleted, and so that a run that was cut off can be finished by the next one.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apigeectl.errors import InstallerError, Refused
from apigeectl.manifests import Manifest
from apigeectl.yaml import dump

INDEX = "apigeectl-index.json"
KUSTOMIZATION = "kustomization.yaml"

Index = Mapping[str, frozenset[str]]
"""By file name, the digests of what it may hold: one, or two while a run is under way."""


@dataclass(frozen=True)
class File:
    """A file as it is to be."""

    name: str
    content: bytes
    secret: bool = False

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def mode(self) -> int:
        return 0o600 if self.secret else 0o644


@dataclass(frozen=True)
class Written:
    """What writing a folder came to, by file name."""

    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    deleted: tuple[str, ...]
    secrets: tuple[str, ...]


def files_of(manifests: Sequence[Manifest]) -> tuple[File, ...]:
    """One file an object in their order, then the kustomization that lists them."""
    names = _file_names(manifests)
    objects = [
        File(name, dump([manifest.body]).encode(), secret=manifest.kind == "Secret")
        for name, manifest in zip(names, manifests, strict=True)
    ]
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [file.name for file in objects],
    }
    return (*objects, File(KUSTOMIZATION, dump([kustomization]).encode()))


def write_folder(folder: Path, files: Sequence[File]) -> Written:
    """Make the folder hold these files, and delete those of its last index that are not among them.

    Raises Refused when a file would be lost that we did not write, or that was changed since.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        known = _read_index(folder)
        wanted = {file.name: file for file in files}
        gone = [name for name in known if name not in wanted and (folder / name).exists()]
        _refuse_foreign(folder, known, wanted, gone)
        stale = [file for file in files if not _is_as_wanted(folder / file.name, file)]
        _carry_out(folder, known, files, stale, gone)
    except OSError as error:
        raise InstallerError(f"{error.filename or folder} cannot be written: {error.strerror}") from error
    stale_names = {file.name for file in stale}
    return Written(
        written=tuple(file.name for file in stale),
        unchanged=tuple(file.name for file in files if file.name not in stale_names),
        deleted=tuple(gone),
        secrets=tuple(file.name for file in files if file.secret),
    )


def _file_names(manifests: Sequence[Manifest]) -> list[str]:
    """Namespace, kind and name; the group, too, where two groups have a kind in common."""
    short = [(manifest.namespace or "cluster", manifest.kind, manifest.name) for manifest in manifests]
    twice = {parts for parts, count in Counter(short).items() if count > 1}
    return [
        _file_name((*parts[:1], manifest.group or "core", *parts[1:]) if parts in twice else parts)
        for parts, manifest in zip(short, manifests, strict=True)
    ]


def _file_name(parts: Iterable[str]) -> str:
    name = "_".join(_UNUSUAL.sub(lambda found: f"~{ord(found[0]):x}~", part) for part in parts)
    name = (
        name[: _LONGEST - 9] + "-" + hashlib.sha256(name.encode()).hexdigest()[:8]
        if len(name) > _LONGEST
        else name
    )
    return f"{name}.yaml"


_UNUSUAL = re.compile(r"[^A-Za-z0-9.-]")
_LONGEST = 200


def _refuse_foreign(folder: Path, known: Index, wanted: Mapping[str, File], gone: Iterable[str]) -> None:
    foreign: list[str] = []
    changed: list[str] = []
    for name in (*wanted, *gone):
        path = folder / name
        if not os.path.lexists(path):
            continue
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        if digest in known.get(name, ()) or (name in wanted and digest == wanted[name].digest):
            continue
        (changed if name in known else foreign).append(name)
    if foreign:
        raise Refused(
            f"{folder} holds {_files(foreign)} that apigeectl would have to replace and did not write",
            details=foreign,
            hint="name another folder, or move them away",
        )
    if changed:
        raise Refused(
            f"{folder} holds {_files(changed)} that somebody changed after the last rendering",
            details=changed,
            hint="keep such a change in a template (--templates), and delete the file to have it rendered anew",
        )


def _files(names: Sequence[str]) -> str:
    return "a file" if len(names) == 1 else f"{len(names)} files"


def _is_as_wanted(path: Path, file: File) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    private = not file.secret or path.stat().st_mode & 0o077 == 0
    return private and path.read_bytes() == file.content


def _carry_out(
    folder: Path, known: Index, files: Sequence[File], stale: Sequence[File], gone: Sequence[str]
) -> None:
    """Everything is written beside its place first; an index of before and after stands while files change places."""
    after = {file.name: frozenset({file.digest}) for file in files}
    both = {name: known.get(name, frozenset()) | after.get(name, frozenset()) for name in (*known, *after)}
    prepared: dict[str, str] = {}
    try:
        for file in stale:
            prepared[file.name] = _beside(folder, file)
        if stale or gone:
            _replace(folder, _index_file(both))
        for name in list(prepared):
            os.replace(prepared[name], folder / name)
            del prepared[name]
    finally:
        for temporary in prepared.values():
            with suppress(OSError):
                os.unlink(temporary)
    for name in gone:
        (folder / name).unlink()
    index = _index_file(after)
    if not _is_as_wanted(folder / INDEX, index):
        _replace(folder, index)


def _replace(folder: Path, file: File) -> None:
    os.replace(_beside(folder, file), folder / file.name)


def _beside(folder: Path, file: File) -> str:
    handle, temporary = tempfile.mkstemp(prefix=".apigeectl-", dir=folder)
    with os.fdopen(handle, "wb") as stream:
        stream.write(file.content)
        stream.flush()
        os.fsync(stream.fileno())
    os.chmod(temporary, file.mode)
    return temporary


def _index_file(files: Index) -> File:
    document = {
        "apiVersion": "apigeectl/v1",
        "kind": "RenderedFiles",
        "files": [{"name": name, "sha256": sorted(digests)} for name, digests in files.items()],
    }
    return File(INDEX, json.dumps(document, indent=1).encode() + b"\n")


def _read_index(folder: Path) -> Index:
    path = folder / INDEX
    try:
        document = json.loads(path.read_bytes())
        entries = {entry["name"]: frozenset(entry["sha256"]) for entry in document["files"]}
        if document["kind"] != "RenderedFiles" or not all(map(_is_plain_name, entries)):
            raise ValueError(path)
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(
            f"{path} is no index of rendered files", hint="move it away, or name another folder"
        ) from error
    return entries


def _is_plain_name(name: Any) -> bool:
    """An index may come from somebody else's repository: it must not reach out of its folder."""
    return (
        isinstance(name, str) and bool(re.fullmatch(r"[A-Za-z0-9~_][A-Za-z0-9~_.-]*", name)) and name != INDEX
    )
