"""The kubelets: every pod walks from Pending to Ready or Succeeded, and goes when it is told to."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from apigeectl.errors import InstallerError
from apigeectl.manifests import LiveObject
from apigeectl.sandbox.operator.logbook import LogBook
from apigeectl.sandbox.operator.podstatus import Record, Stage, pod_status
from apigeectl.sandbox.operator.world import World, condition_true, is_ready, labels, random_suffix, timestamp

CREATING_SECONDS = 0.3
INITIALIZING_SECONDS = 0.2
BACK_OFF_SECONDS = 2.0
STARTING_SECONDS = {
    "apigee-cassandra": 1.2,
    "apigee-cassandra-user-setup": 0.5,
    "apigee-cassandra-schema-setup": 0.7,
    "apigee-mart": 0.8,
    "apigee-runtime": 1.0,
}
"""How long containers run until they are ready (or, in a Job, done); 0.4 for all others."""

GOODBYE_SECONDS = {"apigee-connect-agent": 3.0}
"""How long a deleted pod stays Terminating; the real agent takes up to seven minutes. 0.2 for others."""


class Program(Protocol):
    """What runs in a pod of one `app`, as far as others can see it: its log, its end."""

    def start(self, world: World, pod: LiveObject) -> str | None:
        """Write the first lines; the words of a fatal end, or None when it runs."""

    def tick(self, world: World, pod: LiveObject) -> None:
        """Called now and then while the pod is ready."""

    def stop(self, world: World, pod: LiveObject) -> None:
        """The pod is gone."""


class Kubelets:
    """Moves every pod one stage at a time, and says so in its status."""

    def __init__(self, logs: LogBook, programs: Mapping[str, Program]) -> None:
        self._logs = logs
        self._programs = programs
        self._records: dict[str, Record] = {}
        self._addresses = 0

    def reconcile(self, world: World) -> None:
        """One look at all pods."""
        pods = world.all("Pod")
        world.each(pods, partial(self._look_at, world))
        self._forget({pod["metadata"]["uid"] for pod in pods}, world)

    def _look_at(self, world: World, pod: LiveObject) -> None:
        (self._say_goodbye if "deletionTimestamp" in pod["metadata"] else self._move)(world, pod)

    def _move(self, world: World, pod: LiveObject) -> None:
        uid = pod["metadata"]["uid"]
        record = self._records.get(uid) or self._adopt(pod)
        entered = replace(record, pod=pod)
        while (stage := self._next_stage(world, pod, entered)) != entered.stage:
            world.restart(pod, stage)
            entered = replace(entered, stage=stage)
            if stage is Stage.STARTING:
                entered = self._start(world, pod, entered)
        if entered.stage is Stage.INITIALIZING:
            entered = replace(entered, gate=closed_gate(world, pod))
        moved = (entered.stage, entered.restarts) != (record.stage, record.restarts)
        if moved or entered.gate != record.gate:
            world.patch_status("Pod", pod, pod_status(pod, entered))
        if moved:
            self._tell(world, pod, entered)
        self._records[uid] = entered
        program = self._programs.get(labels(pod).get("app", ""))
        if entered.stage is Stage.READY and program:
            program.tick(world, pod)

    def _adopt(self, pod: LiveObject) -> Record:
        self._addresses += 1
        third, fourth = divmod(self._addresses, 250)
        phase = pod.get("status", {}).get("phase")
        # what ran before this kubelet came (a sandbox on an API server that was used before) runs on
        stage = {"Succeeded": Stage.SUCCEEDED, "Failed": Stage.SUCCEEDED, "Running": Stage.CREATING}.get(
            phase
        )
        return Record(pod=pod, ip=f"10.8.{third}.{fourth + 2}", began=time.time(), stage=stage or Stage.NEW)

    def _next_stage(self, world: World, pod: LiveObject, record: Record) -> Stage:
        """The stage that follows, or the same one when its time is not over."""
        step = _STEPS.get(record.stage)
        return (step(world, pod, record) if step else None) or record.stage

    def _start(self, world: World, pod: LiveObject, record: Record) -> Record:
        app = labels(pod).get("app", "")
        restarts = record.restarts + (1 if record.fatal is not None else 0)
        namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
        for container in pod["spec"]["containers"]:
            key = (namespace, name, container["name"])
            if restarts:
                self._logs.restart(key)
            self._logs.write(key, f"{timestamp()} {container['name']} started")
        crashing = _fault(world, pod) == "crash-loop"
        program = self._programs.get(app)
        fatal = program.start(world, pod) if program and not crashing else "" if crashing else None
        return replace(
            record, restarts=restarts, started=time.time(), fatal=fatal, exit_code=1 if crashing else 255
        )

    def _say_goodbye(self, world: World, pod: LiveObject) -> None:
        app = labels(pod).get("app", "")
        if not world.waited(pod, "goodbye", GOODBYE_SECONDS.get(app, 0.2)):
            return
        world.delete("Pod", pod, grace=0)

    def _forget(self, present: set[str], world: World) -> None:
        for uid in [uid for uid in self._records if uid not in present]:
            pod = self._records.pop(uid).pod
            if program := self._programs.get(labels(pod).get("app", "")):
                program.stop(world, pod)
            self._logs.close(pod["metadata"]["namespace"], pod["metadata"]["name"])

    def _tell(self, world: World, pod: LiveObject, record: Record) -> None:
        if record.restarts:
            return
        namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
        image = pod["spec"]["containers"][0].get("image", "")
        for number, (reason, message) in enumerate(reversed(_EVENTS.get(record.stage, ()))):
            said = _event(
                namespace, name, pod, reason, message.format(image=image), timestamp(time.time() - number)
            )
            world.create("Event", said)


def _schedule(world: World, pod: LiveObject, record: Record) -> Stage:
    scheduled = pod["spec"].get("nodeName") or (_fault(world, pod) != "pending" and _bind(world, pod))
    return Stage.CREATING if scheduled else Stage.UNSCHEDULABLE


def _create(world: World, pod: LiveObject, record: Record) -> Stage | None:
    if not world.waited(pod, Stage.CREATING, CREATING_SECONDS):
        return None
    if _fault(world, pod) == "image-pull":
        return Stage.PULL_FAILED
    return Stage.INITIALIZING if pod["spec"].get("initContainers") else Stage.STARTING


def _initialize(world: World, pod: LiveObject, record: Record) -> Stage | None:
    through = closed_gate(world, pod) is None and world.waited(pod, Stage.INITIALIZING, INITIALIZING_SECONDS)
    return Stage.STARTING if through else None


def _run(world: World, pod: LiveObject, record: Record) -> Stage | None:
    if record.fatal is not None:
        return Stage.CRASHED
    if not world.waited(pod, Stage.STARTING, STARTING_SECONDS.get(labels(pod).get("app", ""), 0.4)):
        return None
    return Stage.SUCCEEDED if _runs_once(pod) else Stage.READY


def _back_off(world: World, pod: LiveObject, record: Record) -> Stage | None:
    return Stage.STARTING if world.waited(pod, Stage.CRASHED, BACK_OFF_SECONDS, least=0.05) else None


_STEPS: Mapping[Stage, Callable[[World, LiveObject, Record], Stage | None]] = {
    Stage.NEW: _schedule,
    Stage.UNSCHEDULABLE: _schedule,
    Stage.CREATING: _create,
    Stage.INITIALIZING: _initialize,
    Stage.STARTING: _run,
    Stage.CRASHED: _back_off,
}
"""What each stage waits for, and the next one; the others are ends."""


def _fault(world: World, pod: LiveObject) -> str | None:
    return world.faults.pods.get(labels(pod).get("app", ""))


def closed_gate(world: World, pod: LiveObject) -> str | None:
    """The init container that is still waiting for something, None when all are through."""
    for container in pod["spec"].get("initContainers", ()):
        gate = _GATES.get(container["name"])
        if gate and not gate(world, pod):
            return str(container["name"])
    return None


def _pod_ready(app: str) -> Callable[[World, LiveObject], bool]:
    def ready(world: World, pod: LiveObject) -> bool:
        namespace = pod["metadata"]["namespace"]
        return any(
            is_ready(other)
            and other["metadata"]["namespace"] == namespace
            and labels(other).get("app") == app
            for other in world.all("Pod")
        )

    return ready


def _job_done(app: str) -> Callable[[World, LiveObject], bool]:
    def done(world: World, pod: LiveObject) -> bool:
        wanted = {"app": app, "org": labels(pod).get("org", "")}
        namespace = pod["metadata"]["namespace"]
        return any(
            condition_true(job, "Complete")
            for job in world.all("Job")
            if job["metadata"]["namespace"] == namespace and wanted.items() <= labels(job).items()
        )

    return done


_GATES = {
    "apigee-cassandra-readiness": _pod_ready("apigee-cassandra"),
    "apigee-cassandra-user-readiness": _job_done("apigee-cassandra-user-setup"),
    "apigee-cassandra-schema-readiness": _job_done("apigee-cassandra-schema-setup"),
    "apigee-redis-envoy-readiness": _pod_ready("apigee-redis-envoy"),
}
"""What the init containers wait for; any other is through at once."""

_EVENTS = {
    Stage.UNSCHEDULABLE: (
        (
            "FailedScheduling",
            "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.",
        ),
    ),
    Stage.PULL_FAILED: (
        ("Failed", 'Failed to pull image "{image}": rpc error: code = NotFound desc = {image}: not found'),
        ("Failed", "Error: ImagePullBackOff"),
    ),
    Stage.CRASHED: (("BackOff", "Back-off restarting failed container"),),
}
"""What a kubelet or scheduler says at a stage, a second between each."""


def _event(
    namespace: str, name: str, pod: LiveObject, reason: str, message: str, moment: str
) -> dict[str, Any]:
    return {
        "metadata": {"name": f"{name}.{random_suffix(10)}", "namespace": namespace},
        "involvedObject": {
            "kind": "Pod",
            "apiVersion": "v1",
            "namespace": namespace,
            "name": name,
            "uid": pod["metadata"]["uid"],
        },
        "reason": reason,
        "message": message,
        "type": "Warning",
        "count": 1,
        "firstTimestamp": moment,
        "lastTimestamp": moment,
        "source": {"component": "kubelet"},
    }


def _runs_once(pod: LiveObject) -> bool:
    return any(owner["kind"] == "Job" for owner in pod["metadata"].get("ownerReferences", ()))


def _bind(world: World, pod: LiveObject) -> bool:
    """Play scheduler for a pod that somebody else made."""
    nodes = world.all("Node")
    if not nodes:
        return False
    metadata = pod["metadata"]
    path = world.path("Pod", metadata["namespace"], metadata["name"])
    target = {"apiVersion": "v1", "kind": "Node", "name": nodes[0]["metadata"]["name"]}
    body = {
        "apiVersion": "v1",
        "kind": "Binding",
        "metadata": {"name": metadata["name"], "namespace": metadata["namespace"]},
        "target": target,
    }
    try:
        world.client.request("POST", f"{path}/binding", body)
    except InstallerError:
        return False
    return True
