"""The story of delete: what apply put in place, and with `everything` what init did, in reverse order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from apigeectl.actions.preparation import Prepared
from apigeectl.apply import delete as deleting
from apigeectl.apply.changes import Event
from apigeectl.apply.inventory import Inventory
from apigeectl.apply.plan import Plan
from apigeectl.components.names import org_id
from apigeectl.components.render import init_refs, runtime_refs
from apigeectl.manifests import APIGEE_GROUP, ObjectRef
from apigeectl.readiness.wait import Progress


class Cluster(deleting.Cluster, Protocol):
    """What deleting asks of a cluster."""


def refs(prepared: Prepared, *, everything: bool) -> tuple[ObjectRef, ...]:
    """What the scope put in place, and with `everything` what init did. Names only: no key file is read."""
    found = runtime_refs(prepared.overrides, prepared.release, prepared.scope)
    return (*found, *init_refs(prepared.overrides, prepared.release)) if everything else found


def stubs(prepared: Prepared, wanted: Iterable[ObjectRef]) -> Iterator[dict[str, Any]]:
    """The objects with nothing but their names, as `kubectl delete -f -` takes them."""
    for ref in wanted:
        version = prepared.release.api_versions.get(ref.kind, "v1") if ref.group == APIGEE_GROUP else "v1"
        metadata = {"name": ref.name, **({"namespace": ref.namespace} if ref.namespace else {})}
        api_version = f"{ref.group}/{version}" if ref.group else version
        yield {"apiVersion": api_version, "kind": ref.kind, "metadata": metadata}


def plan(prepared: Prepared, cluster: Cluster, *, everything: bool) -> Plan:
    """What would be deleted and what is left, with the reason."""
    return deleting.plan_delete(
        cluster,
        refs(prepared, everything=everything),
        installation=org_id(prepared.overrides.org),
        namespace=prepared.overrides.namespace,
        operator_namespace=prepared.release.operator_namespace,
    )


def carry_out(
    prepared: Prepared, changes: Plan, cluster: Cluster, *, wait_timeout: float
) -> Iterator[Event | Progress]:
    """Delete, and wait for what has finalizers."""
    inventory = Inventory(
        installation=org_id(prepared.overrides.org),
        namespace=prepared.overrides.namespace,
        organization=prepared.overrides.org,
    )
    yield from deleting.delete(cluster, changes, wait_timeout=wait_timeout, inventory=inventory)
