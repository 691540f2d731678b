"""Whatever comes in, the answer is data or an OverridesError."""

from __future__ import annotations

import contextlib
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apigeectl import yaml
from apigeectl.errors import OverridesError
from apigeectl.overrides import catalogue
from apigeectl.overrides.document import Overrides
from apigeectl.overrides.load import load, parse
from apigeectl.overrides.problems import OverridesInvalid
from apigeectl.overrides.report import report, report_invalid
from apigeectl.overrides.rules import FileCheck, validate
from apigeectl.overrides.scope import Scope
from tests.overrides.samples import GOOD, bare

FILE = Path("overrides.yaml")
SETTINGS = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))

names = st.sampled_from([name for name in catalogue.children("") if name != "[]"])
pieces = st.sampled_from(
    [
        *": -#&*!|>'\"%@`{}[],?\t\n",
        "\r\n",
        "\n  ",
        "\n- ",
        ": ",
        "<<: *a",
        "&a ",
        "*a ",
        "---\n",
        "...\n",
        "012",
        "yes",
    ]
)
yaml_like = st.lists(st.one_of(pieces, names, st.text(max_size=4)), max_size=40).map("".join)
words = st.text("abcdexyz ._/:", min_size=1, max_size=8)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**63), st.floats(), words, st.text(max_size=6)
)
nested = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
)


def judged(overrides: Overrides) -> str:
    scope = Scope()
    return report(validate(overrides, scope, "1.9", files=FileCheck(Path("/nonexistent"))), overrides)


def read_and_judge(text: str) -> None:
    try:
        overrides = parse(text, FILE)
    except OverridesInvalid as error:
        report_invalid(error)
    except OverridesError:
        pass
    else:
        judged(overrides)


@SETTINGS
@given(st.binary(max_size=60))
def test_any_bytes_are_a_document_or_an_overrides_error(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "overrides.yaml"
    file.write_bytes(content)
    with contextlib.suppress(OverridesError):
        load(file)


@SETTINGS
@given(yaml_like)
def test_any_text_is_a_document_or_an_overrides_error(text: str) -> None:
    read_and_judge(text)


@SETTINGS
@given(st.integers(0, len(GOOD)), st.integers(0, 12), st.one_of(pieces, st.text(max_size=3)))
def test_a_damaged_file_is_a_document_or_an_overrides_error(start: int, length: int, inserted: str) -> None:
    read_and_judge(GOOD[:start] + inserted + GOOD[start + length :])


@SETTINGS
@given(st.dictionaries(st.one_of(names, words), nested, max_size=4))
def test_what_was_dumped_is_read_back_as_a_plain_reader_reads_it(data: dict[str, Any]) -> None:
    data = {"org": "o", **data}
    text = yaml.dump([data])
    try:
        plain = yaml.load_all(text)[0]
        read = parse(text, FILE).data
    except (yaml.YAMLSyntaxError, OverridesError):
        return  # control characters and the like; that this stays rare is the next test's business
    assert comparable(read) == comparable(plain)


@SETTINGS
@given(
    st.dictionaries(
        words, st.one_of(st.integers(-999, 999), st.booleans(), words, st.lists(words)), max_size=5
    )
)
def test_neutral_documents_are_read_as_they_are(data: dict[str, Any]) -> None:
    data = {"org": "o", **data}
    assert parse(yaml.dump([data]), FILE).data == data


@SETTINGS
@given(st.dictionaries(st.text("abcxyz", min_size=1, max_size=5), nested, max_size=4))
def test_every_place_points_at_the_text_of_its_key(data: dict[str, Any]) -> None:
    text = yaml.dump([{"org": "o", **data}])
    try:
        overrides = parse(text, FILE)
    except OverridesError:
        return
    lines = text.split("\n")
    for path, (line, column) in overrides.keys.items():
        key = path[-1]
        if isinstance(key, str) and key.isalpha() and key.isascii():
            assert lines[line - 1][column - 1 :].lstrip("\"'").startswith(key)


@SETTINGS
@given(st.dictionaries(names, nested, max_size=5))
def test_any_data_can_be_judged(data: dict[str, Any]) -> None:
    judged(bare(data))


@SETTINGS
@given(st.lists(st.tuples(st.sampled_from(catalogue.properties()), nested), max_size=8))
def test_any_value_in_any_property_can_be_judged(pairs: list[tuple[catalogue.Property, Any]]) -> None:
    data: dict[str, Any] = {}
    for found, value in pairs:
        place(data, found.path.replace("[]", ".[]").split("."), value)
    judged(bare(data))


@pytest.mark.parametrize("path", [each.path for each in catalogue.properties() if "[]" not in each.path][::7])
@pytest.mark.parametrize(
    "value", [None, True, 7, 1.5, math.nan, "", "text", "\ud800\n\0", [], [1], {}, {"a": [{}]}]
)
def test_values_of_every_kind_can_be_judged(path: str, value: Any) -> None:
    data: dict[str, Any] = {}
    place(data, path.split("."), value)
    judged(bare(data))


def place(data: Any, parts: list[str], value: Any) -> None:
    """Put a value at a catalogue path, as far as what stands there already lets it."""
    for part, following in zip(parts, [*parts[1:], None], strict=True):
        below: Any = value if following is None else [] if following == "[]" else {}
        if part == "[]" and isinstance(data, list):
            if not data or following is None:
                data.append(below)
            data = data[-1]
        elif part != "[]" and isinstance(data, dict):
            data = data.setdefault(part, below)
        else:
            return


def comparable(value: Any) -> Any:
    """Not-a-number equals itself here."""
    return (
        repr(value) if not isinstance(value, dict) else {key: comparable(each) for key, each in value.items()}
    )
