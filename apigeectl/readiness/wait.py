"""Waiting until objects are ready or gone, one failed for good, or the deadline passed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from apigeectl.errors import InstallerError, WaitTimeout
from apigeectl.manifests import ObjectRef
from apigeectl.readiness.holders import held_by
from apigeectl.readiness.model import Readiness, State
from apigeectl.readiness.observation import Collection, Observation, Snapshot, Watched, collections
from apigeectl.readiness.status import readiness

Clock = Callable[[], float]
Judged = dict[ObjectRef, Readiness]

_REMIND = 30.0
"""Seconds after which a wait in which nothing moves says again what it waits for."""


class NotReady(InstallerError):
    """Something failed for good: waiting longer would not help."""


@dataclass(frozen=True)
class Progress:
    """A wait that moved, or a reminder of what it waits for."""

    ref: ObjectRef
    readiness: Readiness
    seconds: float


def wait_ready(
    cluster: Watched, refs: Iterable[ObjectRef], *, timeout: float, clock: Clock = time.monotonic
) -> Iterator[Progress]:
    """Yield what moves until every object is ready; NotReady when one failed for good."""
    wanted = tuple(dict.fromkeys(refs))

    def judge(snapshot: Snapshot) -> Judged:
        return {ref: readiness(snapshot.objects.get(ref)) for ref in wanted}

    yield from _follow(cluster, collections(wanted), judge, State.READY, timeout=timeout, clock=clock)


def wait_gone(
    cluster: Watched, uids: Mapping[ObjectRef, str], *, timeout: float, clock: Clock = time.monotonic
) -> Iterator[Progress]:
    """Yield what moves until every object is gone; one with another uid was made anew, so ours is gone."""
    namespaces = {ref.namespace for ref in uids if ref.namespace}
    pods = [Collection("", "Pod", namespace) for namespace in sorted(namespaces)]

    def judge(snapshot: Snapshot) -> Judged:
        return {ref: _how_gone(ref, uid, snapshot) for ref, uid in uids.items()}

    yield from _follow(
        cluster, (*collections(uids), *pods), judge, State.MISSING, timeout=timeout, clock=clock
    )


def not_ready(lost: Mapping[ObjectRef, Readiness]) -> NotReady:
    """The error that names what failed for good."""
    details = [f"{ref}: {found.message}" for ref, found in lost.items()]
    if len(details) == 1:
        return NotReady(details[0])
    return NotReady(f"{len(details)} objects have failed", details=details)


def _follow(
    cluster: Watched,
    wanted: Iterable[Collection],
    judge: Callable[[Snapshot], Judged],
    goal: State,
    *,
    timeout: float,
    clock: Clock,
) -> Iterator[Progress]:
    begun = clock()
    found: Judged = {}
    with Observation(cluster, wanted) as observation:
        while True:
            left = begun + timeout - clock()
            snapshot = observation.snapshot(max(0.0, min(left, _REMIND)))
            if snapshot:
                moved = {ref: now for ref, now in judge(snapshot).items() if found.get(ref) != now}
                found.update(moved)
            else:
                moved = {ref: now for ref, now in found.items() if now.state is not goal}
                if left <= 0:
                    raise _too_late(moved, timeout, goal, observation.trouble)
            for ref, now in moved.items():
                yield Progress(ref, now, clock() - begun)
            lost = {ref: now for ref, now in found.items() if now.state is State.FAILED}
            if lost:
                raise not_ready(lost)
            if snapshot and all(now.state is goal for now in found.values()):
                return


def _too_late(late: Judged, timeout: float, goal: State, trouble: str) -> WaitTimeout:
    details = [f"{ref}: {now.message}" for ref, now in late.items()]
    details += [f"the last look failed: {trouble}"] if trouble else []
    noun = "object is" if len(late) == 1 else "objects are"
    word = "gone" if goal is State.MISSING else goal.value
    return WaitTimeout(f"after {timeout:.0f} s {len(late)} {noun} not {word}", details=details)


def _how_gone(ref: ObjectRef, uid: str, snapshot: Snapshot) -> Readiness:
    live = snapshot.objects.get(ref)
    if live is None or (uid and live["metadata"].get("uid") != uid):
        return Readiness(State.MISSING, "gone")
    metadata = live["metadata"]
    if not metadata.get("deletionTimestamp"):
        return Readiness(State.PROGRESSING, "it is still there")
    held = held_by(ref, live)
    leaving = _leaving_pods(ref, snapshot) if held else []
    return Readiness(State.TERMINATING, f"held by {', '.join([*held, *leaving])}" if held else "going")


def _leaving_pods(ref: ObjectRef, snapshot: Snapshot) -> list[str]:
    names = [
        f"pod {live['metadata']['name']}{_GOODBYE if 'connect-agent' in live['metadata']['name'] else ''}"
        for live in snapshot.of("", "Pod", ref.namespace)
        if live["metadata"].get("deletionTimestamp")
    ]
    return [*names[:_SHOWN], f"{len(names) - _SHOWN} more pods"] if len(names) > _SHOWN + 1 else names


_GOODBYE = " (drains its streams, up to seven minutes)"
_SHOWN = 5
