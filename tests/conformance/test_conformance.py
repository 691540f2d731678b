"""The same requests to a real kube-apiserver and to the in-memory one: the answers are the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.conformance.comparison import Step, comparable, differences
from tests.conformance.requests_table import STEPS
from tests.conformance.script import Script
from tests.conformance.servers import our_server, real_server
from tests.conformance.summary import EXCUSED

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def script() -> Iterator[Script[Step, list[str]]]:
    """What is different after each step."""
    with real_server() as real, our_server(real) as ours:
        yield Script(
            STEPS,
            lambda step: differences(comparable(list(real.ask(step))), comparable(list(ours.ask(step)))),
        )


@pytest.mark.parametrize("place", range(len(STEPS)), ids=lambda place: f"{place} {STEPS[place]}")
def test_both_servers_answer_alike(
    place: int, script: Script[Step, list[str]], record_property: Callable[[str, object], None]
) -> None:
    excused = tuple(f"[1].{path}" for path in STEPS[place].ignore)
    found = script.outcome(place)
    if found and all(line.startswith(excused) for line in found):
        record_property(*EXCUSED)
    assert not [line for line in found if not line.startswith(excused)], "\n".join(found)
