"""One deployment judged as the hybrid UI does: mark, synchronisation bar, counts, causes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from apigeectl.deployments.ages import clock_note
from apigeectl.deployments.causes import Cause, grouped
from apigeectl.deployments.model import Deployment, Instance, State
from apigeectl.deployments.pods import FAILED, ClusterPod, Row, Tally, is_active, is_fresh, table, tally
from apigeectl.deployments.versions import silence


class Mark(Enum):
    """The four marks of the hybrid UI; the worst of what is known wins."""

    NOT_DEPLOYED = "not-deployed"
    FINE = "fine"
    ATTENTION = "attention"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Count:
    """A number of pods; an estimate is computed from percentages and what the cluster has."""

    number: int
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Runtime:
    """The runtime pods of an environment in our cluster, and the instance name that they report under."""

    pods: tuple[ClusterPod, ...]
    instance: str = ""


@dataclass(frozen=True)
class Verdict:
    """What the runtime makes of a deployment. `errors` and `unknown` are None where nobody can count."""

    mark: Mark
    complete: bool
    """All of the runtime reports the revision, and its base paths are routed."""
    failed: bool
    reported: int
    """The bar: the percentage of pods that reported any status for this revision."""
    synced: int
    """The percentage that runs this revision."""
    older: int
    """The percentage that reports another revision."""
    errors: Count | None
    unknown: Count | None
    causes: tuple[Cause, ...]
    warnings: tuple[str, ...]
    silence: str
    """What it means that no pod at all has reported; empty when one has."""
    notes: tuple[str, ...]
    pods: tuple[Row, ...]


def judge(deployment: Deployment, now: float, runtime: Runtime | None = None) -> Verdict:
    """The verdict on an answer about one revision in one environment; `now` in seconds."""
    found = _by_pods(tally(deployment, now)) if deployment.pods else _by_instances(deployment, runtime)
    failed = deployment.state is State.ERROR or bool(found.errors and found.errors.number)
    complete = not failed and found.everywhere and deployment.state in (None, State.READY)
    warnings = tuple(f"route conflict: {conflict}" for conflict in deployment.conflicts)
    return Verdict(
        mark=Mark.ERROR if failed else Mark.FINE if complete and not warnings else Mark.ATTENTION,
        complete=complete,
        failed=failed,
        reported=found.reported,
        synced=found.synced,
        older=found.older,
        errors=found.errors,
        unknown=found.unknown,
        causes=grouped((*deployment.errors, *_failures(deployment, now))),
        warnings=warnings,
        silence=_silence(deployment, runtime),
        notes=tuple(_notes(deployment, now, runtime, found)),
        pods=table(deployment, runtime.pods if runtime else None, now, everywhere=found.synced == 100),
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """What either kind of answer comes down to."""

    reported: int
    synced: int
    older: int
    errors: Count | None
    unknown: Count | None
    everywhere: bool


def _by_pods(pods: Tally) -> _Found:
    reported = _percentage(pods.in_sync + pods.errors, pods.active)
    synced = _percentage(pods.in_sync, pods.active)
    return _Found(reported, synced, 0, Count(pods.errors), Count(pods.unknown), synced == 100)


def _by_instances(deployment: Deployment, runtime: Runtime | None) -> _Found:
    instances, revision = deployment.instances, deployment.revision
    synced = min((min(100, instance.share(revision)) for instance in instances), default=0)
    older = max((_others(instance, revision) for instance in instances), default=0)
    errors, unknown = _estimates(deployment, runtime)
    routed = all(
        route.percentage == 100 and route.environment == deployment.environment
        for instance in instances
        for route in instance.routes
    )
    if not instances:  # READY is the runtime's word, too, even where nobody gives percentages
        ready = deployment.state is State.READY
        return _Found(100 * ready, 100 * ready, 0, errors, unknown, ready)
    failing = 100 - synced if errors and errors.number and unknown and not unknown.number else 0
    return _Found(synced + failing, synced, older, errors, unknown, synced == 100 and routed)


def _estimates(deployment: Deployment, runtime: Runtime | None) -> tuple[Count | None, Count | None]:
    """Pods that failed and pods that said neither, where the cluster tells how many there are."""
    if deployment.state is not State.ERROR and _everywhere(deployment):
        return Count(0), Count(0)
    instance = _ours(deployment.instances, runtime.instance) if runtime else None
    if runtime is None or not runtime.pods or (deployment.instances and instance is None):
        return None, None
    share = min(100, instance.share(deployment.revision)) if instance else 0
    behind = len(runtime.pods) - round(len(runtime.pods) * share / 100)
    failing = min(behind, max(1, len(deployment.errors))) if deployment.state is State.ERROR else 0
    errors = Count(failing, estimated=True) if deployment.state is State.ERROR else Count(0)
    return errors, Count(behind - failing, estimated=True)


def _everywhere(deployment: Deployment) -> bool:
    if not deployment.instances:
        return deployment.state is State.READY
    return all(instance.share(deployment.revision) == 100 for instance in deployment.instances)


def _ours(instances: Sequence[Instance], name: str) -> Instance | None:
    """The instance that is our cluster: the one of its name, or the only one."""
    named = [instance for instance in instances if instance.name == name]
    return next(iter(named or (instances if len(instances) == 1 else ())), None)


def _others(instance: Instance, revision: str) -> int:
    return min(100, sum(share.percentage for share in instance.shares if share.revision != revision))


def _percentage(part: int, whole: int) -> int:
    """Rounded down, so that 100 means all of them; 0 when there are none."""
    return 100 * part // whole if whole else 0


def _failures(deployment: Deployment, now: float) -> list[str]:
    failed = (pod for pod in deployment.pods if pod.status == FAILED)
    return [
        pod.details or f"status {pod.code or 'unknown'}"
        for pod in failed
        if is_active(pod, now) and is_fresh(pod, deployment)
    ]


def _notes(deployment: Deployment, now: float, runtime: Runtime | None, found: _Found) -> Iterator[str]:
    if nobody := _silence(deployment, runtime):
        yield nobody
    if deployment.instances and found.errors is None:
        yield "this runtime reports percentages; how many pods that is, only the cluster of the instance knows"
    if deployment.pods and not any(is_active(pod, now) for pod in deployment.pods):
        yield "none of these pods was heard within five minutes"
    active = [pod.heard for pod in deployment.pods if pod.alive == "active" and pod.heard is not None]
    times = [*active, *([] if deployment.started is None else [deployment.started])]
    if note := clock_note(max(times, default=None), now, recent=bool(active)):
        yield note


def _silence(deployment: Deployment, runtime: Runtime | None) -> str:
    heard = deployment.pods or any(instance.shares for instance in deployment.instances)
    if heard or deployment.state in (State.READY, State.ERROR):
        return ""
    pods = runtime.pods if runtime else ()
    return silence(frozenset(pod.version for pod in pods if pod.version))
