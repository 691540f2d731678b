"""Readiness of kinds that say it themselves, by a condition or a phase."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from apigeectl.readiness.model import Readiness, State, condition, failed, progressing, ready, words


def condition_true(kind: str) -> Callable[[Mapping[str, Any]], Readiness]:
    """Judge by one condition; one that speaks of an older generation does not count."""

    def judge(live: Mapping[str, Any]) -> Readiness:
        found = condition(live, kind)
        if not found:
            return progressing(f"its controller has not set the condition {kind} yet")
        seen = found.get("observedGeneration")
        if seen is not None and int(seen) < int(live["metadata"].get("generation") or 0):
            return progressing("its controller has not seen the latest change yet")
        if found.get("status") == "True":
            return ready()
        return progressing(
            words(found) or f"the condition {kind} is not true", str(found.get("reason") or "")
        )

    return judge


def definition(live: Mapping[str, Any]) -> Readiness:
    """Established, so that objects of the kind can be written."""
    names = condition(live, "NamesAccepted")
    if names.get("status") == "False":
        return failed(words(names), str(names.get("reason") or ""))
    return condition_true("Established")(live)


def namespace(live: Mapping[str, Any]) -> Readiness:
    """Active."""
    phase = (live.get("status") or {}).get("phase")
    return Readiness(State.TERMINATING, "it is being deleted") if phase == "Terminating" else ready()


def volume_claim(live: Mapping[str, Any]) -> Readiness:
    """Bound to a volume."""
    phase = str((live.get("status") or {}).get("phase") or "Pending")
    if phase == "Bound":
        return ready("bound")
    return (
        failed("its volume is lost", phase)
        if phase == "Lost"
        else progressing("not bound to a volume yet", phase)
    )
