"""Which kinds go first, and why. Deleting goes the other way round."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from apigeectl.manifests import ObjectRef


@dataclass(frozen=True)
class Stage:
    """Kinds that are written in parallel, before those of the next stage."""

    name: str
    reason: str
    kinds: frozenset[str]
    settles: bool = False
    """What it writes must be ready before the next stage can begin."""


STAGES: tuple[Stage, ...] = (
    Stage(
        "definitions",
        "nothing can be written into a namespace, or of a kind, that does not exist",
        frozenset({"Namespace", "CustomResourceDefinition"}),
        settles=True,
    ),
    Stage(
        "references",
        "pods start only with the accounts, rights, Secrets and settings they name",
        frozenset(
            {
                *(
                    "ServiceAccount",
                    "Secret",
                    "ConfigMap",
                    "PriorityClass",
                    "Service",
                    "PersistentVolumeClaim",
                ),
                *("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"),
                *("Issuer", "ClusterIssuer", "Certificate", "PeerAuthentication", "PodDisruptionBudget"),
            }
        ),
    ),
    Stage(
        "workloads",
        "the operator and the ingress manager, which answer the webhooks of the next stage",
        frozenset(
            {
                "Deployment",
                "DaemonSet",
                "StatefulSet",
                "Job",
                "CronJob",
                "HorizontalPodAutoscaler",
                "APIService",
            }
        ),
    ),
    Stage(
        "webhooks",
        "a webhook without its workload refuses every write, so it comes after it and goes before it",
        frozenset({"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"}),
    ),
    Stage(
        "stores",
        "organization and environments keep their data in Cassandra and Redis and name them",
        frozenset({"ApigeeDatastore", "ApigeeRedis"}),
    ),
    Stage("organization", "environments belong to it", frozenset({"ApigeeOrganization"})),
    Stage(
        "environments",
        "they need the organization; telemetry watches what is there by then",
        frozenset({"ApigeeEnvironment", "ApigeeTelemetry"}),
    ),
    Stage(
        "routes",
        "they lead to the ingress of the organization and to the environments behind it",
        frozenset({"ApigeeRouteConfig", "ApigeeRoute", "CassandraDataReplication"}),
    ),
)

_OTHERS = 1
"""The stage of a kind that no stage names: what nobody waits for is most likely referred to."""

_STAGE_OF = {kind: number for number, stage in enumerate(STAGES) for kind in stage.kinds}


def stage_number(ref: ObjectRef) -> int:
    """The position in STAGES of the stage that writes an object."""
    return _STAGE_OF.get(ref.kind, _OTHERS)


_T = TypeVar("_T")


def staged(items: Iterable[tuple[ObjectRef, _T]]) -> tuple[tuple[Stage, tuple[_T, ...]], ...]:
    """The items by stage, stages without items left out; within a stage the order stays."""
    by_stage: dict[int, list[_T]] = {}
    for ref, item in items:
        by_stage.setdefault(stage_number(ref), []).append(item)
    return tuple((STAGES[number], tuple(by_stage[number])) for number in sorted(by_stage))
