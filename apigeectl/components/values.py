"""Reading what users wrote: a value becomes what its place needs, or stays for the API server to judge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")


def text(value: Any) -> str | None:
    """A value as the string that a Kubernetes string field needs; None for what holds no text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (str, int, float)) else None


def texts(value: Any) -> list[str] | None:
    """The items of a list as strings; None when there are none."""
    items = [item for item in map(text, value) if item is not None] if isinstance(value, list) else []
    return items or None


def text_map(value: Any) -> dict[str, str] | None:
    """A map with string keys and string values, as annotations are; None when there are no entries."""
    if not isinstance(value, Mapping):
        return None
    entries = ((text(key), text(item)) for key, item in value.items())
    return {key: item for key, item in entries if key is not None and item is not None} or None


def whole(value: Any) -> Any:
    """A whole number, also when it was written in quotes; anything else stays as it is."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 19:
        return int(value)
    return value


def mapping(value: Any) -> Mapping[str, Any]:
    """The value when it is a map, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def quantities(value: Any) -> dict[str, Any] | None:
    """Requests and limits. A quantity may be a whole number or text, but no fraction: 0.5 becomes "0.5"."""
    lists = {
        str(kind): {
            str(name): str(item) if isinstance(item, float) else item for name, item in entries.items()
        }
        for kind, entries in mapping(value).items()
        if isinstance(entries, Mapping)
    }
    return {kind: entries for kind, entries in lists.items() if entries} or None


def merged(default: Mapping[str, Any], written: Mapping[str, Any]) -> dict[str, Any]:
    """The default with the written map over it: maps key by key, everything else whole, null is not written.

    A probe's handler (`exec`, `httpGet`, ...) takes the place of a default one of another kind.
    """
    if any(handler in written for handler in _HANDLERS):
        default = {key: item for key, item in default.items() if key not in _HANDLERS or key in written}
    result = dict(default)
    for key, item in written.items():
        if item is None:
            continue
        below = result.get(key)
        if isinstance(below, Mapping):
            result[str(key)] = merged(below, item) if isinstance(item, Mapping) else below
        else:
            result[str(key)] = item
    return result
