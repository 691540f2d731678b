"""Pods and Jobs of the platform: which of them say something about an installation, and what."""

from __future__ import annotations

from apigeectl.manifests import LiveObject, ObjectRef, ref_of
from apigeectl.readiness.model import Row, State
from apigeectl.readiness.observation import Snapshot
from apigeectl.readiness.pods import controller, last_words, superseded
from apigeectl.readiness.status import readiness

_PLATFORM_LABEL = "apigee.cloud.google.com/platform"
_APP_PREFIX = "apigee-"
_MAY_FAIL = frozenset({"apigee-cassandra-schema-val"})
"""Apps whose failures say nothing: 1.8 ships a schema validation that fails when all is well."""


def pod_rows(snapshot: Snapshot, namespace: str) -> list[Row]:
    """The pods that count; a failed one of a Job is judged by the Job."""
    pods = snapshot.of("", "Pod", namespace)
    jobs = _jobs(snapshot, namespace)
    return [_pod_row(pod, snapshot) for pod in pods if _counts(pod, pods, snapshot, jobs)]


def job_rows(snapshot: Snapshot, namespace: str) -> list[Row]:
    """Jobs that have given up and have no pod left that could tell."""
    jobs = _jobs(snapshot, namespace)
    telling = {controller(pod).get("uid") for pod in snapshot.of("", "Pod", namespace) if not _going(pod)}
    return [
        Row(ref_of(job), verdict)
        for job in jobs
        if (verdict := readiness(job)).state is State.FAILED
        and job["metadata"].get("uid") not in telling
        and not (_app(job) in _MAY_FAIL or _scheduled(job) or _followed(job, jobs))
    ]


def _counts(pod: LiveObject, pods: list[LiveObject], snapshot: Snapshot, jobs: list[LiveObject]) -> bool:
    if not _of_platform(pod):
        return False
    if _going(pod):
        # An old connect agent drains its streams for up to seven minutes, and its successor serves. Only a
        # StatefulSet makes no other pod before this one is gone.
        return controller(pod).get("kind") == "StatefulSet"
    job = _job_of(pod, snapshot)
    if job and _scheduled(job):
        return False
    if (pod.get("status") or {}).get("phase") != "Failed":
        return True
    return _app(pod) not in _MAY_FAIL and not superseded(pod, pods) and not (job and _followed(job, jobs))


def _pod_row(pod: LiveObject, snapshot: Snapshot) -> Row:
    found = readiness(pod)
    if (pod.get("status") or {}).get("phase") == "Failed" and (job := _job_of(pod, snapshot)):
        verdict = readiness(job)
        if verdict.state in (State.READY, State.FAILED):
            return Row(ref_of(job), verdict, "" if verdict.ready else last_words(pod))
    return Row(ref_of(pod), found, "" if found.ready else last_words(pod))


def _jobs(snapshot: Snapshot, namespace: str) -> list[LiveObject]:
    return [job for job in snapshot.of("batch", "Job", namespace) if _of_platform(job) and not _going(job)]


def _job_of(pod: LiveObject, snapshot: Snapshot) -> LiveObject | None:
    owner = controller(pod)
    if owner.get("kind") != "Job":
        return None
    namespace = str(pod["metadata"].get("namespace") or "")
    return snapshot.objects.get(ObjectRef("batch", "Job", namespace, str(owner.get("name"))))


def _scheduled(job: LiveObject) -> bool:
    """A run of a CronJob, such as a backup: one that failed says nothing about what serves."""
    return controller(job).get("kind") == "CronJob"


def _followed(job: LiveObject, jobs: list[LiveObject]) -> bool:
    """A later one does the same work, as after an upgrade."""
    return any(_work(other) == _work(job) and _born(other) > _born(job) for other in jobs)


def _work(job: LiveObject) -> tuple[str, str]:
    return _app(job), _label(job, "org")


def _of_platform(live: LiveObject) -> bool:
    labels = live["metadata"].get("labels") or {}
    return _PLATFORM_LABEL in labels or _app(live).startswith(_APP_PREFIX)


def _going(live: LiveObject) -> bool:
    return bool(live["metadata"].get("deletionTimestamp"))


def _app(live: LiveObject) -> str:
    return _label(live, "app")


def _label(live: LiveObject, name: str) -> str:
    return str((live["metadata"].get("labels") or {}).get(name) or "")


def _born(live: LiveObject) -> str:
    return str(live["metadata"].get("creationTimestamp") or "")
