"""Carries out a plan, stage by stage, and yields an event for each object."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, as_completed
from typing import Protocol

from apigeectl.apply.changes import Change, Event
from apigeectl.apply.in_flight import InFlight
from apigeectl.apply.ownership import ORIGINAL_MANAGERS, Managers, Patching, holders, migrate
from apigeectl.apply.plan import Plan
from apigeectl.apply.stages import Stage, staged
from apigeectl.apply.submit import Applying, advised, submit
from apigeectl.errors import InstallerError, NoCredentials, NotFound, Unauthorized, Unreachable
from apigeectl.manifests import Manifest, ObjectRef
from apigeectl.readiness.observation import Watched
from apigeectl.readiness.wait import Clock, Progress, wait_ready

_NOT_LOGGED_IN = (Unauthorized, NoCredentials)
_LOST = (Unreachable, *_NOT_LOGGED_IN)
"""Failures after which every other request would fail, too."""

_AGAIN = "the same command again does what is left"

SETTLE_SECONDS = 60.0
"""How long a new definition may take to be served."""


class Cluster(Applying, Patching, Watched, Protocol):
    """What carrying out a plan needs of a cluster."""

    def serves(self, group: str, kind: str, version: str | None = None) -> bool: ...
    def refresh_discovery(self) -> None: ...


class Stopped(InstallerError):
    """Something failed; the rest of its stage was finished, unless nothing more can succeed.

    Later stages were not begun.
    """

    def __init__(
        self,
        failures: Sequence[tuple[ObjectRef, InstallerError]],
        done: Sequence[Event],
        remaining: Sequence[ObjectRef],
    ) -> None:
        first = failures[0][1]
        details = list(first.details)
        told = {first.message}
        for _, error in failures[1:]:
            if error.message not in told:
                details += [error.message, *(f"  {detail}" for detail in error.details)]
            told.add(error.message)
        silent = [str(ref) for ref, error in failures if isinstance(error, Unreachable)]
        details += [f"no answer about: {listed(silent)}; it may be written or not"] if silent else []
        details += _summary(done, remaining)
        hint = f"{first.hint}; then {_AGAIN}" if first.hint and isinstance(first, _LOST) else first.hint
        super().__init__(first.message, details=details, hint=hint)
        self.failures = tuple(failures)
        self.done = tuple(done)
        self.remaining = tuple(remaining)


class Interrupted(KeyboardInterrupt):
    """Ctrl-C stopped the run, after the requests in flight were finished; `remaining` was not written."""

    def __init__(self, done: Sequence[Event], remaining: Sequence[ObjectRef]) -> None:
        super().__init__("interrupted")
        self.done = tuple(done)
        self.remaining = tuple(remaining)

    @classmethod
    def in_the_middle_of(cls, plan: Plan, done: Sequence[Event]) -> Interrupted:
        """What is left is what the plan writes and is not done."""
        finished = {event.ref for event in done}
        return cls(
            done,
            [one.ref for one in plan.changes if one.action.writes and one.ref not in finished],
        )


def apply(
    cluster: Cluster,
    plan: Plan,
    *,
    force_conflicts: bool = False,
    replacing: Managers = ORIGINAL_MANAGERS,
    workers: int = 8,
    settle: float = SETTLE_SECONDS,
    clock: Clock = time.monotonic,
) -> Iterator[Event | Progress]:
    """Write what the plan changes; an unchanged object costs no request.

    Within a stage the events come as the writes complete. Stopped when something failed. On Ctrl-C the
    requests in flight are finished and reported first, then it is Interrupted. The field managers that are
    being replaced let go of what is written.
    """

    def write(change: Change) -> Event:
        begun = clock()
        _write(cluster, change, replacing, force_conflicts=force_conflicts)
        note = change.note if change.result else ""  # a plan that could not ask says so, and that is over now
        return Event(change.ref, change.action, note, clock() - begun)

    done: list[Event] = []
    try:
        yield from _apply(cluster, plan, write, done, workers=workers, settle=settle, clock=clock)
    except KeyboardInterrupt as interrupt:
        raise Interrupted.in_the_middle_of(plan, done) from interrupt


def carry_out(
    pool: ThreadPoolExecutor,
    changes: Sequence[Change],
    do: Callable[[Change], Event],
    done: list[Event],
    failures: list[tuple[ObjectRef, InstallerError]],
) -> Iterator[Event]:
    """Do all changes in parallel; yield (and collect) what was done, collect what failed.

    Once the server or the log-in is lost, what was not begun is left.
    """
    for change in changes:
        if not change.action.writes:
            done.append(Event(change.ref, change.action, change.note))
            yield done[-1]
    in_flight = InFlight(do, _LOST)
    try:
        futures = {pool.submit(in_flight, change): change for change in changes if change.action.writes}
        for future in as_completed(futures):
            yield from _outcome(future, futures[future], done, failures)
    except KeyboardInterrupt:
        in_flight.finish()
        told = {event.ref for event in done}
        for event in [event for event in in_flight.events if event.ref not in told]:
            done.append(event)
            yield event
        raise
    finally:
        in_flight.close()


def _apply(
    cluster: Cluster,
    plan: Plan,
    write: Callable[[Change], Event],
    done: list[Event],
    *,
    workers: int,
    settle: float,
    clock: Clock,
) -> Iterator[Event | Progress]:
    stages = staged((change.ref, change) for change in plan.changes)
    with ThreadPoolExecutor(workers, thread_name_prefix="apply") as pool:
        for stage, changes in stages:
            failures: list[tuple[ObjectRef, InstallerError]] = []
            yield from carry_out(pool, changes, write, done, failures)
            if failures:
                left = not_begun(stages, failures, {event.ref for event in done})
                raise Stopped(failures, done, left) from failures[0][1]
            if stage.settles:
                yield from _settled(cluster, stage, changes, settle, clock)


def not_begun(
    stages: Iterable[tuple[Stage, Sequence[Change]]],
    failures: Sequence[tuple[ObjectRef, InstallerError]],
    ended: Collection[ObjectRef],
) -> list[ObjectRef]:
    """What a run that failed has left: a refused log-in counts as not begun, an answer that was a no does not."""
    refused = {ref for ref, error in failures if not isinstance(error, _NOT_LOGGED_IN)}
    return [
        one.ref
        for _, part in stages
        for one in part
        if one.action.writes and one.ref not in ended and one.ref not in refused
    ]


def _outcome(
    future: Future[Event],
    change: Change,
    done: list[Event],
    failures: list[tuple[ObjectRef, InstallerError]],
) -> Iterator[Event]:
    try:
        event = future.result()
    except CancelledError:
        return
    except InstallerError as error:
        failures.append((change.ref, advised(error, change.ref)))
    else:
        done.append(event)
        yield event


def _write(cluster: Cluster, change: Change, replacing: Managers, *, force_conflicts: bool) -> None:
    if change.manifest is None:
        raise ValueError(f"{change.ref}: nothing to write")
    written = submit(cluster, change.manifest, force_conflicts=force_conflicts)
    if holders(written, replacing):
        migrate(cluster, change.ref, written, replacing)


def _settled(
    cluster: Cluster, stage: Stage, changes: Sequence[Change], timeout: float, clock: Clock
) -> Iterator[Progress]:
    """Wait until what a stage wrote can be built upon, and the API server serves the new kinds."""
    written = [change for change in changes if change.action.writes]
    if not written:
        return
    begun = clock()
    yield from wait_ready(cluster, [change.ref for change in written], timeout=timeout, clock=clock)
    cluster.refresh_discovery()
    for change in written:
        if change.manifest and change.manifest.kind == "CustomResourceDefinition":
            _await_served(cluster, change.manifest, begun + timeout, clock)


def _await_served(cluster: Cluster, definition: Manifest, deadline: float, clock: Clock) -> None:
    # With several API servers an established kind may still be unknown to the one that answers next.
    group, kind = str(definition.body["spec"]["group"]), str(definition.body["spec"]["names"]["kind"])
    while not cluster.serves(group, kind):
        if clock() > deadline:
            raise NotFound(f"{definition}: established, but the API server does not serve it", status=404)
        time.sleep(_PAUSE)
        cluster.refresh_discovery()


_PAUSE = 0.2


def _summary(done: Sequence[Event], remaining: Sequence[ObjectRef]) -> list[str]:
    written = [event for event in done if event.action.writes]
    return [
        f"done: {listed([f'{event.ref} {event.action.done}' for event in written])}",
        f"not begun: {listed([str(ref) for ref in remaining])}",
    ]


def listed(names: Sequence[str]) -> str:
    """The first of them as one text, and how many more there are."""
    shown = ", ".join(names[:_SHOWN]) or "nothing"
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"


_SHOWN = 20
