"""Questions about an installation, as data, and what becomes of asking them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from apigeectl.checks.hints import Hint
from apigeectl.errors import Forbidden, InstallerError, ServiceFailure, Unauthorized, Unreachable

Site = TypeVar("Site")


class Result(Enum):
    """How a question was answered."""

    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Outcome:
    """An answer: what is so, what else was seen, and which hint says what to do."""

    result: Result
    message: str = ""
    hint: Hint | None = None
    details: tuple[str, ...] = ()


def passed(message: str = "", *, details: Sequence[str] = ()) -> Outcome:
    """It is as we hope."""
    return Outcome(Result.PASSED, message, None, tuple(details))


def warned(message: str, *, hint: Hint | None = None, details: Sequence[str] = ()) -> Outcome:
    """It is not as we hope, or not known to be, and it may still work."""
    return Outcome(Result.WARNED, message, hint, tuple(details))


def failed(message: str, *, hint: Hint | None = None, details: Sequence[str] = ()) -> Outcome:
    """It is not as we hope."""
    return Outcome(Result.FAILED, message, hint, tuple(details))


def skipped(reason: str, *, details: Sequence[str] = ()) -> Outcome:
    """The question could not be asked."""
    return Outcome(Result.SKIPPED, reason, None, tuple(details))


@dataclass(frozen=True)
class Check(Generic[Site]):
    """One question; `title` names its subject, so that any answer can follow it."""

    title: str
    ask: Callable[[Site], Outcome]
    hint: Hint
    """Where to read on when asking itself fails."""
    needs: str = ""
    """The right that asking takes; without it the question is skipped, not failed."""
    fatal: bool = False
    """A failure makes the questions after it meaningless."""
    essential: str = ""
    """What nobody can call healthy without knowing; of several questions about it one answer will do."""


def outcomes(checks: Iterable[Check[Site]], site: Site) -> Iterator[tuple[Check[Site], Outcome]]:
    """Ask one after the other, ending after a fatal failure."""
    for check in checks:
        outcome = _ask(check, site)
        yield check, outcome
        if check.fatal and outcome.result is Result.FAILED:
            return


def healthy(checks: Iterable[Check[Site]], answers: Iterable[tuple[Check[Site], Outcome]]) -> bool:
    """Nothing failed, and everything essential in `checks` was answered."""
    known: set[str] = set()
    for check, outcome in answers:
        if outcome.result is Result.FAILED:
            return False
        if outcome.result is not Result.SKIPPED:
            known.add(check.essential)
    return known >= {check.essential for check in checks if check.essential}


def _ask(check: Check[Site], site: Site) -> Outcome:
    try:
        return check.ask(site)
    except Forbidden as error:
        if check.needs and error.reason != "SERVICE_DISABLED":
            return skipped(f"needs {check.needs}", details=(error.message,))
        return _failed(check, error)
    except InstallerError as error:
        return _failed(check, error)


def _failed(check: Check[Site], error: InstallerError) -> Outcome:
    """Nobody answered, or nobody believes who we are: that has its own advice, and no page of the question's."""
    advice = (error.hint,) if error.hint else ()
    hint = None if isinstance(error, (Unreachable, ServiceFailure, Unauthorized)) else check.hint
    return failed(error.message, hint=hint, details=(*error.details, *advice))
