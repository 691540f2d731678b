"""pods/log: which container, which lines; the text itself comes from whoever plays the kubelet."""

from __future__ import annotations

import datetime
from collections import deque
from collections.abc import Iterator
from typing import Any

from apigeectl.manifests import LiveObject
from apigeectl.sandbox.kubernetes import reading
from apigeectl.sandbox.kubernetes.control_plane import ControlPlane
from apigeectl.sandbox.kubernetes.messages import Answer, Call, Stream, Target
from apigeectl.sandbox.kubernetes.statuses import bad_request, invalid


def read(plane: ControlPlane, target: Target, call: Call) -> Answer | Stream:
    """The log as text; a stream when it is followed."""
    pod = reading.existing(plane, target)
    for name in ("tailLines", "sinceSeconds", "limitBytes"):
        _check_number(target, call, name)
    container = _container(pod, call)
    if not pod["spec"].get("nodeName"):
        return Answer(b"", 204, "text/plain")
    _check_started(pod, container, previous=call.flag("previous"))
    follow = call.flag("follow")
    lines: Iterator[bytes] = iter(())
    if plane.logs:
        previous = call.flag("previous")
        lines = plane.logs(target.namespace, target.name, container, follow=follow, previous=previous)
    lines = _selected(lines, call, follow=follow)
    return Stream(lines, "text/plain") if follow else Answer(b"".join(lines), 200, "text/plain")


def _check_number(target: Target, call: Call, name: str) -> None:
    number = call.number(name)
    least = 0 if name == "tailLines" else 1
    if number is not None and number < least:
        words = "must be greater than or equal to 0" if least == 0 else "must be greater than 0"
        cause = (name, "FieldValueInvalid", f"Invalid value: {number}: {words}")
        raise invalid("PodLogOptions", "", target.name, [cause])


def _container(pod: LiveObject, call: Call) -> str:
    name, spec = pod["metadata"]["name"], pod["spec"]
    names = [one["name"] for one in spec.get("containers") or ()]
    initial = [one["name"] for one in spec.get("initContainers") or ()]
    wanted = call.query.get("container", "")
    if not wanted and len(names) == 1:
        return str(names[0])
    if not wanted:
        choice = f"choose one of: [{' '.join(names)}]"
        if initial:
            choice += f" or one of the init containers: [{' '.join(initial)}]"
        raise bad_request(f"a container name must be specified for pod {name}, {choice}")
    if wanted not in names + initial:
        raise bad_request(f"container {wanted} is not valid for pod {name}")
    return wanted


def _check_started(pod: LiveObject, container: str, *, previous: bool) -> None:
    status = pod.get("status", {})
    listed = [*(status.get("containerStatuses") or ()), *(status.get("initContainerStatuses") or ())]
    found: dict[str, Any] = next((one for one in listed if one["name"] == container), {})
    name = pod["metadata"]["name"]
    if previous:
        if not (found.get("lastState") or {}).get("terminated"):
            raise bad_request(f'previous terminated container "{container}" in pod "{name}" not found')
        return
    waiting = (found.get("state") or {}).get("waiting")
    if waiting is not None and not (found.get("lastState") or {}).get("terminated"):
        reason = waiting.get("reason", "ContainerCreating")
        if reason in ("ImagePullBackOff", "ErrImagePull"):
            why = "trying and failing to pull image"
            raise bad_request(f'container "{container}" in pod "{name}" is waiting to start: {why}')
        raise bad_request(f'container "{container}" in pod "{name}" is waiting to start: {reason}')


def _selected(lines: Iterator[bytes], call: Call, *, follow: bool) -> Iterator[bytes]:
    """The lines that the options leave, with or without their times."""
    since = _since(call)
    tail = call.number("tailLines")
    if since:
        lines = (line for line in lines if not line or line.split(b" ", 1)[0].decode() >= since)
    if tail is not None:
        lines = _tailed(lines, tail, follow=follow)
    if not call.flag("timestamps"):
        lines = (line.partition(b" ")[2] for line in lines)
    return _limited(lines, call.number("limitBytes"))


def _since(call: Call) -> str:
    if "sinceTime" in call.query:
        return call.query["sinceTime"]
    seconds = call.number("sinceSeconds")
    if seconds is None:
        return ""
    start = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=seconds)
    return start.strftime("%Y-%m-%dT%H:%M:%S")


def _tailed(lines: Iterator[bytes], tail: int, *, follow: bool) -> Iterator[bytes]:
    """The last lines. A followed source says with an empty piece that what was written so far is over."""
    kept: deque[bytes] = deque(maxlen=tail)
    for line in lines:
        if follow and not line:
            break
        kept.append(line)
    yield from kept
    yield from lines


def _limited(lines: Iterator[bytes], limit: int | None) -> Iterator[bytes]:
    left = limit
    for line in lines:
        if left is None:
            yield line
            continue
        yield line[:left]
        left -= len(line)
        if left <= 0:
            return
