"""Answers to the questions of a checklist, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apigeectl.cli.console import Console, painted, printable

if TYPE_CHECKING:
    from apigeectl.checks.model import Outcome

_MARKS = {
    "passed": ("✓", "good"),
    "warned": ("!", "warning"),
    "failed": ("✗", "bad"),
    "skipped": ("-", "dim"),
}


def show_outcome(console: Console, title: str, outcome: Outcome) -> None:
    """A mark, what was asked and what is so; then what else was seen and where to read on."""
    mark, style = _MARKS[outcome.result.value]
    words = f"{title}: {outcome.message}" if outcome.message else title
    lines = [f"{painted(mark, style) if console.color_out else mark} {printable(words)}"]
    lines += [f"    {printable(detail)}" for detail in outcome.details]
    if outcome.hint:
        lines.append(f"    hint: apigeectl explain {outcome.hint.value}")
    console.data("\n".join(lines))


def as_json(title: str, outcome: Outcome) -> dict[str, Any]:
    """The same as an entry of a versioned document."""
    return {
        "title": title,
        "result": outcome.result.value,
        "message": outcome.message,
        "details": list(outcome.details),
        "hint": outcome.hint.value if outcome.hint else None,
    }
