"""Which values must never be shown."""

from __future__ import annotations

import re

from apigeectl.overrides.catalogue.tree import parts
from apigeectl.overrides.position import Path


def is_secret(path: Path | str) -> bool:
    """Whether the value at this path must never be shown: passwords, keys, salts."""
    return any(SECRET_NAME.search(part) for part in parts(path))


SECRET_NAME = re.compile(
    r"(?:password|passwd|passphrase|salt|token|(?:encryption|private|secret)_?key)$", re.I
)
"""How a key ends whose value is a secret. `...Path` and `...Secret` only name where one is kept."""
