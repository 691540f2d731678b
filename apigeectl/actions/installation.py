"""The names of everything that a file's scope puts in place; no key file is needed to know them."""

from __future__ import annotations

from apigeectl.actions.preparation import Prepared
from apigeectl.actions.recording import runtime_inventory
from apigeectl.apply.inventory import refs_in
from apigeectl.components.render import init_refs, runtime_refs
from apigeectl.readiness.installation import Installation, Record


def installation_of(prepared: Prepared) -> Installation:
    """What check-ready judges for a prepared file."""
    return Installation(
        namespace=prepared.overrides.namespace,
        operator_namespace=prepared.release.operator_namespace,
        runtime=runtime_refs(prepared.overrides, prepared.release, prepared.scope),
        init=init_refs(prepared.overrides, prepared.release),
        record=Record(runtime_inventory(prepared).ref, refs_in),
    )
