"""Write files that hold secrets: readable by their owner only, and never in the place of another file."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

from apigeectl.errors import InstallerError, Refused


def write_new(folder: Path, files: Mapping[str, bytes]) -> None:
    """All files or none, each with mode 0600; a folder that is made has 0700. Raises Refused for names that exist."""
    there = [name for name in files if os.path.lexists(folder / name)]
    if there:
        more = f" and {len(there) - 1} more" if len(there) > 1 else ""
        raise Refused(
            f"{folder / there[0]} exists{more}; nothing was written",
            hint="name another folder, or keep those files: they may be in use",
        )
    written: list[Path] = []
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, content in files.items():
            descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            written.append(folder / name)
            with open(descriptor, "wb") as stream:
                stream.write(content)
                os.fsync(stream.fileno())
    except BaseException as error:
        for file in written:
            with contextlib.suppress(OSError):
                file.unlink()
        if isinstance(error, OSError):
            raise InstallerError(f"{folder} cannot be written to: {error.strerror}") from error
        raise
