"""A bundle of Google's: a folder or an archive with manifests in it, read in memory and never unpacked.

Names inside an archive are labels only, so no name can lead out of it; links are not followed.
"""

from __future__ import annotations

import gzip
import os
import posixpath
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from apigeectl.errors import InstallerError

LARGEST_BUNDLE = 64 << 20
"""Bytes of manifests, unpacked. A chart has a few megabytes."""
LARGEST_ARCHIVE = 1 << 30
"""Bytes of everything in an archive, unpacked."""
MOST_FILES = 20_000

_MANIFESTS = (".yaml", ".yml", ".json")
_PACKED = tuple(f"{ending}.gz" for ending in _MANIFESTS)


@dataclass(frozen=True)
class Bundle:
    """Texts by the path that they have inside it, and how a message names the whole."""

    name: str
    files: Mapping[str, str] = field(repr=False)


def open_bundle(path: Path) -> Bundle:
    """A folder, a .tar.gz or .tgz, or a .zip; InstallerError when it is none of them."""
    if path.is_dir():
        return Bundle(str(path), _collected(_in_folder(path), str(path)))
    try:
        with path.open("rb") as file:
            return archive(file, str(path))
    except OSError as error:
        raise InstallerError(
            f"the bundle {path} cannot be read: {error.strerror or 'it is damaged'}",
            hint="give the folder or the archive of an apigeectl or Helm bundle",
        ) from error


def archive(file: BinaryIO, name: str) -> Bundle:
    """The manifests of a packed bundle."""
    begin = file.read(2)
    file.seek(0)
    try:
        if begin == b"\x1f\x8b":
            return Bundle(name, _collected(_in_tar(file, name), name))
        if zipfile.is_zipfile(file):
            return Bundle(name, _collected(_in_zip(file), name))
    except _DAMAGED as error:
        raise InstallerError(
            f"the bundle {name} is damaged", details=[str(error)], hint="fetch it again"
        ) from error
    raise InstallerError(
        f"the bundle {name} is neither a folder nor an archive",
        hint="give a folder, a .tar.gz (.tgz) or a .zip",
    )


_DAMAGED = (
    *(tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile, zlib.error),
    *(EOFError, RuntimeError, NotImplementedError),
)


def _in_folder(folder: Path) -> Iterator[tuple[str, bytes]]:
    for base, folders, files in os.walk(folder):  # links to folders are not followed
        folders.sort()
        for name in sorted(files):
            path = Path(base, name)
            if name.endswith((*_MANIFESTS, *_PACKED)) and path.is_file():
                try:
                    size = path.stat().st_size
                    yield (
                        path.relative_to(folder).as_posix(),
                        path.read_bytes() if size <= LARGEST_BUNDLE else b"",
                    )
                except OSError:
                    continue  # a bundle holds other things than manifests


def _in_tar(file: BinaryIO, name: str) -> Iterator[tuple[str, bytes]]:
    unpacked = _Counted(gzip.GzipFile(fileobj=file), name)
    with tarfile.open(fileobj=unpacked, mode="r|") as opened:  # type: ignore[call-overload]  # it only reads
        for member in opened:
            if member.isreg() and member.name.endswith(_MANIFESTS):
                content = opened.extractfile(member)
                yield member.name, content.read(LARGEST_BUNDLE + 1) if content else b""


def _in_zip(file: BinaryIO) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(file) as opened:
        for member in opened.infolist():
            if not member.is_dir() and member.filename.endswith(_MANIFESTS):
                with opened.open(member) as content:  # what it says of its size need not be true
                    yield member.filename, content.read(LARGEST_BUNDLE + 1)


class _Counted:
    """A packed stream that gives up when it grows without end; a bundle of the original has a large program."""

    def __init__(self, packed: gzip.GzipFile, name: str) -> None:
        self._packed = packed
        self._name = name
        self._count = 0

    def read(self, size: int) -> bytes:
        data = self._packed.read(size)
        self._count += len(data)
        if self._count > LARGEST_ARCHIVE:
            raise _too_large(self._name)
        return data


def _unzipped(data: bytes, name: str) -> bytes:
    unpacking = zlib.decompressobj(wbits=31)
    unpacked = unpacking.decompress(data, LARGEST_BUNDLE + 1)
    if len(unpacked) > LARGEST_BUNDLE:
        raise _too_large(name)
    return unpacked


def _collected(files: Iterator[tuple[str, bytes]], name: str) -> dict[str, str]:
    found: dict[str, str] = {}
    total = count = 0
    for path, data in files:
        count += 1
        if path.endswith(_PACKED):
            data = _unzipped(data, f"{name}/{path}")
        total += len(data)
        if total > LARGEST_BUNDLE or count > MOST_FILES:
            raise _too_large(name)
        try:
            found[posixpath.normpath(path.removesuffix(".gz"))] = data.decode("utf-8")
        except UnicodeDecodeError:
            continue
    return found


def _too_large(name: str) -> InstallerError:
    return InstallerError(
        f"the bundle {name} is too large: more than {LARGEST_BUNDLE >> 20} MB, or {MOST_FILES} files",
        hint="give the folder with the definitions alone",
    )
