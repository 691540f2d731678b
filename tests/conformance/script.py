"""Steps that rest on earlier ones, each tested by its own test, in whatever order and process these run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

StepT = TypeVar("StepT")
OutcomeT = TypeVar("OutcomeT")


class Script(Generic[StepT, OutcomeT]):
    """Plays the steps in order, only as far as somebody wants to know."""

    def __init__(self, steps: Sequence[StepT], play: Callable[[StepT], OutcomeT]) -> None:
        self._steps, self._play = steps, play
        self._outcomes: list[OutcomeT] = []

    def outcome(self, place: int) -> OutcomeT:
        """What the step at a place led to."""
        while len(self._outcomes) <= place:
            self._outcomes.append(self._play(self._steps[len(self._outcomes)]))
        return self._outcomes[place]
