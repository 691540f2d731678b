"""A value as YAML text that fits into a file written by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apigeectl.yaml import dump


def block(value: Mapping[str, Any] | list[Any], indent: int = 2) -> list[str]:
    """The lines of a map or list, which must not be empty; maps within are indented by so many columns."""
    if isinstance(value, list):
        return [line for item in value for line in _item(item, indent)]
    return [line for key, item in value.items() for line in _pair(key, item, indent)]


def inline(value: Any, quote: str | None = None) -> str:
    """The value on one line, valid within brackets, too; a text takes the quote if it can be written so."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{inline(key)}: {inline(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(inline, value)) + "]"
    if isinstance(value, str) and quote == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, str) and quote == '"' and value.isprintable():
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return dump([{"key": value}]).removeprefix("---\nkey: ").removesuffix("\n")


def _pair(key: str, value: Any, indent: int) -> list[str]:
    if not (value and isinstance(value, (Mapping, list))):
        return [f"{inline(key)}: {inline(value)}"]
    margin = "" if isinstance(value, list) else " " * indent
    return [f"{inline(key)}:", *(margin + line for line in block(value, indent))]


def _item(value: Any, indent: int) -> list[str]:
    if not (value and isinstance(value, (Mapping, list))):
        return [f"- {inline(value)}"]
    first, *rest = block(value, indent)
    return [f"- {first}", *("  " + line for line in rest)]
