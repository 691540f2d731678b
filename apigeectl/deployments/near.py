"""The name that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_SHOWN = 8


def suggestion(name: str, known: Iterable[str], what: str) -> str:
    """A hint: the nearest name, or the names that exist."""
    names = sorted(known)
    folded = {each.casefold(): each for each in names}
    near = get_close_matches(name.casefold(), folded, 1)
    if near:
        return f'did you mean "{folded[near[0]]}"?'
    if not names:
        return f"there are no {what} at all"
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"the {what} are {', '.join(names[:_SHOWN])}{more}"
