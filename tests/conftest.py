"""A clean environment for every test, and `--update` to renew golden files."""

from __future__ import annotations

import os

import pytest

_FOREIGN = ("KUBECONFIG", "GOOGLE_APPLICATION_CREDENTIALS")
_FOREIGN_PREFIXES = ("APIGEECTL_", "CLOUDSDK_")
_OURS = "APIGEECTL_TEST_"
"""Variables with this prefix speak to the tests themselves."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write golden files anew instead of comparing")


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be renewed."""
    return bool(request.config.getoption("--update"))


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name in _FOREIGN or (name.startswith(_FOREIGN_PREFIXES) and not name.startswith(_OURS)):
            monkeypatch.delenv(name)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
