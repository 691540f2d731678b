"""docs/deployments.md shows what the commands really print; `--update` writes it anew.

`<!-- sandbox: FAULTS -->` begins a new one (`cluster` gives it runtime pods), `<!-- run: COMMAND -->` is not shown, and
`<!-- pass: SECONDS -->` lets time pass.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from apigeectl.sandbox.google.proxies import HELLO, ORDERS, Proxies, Proxy
from tests.cli.management_plane import PODS, Plane, management_plane

PAGE = Path(__file__).parents[2] / "docs" / "deployments.md"
PROXIES = (HELLO, ORDERS, Proxy("payments", "/payments", ("1", "2")), Proxy("search", "/search"))
_PIECE = re.compile(
    r"<!-- (?P<verb>sandbox|run|pass): ?(?P<words>.*?) ?-->|```console\n\$ (?P<command>.*)\n(?P<output>[^`]*)```"
)


class Scenario:
    def __init__(self, patch: pytest.MonkeyPatch, folder: Path, stack: ExitStack) -> None:
        self._patch, self._folder, self._stack = patch, folder, stack
        self._plane: Plane | None = None

    def carry_out(self, piece: re.Match[str]) -> str:
        """The piece with the output that belongs there."""
        if piece["command"]:
            return f"```console\n$ {piece['command']}\n{self._printed(piece['command'])}```"
        words = piece["words"]
        if piece["verb"] == "sandbox":
            named = [word for word in words.split(", ") if word]
            pods = PODS if "cluster" in named else ()
            faults = [word for word in named if word != "cluster"]
            self._plane = self._stack.enter_context(
                management_plane(
                    self._patch, self._folder, *faults, pods=pods, proxies=Proxies("hybrid-demo", PROXIES)
                )
            )
        elif piece["verb"] == "pass":
            assert self._plane
            self._plane.clock.now += float(words)
        elif words.startswith("rm "):
            (self._folder / words.removeprefix("rm ")).unlink()
        else:
            self._printed(words)
        return piece[0]

    def _printed(self, command: str) -> str:
        assert self._plane
        program, *argv = shlex.split(command)
        assert program == "apigeectl"
        printed = self._plane.call(*argv)[1]
        assert "a defect in apigeectl" not in printed
        return printed


@pytest.fixture
def scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scenario]:
    with ExitStack() as stack:
        yield Scenario(monkeypatch, tmp_path, stack)


def test_the_page_shows_what_the_commands_print(scenario: Scenario, update: bool):
    text = PAGE.read_text(encoding="utf-8")

    renewed = _PIECE.sub(scenario.carry_out, text)

    if update:
        PAGE.write_text(renewed, encoding="utf-8")
    assert text == renewed or update


def test_the_page_shows_every_command_of_the_group():
    shown = {
        match[1] for match in re.finditer(r"^\$ apigeectl deployments (\w+)", PAGE.read_text("utf-8"), re.M)
    }

    assert shown == {"list", "status", "deploy", "undeploy"}
