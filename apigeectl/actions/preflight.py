"""The story of preflight: what a cluster must have, asked before anything is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from apigeectl.actions.preparation import Prepared
from apigeectl.actions.rendering import Choices, render_prerequisites, render_scope
from apigeectl.checks.fitness import Cluster, Fitness
from apigeectl.checks.model import Check, Outcome, healthy, outcomes
from apigeectl.checks.preflight import PREFLIGHT, too_old
from apigeectl.checks.rights import RIGHTS, accesses, cluster_role, refused
from apigeectl.components.names import org_id
from apigeectl.components.settings import Settings
from apigeectl.errors import Forbidden, Refused

Answers = Sequence[tuple[Check[Fitness], Outcome]]


def site_of(
    prepared: Prepared, cluster: Cluster, cwd: Path, reach: Callable[[str], None] | None = None
) -> Fitness:
    """The cluster, and what init and apply would put into it."""
    rendered = (render_prerequisites(prepared, cwd, Choices()), render_scope(prepared, cwd, Choices()))
    return Fitness(
        cluster=cluster,
        release=prepared.release.version,
        api_versions=prepared.release.api_versions,
        installation=org_id(prepared.overrides.org),
        namespace=prepared.overrides.namespace,
        operator_namespace=prepared.release.operator_namespace,
        storage_class=prepared.overrides.string("cassandra.storage.storageClass"),
        manifests=tuple(manifest for one in rendered for manifest in one.manifests),
        reach=reach,
        cert_manager_namespace=Settings(prepared.overrides, prepared.release).cert_manager_namespace,
        setting=prepared.overrides.get,
    )


def preflight(site: Fitness) -> Iterator[tuple[Check[Fitness], Outcome]]:
    """Every question with its answer."""
    yield from outcomes(PREFLIGHT, site)


def verdict(answers: Answers) -> bool:
    """Whether the installation may begin: what could not be seen and matters is no yes."""
    return healthy(PREFLIGHT, answers)


def missing_role(site: Fitness) -> dict[str, Any] | None:
    """The ClusterRole with the rights that are missing; None when none is."""
    places = {
        "runtime": site.namespace,
        "operator": site.operator_namespace,
        "cert-manager": site.cert_manager_namespace,
    }
    missing = refused(site.cluster, accesses(RIGHTS, places))
    return cluster_role(missing) if missing else None


class Versioned(Protocol):
    """A cluster that says what it is."""

    def server_version(self) -> Mapping[str, Any]: ...


def require_server(cluster: Versioned) -> None:
    """What init and apply ask by themselves: Refused on a server that could not carry them out."""
    try:
        problem = too_old(cluster.server_version())
    except Forbidden:
        return  # it says its version to everybody, unless somebody took that away
    if problem:
        raise Refused(f"Kubernetes: {problem}", hint="apigeectl preflight says what else is missing")
