"""namespaces/finalize: takes the finalizers out of a namespace's spec, which lets a terminating one go."""

from __future__ import annotations

from apigeectl.sandbox.kubernetes import admission, bodies, deletion, reading
from apigeectl.sandbox.kubernetes.control_plane import ControlPlane
from apigeectl.sandbox.kubernetes.messages import Answer, Call, Target, WriteOptions


def replace(plane: ControlPlane, target: Target, call: Call) -> Answer:
    options = WriteOptions.read(call)
    sent = bodies.sent_object(call, target)
    admission.check_place(target, sent)
    with plane.store.lock:
        live = reading.existing(plane, target)
        admission.check_replacement(target, live, sent)
        spec = {**live["spec"], "finalizers": (sent.get("spec") or {}).get("finalizers") or []}
        new = {**live, "spec": {key: value for key, value in spec.items() if value}}
        if options.dry_run or new == live:
            return Answer(new)
        if deletion.is_over(target.kind, new):
            return Answer(plane.store.remove(target.kind.key, new))
        return Answer(plane.store.put(target.kind.key, new))
