"""cert-manager, which must answer before init can write certificates and issuers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Protocol

from apigeectl.errors import NotFound, Refused
from apigeectl.manifests import Manifest, ObjectRef
from apigeectl.readiness.observation import Watched, collections, look
from apigeectl.readiness.status import readiness
from apigeectl.readiness.wait import Clock, Progress, wait_ready
from apigeectl.readiness.webhooks import Asked, Patience, wait_until_answered

NAMESPACE = "cert-manager"
"""Where it runs unless somebody put it elsewhere."""

_NAMES = ("cert-manager", "cert-manager-cainjector", "cert-manager-webhook")


class Cluster(Watched, Asked, Protocol):
    """What waiting for cert-manager needs of a cluster."""


def deployments(namespace: str = NAMESPACE) -> tuple[ObjectRef, ...]:
    """What it consists of."""
    return tuple(ObjectRef("apps", "Deployment", namespace, name) for name in _NAMES)


def wait_for_cert_manager(
    cluster: Cluster,
    *,
    timeout: float,
    namespace: str = NAMESPACE,
    clock: Clock = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Progress]:
    """Wait until its Deployments are available and it answers; Refused at once when it is not installed.

    Available is no proof: right after its installation the API server does not trust its webhook yet.
    """
    begun = clock()
    wanted = deployments(namespace)
    there = look(cluster, collections(wanted)).objects
    missing = [ref for ref in wanted if ref not in there]
    if missing:
        raise _not_installed([f"{ref} does not exist" for ref in missing], namespace)
    if not all(readiness(live).ready for live in there.values()):
        yield from wait_ready(cluster, wanted, timeout=timeout, clock=clock)
    patience = Patience(max(0.0, begun + timeout - clock()), clock=clock, sleep=sleep)
    try:
        yield from wait_until_answered(cluster, _probe(namespace), "cert-manager's webhook", patience)
    except NotFound as error:
        raise _not_installed([error.message], namespace) from error


def _probe(namespace: str) -> Manifest:
    metadata = {"name": "apigeectl-probe", "namespace": namespace}
    spec: dict[str, object] = {"selfSigned": {}}
    return Manifest(
        {"apiVersion": "cert-manager.io/v1", "kind": "Issuer", "metadata": metadata, "spec": spec}
    )


def _not_installed(details: list[str], namespace: str) -> Refused:
    return Refused(
        "cert-manager is not installed in this cluster",
        details=details,
        hint=f"install cert-manager in the namespace {namespace} first; init does not bring it. One that runs elsewhere "
        "is found by certManager.namespace in the overrides file",
    )
