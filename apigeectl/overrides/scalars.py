"""What a YAML scalar means to the readers that meet an overrides file.

The original was written in Go and read YAML 1.1 as its library understood it; other readers differ in places.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
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
    """Who takes a plain scalar for something else than Go's library does, and for what, in words; else None."""
    if text.lower() in _YES_NO and text in _WORDS:
        return _as_text(_NEW, text)
    if text[:1] not in _STARTS_NUMBER:
        return None
    if "_" in text or "0b" in text.lower():
        return None if isinstance(resolve_as_go(text), str) else _as_text(_NEW, text)
    return next((words(text) for pattern, words in _NUMBERS if pattern.fullmatch(text)), None)


def _as_text(readers: str, text: str) -> str:
    return f'{readers} the text "{text if len(text) <= 40 else f"{text[:37]}..."}"'


def _from_base_60(text: str) -> float:
    value = 0.0
    for digits in text.lstrip("+-").split(":"):
        value = value * 60 + float(digits)
    return -value if text[0] == "-" else value


_NEW = "YAML 1.2 readers take it for"
_OLD = "other YAML 1.1 readers take it for"

_STARTS_NUMBER = tuple("+-.0123456789")
_NUMBERS: tuple[tuple[re.Pattern[str], Callable[[str], str]], ...] = tuple(
    (re.compile(pattern, re.ASCII), words)
    for pattern, words in (
        (r"[-+]?0[0-7]{1,30}", lambda text: f"{_NEW} the number {int(text)}"),
        (r"[-+]?0o[0-7]+", lambda text: _as_text(_OLD, text)),
        (
            r"[-+]?[1-9][0-9]{0,30}(:[0-5]?[0-9]){1,5}(\.[0-9]*)?",
            lambda text: f"{_OLD} the number {_from_base_60(text):g}",
        ),
        (r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?", lambda text: f"{_OLD} a date"),
        # They want a point in a number with an exponent, and the exponent's sign.
        (r"[-+]?[0-9]+[eE][-+]?[0-9]{1,2}", lambda text: _as_text(_OLD, text)),
        (r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)[eE][0-9]{1,2}", lambda text: _as_text(_OLD, text)),
    )
)
"""Numbers that readers take differently; the first that fits speaks."""


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
