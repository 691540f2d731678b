"""Quantities such as `500m` or `2Gi`, in the one spelling that the API server answers with."""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal
from typing import Any


def canonical(value: Any) -> Any:
    """`0.5` is `500m`, `1000m` is `1`, `1024Mi` is `1Gi`; what is no quantity stays as it is."""
    match = _QUANTITY.fullmatch(str(value)) if not isinstance(value, bool) else None
    if not match:
        return value
    number, suffix = Decimal(match[1]), match[2]
    if suffix in _BINARY:
        amount = number * _BINARY[suffix]
        if amount >= 1024 or amount <= -1024:
            return _spell(amount, _BINARY)
        return _spell(amount, _DECIMAL)
    if suffix[:1] in ("e", "E") and suffix not in _DECIMAL:
        return _spell_exponent(number.scaleb(int(suffix[1:])))
    return _spell(number * _DECIMAL[suffix], _DECIMAL)


def is_quantity(value: Any) -> bool:
    return not isinstance(value, bool) and bool(_QUANTITY.fullmatch(str(value)))


def _spell(amount: Decimal, units: dict[str, Decimal]) -> str:
    for suffix in sorted(units, key=lambda unit: -units[unit]):
        scaled = amount / units[suffix]
        if scaled == scaled.to_integral_value() and (scaled or not suffix):
            return f"{int(scaled)}{suffix}"
    if units is _BINARY:
        return _spell(amount, _DECIMAL)
    nano = (amount / _DECIMAL["n"]).to_integral_value(ROUND_CEILING)  # nothing is finer than that
    return f"{int(nano)}n"


def _spell_exponent(amount: Decimal) -> str:
    for power in range(18, -10, -3):
        scaled = amount.scaleb(-power)
        if scaled == scaled.to_integral_value() and scaled:
            return f"{int(scaled)}e{power}" if power else str(int(scaled))
    return "0"


_QUANTITY = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))((?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?)")

_BINARY = {f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", start=1)}

_DECIMAL = {
    unit: Decimal(10) ** power
    for unit, power in zip(("n", "u", "m", "", "k", "M", "G", "T", "P", "E"), range(-9, 19, 3), strict=True)
}
