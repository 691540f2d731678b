"""Jobs: one pod that runs once, then Complete."""

from __future__ import annotations

from typing import Any

from apigeectl.manifests import LiveObject
from apigeectl.sandbox.operator.replicasets import placed, pod_from
from apigeectl.sandbox.operator.world import World, condition_true, random_suffix, timestamp


def reconcile_jobs(world: World) -> None:
    """Every Job that is not done."""
    for job in world.all("Job"):
        if "deletionTimestamp" not in job["metadata"] and not condition_true(job, "Complete"):
            _advance(world, job)


def _advance(world: World, job: LiveObject) -> None:
    pods = world.owned(job, "Pod")
    if not pods:
        pod = pod_from("Job", job, f"{job['metadata']['name']}-{random_suffix()}")
        name = job["metadata"]["name"]
        marks = {"job-name": name, "batch.kubernetes.io/job-name": name}
        pod["metadata"]["labels"] = {**pod["metadata"].get("labels", {}), **marks}
        world.create("Pod", placed(world, pod))
        world.patch_status("Job", job, {"active": 1, "startTime": timestamp()})
    elif pods[0].get("status", {}).get("phase") == "Succeeded":
        started = job.get("status", {}).get("startTime", timestamp())
        world.patch_status("Job", job, _done(started))


def _done(started: str) -> dict[str, Any]:
    moment = max(timestamp(), started)
    condition = {"status": "True", "lastProbeTime": moment, "lastTransitionTime": moment}
    return {
        "active": 0,
        "ready": 0,
        "succeeded": 1,
        "startTime": started,
        "completionTime": moment,
        "conditions": [{"type": "SuccessCriteriaMet", **condition}, {"type": "Complete", **condition}],
    }
