"""When a request may be tried again, and how long to wait before."""

from __future__ import annotations

import random
import time
from email.utils import parsedate_to_datetime

LONGEST_PAUSE = 30.0
TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})
"""Statuses that may be over in a moment; 429 is said before anything was done, so every method may try again."""


def passing(error: Exception) -> bool:
    """A failure that may be over in a moment: not one of names, certificates or proxies."""
    import requests

    wire = requests.exceptions
    hopeless = (wire.SSLError, wire.ProxyError, wire.ConnectTimeout)
    if isinstance(error, hopeless) or "Failed to resolve" in str(error) or "refused" in str(error):
        return False
    return isinstance(error, (wire.ConnectionError, wire.Timeout, wire.ChunkedEncodingError))


def pause(repeat: int, retry_after: str | None) -> float:
    """Seconds before the next try: what the service says, else more each time, never more than LONGEST_PAUSE."""
    if (seconds := _seconds(retry_after)) is not None:
        return min(max(seconds, 0.0), LONGEST_PAUSE)
    return float(2**repeat * random.uniform(0.8, 1.2))  # noqa: S311 (spreads callers, protects nothing)


def _seconds(retry_after: str | None) -> float | None:
    """`Retry-After` is a number of seconds or a date."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return parsedate_to_datetime(text).timestamp() - time.time() if text else None
    except (ValueError, TypeError):
        return None
