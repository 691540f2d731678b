"""Deletes what an installation consists of, the other way round, and waits until it is gone."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Protocol

from apigeectl.apply import inventory as inventories
from apigeectl.apply.changes import ASKED, Action, Change, Event
from apigeectl.apply.engine import Interrupted, Stopped, carry_out, listed, not_begun
from apigeectl.apply.guards import Surroundings, guarded, look_around
from apigeectl.apply.inventory import Inventory
from apigeectl.apply.ownership import check_owner, is_ours
from apigeectl.apply.parallel import each
from apigeectl.apply.plan import Plan
from apigeectl.apply.stages import stage_number, staged
from apigeectl.errors import Conflict, InstallerError, NotFound, Refused, WaitTimeout
from apigeectl.manifests import APIGEE_GROUP, LiveObject, ObjectRef
from apigeectl.readiness.holders import held_by, operator_trouble, way_out
from apigeectl.readiness.model import Readiness, State
from apigeectl.readiness.observation import Watched
from apigeectl.readiness.wait import Clock, Progress, wait_gone


class Cluster(inventories.Cluster, Watched, Protocol):
    """What deleting needs of a cluster."""


def plan_delete(
    cluster: Cluster,
    refs: Iterable[ObjectRef],
    *,
    installation: str,
    namespace: str,
    operator_namespace: str,
    recorded: Collection[ObjectRef] = (),
    complete: bool = False,
    workers: int = 8,
) -> Plan:
    """What would be deleted of these objects, and what stays and why; absent ones are not mentioned.

    The installation is the organization's ID. Only names are needed: no key file, no manifest. What only
    an inventory has recorded goes when apigeectl did write it. A complete run also names what nobody named:
    volumes, and custom resources beside them.
    """
    named = frozenset(refs)
    wanted = named | frozenset(recorded)
    around = look_around(
        cluster,
        wanted,
        installation=installation,
        namespace=namespace,
        operator_namespace=operator_namespace,
    )

    with ThreadPoolExecutor(workers, thread_name_prefix="plan") as pool:
        judge = _Judge(cluster, around, named)
        resources = each(pool, judge.change, _resources(wanted), lambda ref: ref)
        # A custom resource that stays for any reason needs the operator, and its definition.
        skipped = {one.ref for one in resources if one and one.action is Action.SKIP}
        judge = replace(judge, around=replace(around, staying=around.staying | skipped))
        rest = wanted.difference(_resources(wanted)) | (around.volumes if complete else frozenset())
        others = each(pool, judge.change, sorted(rest), lambda ref: ref)
        left = each(pool, judge.left, around.ours_staying if complete else (), lambda ref: ref)
    found = [one for one in (*resources, *others, *left) if one]
    absent = wanted - {one.ref for one in found}
    return Plan(
        tuple(sorted(found, key=lambda one: -stage_number(one.ref))),
        vanished=tuple(sorted(absent.intersection(recorded))),
    )


def _resources(refs: Iterable[ObjectRef]) -> list[ObjectRef]:
    return sorted(ref for ref in refs if ref.group == APIGEE_GROUP)


def delete(
    cluster: Cluster,
    plan: Plan,
    *,
    wait_timeout: float,
    forgetting: Sequence[Inventory] = (),
    workers: int = 8,
    clock: Clock = time.monotonic,
) -> Iterator[Event | Progress]:
    """Delete stage by stage; an object counts as deleted once it is gone, finalizers included.

    WaitTimeout when that takes too long: what is left then goes on deleting by itself. What is gone is
    taken out of the inventories. What stays comes last.
    """
    going = _Going()
    try:
        yield from _delete(cluster, plan, going, clock() + wait_timeout, workers=workers, clock=clock)
    except KeyboardInterrupt as interrupt:
        _forget(cluster, forgetting, going.gone)
        raise Interrupted.in_the_middle_of(plan, [*going.done, *going.asked()]) from interrupt
    except InstallerError:
        _forget(cluster, forgetting, going.gone)
        raise
    _forget(cluster, forgetting, going.gone.union(plan.vanished))


@dataclass(frozen=True)
class _Judge:
    """Decides what becomes of one object; `named` are those that the overrides file stands for."""

    cluster: Cluster
    around: Surroundings
    named: frozenset[ObjectRef]

    def change(self, ref: ObjectRef) -> Change | None:
        live = self._live(ref)
        if live is None:
            return None
        why = self._why_it_stays(ref, live)
        return Change(ref, Action.SKIP if why else Action.DELETE, live=live, note=why)

    def left(self, ref: ObjectRef) -> Change | None:
        """A custom resource that nobody named, unless it is of another installation."""
        live = self._live(ref)
        if live is None or _why_not_ours(ref, live, self.around):
            return None
        note = "neither the overrides file nor an inventory names it; delete it with a file that does"
        return Change(ref, Action.SKIP, live=live, note=note)

    def _live(self, ref: ObjectRef) -> LiveObject | None:
        try:
            return self.cluster.get(ref)
        except NotFound:
            return None  # a kind that is not served has no objects

    def _why_it_stays(self, ref: ObjectRef, live: LiveObject) -> str:
        guard = guarded(ref, self.around)
        if guard:
            return guard.told(self.around)
        if ref not in self.named and not is_ours(live):
            return "apigeectl did not bring it"
        return _why_not_ours(ref, live, self.around)


def _why_not_ours(ref: ObjectRef, live: LiveObject, around: Surroundings) -> str:
    try:
        check_owner(ref, live, around.installation)
    except Refused as refused:
        return refused.message
    return ""


@dataclass
class _Going:
    """How far a deletion has come."""

    done: list[Event] = field(default_factory=list)
    lingering: dict[ObjectRef, str] = field(default_factory=dict)
    """Asked for and not gone yet, with their uids."""

    @property
    def gone(self) -> set[ObjectRef]:
        return {event.ref for event in self.done if event.action is Action.DELETE}

    def asked(self) -> list[Event]:
        """What goes on deleting when nobody waits."""
        return [Event(ref, Action.DELETE, ASKED) for ref in self.lingering]

    def finished(self, event: Event) -> Event:
        self.lingering.pop(event.ref, None)
        self.done.append(event)
        return event


def _delete(
    cluster: Cluster, plan: Plan, going: _Going, deadline: float, *, workers: int, clock: Clock
) -> Iterator[Event | Progress]:
    def ask(change: Change) -> Event:
        return _ask(cluster, change, clock)

    stages = staged((one.ref, one) for one in plan.changes if one.action.writes)[::-1]
    with ThreadPoolExecutor(workers, thread_name_prefix="delete") as pool:
        for _, changes in stages:
            lives = {change.ref: change.live or {} for change in changes}
            yield from _warned(cluster, lives)
            failures: list[tuple[ObjectRef, InstallerError]] = []
            for event in carry_out(pool, changes, ask, [], failures):
                live = lives[event.ref]
                if event.action is Action.DELETE and _lingers(event.ref, live):
                    going.lingering[event.ref] = str(live["metadata"].get("uid") or "")
                else:
                    yield going.finished(event)
            if failures:
                ended = {*(event.ref for event in going.done), *going.lingering}
                rest = not_begun(stages, failures, ended)
                raise Stopped(failures, going.done, rest) from failures[0][1]
            waited = {ref: lives.get(ref, {}) for ref in going.lingering}
            rest = not_begun(stages, (), {*(event.ref for event in going.done), *going.lingering})
            for outcome in _until_gone(cluster, dict(going.lingering), waited, rest, deadline, clock):
                yield going.finished(outcome) if isinstance(outcome, Event) else outcome
    for change in plan.changes:
        if not change.action.writes:
            yield going.finished(Event(change.ref, change.action, change.note))


def _ask(cluster: Cluster, change: Change, clock: Clock) -> Event:
    begun = clock()
    uid = str((change.live or {}).get("metadata", {}).get("uid") or "")
    try:
        cluster.delete(change.ref, uid=uid or None)
    except Conflict:
        note = "it was made anew after we had looked, so it stays; run again to delete it too"
        return Event(change.ref, Action.SKIP, note, clock() - begun)
    return Event(change.ref, Action.DELETE, "", clock() - begun)


def _lingers(ref: ObjectRef, live: dict[str, object]) -> bool:
    metadata = live.get("metadata") or {}
    finalizers = metadata.get("finalizers") if isinstance(metadata, dict) else None
    return bool(finalizers) or ref.group == APIGEE_GROUP or ref.kind == "CustomResourceDefinition"


def _warned(cluster: Cluster, lives: dict[ObjectRef, LiveObject]) -> Iterator[Progress]:
    """Say beforehand that what is about to be deleted will stay, because nobody is there to let it go."""
    trouble = operator_trouble(cluster, lives.items())
    for ref, live in lives.items() if trouble else ():
        if held := held_by(ref, live):
            told = f"it will be held by {', '.join(held)}: {trouble}"
            yield Progress(ref, Readiness(State.TERMINATING, told, "NoOperator"), 0.0)


def _until_gone(
    cluster: Cluster,
    lingering: dict[ObjectRef, str],
    lives: dict[ObjectRef, LiveObject],
    rest: Sequence[ObjectRef],
    deadline: float,
    clock: Clock,
) -> Iterator[Event | Progress]:
    if not lingering:
        return
    try:
        left = max(0.0, deadline - clock())
        for progress in wait_gone(cluster, lingering, timeout=left, clock=clock):
            if progress.readiness.state is State.MISSING:
                yield Event(progress.ref, Action.DELETE, "", progress.seconds)
            else:
                yield progress
    except WaitTimeout as late:
        late.hint = late.hint or way_out(operator_trouble(cluster, lives.items()))
        late.details = (*late.details, *_left(rest))
        raise


def _left(rest: Sequence[ObjectRef]) -> list[str]:
    return [f"not begun: {listed([str(ref) for ref in rest])}"] if rest else []


def _forget(cluster: Cluster, forgetting: Sequence[Inventory], gone: Collection[ObjectRef]) -> None:
    for inventory in forgetting if gone else ():
        inventories.forget(cluster, inventory, gone)
