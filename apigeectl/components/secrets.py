"""Keys, salts and passwords: the values without which stored data cannot be read.

What the cluster has, wins; then the file; then the original's fixed defaults, with a warning. Where cluster
and file differ, nothing is rendered unless the Secret is named for replacement. No value appears in a message.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from apigeectl.components.protected import Form, ProtectedSecret, ProtectedValue, all_protected
from apigeectl.components.sources import Sources, StoredSecrets
from apigeectl.components.values import text
from apigeectl.errors import OverridesError, Refused, UsageError
from apigeectl.overrides.document import Overrides

__all__ = ["SecretConflict", "SecretValues", "StoredSecrets", "is_given", "protected_secret_names"]

_KEY_SIZES = (16, 24, 32)


def protected_secret_names(overrides: Overrides) -> tuple[str, ...]:
    """The Secrets of the runtime namespace to read from the cluster before rendering."""
    return tuple(secret.name for secret in all_protected(overrides))


def is_given(overrides: Overrides, value: ProtectedValue) -> bool:
    """Whether the file gives the value, names a file with it, or a Secret of the user's own to take it from."""
    elsewhere = bool(value.elsewhere and overrides.get(value.elsewhere))
    return elsewhere or any(text(overrides.get(path)) for path in value.properties)


@dataclass(frozen=True)
class SecretConflict:
    """The file gives another value than the cluster has."""

    secret: str
    key: str
    property: str
    consequence: str

    def __str__(self) -> str:
        return f"Secret {self.secret}, key {self.key}: {self.property} has another value; {self.consequence}"


@dataclass
class SecretValues:
    """Chooses the values of protected Secrets, and remembers what there is to say about the choice."""

    sources: Sources
    make: Callable[[Form], str] | None = None
    """Makes values for a new installation, as the properties hold them; without it, the original's defaults are used."""
    conflicts: list[SecretConflict] = field(default_factory=list)
    replaced: list[SecretConflict] = field(default_factory=list)
    made: dict[str, bytes] = field(default_factory=dict, repr=False)
    """What was made, by property: several Secrets hold the keys of the organization."""
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
            f"the cluster holds other keys or passwords than {self.sources.overrides.files} gives; "
            "nothing was changed",
            details=[str(conflict) for conflict in self.conflicts],
            hint="take the values out of the file to keep the cluster's, or lose what is named above with "
            + " ".join(f"--replace-secret {name}" for name in secrets),
        )

    def warnings(self) -> tuple[str, ...]:
        """What replacing costs, and one warning that names every publicly known value in use."""
        replaced = (
            f"replacing what Secret {one.secret}, key {one.key} holds by {one.property}: {one.consequence}"
            for one in self.replaced
        )
        return (*replaced, *self._about_defaults())

    def _about_defaults(self) -> tuple[str, ...]:
        if not self.defaults:
            return ()
        file, values = self.sources.overrides.files, ", ".join(self.defaults)
        known = f"publicly known default values are used for {values}"
        if self.sources.stored is None:
            return (
                f"{known}: {file} has no others, and the cluster was not asked; if it has, applying this output would "
                "replace them, and what they encrypt could no longer be read (--dry-run=server shows what is kept)",
            )
        return (
            f"{known}: neither the cluster nor {file} has others, and they can hardly be changed later (before the "
            "first init, apigeectl secrets create makes strong ones)",
        )

    def _chosen(self, secret: str, value: ProtectedValue) -> bytes:
        found = _from_file(self.sources, value)
        stored = self._stored(secret, value)
        if stored is None:
            return found[1] if found is not None else self._without_source(value)
        if found is None or _same(found[1], stored.value, value.form):
            return stored.value
        replacing = stored.secret in self.sources.replace
        conflicts = self.replaced if replacing else self.conflicts
        conflict = SecretConflict(stored.secret, stored.key, found[0], value.consequence)
        if conflict not in conflicts:
            conflicts.append(conflict)
        return found[1] if replacing else stored.value

    def _stored(self, secret: str, value: ProtectedValue) -> _Stored | None:
        """What the cluster has of a value: here, else in another Secret, for the Secret of an environment that is new
        must hold the organization's keys."""
        here = (self.sources.stored or {}).get(secret, {}).get(value.key)
        return self._elsewhere.get(value.usual_property) if here is None else _Stored(secret, value.key, here)

    @cached_property
    def _elsewhere(self) -> Mapping[str, _Stored]:
        found: dict[str, _Stored] = {}
        for secret in all_protected(self.sources.overrides) if self.sources.stored else ():
            stored = (self.sources.stored or {}).get(secret.name, {})
            for value in secret.values:
                if value.key in stored:
                    found.setdefault(value.usual_property, _Stored(secret.name, value.key, stored[value.key]))
        return found

    def _without_source(self, value: ProtectedValue) -> bytes:
        used = not value.elsewhere or not self.sources.overrides.get(value.elsewhere)
        if not used or value.public:
            return _encoded(value.default, value)
        name = value.usual_property
        if self.make is None:
            self.defaults[name] = None
            return _encoded(value.default, value)
        if name not in self.made:
            self.made[name] = _encoded(self.make(value.form), value)
        return self.made[name]


@dataclass(frozen=True)
class _Stored:
    """A value that the cluster has, and where."""

    secret: str
    key: str
    value: bytes = field(repr=False)


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
