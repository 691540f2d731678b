"""Runtime pods: as they reported (before 1.3), as the cluster has them, and the two compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apigeectl.deployments.model import Deployment, PodReport

FRESH_MILLISECONDS = 300_000
"""Reports count for five minutes, as in the hybrid UI."""

DEPLOYED, FAILED = "deployed", "error"


@dataclass(frozen=True, slots=True)
class ClusterPod:
    """A runtime pod that exists in the cluster; `version` is the tag of its image."""

    name: str
    status: str
    version: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table of runtime pods; `reported` in milliseconds."""

    name: str
    status: str
    reported: int | None
    revision: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    """The active pods, by what they reported for the latest deployment."""

    in_sync: int
    errors: int
    unknown: int
    stale: int

    @property
    def active(self) -> int:
        return self.in_sync + self.errors + self.unknown


def tally(deployment: Deployment, now: float) -> Tally:
    """The counts of the hybrid UI; a status older than the deployment belongs to the one before."""
    active = [pod for pod in deployment.pods if is_active(pod, now)]
    fresh = [pod.status for pod in active if is_fresh(pod, deployment)]
    in_sync, errors = fresh.count(DEPLOYED), fresh.count(FAILED)
    unknown = len(active) - in_sync - errors
    return Tally(in_sync, errors, unknown, len(deployment.pods) - len(active))


def is_active(pod: PodReport, now: float) -> bool:
    """Google says so, or it was heard within five minutes; a time ahead of our clock is a recent one."""
    recently = pod.heard is not None and now * 1000 - pod.heard <= FRESH_MILLISECONDS
    return pod.alive == "active" or recently


def is_fresh(pod: PodReport, deployment: Deployment) -> bool:
    """What the pod reported is about this deployment."""
    return pod.reported is not None and pod.reported >= (deployment.started or 0)


def table(
    deployment: Deployment, cluster: Sequence[ClusterPod] | None, now: float, *, everywhere: bool
) -> tuple[Row, ...]:
    """Every pod that reported or exists; where there are no reports of pods, those of the cluster.

    `everywhere` says that all of the runtime reports this revision, and so each of the pods.
    """
    existing = {pod.name: pod for pod in cluster or ()}
    if not deployment.pods:
        revision = deployment.revision if everywhere else ""
        return tuple(Row(pod.name, pod.status, None, revision) for pod in existing.values())
    reported = [
        _reported(pod, deployment, now, existing if cluster is not None else None) for pod in deployment.pods
    ]
    names = {pod.name for pod in deployment.pods}
    silent = [
        Row(pod.name, pod.status, None, "", "exists in the cluster and never reported")
        for pod in existing.values()
        if pod.name not in names
    ]
    return (*reported, *silent)


def _reported(
    pod: PodReport, deployment: Deployment, now: float, existing: dict[str, ClusterPod] | None
) -> Row:
    status = "active" if is_active(pod, now) else pod.alive or "stale"
    fresh = is_fresh(pod, deployment)
    revision = deployment.revision if fresh and pod.status == DEPLOYED else ""
    note = (
        "reported, and does not exist in the cluster"
        if existing is not None and pod.name not in existing
        else ""
    )
    if fresh and pod.status == FAILED:
        note = "; ".join(part for part in ("error", note) if part)
    return Row(pod.name, status, pod.reported if fresh else pod.heard, revision, note)
