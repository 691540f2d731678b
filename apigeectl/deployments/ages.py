"""How long ago something was, on clocks that may differ from ours."""

from __future__ import annotations

MINUTE, HOUR, DAY = 60, 3600, 86400
TOLERANCE = 60
"""Seconds that two clocks may differ without a word."""


def age(then: int | None, now: float) -> str:
    """`3m ago`, from milliseconds and a clock in seconds; a time that lies ahead of our clock says so."""
    if then is None:
        return "unknown"
    seconds = now - then / 1000
    if seconds < -TOLERANCE:
        return f"{span(-seconds)} ahead of this clock"
    return f"{span(max(0.0, seconds))} ago"


def span(seconds: float) -> str:
    """`45s`, `3m`, `5h`, `12d`."""
    for size, letter in ((DAY, "d"), (HOUR, "h"), (MINUTE, "m")):
        if seconds >= 2 * size or (seconds >= size and size != DAY):
            return f"{int(seconds // size)}{letter}"
    return f"{int(seconds)}s"


def clock_note(newest: int | None, now: float, *, recent: bool = False) -> str | None:
    """A sentence when the newest time Google knows, which is known to be recent or not, shows that clocks differ."""
    if newest is None:
        return None
    behind = newest / 1000 - now
    if behind > TOLERANCE:
        return f"this machine's clock is {span(behind)} behind Google's: ages here are wrong"
    if recent and -behind > HOUR:
        return f"this machine's clock seems {span(-behind)} ahead of Google's: ages here are wrong"
    return None
