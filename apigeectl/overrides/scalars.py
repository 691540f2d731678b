"""What a YAML scalar means to the readers that meet an overrides file.

The original was written in Go and read YAML 1.1 as its library understood it; other readers differ in places.
"""

from __future__ import annotations

import math
import re
from typing import Any


def resolve_as_go(text: str) -> Any:
    """The value of a plain scalar as gopkg.in/yaml.v2 reads it: dates stay text, base 60 does not exist."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    digits = text.replace("_", "") if text[0] != "." else text
    if _INTEGER.fullmatch(digits):
        value = _integer(digits)
        if value is not None and -(2**63) <= value < 2**64:
            return value
    if _FLOAT.fullmatch(digits) and math.isfinite(float(digits)):
        return float(digits)
    return text


def other_reading(text: str) -> str | None:
    """What YAML 1.2 readers take a plain scalar for, in words, when Go's reading differs; else None."""
    if text.lower() in _YES_NO and text in _WORDS:
        return f'the text "{text}"'
    if _OLD_OCTAL.fullmatch(text):
        return f"the number {int(text)}"
    if ("_" in text or "0b" in text.lower()) and not isinstance(resolve_as_go(text), str):
        return f'the text "{text}"'
    return None


def _integer(digits: str) -> int | None:
    sign = -1 if digits[0] == "-" else 1
    digits = digits.lstrip("+-").lower()
    base = {"0x": 16, "0o": 8, "0b": 2}.get(digits[:2], 8 if digits[0] == "0" and len(digits) > 1 else 10)
    try:
        return sign * int(digits[2:] if digits[1:2].isalpha() else digits, base)
    except ValueError:  # 089: no octal number, and yet a float
        return None


_YES_NO = frozenset({"y", "n", "yes", "no", "on", "off"})

_WORDS: dict[str, Any] = {
    **{form: True for word in ("yes", "true", "on") for form in (word, word.title(), word.upper())},
    **{form: False for word in ("no", "false", "off") for form in (word, word.title(), word.upper())},
    "y": True,
    "Y": True,
    "n": False,
    "N": False,
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **{sign + form: math.inf for form in (".inf", ".Inf", ".INF") for sign in ("", "+")},
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}

_INTEGER = re.compile(r"[-+]?(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|[0-9]+)", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_OLD_OCTAL = re.compile(r"[-+]?0[0-7]{1,30}", re.ASCII)
