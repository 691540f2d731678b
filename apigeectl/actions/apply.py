"""The story of apply, once its manifests are rendered: plan them, carry the plan out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Protocol

from apigeectl.actions.definitions import missing_kinds
from apigeectl.actions.preparation import Prepared
from apigeectl.actions.recording import covered, recorded, runtime_inventory
from apigeectl.actions.rendering import Choices
from apigeectl.apply import delete as deleting
from apigeectl.apply import engine, lease
from apigeectl.apply import plan as planning
from apigeectl.apply.changes import Action, Change, Event
from apigeectl.apply.inventory import Inventory
from apigeectl.apply.plan import Plan
from apigeectl.apply.prune import plan_prune
from apigeectl.checks.revision import unrolled
from apigeectl.components.render import Rendering
from apigeectl.errors import InstallerError
from apigeectl.readiness.wait import Progress


class Cluster(planning.Cluster, engine.Cluster, lease.Cluster, deleting.Cluster, Protocol):
    """What applying asks of a cluster."""


def plan(
    prepared: Prepared,
    rendering: Rendering,
    cluster: Cluster,
    choices: Choices,
    previous: Plan | None = None,
) -> Plan:
    """What applying would change, by server-side dry runs, as far as the previous plan does not know it.

    Raises InstallerError when the cluster does not serve the kinds: init comes first.
    """
    kinds = {one.kind for one in rendering.manifests}
    needed = {kind: version for kind, version in prepared.release.api_versions.items() if kind in kinds}
    missing = missing_kinds(cluster, needed)
    if missing:
        raise InstallerError(
            f"the cluster does not know {', '.join(missing)}",
            hint=f"run apigeectl init -f {prepared.overrides.file} first",
        )
    found = planning.plan(
        cluster,
        rendering.manifests,
        inventory=runtime_inventory(prepared),
        complete=prepared.scope.everything,
        parts=covered(prepared.scope),
        force_conflicts=choices.force_conflicts,
        only_look=choices.only_look,
        previous=previous,
    )
    changed = [(one.ref, one.fields) for one in found.changes if one.action is Action.CONFIGURE]
    found = replace(found, notes=(*found.notes, *unrolled(changed)))
    return _with_pruned(found, prepared, cluster) if choices.prune else found


def carry_out(
    prepared: Prepared, changes: Plan, cluster: Cluster, choices: Choices, *, again: Callable[[], Plan]
) -> Iterator[Event | Progress]:
    """Write what the plan changes, holding the lease of the installation; nothing to change needs none.

    The plan is made again under the lease: another run may have changed the cluster, and the keys in it, since.
    """
    inventory = runtime_inventory(prepared)
    if not changes.writes:
        yield from engine.apply(cluster, changes)
        lease.clear(cluster, inventory.installation, inventory.namespace)
        return
    with lease.held(cluster, inventory.installation, inventory.namespace):
        events = _written(cluster, again(), choices, inventory)
        command = "apply --prune" if choices.prune else "apply"
        yield from recorded(cluster, prepared, inventory, command, events)


def _written(
    cluster: Cluster, changes: Plan, choices: Choices, inventory: Inventory
) -> Iterator[Event | Progress]:
    yield from engine.apply(cluster, changes, force_conflicts=choices.force_conflicts)
    if changes.pruned:
        pruning = Plan(changes.pruned)
        yield from deleting.delete(cluster, pruning, wait_timeout=PRUNE_SECONDS, forgetting=[inventory])


PRUNE_SECONDS = 720.0
"""How long what left the file may take to go: pods have ten minutes of grace."""


def _with_pruned(found: Plan, prepared: Prepared, cluster: Cluster) -> Plan:
    if not prepared.overrides.envs and found.leftovers:
        note = f"{prepared.overrides.file} has no environments, which looks like a mistake: nothing is pruned"
        return replace(found, notes=(*found.notes, note))
    inventory = runtime_inventory(prepared)
    pruned: tuple[Change, ...] = ()
    if found.leftovers:
        pruned = plan_prune(
            cluster,
            found.leftovers,
            installation=inventory.installation,
            namespace=inventory.namespace,
            operator_namespace=prepared.release.operator_namespace,
        )
    return replace(found, pruned=pruned)
