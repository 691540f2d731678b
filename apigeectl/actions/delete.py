"""The story of delete: what apply put in place, and with `everything` what init did, in reverse order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, Protocol

from apigeectl.actions.definitions import CRD_GROUP, CRD_KIND
from apigeectl.actions.preparation import Prepared
from apigeectl.actions.recording import init_inventory, recorded, runtime_inventory
from apigeectl.actions.rendering import ca_secret
from apigeectl.apply import delete as deleting
from apigeectl.apply import inventory as inventories
from apigeectl.apply import lease
from apigeectl.apply.changes import Action, Change, Event
from apigeectl.apply.guards import may_be_guarded
from apigeectl.apply.inventory import Inventory, Origin
from apigeectl.apply.plan import Plan
from apigeectl.components.init import ca_pieces
from apigeectl.components.names import org_id
from apigeectl.components.render import init_refs, runtime_refs
from apigeectl.components.settings import Settings
from apigeectl.manifests import APIGEE_GROUP, ObjectRef
from apigeectl.readiness.installation import RUNTIME_KINDS
from apigeectl.readiness.wait import Progress


class Cluster(deleting.Cluster, lease.Cluster, Protocol):
    """What deleting asks of a cluster."""


def plan(prepared: Prepared, cluster: Cluster, *, everything: bool) -> Plan:
    """What would be deleted and what is left, with the reason.

    Without scope flags that is also what the inventory has and the file no more.
    """
    stored = _stored(prepared, cluster, everything=everything)
    recorded = frozenset(ref for inventory in stored for ref in inventory.refs)
    named = _named(prepared, everything=everything)
    changes = deleting.plan_delete(
        cluster,
        (*named, *_authority(prepared)) if everything else named,
        installation=org_id(prepared.overrides.org),
        namespace=prepared.overrides.namespace,
        operator_namespace=prepared.release.operator_namespace,
        recorded=recorded.union(_definitions()) if everything else recorded,
        complete=prepared.scope.everything,
    )
    return replace(
        changes,
        changes=(*changes.changes, *_inventories_that_stay(stored, changes)),
        notes=tuple(
            f"the inventory {one.ref} is damaged: what only it could tell is not deleted"
            for one in stored
            if one.origin is Origin.DAMAGED
        ),
    )


def carry_out(
    prepared: Prepared,
    changes: Plan,
    cluster: Cluster,
    *,
    wait_timeout: float,
    everything: bool,
    again: Callable[[], Plan],
) -> Iterator[Event | Progress]:
    """Delete, and wait for what has finalizers, holding the leases of what is touched.

    The plan is made again under them: another run may have changed the cluster since.
    """
    touched = _inventories(prepared, everything=everything)
    with ExitStack() as stack:
        if changes.writes or changes.vanished:
            for inventory in touched:
                stack.enter_context(lease.held(cluster, inventory.installation, inventory.namespace))
            changes = again()
        events = deleting.delete(cluster, changes, wait_timeout=wait_timeout, forgetting=touched)
        if changes.writes:
            command = "delete --all" if everything else "delete"
            events = recorded(cluster, prepared, touched[0], command, events)
        yield from events


def names_offline(prepared: Prepared, *, everything: bool) -> tuple[ObjectRef, ...]:
    """What can be said to go without asking the cluster: nothing that a guard could keep in any of them."""
    return tuple(
        ref
        for ref in _named(prepared, everything=everything)
        if not may_be_guarded(
            ref,
            installation=org_id(prepared.overrides.org),
            namespace=prepared.overrides.namespace,
            operator_namespace=prepared.release.operator_namespace,
        )
    )


def stubs(prepared: Prepared, refs: Iterable[ObjectRef]) -> Iterator[dict[str, Any]]:
    """The objects with nothing but their names, as `kubectl delete -f -` takes them."""
    for ref in refs:
        version = prepared.release.api_versions.get(ref.kind, "v1") if ref.group == APIGEE_GROUP else "v1"
        metadata = {"name": ref.name, **({"namespace": ref.namespace} if ref.namespace else {})}
        api_version = f"{ref.group}/{version}" if ref.group else version
        yield {"apiVersion": api_version, "kind": ref.kind, "metadata": metadata}


def _named(prepared: Prepared, *, everything: bool) -> tuple[ObjectRef, ...]:
    """What the scope put in place, and with `everything` what init did. Names only: no key file is read."""
    found = runtime_refs(prepared.overrides, prepared.release, prepared.scope)
    return (*found, *init_refs(prepared.overrides, prepared.release)) if everything else found


def _authority(prepared: Prepared) -> Iterator[ObjectRef]:
    """What init makes once and a guard keeps: named, so that it is told."""
    for piece in ca_pieces(Settings(prepared.overrides, prepared.release)):
        yield from piece.refs
    yield ca_secret(prepared)


def _definitions() -> Iterator[ObjectRef]:
    for plural in RUNTIME_KINDS.values():
        yield ObjectRef(CRD_GROUP, CRD_KIND, "", f"{plural}.{APIGEE_GROUP}")


def _inventories(prepared: Prepared, *, everything: bool) -> tuple[Inventory, ...]:
    found = runtime_inventory(prepared)
    return (found, init_inventory(prepared)) if everything else (found,)


def _stored(prepared: Prepared, cluster: Cluster, *, everything: bool) -> tuple[Inventory, ...]:
    """What is recorded of what this run may touch, in the scope: no more than the file names when flags say so."""
    named = frozenset(_named(prepared, everything=everything))
    loaded = [inventories.load(cluster, one, ()) for one in _inventories(prepared, everything=everything)]
    whole = prepared.scope.everything
    return tuple(one if whole else replace(one, refs=one.refs & named) for one in loaded)


def _inventories_that_stay(stored: Iterable[Inventory], changes: Plan) -> Iterator[Change]:
    going = {one.ref for one in changes.changes if one.action is Action.DELETE}.union(changes.vanished)
    for inventory in stored:
        rest = inventory.refs - going
        if rest:
            noun = "an object" if len(rest) == 1 else f"{len(rest)} objects"
            yield Change(inventory.ref, Action.SKIP, note=f"it lists {noun} that stay")
