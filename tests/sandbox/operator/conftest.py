"""One world where everything is applied and runs, for the tests that only look."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox.cluster import World, in_memory


@pytest.fixture(scope="package")
def installed() -> Iterator[World]:
    """Everything applied and running. Look, do not touch."""
    with in_memory() as world:
        world.install()
        world.apply()
        world.until_running()
        yield world


@pytest.fixture
def world() -> Iterator[World]:
    """A cluster of the test's own, with the operator installed and nothing applied."""
    with in_memory() as world:
        world.install()
        yield world
