"""The story of init: definitions, cert-manager answers, then the operator and what it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from apigeectl.actions.apply import Cluster
from apigeectl.actions.definitions import Definitions, find_definitions
from apigeectl.actions.preparation import Prepared
from apigeectl.actions.recording import init_inventory
from apigeectl.actions.rendering import Choices
from apigeectl.apply import engine, lease
from apigeectl.apply import plan as planning
from apigeectl.apply.changes import Event
from apigeectl.apply.plan import Plan
from apigeectl.components.render import Rendering
from apigeectl.errors import WaitTimeout
from apigeectl.readiness.cert_manager import wait_for_cert_manager
from apigeectl.readiness.wait import Progress

CERT_MANAGER_SECONDS = 120.0


def definitions(prepared: Prepared, cluster: Cluster, bundle: Path | None, cwd: Path) -> Definitions:
    """The CRDs to bring. The original kept its own in ./plugins, so that is looked at, too."""
    return find_definitions(cluster, prepared.release.api_versions, bundle, (cwd / "plugins",))


def cert_manager_answers(cluster: Cluster) -> Iterator[Progress]:
    """Wait until cert-manager is available; everything that init brings needs its certificates."""
    try:
        yield from wait_for_cert_manager(cluster, timeout=CERT_MANAGER_SECONDS)
    except WaitTimeout as error:
        error.hint = "Please re-run init again once cert-manager is available"
        raise


def plan(
    prepared: Prepared, found: Definitions, rendering: Rendering, cluster: Cluster, choices: Choices
) -> Plan:
    """What init would change, by server-side dry runs."""
    return planning.plan(
        cluster,
        (*found.manifests, *rendering.manifests),
        inventory=init_inventory(prepared),
        force_conflicts=choices.force_conflicts,
    )


def carry_out(
    prepared: Prepared, changes: Plan, cluster: Cluster, choices: Choices, *, again: Callable[[], Plan]
) -> Iterator[Event | Progress]:
    """Write what the plan changes, planned again under the lease of init.

    The very first run has no namespace to hold a lease in, and nothing yet that another one could spoil.
    """
    if not changes.writes:
        yield from engine.apply(cluster, changes)
        return
    inventory = init_inventory(prepared)
    with lease.held(cluster, inventory.installation, inventory.namespace):
        yield from engine.apply(cluster, again(), force_conflicts=choices.force_conflicts)
