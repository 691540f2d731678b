"""How the chain of Apigee Connect is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apigeectl.cli.console import Console
from apigeectl.cli.options import Output

if TYPE_CHECKING:
    from apigeectl.actions.connect import Step
    from apigeectl.checks.repairs import Broken


def show_broken(console: Console, broken: Broken) -> None:
    """The first broken link, why it breaks the chain and what repairs it."""
    console.say(f"the first link that does not hold: {broken.title}", "bad")
    if broken.cause:
        console.say(f"  {broken.cause}")
    for number, command in enumerate(broken.commands):
        console.say(f"  {'repair:' if not number else 'or:    '} {command}")


def broken_as_json(broken: Broken | None) -> dict[str, Any] | None:
    """The same as a part of a versioned document."""
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
