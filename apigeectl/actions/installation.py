"""The names of everything that a file's scope puts in place; no key file is needed to know them."""

from __future__ import annotations

from apigeectl.actions.preparation import Prepared
from apigeectl.components.render import init_refs, runtime_refs
from apigeectl.overrides.scope import Scope
from apigeectl.readiness.installation import Installation


def installation_of(prepared: Prepared) -> Installation:
    """What check-ready judges for a prepared file."""
    return Installation(
        namespace=prepared.overrides.namespace,
        operator_namespace=prepared.release.operator_namespace,
        runtime=runtime_refs(prepared.overrides, prepared.release, prepared.scope or Scope()),
        init=init_refs(prepared.overrides, prepared.release),
    )
