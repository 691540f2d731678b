"""Questions about an installation, as data, and what becomes of asking them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from apigeectl.checks.hints import Hint
from apigeectl.errors import Forbidden, InstallerError

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
    """The title is true."""
    return Outcome(Result.PASSED, message, None, tuple(details))


def warned(message: str, *, hint: Hint | None = None, details: Sequence[str] = ()) -> Outcome:
    """The title is not true, or not known to be, and it may still work."""
    return Outcome(Result.WARNED, message, hint, tuple(details))


def failed(message: str, *, hint: Hint | None = None, details: Sequence[str] = ()) -> Outcome:
    """The title is not true."""
    return Outcome(Result.FAILED, message, hint, tuple(details))


def skipped(reason: str, *, details: Sequence[str] = ()) -> Outcome:
    """The question could not be asked."""
    return Outcome(Result.SKIPPED, reason, None, tuple(details))


@dataclass(frozen=True)
class Check(Generic[Site]):
    """One question, worded as the answer we hope for."""

    title: str
    ask: Callable[[Site], Outcome]
    hint: Hint
    """Where to read on when asking itself fails."""
    needs: str = ""
    """The right that asking takes; without it the question is skipped, not failed."""
    fatal: bool = False
    """A failure makes the questions after it meaningless."""


def outcomes(checks: Iterable[Check[Site]], site: Site) -> Iterator[tuple[Check[Site], Outcome]]:
    """Ask one after the other, ending after a fatal failure."""
    for check in checks:
        outcome = _ask(check, site)
        yield check, outcome
        if check.fatal and outcome.result is Result.FAILED:
            return


def run(checks: Iterable[Check[Site]], site: Site, observer: Callable[[Check[Site], Outcome], None]) -> bool:
    """Show each outcome to the observer as it comes; True when nothing failed."""
    well = True
    for check, outcome in outcomes(checks, site):
        observer(check, outcome)
        well = well and outcome.result is not Result.FAILED
    return well


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
    advice = (error.hint,) if error.hint else ()
    return failed(error.message, hint=check.hint, details=(*error.details, *advice))
