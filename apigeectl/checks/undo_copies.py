"""What an organization had before our last change of it: the copies that lie beside the overrides file."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from apigeectl.checks.hints import Hint
from apigeectl.checks.model import Outcome, passed, skipped, warned
from apigeectl.checks.site import Site
from apigeectl.errors import InstallerError

_LARGEST = 1 << 20


def state_folder(environ: Mapping[str, str]) -> Path:
    """Where copies lie when nobody may write beside the overrides file."""
    named = environ.get("XDG_STATE_HOME", "")
    base = Path(named) if named.startswith("/") else Path(environ.get("HOME") or Path.home()) / ".local/state"
    return base / "apigeectl"


def no_property_was_lost(site: Site) -> Outcome:
    """An update of an organization replaces all its properties: one that the newest copy has must still be there."""
    try:
        now = set(_properties(site.organization()))
    except InstallerError:
        return skipped("the organization could not be read")
    copy = next(_copies(site.overrides.file, site.overrides.org), None)
    if copy is None:
        return passed("there is no copy of an earlier state to compare with")
    file, before = copy
    lost = sorted(set(before) - now)
    if not lost:
        return passed(f"nothing that {file.name} has is missing")
    words = f"{', '.join(lost)} gone since {file.name} (CON-09)"
    return warned(words, hint=Hint.CONNECT_PROPERTIES_LOST, details=[f"their values are kept in {file}"])


def _copies(overrides_file: Path, org: str) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """The newest first; what cannot be read as one is passed over."""
    folders = (overrides_file.absolute().parent, state_folder(os.environ))
    files = [file for folder in folders for file in folder.glob("*.undo-*.json")]
    dated = [(age, file) for file in files if (age := _age(file, org))]
    for _, file in sorted(dated, reverse=True):
        try:
            if file.stat().st_size <= _LARGEST:
                yield file, tuple(_properties(json.loads(file.read_bytes())))
        except (OSError, ValueError, AttributeError):
            continue


def _age(file: Path, org: str) -> tuple[str, int] | None:
    """When it was kept, and which one of that second it is; None for a copy of another organization."""
    found = re.fullmatch(re.escape(org) + r"\.undo-(\d{8}T\d{6}Z)(?:-(\d+))?\.json", file.name)
    return (found[1], int(found[2] or 1)) if found else None


def _properties(body: Mapping[str, object]) -> Iterator[str]:
    held = body.get("properties") or {}
    for entry in held.get("property") or ():  # type: ignore[attr-defined]
        if entry.get("name"):
            yield str(entry["name"])
