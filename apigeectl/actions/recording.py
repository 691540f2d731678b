"""Under which inventory and lease a run is recorded."""

from __future__ import annotations

from apigeectl.actions.preparation import Prepared
from apigeectl.apply.inventory import INIT, Inventory
from apigeectl.components.names import org_id
from apigeectl.components.render import runtime_refs
from apigeectl.manifests import ObjectRef
from apigeectl.overrides.scope import Scope


def runtime_inventory(prepared: Prepared) -> Inventory:
    """Of what apply writes: one for each organization in a namespace."""
    overrides = prepared.overrides
    return Inventory(
        installation=org_id(overrides.org),
        namespace=overrides.namespace,
        organization=overrides.org,
        release=prepared.release.version,
        parts=_parts(prepared),
    )


PARTS = {
    "org": Scope(org=True),
    "all_envs": Scope(all_envs=True),
    "datastore": Scope(datastore=True),
    "redis": Scope(redis=True),
    "telemetry": Scope(telemetry=True),
    "virtualhosts": Scope(virtualhosts=True),
}
"""The parts of an installation, by the name under which the inventory records what they brought."""


def covered(scope: Scope) -> tuple[str, ...]:
    """The parts that a run covers completely; one environment is not all of them."""
    return tuple(part for part in PARTS if scope.everything or getattr(scope, part))


def _parts(prepared: Prepared) -> dict[ObjectRef, str]:
    return {
        ref: part
        for part, scope in reversed(PARTS.items())  # what several parts bring, the first one keeps
        for ref in runtime_refs(prepared.overrides, prepared.release, scope)
    }


def init_inventory(prepared: Prepared) -> Inventory:
    """Of what init writes, which all organizations share."""
    return Inventory(
        installation=INIT,
        namespace=prepared.release.operator_namespace,
        release=prepared.release.version,
    )
