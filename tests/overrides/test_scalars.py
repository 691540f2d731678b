from __future__ import annotations

import math
from typing import Any

import pytest

from apigeectl.overrides.scalars import other_reading, resolve_as_go


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[(word, True) for word in ("true", "True", "TRUE", "yes", "Yes", "on", "ON", "y", "Y")],
        *[(word, False) for word in ("false", "no", "NO", "off", "Off", "n", "N")],
        *[(word, None) for word in ("", "~", "null", "Null", "NULL")],
        ("12", 12),
        ("-7", -7),
        ("+3", 3),
        ("012", 10),
        ("-012", -10),
        ("0x1F", 31),
        ("0b101", 5),
        ("0o17", 15),
        ("1_000", 1000),
        ("089", 89.0),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("1.", 1.0),
        (".inf", math.inf),
        ("-.Inf", -math.inf),
        ("18446744073709551615", 2**64 - 1),
        ("18446744073709551616", float(2**64)),
        ("yEs", "yEs"),
        ("1:30", "1:30"),
        ("2021-02-03", "2021-02-03"),
        ("1.10.3", "1.10.3"),
        ("100Mi", "100Mi"),
        ("1e999", "1e999"),
        ("0x", "0x"),
        ("-", "-"),
        (".", "."),
        ("+-5", "+-5"),
        ("١٢", "١٢"),
        ("hello", "hello"),
    ],
)
def test_a_plain_scalar_is_read_as_the_go_library_reads_it(text: str, value: Any) -> None:
    read = resolve_as_go(text)
    assert (type(read), read) == (type(value), value)


def test_not_a_number_is_a_float() -> None:
    assert math.isnan(resolve_as_go(".nan"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("yes", 'the text "yes"'),
        ("Off", 'the text "Off"'),
        ("n", 'the text "n"'),
        ("012", "the number 12"),
        ("1_000", 'the text "1_000"'),
        ("0b11", 'the text "0b11"'),
    ],
)
def test_scalars_on_which_readers_disagree_name_the_other_reading(text: str, words: str) -> None:
    assert other_reading(text) == words


@pytest.mark.parametrize("text", ["true", "12", "0x1F", "null", "a_b", "yEs", "0", "1.5", "09", "2021-02-03"])
def test_other_scalars_mean_the_same_to_all(text: str) -> None:
    assert other_reading(text) is None
