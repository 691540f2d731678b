"""Keeps what a Secret holds out of the errors that an API server answers about it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from apigeectl.errors import APIError

_SHORTEST = 4
"""Shorter values would blot out parts of ordinary words."""


@contextmanager
def values_hidden(kind: str, body: Any) -> Iterator[None]:
    """Inside, errors about a Secret lose every value that `body` holds: servers quote what they refuse."""
    try:
        yield
    except APIError as error:
        if kind == "Secret":
            _hide(error, _values(body))
        raise


def _hide(error: APIError, values: set[str]) -> None:
    error.message = _without(error.message, values)
    error.details = tuple(_without(detail, values) for detail in error.details)
    error.args = (error.message,)


def _without(text: str, values: set[str]) -> str:
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, "***")
    return text


def _values(body: Any) -> set[str]:
    if not isinstance(body, dict):
        return {text for text in _texts(body) if len(text) >= _SHORTEST}
    written = {text for key in ("data", "stringData") for text in _texts(body.get(key))}
    decoded = {text for text in map(_decoded, written) if text}
    return {text for text in written | decoded if len(text) >= _SHORTEST}


def _texts(value: Any) -> Iterator[str]:
    match value:
        case dict():
            for item in value.values():
                yield from _texts(item)
        case list():
            for item in value:
                yield from _texts(item)
        case str() | int() | float():
            yield str(value)


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except ValueError:
        return ""
