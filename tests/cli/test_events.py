from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
import typer

from apigeectl.apply.changes import ASKED, Action, Event
from apigeectl.apply.engine import Interrupted
from apigeectl.cli.console import Console
from apigeectl.cli.events import show_events
from apigeectl.cli.options import Output
from apigeectl.manifests import ObjectRef

ONE, TWO, THREE = (ObjectRef("", "Secret", "apigee", name) for name in ("one", "two", "three"))


class Interrupting(io.StringIO):
    """A terminal at which Ctrl-C is pressed while the first line is written."""

    def write(self, text: str) -> int:
        written = super().write(text)
        if self.getvalue().count("created") == 1 and not getattr(self, "pressed", False):
            self.pressed = True
            raise KeyboardInterrupt
        return written


def engine() -> Iterator[Event]:
    """Has a second request in flight when it is interrupted, and a third to begin."""
    done = [Event(ONE, Action.CREATE)]
    try:
        yield done[0]
        yield Event(TWO, Action.CREATE)
    except KeyboardInterrupt:
        done.append(Event(TWO, Action.CREATE))
        yield done[1]
        raise Interrupted(done, [THREE]) from None


def test_an_interrupt_while_an_event_is_shown_still_tells_what_was_done_and_what_was_not():
    err = Interrupting()
    console = Console(no_color=True, err=err)

    with pytest.raises(typer.Exit) as left:
        show_events(console, engine(), title="applying", total=3, output=Output.TEXT)

    assert left.value.exit_code == 130
    assert "Secret/apigee/two created" in err.getvalue()
    assert "not begun:\n  Secret/apigee/three" in err.getvalue()


def test_an_interrupt_tells_what_is_gone_from_what_was_only_asked_to_go(capsys: pytest.CaptureFixture[str]):
    def events() -> Iterator[Event]:
        yield Event(ONE, Action.DELETE)
        raise Interrupted([Event(ONE, Action.DELETE), Event(TWO, Action.DELETE, ASKED)], [THREE])

    with pytest.raises(typer.Exit):
        show_events(Console(no_color=True), events(), title="deleting", total=3, output=Output.TEXT)

    told = capsys.readouterr().err
    assert f"done:\n  {ONE}\nasked for, not gone yet:\n  {TWO}\nnot begun:\n  {THREE}\n" in told
