from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., Any]


def test_the_schema_is_printed(apigeectl: Run) -> None:
    result = apigeectl("schema")

    assert (result.code, result.err) == (0, "")
    assert json.loads(result.out)["$id"] == "urn:apigeectl:overrides:any"


@pytest.mark.parametrize("written", ["1.10", "1.10.3", "v1.10"])
def test_the_schema_of_one_release_is_printed(apigeectl: Run, written: str) -> None:
    schema = json.loads(apigeectl("schema", "--release", written).out)

    assert schema["title"] == "Overrides file of Apigee hybrid 1.10"


@pytest.mark.parametrize("written", ["1.0", "1.17", "2.1", "x", "1", "1.10-beta"])
def test_what_is_no_release_is_refused(apigeectl: Run, written: str) -> None:
    result = apigeectl("schema", "--release", written)

    assert (result.code, result.out) == (2, "")
    assert result.err == f'error: there is no hybrid release "{written}"\nhint: known are 1.1 to 1.16\n'
