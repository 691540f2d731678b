"""The story of init: definitions, cert-manager answers, then the operator and what it needs, until it answers."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Protocol

from apigeectl.actions.apply import Cluster
from apigeectl.actions.bundled import CRD_KIND
from apigeectl.actions.definition_sources import Found, Sources
from apigeectl.actions.definitions import Definitions, Place, find_definitions
from apigeectl.actions.preparation import Prepared
from apigeectl.actions.recording import init_inventory, recorded
from apigeectl.actions.rendering import Choices
from apigeectl.apply import engine, lease
from apigeectl.apply import plan as planning
from apigeectl.apply.changes import Action, Event
from apigeectl.apply.ownership import ADOPT, FORCE, INSTALLERS, ORIGINAL_MANAGERS, Managers
from apigeectl.apply.plan import Plan
from apigeectl.components.ingress_manager import has_ingress_manager
from apigeectl.components.platform import MESH_GROUP, MESH_KIND, OPENSHIFT_GROUP, OPENSHIFT_KIND, Platform
from apigeectl.components.render import Rendering
from apigeectl.components.settings import Settings
from apigeectl.errors import InstallerError, Refused, WaitTimeout
from apigeectl.manifests import Manifest
from apigeectl.readiness.cert_manager import wait_for_cert_manager
from apigeectl.readiness.operator import wait_for_operator
from apigeectl.readiness.wait import Progress
from apigeectl.readiness.webhooks import Patience

CERT_MANAGER_SECONDS = 120.0
OPERATOR_SECONDS = 600.0
"""How long the operator may take to answer; its images are large."""


class Serving(Protocol):
    """What looking for a platform asks of a cluster."""

    def serves(self, group: str, kind: str, version: str | None = None) -> bool: ...


def platform_of(cluster: Serving | None, *, openshift: bool) -> Platform:
    """What the cluster says of itself; without one, what the user says. Refused where the two contradict each other."""
    if cluster is None:
        return Platform(openshift=openshift)
    is_openshift = cluster.serves(OPENSHIFT_GROUP, OPENSHIFT_KIND)
    if openshift and not is_openshift:
        raise Refused(
            f"--openshift was given, and the cluster does not know OpenShift's {OPENSHIFT_KIND}",
            hint="leave --openshift out: a cluster that is one says so itself",
        )
    return Platform(openshift=is_openshift, mesh=cluster.serves(MESH_GROUP, MESH_KIND))


def finding(prepared: Prepared, sources: Sources) -> Callable[[], Found]:
    """Looks through the sources when it is first called, and remembers."""
    return functools.cache(lambda: sources.find(prepared.release))


def definitions(
    prepared: Prepared, cluster: Cluster, find: Callable[[], Found], *, named: bool
) -> Definitions:
    """The definitions to bring. A bundle that the user named is compared with what the cluster has in any case."""
    settings = Settings(prepared.overrides, prepared.release)
    place = Place(
        prepared.release, settings.namespace, settings.operator_namespace, has_ingress_manager(settings)
    )
    return find_definitions(cluster, place, find, named=named)


def cert_manager_answers(prepared: Prepared, cluster: Cluster) -> Iterator[Progress]:
    """Wait until cert-manager answers; everything that init brings needs its certificates."""
    namespace = Settings(prepared.overrides, prepared.release).cert_manager_namespace
    try:
        yield from wait_for_cert_manager(cluster, timeout=CERT_MANAGER_SECONDS, namespace=namespace)
    except WaitTimeout as error:
        again = "Please re-run init again once cert-manager is available"
        error.hint = f"{error.hint}. {again}" if error.hint else again
        raise


def plan(
    prepared: Prepared,
    found: Definitions,
    rendering: Rendering,
    cluster: Cluster,
    choices: Choices,
    previous: Plan | None = None,
) -> Plan:
    """What init would change, by server-side dry runs, as far as the previous plan does not know it.

    Helm's objects are taken over when conflicts are forced; adopt knows those of apply only.
    """
    try:
        return planning.plan(
            cluster,
            (*found.manifests, *rendering.manifests),
            inventory=init_inventory(prepared),
            force_conflicts=choices.force_conflicts,
            replacing=_replacing(choices),
            previous=previous,
        )
    except InstallerError as error:
        if error.hint in (ADOPT, FORCE):
            error.hint = _TAKE_OVER
        raise


def carry_out(
    prepared: Prepared, changes: Plan, cluster: Cluster, choices: Choices, *, again: Callable[[], Plan]
) -> Iterator[Event | Progress]:
    """Write what the plan changes, planned again under the lease of init.

    The very first run has no namespace to hold a lease in, and nothing yet that another one could spoil.
    """
    inventory = init_inventory(prepared)
    if not changes.writes:
        yield from engine.apply(cluster, changes)
    elif _brings_namespace(changes, inventory.namespace):
        yield from _written(prepared, changes, cluster, choices)
    else:
        with lease.held(cluster, inventory.installation, inventory.namespace):
            yield from _written(prepared, again(), cluster, choices)


_TAKE_OVER = (
    "init --force-conflicts takes them over; with --dry-run=server it only says what that would change"
)


def _replacing(choices: Choices) -> Managers:
    return INSTALLERS if choices.force_conflicts else ORIGINAL_MANAGERS


def _brings_namespace(changes: Plan, namespace: str) -> bool:
    return any(
        change.ref.kind == "Namespace" and change.ref.name == namespace and change.action is Action.CREATE
        for change in changes.changes
    )


def _written(
    prepared: Prepared, changes: Plan, cluster: Cluster, choices: Choices
) -> Iterator[Event | Progress]:
    forced = choices.force_conflicts
    events = engine.apply(cluster, changes, force_conflicts=forced, replacing=_replacing(choices))
    yield from recorded(cluster, prepared, init_inventory(prepared), "init", events)


def operator_answers(
    prepared: Prepared, changes: Plan, cluster: Cluster, timeout: float
) -> Iterator[Progress]:
    """Wait until a custom resource would get through: before that, every apply fails at the webhook."""
    settings = Settings(prepared.overrides, prepared.release)
    body = {
        "apiVersion": prepared.release.api_version("ApigeeDatastore"),
        "kind": "ApigeeDatastore",
        "metadata": {"name": "apigeectl-probe", "namespace": settings.namespace},
        "spec": {},
    }
    refs = [
        change.ref
        for change in changes.changes
        if change.ref.kind != CRD_KIND or _is_converted(change.manifest)
    ]
    try:
        yield from wait_for_operator(
            cluster, refs, Manifest(body), namespace=settings.operator_namespace, patience=Patience(timeout)
        )
    except WaitTimeout as error:
        error.hint = (
            error.hint or f"apigeectl check-ready -f {prepared.overrides.file} --wait says what it waits for"
        )
        raise


def _is_converted(manifest: Manifest | None) -> bool:
    if manifest is None:
        return False
    return bool((manifest.body["spec"].get("conversion") or {}).get("strategy") == "Webhook")
