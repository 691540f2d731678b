"""Under which inventory and lease a run is recorded."""

from __future__ import annotations

from apigeectl.actions.preparation import Prepared
from apigeectl.apply.inventory import INIT, Inventory
from apigeectl.components.names import org_id


def runtime_inventory(prepared: Prepared) -> Inventory:
    """Of what apply writes: one for each organization in a namespace."""
    overrides = prepared.overrides
    return Inventory(
        installation=org_id(overrides.org),
        namespace=overrides.namespace,
        organization=overrides.org,
        release=prepared.release.version,
    )


def init_inventory(prepared: Prepared) -> Inventory:
    """Of what init writes, which all organizations share."""
    return Inventory(
        installation=INIT,
        namespace=prepared.release.operator_namespace,
        release=prepared.release.version,
    )
