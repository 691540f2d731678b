"""A clean environment for every test, and `--update` to renew golden files."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# How long one example takes says more about the machine than about the code.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

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


@pytest.fixture(scope="session")
def _cache(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, _cache: str) -> None:
    for name in os.environ:
        if name in _FOREIGN or (name.startswith(_FOREIGN_PREFIXES) and not name.startswith(_OURS)):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CACHE_HOME", _cache)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
