"""Waiting for what takes minutes to become true at Google, through failures that pass by themselves."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from apigeectl.errors import InstallerError, ServiceFailure, Unreachable, WaitTimeout

WAIT_SECONDS = 600.0
"""How long each thing may take to become true; roles take two minutes as a rule, seven and more at times."""

_REMIND = 15.0


@dataclass(frozen=True)
class Patience:
    """How long to wait, and how."""

    wait: float = WAIT_SECONDS
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def until(true: Callable[[], bool], words: Callable[[], str], patience: Patience) -> Iterator[str]:
    """Ask until it is true, and say at times what is waited for; WaitTimeout in the end.

    A side that is busy or away for a moment is asked again, and named. Credentials, rights and names do not heal by
    waiting: their errors are raised at once.
    """
    begun, said, well = patience.clock(), -_REMIND, True
    for pause in pauses():
        trouble = None
        try:
            if true():
                return
        except InstallerError as error:
            trouble = passing(error)
            if trouble is None:
                raise
        passed = patience.clock() - begun
        unanswered = f"; the last question got no answer: {trouble.message}" if trouble else ""
        if passed >= patience.wait:
            raise WaitTimeout(
                f"after {patience.wait:g} s still waiting {words()}{unanswered}",
                hint="the same command again goes on from here; apigeectl connect status shows what does not hold",
            )
        if passed >= said + _REMIND or (trouble and well):
            said = passed
            yield f"{words()} ({passed:.0f} s){unanswered}"
        well = trouble is None
        patience.sleep(min(pause, patience.wait - passed))


def pauses(longest: float = 10.0) -> Iterator[float]:
    """Seconds between two looks: what comes soon is seen soon, what takes minutes is not asked for all the time."""
    pause = 1.0
    while True:
        yield pause
        pause = min(pause * 1.4, longest)


def passing(error: InstallerError) -> InstallerError | None:
    """The failure in it that may be over in a moment: of the question, or of the other way to ask it."""
    for each in (error, error.__cause__):
        if isinstance(each, (ServiceFailure, Unreachable)):
            return each
    return None
