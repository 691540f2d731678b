"""Write an overrides file so that nobody ever finds half of it."""

from __future__ import annotations

import contextlib
import os
import pathlib
import stat
import tempfile

from apigeectl.errors import InstallerError, Refused

_BOM = b"\xef\xbb\xbf"


def write(file: pathlib.Path, text: str, *, before: str | None = None) -> None:
    """Replace the file's content in one step; mode, owner and a byte order mark stay, a link keeps its place.

    With `before`, raises Refused when the file holds something else by now.
    """
    target = pathlib.Path(os.path.realpath(file))
    try:
        status = os.stat(target)
        if not stat.S_ISREG(status.st_mode):
            raise Refused(f"{file} is no regular file, so it cannot be rewritten")
        if not os.access(target, os.W_OK):
            raise Refused(f"{file} is read-only", hint=f"make it writable: chmod u+w {file}")
        old = target.read_bytes()
        mark = _BOM if old.startswith(_BOM) else b""
        if before is not None and old != mark + before.encode():
            raise Refused(f"{file} was changed meanwhile; nothing was written", hint="run the command again")
        _replace(target, mark + text.encode(), status)
    except OSError as error:
        raise InstallerError(f"{file} cannot be written: {error.strerror}") from error


def _replace(target: pathlib.Path, content: bytes, status: os.stat_result) -> None:
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with open(descriptor, "wb") as stream:
            stream.write(content)
            with contextlib.suppress(OSError):  # only root may give files away
                os.fchown(descriptor, status.st_uid, status.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
            stream.flush()
            os.fsync(descriptor)
        os.replace(name, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
    _settle(target.parent)


def _settle(folder: pathlib.Path) -> None:
    """Without this, a power cut could still bring the old name back; not every file system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
