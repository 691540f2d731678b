"""How long to wait, as people write it."""

from __future__ import annotations

import re

from apigeectl.errors import UsageError

WAIT_SECONDS = 900.0
"""How long a bare --wait waits; Google's own installers give an organization a quarter of an hour."""

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}


def seconds(written: str | None, *, default: float) -> float | None:
    """`300`, `300s`, `5m` or `1h` in seconds; None when no wait was asked for."""
    if written is None:
        return None
    if written == "default":
        return default
    match = re.fullmatch(r"(\d{1,7}(?:\.\d+)?)([smh]?)", written)
    if not match:
        raise UsageError(f'--wait: "{written}" is no duration', hint="write seconds, or 5m, or 1h")
    return float(match[1]) * _UNITS[match[2]]
