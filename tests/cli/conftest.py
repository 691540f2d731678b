from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from apigeectl.cli.app import run


class Result(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def apigeectl(capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """The program, called as typed: `apigeectl("encode", "--org", "acme")`."""

    def call(*argv: str) -> Result:
        code = run(argv)
        out, err = capsys.readouterr()
        return Result(code, out, err)

    return call
