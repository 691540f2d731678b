"""The story of init: definitions, cert-manager answers, then the operator and what it needs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from apigeectl.actions.apply import Choices, Cluster
from apigeectl.actions.definitions import Definitions, find_definitions
from apigeectl.actions.preparation import Prepared
from apigeectl.actions.stored import StoredSecrets, stored_secrets
from apigeectl.apply import engine
from apigeectl.apply import plan as planning
from apigeectl.apply.changes import Event
from apigeectl.apply.inventory import INIT, Inventory
from apigeectl.apply.plan import Plan
from apigeectl.components.names import DATASTORE_CREDENTIALS, REDIS_CREDENTIALS
from apigeectl.components.render import Rendering, render_init
from apigeectl.errors import WaitTimeout
from apigeectl.manifests import ObjectRef
from apigeectl.readiness.cert_manager import wait_for_cert_manager
from apigeectl.readiness.wait import Progress

CERT_MANAGER_SECONDS = 120.0
CA_SECRET = ObjectRef("", "Secret", "cert-manager", "apigee-ca")


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


def render(prepared: Prepared, cwd: Path, choices: Choices, cluster: Cluster | None = None) -> Rendering:
    """What stands before the runtime; a certificate authority that exists is never rendered again."""
    stored: StoredSecrets = {}
    ca_exists = False
    if cluster is not None:
        names = (DATASTORE_CREDENTIALS, REDIS_CREDENTIALS)
        stored = stored_secrets(cluster, prepared.overrides.namespace, names)
        ca_exists = cluster.get(CA_SECRET) is not None
    return render_init(
        prepared.overrides,
        prepared.release,
        cwd=cwd,
        stored=stored,
        replace=choices.replace_secrets,
        templates=choices.templates,
        ca_exists=ca_exists,
    )


def plan(
    prepared: Prepared, found: Definitions, rendering: Rendering, cluster: Cluster, choices: Choices
) -> Plan:
    """What init would change, by server-side dry runs."""
    inventory = Inventory(
        installation=INIT,
        namespace=prepared.release.operator_namespace,
        release=prepared.release.version,
    )
    return planning.plan(
        cluster,
        (*found.manifests, *rendering.manifests),
        inventory=inventory,
        force_conflicts=choices.force_conflicts,
    )


def carry_out(changes: Plan, cluster: Cluster, choices: Choices) -> Iterator[Event | Progress]:
    """Write what the plan changes."""
    yield from engine.apply(cluster, changes, force_conflicts=choices.force_conflicts)
