"""What rendering reads besides the overrides: the files it names, and the Secrets that the cluster stores."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from apigeectl.errors import OverridesError
from apigeectl.overrides.document import Overrides
from apigeectl.overrides.paths import resolve
from apigeectl.overrides.position import parse_dotted

StoredSecrets = Mapping[str, Mapping[str, bytes]]
"""The Secrets of the runtime namespace by name: their keys, and their values without Kubernetes' base64."""


@dataclass
class Sources:
    """Reads files once, and remembers the ones it did not find, so that one message can name them all."""

    overrides: Overrides
    cwd: pathlib.Path
    stored: StoredSecrets | None = field(default=None, repr=False)
    """None: the cluster was not asked."""
    replace: frozenset[str] = frozenset()
    _read: dict[pathlib.Path, bytes] = field(default_factory=dict, repr=False)
    _missing: dict[str, str] = field(default_factory=dict, repr=False)

    def file(self, path: str, written: str) -> bytes | None:
        """The content of the file that the property at `path` names; None if `check` will complain of it."""
        origin = self.overrides.file_of(parse_dotted(path))
        lookup = resolve(origin, written, self.cwd)
        if lookup.found is None:
            self._missing[path] = f"{written} is at none of {', '.join(map(str, lookup.tried))}"
            return None
        try:
            if lookup.found not in self._read:
                self._read[lookup.found] = lookup.found.read_bytes()
        except OSError as error:
            self._missing[path] = f"{lookup.found}: {error.strerror}"
            return None
        return self._read[lookup.found]

    def check(self) -> None:
        """Stop when a file was not found or could not be read."""
        if self._missing:
            files = "a file" if len(self._missing) == 1 else f"{len(self._missing)} files"
            raise OverridesError(
                f"{self.overrides.files} names {files} that cannot be read",
                details=[f"{path}: {reason}" for path, reason in self._missing.items()],
                hint="a relative path starts in the working directory, the file's own folder or its parent",
            )
