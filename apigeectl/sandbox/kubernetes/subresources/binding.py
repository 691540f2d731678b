"""pods/binding: how a scheduler gives a pod its node."""

from __future__ import annotations

from apigeectl.sandbox.kubernetes import bodies, reading
from apigeectl.sandbox.kubernetes.control_plane import ControlPlane, now
from apigeectl.sandbox.kubernetes.messages import Answer, Call, Target, WriteOptions
from apigeectl.sandbox.kubernetes.statuses import conflict


def create(plane: ControlPlane, target: Target, call: Call) -> Answer:
    options = WriteOptions.read(call)
    node = (bodies.sent_object(call, target, "Binding").get("target") or {}).get("name", "")
    with plane.store.lock:
        pod = reading.existing(plane, target)
        present = pod["spec"].get("nodeName")
        if present:
            raise conflict(
                target.kind, target.name, f'pod {target.name} is already assigned to node "{present}"'
            )
        scheduled = {
            "type": "PodScheduled",
            "status": "True",
            "lastProbeTime": None,
            "lastTransitionTime": now(),
        }
        status = {**pod.get("status", {}), "conditions": [scheduled]}
        if not options.dry_run:
            plane.store.put(
                target.kind.key, {**pod, "spec": {**pod["spec"], "nodeName": node}, "status": status}
            )
    return Answer(
        {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}, 201
    )
