"""Deletes what an installation consists of, the other way round, and waits until it is gone."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from apigeectl.apply import inventory as inventories
from apigeectl.apply.changes import Action, Change, Event
from apigeectl.apply.engine import Stopped, carry_out
from apigeectl.apply.guards import Surroundings, guarded, look_around
from apigeectl.apply.inventory import Inventory
from apigeectl.apply.ownership import check_owner
from apigeectl.apply.parallel import each
from apigeectl.apply.plan import Plan
from apigeectl.apply.stages import stage_number, staged
from apigeectl.errors import Conflict, InstallerError, NotFound, Refused, WaitTimeout
from apigeectl.manifests import APIGEE_GROUP, ObjectRef
from apigeectl.readiness.model import State
from apigeectl.readiness.observation import Watched
from apigeectl.readiness.wait import Clock, Progress, wait_gone

WAIT_SECONDS = 600.0
"""The connect agent drains its streams for up to seven minutes, some pods have a grace period of ten."""


class Cluster(inventories.Cluster, Watched, Protocol):
    """What deleting needs of a cluster."""


def plan_delete(
    cluster: Cluster,
    refs: Sequence[ObjectRef],
    *,
    installation: str,
    namespace: str,
    operator_namespace: str,
    workers: int = 8,
) -> Plan:
    """What would be deleted of these objects, and what stays and why; absent ones are not mentioned.

    The installation is the organization's ID. Only names are needed: no key file, no manifest.
    """
    wanted = tuple(dict.fromkeys(refs))
    around = look_around(
        cluster,
        wanted,
        installation=installation,
        namespace=namespace,
        operator_namespace=operator_namespace,
    )

    def change(ref: ObjectRef) -> Change | None:
        return _change(cluster, ref, around)

    with ThreadPoolExecutor(workers, thread_name_prefix="plan") as pool:
        found = [one for one in each(pool, change, wanted, lambda ref: ref) if one]
    return Plan(tuple(sorted(found, key=lambda one: -stage_number(one.ref))))


def delete(
    cluster: Cluster,
    plan: Plan,
    *,
    wait_timeout: float = WAIT_SECONDS,
    inventory: Inventory | None = None,
    workers: int = 8,
    clock: Clock = time.monotonic,
) -> Iterator[Event | Progress]:
    """Delete stage by stage; an object counts as deleted once it is gone, finalizers included.

    WaitTimeout when that takes too long: what is left then goes on deleting by itself. What is gone is
    taken out of the inventory.
    """
    gone: set[ObjectRef] = set()
    try:
        for event in _delete(cluster, plan, clock() + wait_timeout, workers, clock):
            if isinstance(event, Event) and event.action is Action.DELETE:
                gone.add(event.ref)
            yield event
    except InstallerError:
        _forget(cluster, inventory, gone)
        raise
    _forget(cluster, inventory, gone)


def _change(cluster: Cluster, ref: ObjectRef, around: Surroundings) -> Change | None:
    try:
        live = cluster.get(ref)
    except NotFound:
        return None  # a kind that is not served has no objects
    if live is None:
        return None
    guard = guarded(ref, around)
    if guard:
        return Change(ref, Action.SKIP, live=live, note=guard.sentence)
    try:
        check_owner(ref, live, around.installation)
    except Refused as refused:
        return Change(ref, Action.SKIP, live=live, note=refused.message)
    return Change(ref, Action.DELETE, live=live)


def _delete(
    cluster: Cluster, plan: Plan, deadline: float, workers: int, clock: Clock
) -> Iterator[Event | Progress]:
    def ask(change: Change) -> Event:
        return _ask(cluster, change, clock)

    done: list[Event] = []
    stages = staged((change.ref, change) for change in plan.changes)[::-1]
    with ThreadPoolExecutor(workers, thread_name_prefix="delete") as pool:
        for number, (_, changes) in enumerate(stages):
            lives = {change.ref: change.live or {} for change in changes}
            lingering: dict[ObjectRef, str] = {}
            failures: list[tuple[ObjectRef, InstallerError]] = []
            for event in carry_out(pool, changes, ask, [], failures):
                live = lives[event.ref]
                if event.action is Action.DELETE and _lingers(event.ref, live):
                    lingering[event.ref] = str(live["metadata"].get("uid") or "")
                    continue
                done.append(event)
                yield event
            if failures:
                rest = [one.ref for _, later in stages[number + 1 :] for one in later if one.action.writes]
                raise Stopped(failures, done, rest) from failures[0][1]
            for outcome in _until_gone(cluster, lingering, deadline, clock):
                if isinstance(outcome, Event):
                    done.append(outcome)
                yield outcome


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


def _until_gone(
    cluster: Cluster, lingering: dict[ObjectRef, str], deadline: float, clock: Clock
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
        late.hint = late.hint or (
            "is the operator running? Only it can serve these finalizers. They go on deleting by themselves; "
            "do not clear a finalizer before you know what it would leave behind"
        )
        raise


def _forget(cluster: Cluster, inventory: Inventory | None, gone: set[ObjectRef]) -> None:
    if inventory and gone:
        inventories.forget(cluster, inventory, gone)
