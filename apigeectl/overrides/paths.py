"""Where a relative path in an overrides file may lead."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class FileLookup:
    """The file that a written path means, and every place that was tried, in order."""

    written: str
    found: Path | None
    tried: tuple[Path, ...]

    @property
    def directory(self) -> Path | None:
        """A directory that stands where the file should."""
        return next((place for place in self.tried if os.path.isdir(place)), None)


def resolve(overrides_file: Path, written: str, cwd: Path) -> FileLookup:
    """From the working directory, as the original did; then from the file's folder, then that one's parent.

    Examples of the original keep `overrides/overrides.yaml` and `certs/` side by side, so the parent matters.
    """
    if not written:
        return FileLookup(written, None, ())
    folder = cwd / overrides_file.parent
    places = (Path(os.path.normpath(start / written)) for start in (cwd, folder, folder.absolute().parent))
    tried = tuple(dict.fromkeys(places))
    return FileLookup(written, next((place for place in tried if os.path.isfile(place)), None), tried)
