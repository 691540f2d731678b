"""The apigee operator, whose webhooks every custom resource must pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from apigeectl.manifests import Manifest, ObjectRef
from apigeectl.readiness.observation import Watched
from apigeectl.readiness.wait import Progress, wait_ready
from apigeectl.readiness.webhooks import Asked, Patience, wait_until_answered, wait_until_trusted

_WORKLOADS = frozenset({"Certificate", "Deployment", "Issuer"})
_TRUSTING = frozenset(
    {"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "CustomResourceDefinition"}
)


class Cluster(Watched, Asked, Protocol):
    """What waiting for the operator needs of a cluster."""


def wait_for_operator(
    cluster: Cluster, refs: Iterable[ObjectRef], probe: Manifest, *, namespace: str, patience: Patience
) -> Iterator[Progress]:
    """Wait until the operator's workload in its namespace is ready, its CA is injected, and its webhook answers.

    `refs` are what init put in place; those that say nothing about the operator are left out.
    """
    wanted = tuple(refs)
    begun = patience.clock()

    def rest() -> Patience:
        spent = patience.clock() - begun
        return Patience(max(0.0, patience.timeout - spent), patience.pause, patience.clock, patience.sleep)

    workload = [ref for ref in wanted if ref.kind in _WORKLOADS and ref.namespace == namespace]
    if workload:
        yield from wait_ready(cluster, workload, timeout=patience.timeout, clock=patience.clock)
    yield from wait_until_trusted(cluster, [ref for ref in wanted if ref.kind in _TRUSTING], rest())
    yield from wait_until_answered(cluster, probe, "the operator's webhook", rest())
