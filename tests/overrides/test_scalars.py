from __future__ import annotations

import math
from typing import Any

import pytest
import yaml as pyyaml  # type: ignore[import-untyped]

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


NEW, OLD = "YAML 1.2 readers take it for", "other YAML 1.1 readers take it for"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("yes", f'{NEW} the text "yes"'),
        ("Off", f'{NEW} the text "Off"'),
        ("n", f'{NEW} the text "n"'),
        ("012", f"{NEW} the number 12"),
        ("1_000", f'{NEW} the text "1_000"'),
        ("0x_1", f'{NEW} the text "0x_1"'),
        ("0b11", f'{NEW} the text "0b11"'),
        ("0o17", f'{OLD} the text "0o17"'),
        ("1e3", f'{OLD} the text "1e3"'),
        ("1.5e3", f'{OLD} the text "1.5e3"'),
        ("12:30", f"{OLD} the number 750"),
        ("-1:30:15.5", f"{OLD} the number -5415.5"),
        ("2021-02-03", f"{OLD} a date"),
        ("2021-02-03T10:00:00Z", f"{OLD} a date"),
    ],
)
def test_scalars_on_which_readers_disagree_name_the_other_reading(text: str, words: str) -> None:
    assert other_reading(text) == words


@pytest.mark.parametrize(
    "text",
    [
        "true",
        "12",
        "0x1F",
        "null",
        "a_b",
        "yEs",
        "0",
        "1.5",
        "09",
        "1.5e+3",
        "1e999",
        "12:75",
        "a:30",
        "._5",
        "0b2",
        "2021-2",
        "",
        "~",
    ],
)
def test_other_scalars_mean_the_same_to_all(text: str) -> None:
    assert other_reading(text) is None


@pytest.mark.parametrize(
    "text", ["1e3", "1.5e3", "1.5e+3", "12:30", "0o17", "012", "yes", "12", "1.5", "a:30"]
)
def test_a_reader_of_yaml_1_1_by_the_letter_agrees_with_what_is_said_of_it(text: str) -> None:
    said = other_reading(text) or ""

    assert (pyyaml.safe_load(text) != resolve_as_go(text)) is said.startswith(OLD)
