"""Charts that were pulled before, on this disk: by digest, which is checked again whenever one is read."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from apigeectl.clients.registry import LARGEST_CHART, Chart


def folder(environ: Mapping[str, str]) -> Path:
    """Where programs keep what they can get again: $XDG_CACHE_HOME, else ~/.cache."""
    named = environ.get("XDG_CACHE_HOME", "")
    base = Path(named) if named.startswith("/") else Path(environ.get("HOME") or Path.home()) / ".cache"
    return base / "apigeectl" / "charts"


class ChartCache:
    """A folder of charts. What cannot be read or written there is as if it were not there."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def get(self, registry: str, chart: str, version: str) -> Chart | None:
        """The chart as it was pulled; None when it was not, or is no longer what it was."""
        try:
            digest = json.loads(self._entry(registry, chart, version).read_text(encoding="utf-8"))["digest"]
            blob = self._blob(str(digest))
            data = blob.read_bytes() if blob.stat().st_size <= LARGEST_CHART else b""
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return Chart(data, digest) if f"sha256:{hashlib.sha256(data).hexdigest()}" == digest else None

    def put(self, registry: str, chart: str, version: str, data: bytes, digest: str) -> None:
        """Keep a chart: the blob first, so that an entry never names one that is not there."""
        entry = json.dumps({"registry": registry, "chart": chart, "version": version, "digest": digest})
        try:
            _write(self._blob(digest), data)
            _write(self._entry(registry, chart, version), entry.encode())
        except OSError:
            return

    def _blob(self, digest: str) -> Path:
        return self.directory / "sha256" / Path(digest.removeprefix("sha256:")).name

    def _entry(self, registry: str, chart: str, version: str) -> Path:
        place = hashlib.sha256(registry.encode()).hexdigest()[:12]
        return self.directory / f"{chart}-{version}-{place}.json"


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
