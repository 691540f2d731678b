"""A plan as differences that may be shown: field by field, with fingerprints in the place of secrets."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from apigeectl.apply.changes import Change
from apigeectl.apply.compare import Difference, differences, joined
from apigeectl.apply.ownership import LAST_APPLIED
from apigeectl.manifests import LiveObject


@dataclass(frozen=True)
class Fingerprints:
    """Stands for secret values: equal ones look equal within one run, and nobody can guess from what is shown.

    The key is made anew for every run, because short passwords could be guessed from a plain digest.
    """

    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def of(self, value: Any) -> str:
        """`(secret 1a2b3c4d)`, the same for the same value as long as the program runs."""
        content = json.dumps(value, sort_keys=True, ensure_ascii=True).encode()
        return f"(secret {hmac.new(self.key, content, hashlib.sha256).hexdigest()[:8]})"


def shown_differences(change: Change, fingerprints: Fingerprints) -> tuple[Difference, ...]:
    """What the change would do to its object. For one that does not exist yet, all that it will hold."""
    before = change.live or {"metadata": {}}
    after = change.result or (dict(change.manifest.body) if change.manifest else before)
    is_secret = change.ref.kind == "Secret"
    return tuple(
        Difference(
            one.path,
            _masked(one.before, one.path, fingerprints, whole=is_secret),
            _masked(one.after, one.path, fingerprints, whole=is_secret),
        )
        for one in _each_field(differences(before, _named_only_when_new(change, after)))
    )


def _each_field(found: tuple[Difference, ...]) -> Iterator[Difference]:
    """What appears or vanishes as a whole map, opened into its fields."""
    for one in found:
        old, new = one.before, one.after
        if (isinstance(old, Mapping) and new is None) or (isinstance(new, Mapping) and old is None):
            for key in sorted({*(old or {}), *(new or {})}):
                part = Difference(joined(one.path, str(key)), (old or {}).get(key), (new or {}).get(key))
                yield from _each_field((part,))
        else:
            yield one


def _named_only_when_new(change: Change, after: LiveObject) -> LiveObject:
    """The name and namespace of a new object are in its heading already."""
    if change.live is not None:
        return after
    metadata = {key: value for key, value in after["metadata"].items() if key not in {"name", "namespace"}}
    return {**after, "metadata": metadata}


def _masked(value: Any, path: str, fingerprints: Fingerprints, *, whole: bool) -> Any:
    if value is None:
        return None
    holds_data = whole and path.startswith(("data", "stringData"))
    if holds_data or LAST_APPLIED in path or _SECRET_NAME.search(path):
        return fingerprints.of(value)
    if isinstance(value, Mapping):
        # A variable of a container is a name and a value; the name says whether the value is secret.
        name = f"[{value['name']}]" if "value" in value and "name" in value else ""
        return {
            key: _masked(item, f"{path}{name}.{key}", fingerprints, whole=whole)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_masked(item, path, fingerprints, whole=whole) for item in value]
    return _without_secret_text(value, fingerprints) if isinstance(value, str) else value


def _without_secret_text(value: str, fingerprints: Fingerprints) -> str:
    if "PRIVATE KEY-----" in value:
        return fingerprints.of(value)
    return _CREDENTIALS.sub(lambda found: f"{fingerprints.of(found[0])}@", value)


_SECRET_NAME = re.compile(
    r"""(?:password|passphrase|salt|token|(?:encryption|private)_?key)(?:["\]]*|\]\.value)$""", re.IGNORECASE
)
"""How a field ends that holds a secret outside of a Secret; fields that only name one end otherwise."""

_CREDENTIALS = re.compile(r"(?<=://)[^/\s]+@")
"""User and password in a URL; a slash within would end them, so URLs are written without."""
