"""JSON, and what Go says about text that is none."""

from __future__ import annotations

import json
from typing import Any


class NotJSON(ValueError):
    """Worded as Go's decoder does."""


def loads(text: bytes) -> Any:
    """The value; raises NotJSON."""
    try:
        decoded = text.decode()
        return json.loads(decoded)
    except UnicodeDecodeError:
        raise NotJSON("invalid UTF-8") from None
    except json.JSONDecodeError as error:
        raise NotJSON(_words(decoded, error)) from None


def _words(text: str, error: json.JSONDecodeError) -> str:
    if not text[error.pos :].strip():
        return "unexpected end of JSON input"
    where = _PLACES.get(error.msg, "in JSON text")
    return f"invalid character {text[error.pos :].lstrip()[0]!r} {where}"


_PLACES = {
    "Expecting property name enclosed in double quotes": "looking for beginning of object key string",
    "Expecting value": "looking for beginning of value",
    "Expecting ',' delimiter": "after object key:value pair",
    "Expecting ':' delimiter": "after object key",
    "Extra data": "after top-level value",
}
"""By the words of Python's decoder."""
