"""Runtime pods that poll the synchronizer, each at its own moments: what they serve and what they have reported.

Nothing runs here: where a pod is follows from its name, from when contracts changed, and from the clock.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

POLL_SECONDS = 2.0
LOAD_SECONDS = 0.5
REPORT_SECONDS = 1.0


class Outcome(Enum):
    """What becomes of a revision in a pod; the value is the word of a pod's report."""

    LOADED = "deployed"
    FAILED = "error"
    PENDING = "pending"


@dataclass(frozen=True)
class Change:
    """The contract of one proxy in one environment changed: from now on this revision, or none."""

    at: float
    revision: str | None
    service_account: str = ""


@dataclass(frozen=True)
class Report:
    """The newest thing a pod has said about the newest change."""

    outcome: Outcome
    at: float


@dataclass(frozen=True)
class Pod:
    """One replica that polls; `silent` ones work and say nothing."""

    name: str
    phase: float
    period: float
    load: float
    delay: float
    silent: bool = False

    @classmethod
    def of(cls, name: str, *, speed: float, silent: bool = False) -> Pod:
        """The pod of that name: the same name always polls at the same moments."""
        chance = random.Random(name)  # noqa: S311 (spreads pods, protects nothing)
        period = POLL_SECONDS * speed
        load = LOAD_SECONDS * chance.uniform(0.5, 1.5) * min(speed, 1.0)
        delay = REPORT_SECONDS * chance.uniform(0.5, 1.5) * min(speed, 1.0)
        return cls(name, chance.random() * period, period, load, delay, silent)

    def polled(self, at: float) -> float:
        """When the pod learns of what changed at that moment."""
        if not self.period:
            return at
        return self.phase + math.ceil((at - self.phase) / self.period) * self.period

    def handled(self, at: float) -> float:
        """When it has loaded what changed at that moment, or has given up."""
        return self.polled(at) + self.load

    def reported(self, at: float) -> float:
        """When the management plane has heard of it."""
        return self.handled(at) + self.delay


Fate = Callable[[Pod, str], Outcome]
"""What becomes of a revision in a pod."""


@dataclass(frozen=True)
class Rollout:
    """The changes of one proxy in one environment, oldest first, and the pods that follow them."""

    changes: Sequence[Change]
    pods: Sequence[Pod]
    fate: Fate

    def serving(self, pod: Pod, now: float) -> str | None:
        """The revision that the pod serves; a new one takes over in one moment."""
        serves = None
        for change, following in self._seen(pod):
            if pod.handled(change.at) > now:
                break
            outcome = self.fate(pod, change.revision) if change.revision else Outcome.LOADED
            if outcome is Outcome.LOADED:
                serves = change.revision
            elif outcome is Outcome.FAILED and self._retired(pod, change, following) <= now:
                serves = None
        return serves

    def told(self, pod: Pod, now: float) -> str | None:
        """The revision that the management plane knows the pod to serve."""
        return None if pod.silent else self.serving(pod, now - pod.delay)

    def report(self, pod: Pod, now: float) -> Report | None:
        """What the pod has said about the newest change, None while it is silent."""
        change = self.changes[-1]
        at = pod.reported(change.at)
        if pod.silent or change.revision is None or at > now:
            return None
        return Report(self.fate(pod, change.revision), at)

    def _seen(self, pod: Pod) -> list[tuple[Change, Change | None]]:
        """The changes that the pod finds at its polls, each with the one after it."""
        following = [*self.changes[1:], None]
        return [
            (change, after)
            for change, after in zip(self.changes, following, strict=True)
            if after is None or pod.polled(change.at) < pod.polled(after.at)
        ]

    def _retired(self, pod: Pod, change: Change, following: Change | None) -> float:
        """When the revision before is taken down although the new one failed: when all pods have spoken."""
        spoken = [each.reported(change.at) for each in self.pods if not each.silent]
        at = pod.polled(max(spoken, default=change.at))
        return math.inf if following and pod.handled(following.at) <= at else at
