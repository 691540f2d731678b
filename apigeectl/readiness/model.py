"""What can be said about one live object: a state, and a sentence about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from apigeectl.manifests import ObjectRef


class State(Enum):
    """How far a live object is from what its spec asks for."""

    READY = "ready"
    PROGRESSING = "progressing"
    FAILED = "failed"
    MISSING = "missing"
    TERMINATING = "terminating"


@dataclass(frozen=True)
class Readiness:
    """A state, why, and the cluster's own word for the reason (ImagePullBackOff) where there is one.

    FAILED means for good: nothing changes any more without somebody's action.
    """

    state: State
    message: str
    reason: str = ""

    @property
    def ready(self) -> bool:
        return self.state is State.READY


@dataclass(frozen=True)
class Row:
    """One judged object, with how its containers ended last."""

    ref: ObjectRef
    readiness: Readiness
    last_words: str = ""

    @property
    def words(self) -> str:
        """Why it is in its state, with its last words."""
        return ": ".join(part for part in (self.readiness.message, self.last_words) if part)


def ready(message: str = "") -> Readiness:
    """Everything the spec asks for is there."""
    return Readiness(State.READY, message)


def progressing(message: str, reason: str = "") -> Readiness:
    """Not yet, but it may still come."""
    return Readiness(State.PROGRESSING, message, reason)


def failed(message: str, reason: str = "") -> Readiness:
    """Not ready, and it will not become so by waiting."""
    return Readiness(State.FAILED, message, reason)


def counted(have: int, want: int, noun: str, claim: str) -> str:
    """A count in words: 2 of 3 replicas are ready."""
    return f"{have} of {want} {noun}{'' if want == 1 else 's'} {'is' if want == 1 else 'are'} {claim}"


def condition(live: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    """The condition of a type, or an empty mapping."""
    conditions: Iterable[Mapping[str, Any]] = (live.get("status") or {}).get("conditions") or ()
    return next((one for one in conditions if one.get("type") == kind), {})


def words(found: Mapping[str, Any]) -> str:
    """What a condition or a container state says for itself."""
    return str(found.get("message") or found.get("reason") or "").strip()
