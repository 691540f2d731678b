"""cert-manager, which must answer before init can write certificates and issuers."""

from __future__ import annotations

import time
from collections.abc import Iterator

from apigeectl.errors import Refused
from apigeectl.manifests import ObjectRef
from apigeectl.readiness.observation import Watched, collections, look
from apigeectl.readiness.wait import Clock, Progress, wait_ready

DEPLOYMENTS = tuple(
    ObjectRef("apps", "Deployment", "cert-manager", name)
    for name in ("cert-manager", "cert-manager-cainjector", "cert-manager-webhook")
)


def wait_for_cert_manager(
    cluster: Watched, *, timeout: float, clock: Clock = time.monotonic
) -> Iterator[Progress]:
    """Wait until its Deployments are available; Refused at once when they are not installed."""
    there = look(cluster, collections(DEPLOYMENTS)).objects
    missing = [ref for ref in DEPLOYMENTS if ref not in there]
    if missing:
        raise Refused(
            "cert-manager is not installed in this cluster",
            details=[f"{ref} does not exist" for ref in missing],
            hint="install cert-manager in the namespace cert-manager first; init does not bring it",
        )
    yield from wait_ready(cluster, DEPLOYMENTS, timeout=timeout, clock=clock)
