"""The comparison notices when the in-memory API breaks a rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from apigeectl.sandbox.kubernetes import deletion, managed_fields, schema
from tests.conformance.comparison import APPLY, Server, Step, comparable, differences
from tests.conformance.requests_table import MAPS, WIDGETS, config_map, widget
from tests.conformance.servers import our_server, real_server

pytestmark = pytest.mark.cluster


@pytest.fixture
def servers() -> Iterator[tuple[Server, Server]]:
    with real_server() as real, our_server(real) as ours:
        yield real, ours


def compare(servers: tuple[Server, Server], *steps: Step) -> list[str]:
    """What is different in all the answers together."""
    found: list[str] = []
    for step in steps:
        real, ours = (comparable(list(server.ask(step))) for server in servers)
        found += differences(real, ours)
    return found


def unreported_conflicts(monkeypatch: pytest.MonkeyPatch) -> None:
    apply = managed_fields.apply
    forced: Callable[..., Any] = lambda *given, force: apply(*given, force=True)  # noqa: E731
    monkeypatch.setattr(managed_fields, "apply", forced)


def unknown_fields_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (schema, "apigeectl.sandbox.kubernetes.field_validation"):
        target = f"{module}.prune" if isinstance(module, str) else f"{module.__name__}.prune"
        monkeypatch.setattr(target, lambda body, _: (body, []))


def finalizers_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deletion, "is_over", lambda *_: True)


CONFLICT = (
    Step("PATCH", f"{MAPS}/a?fieldManager=one", config_map(data={"x": "1"}), APPLY),
    Step("PATCH", f"{MAPS}/a?fieldManager=two", config_map(data={"x": "2"}), APPLY),
)
UNKNOWN = (Step("POST", f"{WIDGETS}?fieldValidation=Strict", widget(spec={"siz": 0})),)
HELD = (
    Step("POST", MAPS, {"metadata": {"name": "held", "finalizers": ["example.com/hold"]}}),
    Step("DELETE", f"{MAPS}/held"),
    Step("GET", f"{MAPS}/held"),
)


@pytest.mark.parametrize(
    ("steps", "broken", "complaint"),
    [
        (CONFLICT, unreported_conflicts, "[0]: real 409 ours 200"),
        (UNKNOWN, unknown_fields_kept, "[0]: real 400 ours 201"),
        (HELD, finalizers_ignored, "[0]: real 200 ours 404"),
    ],
)
def test_a_broken_rule_shows(
    steps: tuple[Step, ...],
    broken: Callable[[pytest.MonkeyPatch], None],
    complaint: str,
    servers: tuple[Server, Server],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patched:
        broken(patched)
        assert complaint in compare(servers, *steps)


@pytest.mark.parametrize("steps", [CONFLICT, UNKNOWN, HELD])
def test_whole_rules_show_nothing(steps: tuple[Step, ...], servers: tuple[Server, Server]) -> None:
    assert compare(servers, *steps) == []
