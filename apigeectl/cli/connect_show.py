"""How the chain of Apigee Connect is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from apigeectl.cli.console import Console
from apigeectl.cli.options import Output
from apigeectl.cli.outcomes import as_json

if TYPE_CHECKING:
    from apigeectl.actions.connect import Step
    from apigeectl.checks.model import Check, Outcome
    from apigeectl.checks.repairs import Broken
    from apigeectl.checks.site import Site


def show_verdict(console: Console, broken: Broken | None, *, healthy: bool) -> None:
    """The first broken link, why it breaks the chain and what repairs it; else whether enough was seen."""
    if broken:
        _show_broken(console, broken)
    elif not healthy:
        console.say("nothing is broken as far as it can be seen, and not everything that matters can", "bad")


def status_document(
    answers: Sequence[tuple[Check[Site], Outcome]], broken: Broken | None, *, healthy: bool
) -> dict[str, Any]:
    """The versioned document of the whole chain."""
    return {
        "apiVersion": "apigeectl/v1",
        "kind": "ConnectStatus",
        "healthy": healthy,
        "checks": [as_json(check.title, outcome) for check, outcome in answers],
        "firstBroken": _broken_as_json(broken),
    }


def _show_broken(console: Console, broken: Broken) -> None:
    console.say(f"the first link that does not hold: {broken.title}", "bad")
    if broken.cause:
        console.say(f"  {broken.cause}")
    for number, command in enumerate(broken.commands):
        console.say(f"  {'repair:' if not number else 'or:    '} {command}")


def _broken_as_json(broken: Broken | None) -> dict[str, Any] | None:
    if broken is None:
        return None
    return {
        "title": broken.title,
        "message": broken.message,
        "cause": broken.cause,
        "repair": list(broken.commands),
    }


def show_step(console: Console, step: Step, output: Output) -> None:
    """One event of the end of an apply."""
    if output is Output.JSON:
        document = {"step": step.kind.value, "message": step.message, "details": list(step.details)}
        console.json_line({"apiVersion": "apigeectl/v1", "kind": "Step", **document})
        return
    waiting = step.kind.value == "waiting"
    console.say(f"waiting {step.message}" if waiting else f"Apigee Connect: {step.message}")
    for detail in step.details:
        console.say(f"  {detail}")
    if step.hint:
        console.hint(step.hint)
