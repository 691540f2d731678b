"""A value as one line of YAML that every reader takes for the same value."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from apigeectl.errors import InstallerError

_LONGEST_IMPLICIT_KEY = 1000
"""YAML readers give up on longer keys unless a question mark announces them."""


class UnspeakableText(InstallerError):
    """Text that no Kubernetes object can carry."""


def flow(value: Any) -> str:
    """The value in JSON's manner: strings in quotes with everything unusual escaped, lists and maps in flow form."""
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    if value is None or isinstance(value, (bool, int)):
        return json.dumps(value)
    if isinstance(value, float):
        return _float(value)
    raise TypeError(f"a {type(value).__name__} has no form in YAML")


def _quoted(value: str) -> str:
    if value.isascii():
        return json.dumps(value).replace("\x7f", "\\u007f")
    return '"' + "".join(_escaped(character) for character in value) + '"'


def _escaped(character: str) -> str:
    code = ord(character)
    if code < 0x80:
        return json.dumps(character)[1:-1].replace("\x7f", "\\u007f")
    if 0xD800 <= code <= 0xDFFF:
        raise UnspeakableText(
            f"A value holds half of a character (U+{code:04X}), which no Kubernetes object can carry.",
            hint="Look for \\u escapes in the overrides file.",
        )
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _key(key: Any) -> str:
    quoted = _quoted(key if isinstance(key, str) else json.dumps(key))
    return quoted if len(quoted) < _LONGEST_IMPLICIT_KEY else f"? {quoted} "


def _float(value: float) -> str:
    if math.isnan(value):
        return ".nan"
    return {math.inf: ".inf", -math.inf: "-.inf"}.get(value) or repr(value)
