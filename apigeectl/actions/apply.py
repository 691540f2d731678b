"""The story of apply, once its manifests are rendered: plan them, carry the plan out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Protocol

from apigeectl.actions.definitions import missing_kinds
from apigeectl.actions.preparation import Prepared
from apigeectl.actions.rendering import Choices
from apigeectl.apply import engine, lease
from apigeectl.apply import plan as planning
from apigeectl.apply.changes import Event
from apigeectl.apply.inventory import Inventory
from apigeectl.apply.plan import Plan
from apigeectl.components.names import org_id
from apigeectl.components.render import Rendering
from apigeectl.errors import InstallerError
from apigeectl.readiness.wait import Progress


class Cluster(planning.Cluster, engine.Cluster, lease.Cluster, Protocol):
    """What applying asks of a cluster."""


def plan(prepared: Prepared, rendering: Rendering, cluster: Cluster, choices: Choices) -> Plan:
    """What applying would change, by server-side dry runs.

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
    return planning.plan(
        cluster,
        rendering.manifests,
        inventory=_inventory(prepared),
        complete=prepared.scope.everything,
        force_conflicts=choices.force_conflicts,
    )


def carry_out(
    prepared: Prepared, changes: Plan, cluster: Cluster, choices: Choices
) -> Iterator[Event | Progress]:
    """Write what the plan changes, holding the lease of the installation; nothing to change needs none."""
    namespace = prepared.overrides.namespace
    holding = (
        lease.held(cluster, org_id(prepared.overrides.org), namespace) if changes.writes else nullcontext()
    )
    with holding:
        yield from engine.apply(cluster, changes, force_conflicts=choices.force_conflicts)


def _inventory(prepared: Prepared) -> Inventory:
    overrides = prepared.overrides
    return Inventory(
        installation=org_id(overrides.org),
        namespace=overrides.namespace,
        organization=overrides.org,
        release=prepared.release.version,
    )
