"""Keys, salts and passwords: the values without which stored data cannot be read.

What the cluster has, wins; then the file; then the original's fixed defaults, with a warning. Where cluster
and file differ, nothing is rendered unless the Secret is named for replacement. No value appears in a message.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from apigeectl.components.protected import (
    Form,
    ProtectedSecret,
    ProtectedValue,
    credentials,
    protected_secrets,
)
from apigeectl.components.sources import Sources, StoredSecrets
from apigeectl.components.values import text
from apigeectl.errors import OverridesError, Refused, UsageError
from apigeectl.overrides.document import Overrides

__all__ = ["SecretConflict", "SecretValues", "StoredSecrets", "protected_secret_names"]

_KEY_SIZES = (16, 24, 32)


def protected_secret_names(overrides: Overrides) -> tuple[str, ...]:
    """The Secrets of the runtime namespace to read from the cluster before rendering."""
    return tuple(secret.name for secret in (*credentials(overrides), *protected_secrets(overrides)))


@dataclass(frozen=True)
class SecretConflict:
    """The file gives another value than the cluster has."""

    secret: str
    key: str
    property: str
    consequence: str

    def __str__(self) -> str:
        return f"Secret {self.secret}, key {self.key}: {self.property} has another value. {self.consequence}"


@dataclass
class SecretValues:
    """Chooses the values of protected Secrets, and remembers what there is to say about the choice."""

    sources: Sources
    conflicts: list[SecretConflict] = field(default_factory=list)
    defaults: dict[str, None] = field(default_factory=dict)
    """Properties that nobody set, so that publicly known values are used; in order, each once."""

    def of(self, secret: ProtectedSecret) -> dict[str, bytes]:
        """Every key of a Secret with its value."""
        return {value.key: self._chosen(secret.name, value) for value in secret.values}

    def check(self) -> None:
        """Stop when the file would change what the cluster has, or a Secret to replace is not one of ours."""
        known = protected_secret_names(self.sources.overrides)
        for name in sorted(self.sources.replace.difference(known)):
            raise UsageError(f"there is no Secret {name} to replace", hint=f"there are {', '.join(known)}")
        if not self.conflicts:
            return
        secrets = list(dict.fromkeys(conflict.secret for conflict in self.conflicts))
        raise Refused(
            f"the cluster holds other keys or passwords than {self.sources.overrides.file} gives; "
            "nothing was changed",
            details=[str(conflict) for conflict in self.conflicts],
            hint="take the values out of the file to keep the cluster's, or lose what is named above with "
            + " ".join(f"--replace-secret {name}" for name in secrets),
        )

    def warnings(self) -> tuple[str, ...]:
        """One warning that names every publicly known value in use."""
        if not self.defaults:
            return ()
        file, values = self.sources.overrides.file, ", ".join(self.defaults)
        known = f"publicly known default values are used for {values}"
        if self.sources.stored is None:
            return (
                f"{known}: {file} has no others, and the cluster was not asked; if it has, applying this output would "
                "replace them, and what they encrypt could no longer be read (--dry-run=server shows what is kept)",
            )
        return (f"{known}: neither the cluster nor {file} has others, and they can hardly be changed later",)

    def _chosen(self, secret: str, value: ProtectedValue) -> bytes:
        stored = (self.sources.stored or {}).get(secret, {}).get(value.key)
        found = _from_file(self.sources, value)
        if stored is not None and (found is None or secret not in self.sources.replace):
            if found is not None and not _same(found[1], stored, value.form):
                self.conflicts.append(SecretConflict(secret, value.key, found[0], value.consequence))
            return stored
        if found is not None:
            return found[1]
        used = not value.elsewhere or not self.sources.overrides.get(value.elsewhere)
        if used and not value.public:
            self.defaults[value.usual_property] = None
        return _encoded(value.default, value)


def _from_file(sources: Sources, value: ProtectedValue) -> tuple[str, bytes] | None:
    """The first of the properties that is set, and what it gives."""
    for path in value.properties:
        written = text(sources.overrides.get(path))
        if not written:
            continue
        if not path.endswith("Path"):
            return path, _encoded(written, value, path)
        content = sources.file(path, written)
        if content is None:
            return None
        # A newline at the end is an editor's doing; it would become part of the key.
        return path, _encoded(content.decode("utf-8", "replace").rstrip(), value, path)
    return None


def _encoded(written: str, value: ProtectedValue, path: str = "") -> bytes:
    if value.form is Form.PLAIN:
        return written.encode("utf-8", "surrogatepass")
    try:
        decoded = base64.b64decode(written, validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if len(decoded) not in _KEY_SIZES:
        raise OverridesError(
            f"{path} is no encryption key",
            hint="a key is the base64 text of 16, 24 or 32 bytes, as `openssl rand -base64 32` prints it",
        )
    return decoded if value.form is Form.RAW_KEY else written.encode()


def _same(given: bytes, stored: bytes, form: Form) -> bool:
    return given == (stored.rstrip() if form is Form.KEY else stored)


def encoded_data(values: Mapping[str, bytes] | Iterable[tuple[str, bytes]]) -> dict[str, str]:
    """The `data` of a Secret."""
    return {key: base64.b64encode(value).decode() for key, value in dict(values).items()}
