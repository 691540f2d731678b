"""What pods show: their conditions, the states of their containers, their events and logs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from apigeectl.diagnosis.matching import Match, match, newest, shown
from apigeectl.diagnosis.model import Place
from apigeectl.diagnosis.symptoms import HEARD, Container, Scene, Symptom, age, app_of, sign, when
from apigeectl.manifests import LiveObject, ObjectRef
from apigeectl.readiness.model import condition, words
from apigeectl.readiness.pods import WAITS_FOR

CASSANDRA = "apigee-cassandra"
_OF_CASSANDRA = {"KUB-01": "CAS-01", "KUB-02": "CAS-07"}
_OF_OTHERS = {"CAS-06": "KUB-01"}
"""Words of the scheduler that mean Cassandra only when they are about its pods."""

_PULLING_MINUTES = 3
"""A registry may be out of order for a moment, also when it is Cassandra that pulls."""
_NO_IMAGE = frozenset({"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"})
_BAD_CONFIG = frozenset({"CreateContainerConfigError", "CreateContainerError"})
_METRICS = ("apigee-prometheus", "apigee-telemetry", "apigee-metrics", "apigee-stackdriver")
_CREDENTIALS = ("-svc-account", "-tls", "-cert")
"""Endings of Secrets in which no value may be empty."""

_INIT_SECONDS = 60
_SETTLED_SECONDS = 120
_HASTY_MINUTES = 1
"""The patience with a line that stands for STOP while its container runs: it may have got over it."""


def of_pod(pod: LiveObject, scene: Scene) -> Iterator[Symptom]:
    """The symptoms of a pod that is not ready; of one that is, what its log says of others."""
    status = pod.get("status") or {}
    if condition(pod, "Ready").get("status") == "True":
        yield from _of_ready(pod, scene)
        return
    if status.get("phase") == "Succeeded":
        return
    found = next(_reasons(pod, status, scene), None)
    if found:
        yield _as_cassandra(found)
        return
    yield from (_as_cassandra(each) for each in _of_containers(pod, scene))


def _of_ready(pod: LiveObject, scene: Scene) -> Iterator[Symptom]:
    heard = HEARD.get(app_of(pod), frozenset())
    for container in (pod.get("status") or {}).get("containerStatuses") or () if heard else ():
        written = scene.logs.get(_place(pod, container))
        lines = reversed(written.now.splitlines()) if written else ()
        found = next((one for line in lines if (one := match(Place.LOG, line)) and one.code in heard), None)
        if found:
            yield Symptom.of(found, pod, Place.LOG, container=str(container["name"]), minutes=_HASTY_MINUTES)


def _place(pod: LiveObject, container: Mapping[str, Any]) -> Container:
    metadata = pod["metadata"]
    return str(metadata.get("namespace") or ""), str(metadata["name"]), str(container["name"])


def _reasons(pod: LiveObject, status: Mapping[str, Any], scene: Scene) -> Iterator[Symptom]:
    """What keeps the whole pod from running."""
    if status.get("reason") == "Evicted" or "low on resource" in str(status.get("message") or ""):
        yield from _matched(pod, Place.EVENT, str(status.get("message") or "The node was low on resource: "))
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        yield from _of_claims(pod, scene)
        yield from _matched(pod, Place.EVENT, words(scheduled))
    if _creating(status):
        event = scene.events.newest(pod)
        if event:
            yield from _matched(pod, Place.EVENT, event.message)
    yield from _empty_secrets(pod, scene)


def _matched(pod: LiveObject, place: Place, text: str) -> Iterator[Symptom]:
    found = match(place, text)
    if found:
        yield Symptom.of(found, pod, place)


def _of_claims(pod: LiveObject, scene: Scene) -> Iterator[Symptom]:
    for volume in (pod.get("spec") or {}).get("volumes") or ():
        name = (volume.get("persistentVolumeClaim") or {}).get("claimName")
        ref = ObjectRef("", "PersistentVolumeClaim", pod["metadata"].get("namespace", ""), str(name))
        claim = scene.snapshot.objects.get(ref) if name else None
        event = scene.events.newest(claim) if claim else None
        if event:
            yield from _matched(pod, Place.EVENT, event.message)


def _creating(status: Mapping[str, Any]) -> bool:
    states = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
    return any(
        ((one.get("state") or {}).get("waiting") or {}).get("reason") == "ContainerCreating" for one in states
    )


def _empty_secrets(pod: LiveObject, scene: Scene) -> Iterator[Symptom]:
    for ref in secrets_of(pod):
        empty = [key for key, length in scene.secrets.get(ref, {}).items() if not length]
        if empty and ref.name.endswith(_CREDENTIALS):
            yield sign("CFG-01", pod, f"{ref} has no bytes under {', '.join(empty)}", secret=ref.name)


def secrets_of(pod: Mapping[str, Any]) -> Iterator[ObjectRef]:
    """The Secrets that a pod mounts."""
    for volume in (pod.get("spec") or {}).get("volumes") or ():
        name = (volume.get("secret") or {}).get("secretName")
        if name:
            yield ObjectRef("", "Secret", str(pod["metadata"].get("namespace") or ""), str(name))


def _of_containers(pod: LiveObject, scene: Scene) -> Iterator[Symptom]:
    status = pod.get("status") or {}
    for container in status.get("initContainerStatuses") or ():
        state = container.get("state") or {}
        if (state.get("terminated") or {}).get("exitCode") == 0 or container.get("ready"):
            continue
        found = _of_container(pod, container, scene) or _waits(pod, container, scene)
        if found:
            yield found
            return  # the others wait for this one
    for container in status.get("containerStatuses") or ():
        if not container.get("ready") and (found := _of_container(pod, container, scene)):
            yield found


def _of_container(pod: LiveObject, container: Mapping[str, Any], scene: Scene) -> Symptom | None:
    name = str(container["name"])
    waiting = (container.get("state") or {}).get("waiting") or {}
    reason, message = str(waiting.get("reason") or ""), str(waiting.get("message") or "")
    if reason in _NO_IMAGE:
        image = _image(pod, container)
        line = scene.events.pull_failure(pod, image) or (f"{reason}: {message}" if message else reason)
        found = Match("KUB-02", shown(line), {"image": image})
        return Symptom.of(found, pod, Place.CONDITION, container=name)
    if reason in _BAD_CONFIG:
        found = match(Place.EVENT, message) or Match("KUB-04", shown(f"{reason}: {message}"))
        return Symptom.of(found, pod, Place.CONDITION, container=name)
    return _of_words(pod, container, scene) or _of_end(pod, container, scene)


def _image(pod: LiveObject, container: Mapping[str, Any]) -> str:
    spec = pod.get("spec") or {}
    declared = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
    images = {str(each.get("name")): str(each.get("image") or "") for each in declared}
    return images.get(str(container["name"])) or str(container.get("image") or "")


def _of_words(pod: LiveObject, container: Mapping[str, Any], scene: Scene) -> Symptom | None:
    name = str(container["name"])
    written = scene.logs.get(_place(pod, container))
    ended = _ended(container)
    found = None
    if written:
        found = newest(Place.LOG, written.now) or newest(Place.LOG, written.before)
    if not found and ended:
        found = newest(Place.LOG, str(ended.get("message") or ""))
    if not found:
        return None
    minutes = found.minutes or (_HASTY_MINUTES if "running" in (container.get("state") or {}) else 0)
    return Symptom.of(found, pod, Place.LOG, container=name, minutes=minutes)


def _of_end(pod: LiveObject, container: Mapping[str, Any], scene: Scene) -> Symptom | None:
    ended = _ended(container)
    waiting = (container.get("state") or {}).get("waiting") or {}
    if not ended and waiting.get("reason") != "CrashLoopBackOff":
        return None
    if ended and not ended.get("exitCode") and waiting.get("reason") != "CrashLoopBackOff":
        return None
    if _settled(container, scene):
        return None
    reason = str(ended.get("reason") or "Error")
    code = "TEL-01" if reason == "OOMKilled" and app_of(pod).startswith(_METRICS) else "KUB-03"
    event = scene.events.newest(pod)
    said = str(ended.get("message") or "").strip() or (event.message if event else "")
    line = f"{reason}, exit code {ended.get('exitCode', 'unknown')}" + (f": {said}" if said else "")
    found = Match(code, shown(line), {"app": app_of(pod)})
    return Symptom.of(found, pod, Place.CONDITION, container=str(container["name"]))


def _settled(container: Mapping[str, Any], scene: Scene) -> bool:
    """It has run for so long since it ended that it may well become ready."""
    started = when(str(((container.get("state") or {}).get("running") or {}).get("startedAt") or ""))
    return started is not None and (scene.now - started).total_seconds() > _SETTLED_SECONDS


def _ended(container: Mapping[str, Any]) -> Mapping[str, Any]:
    """How its last run ended; an empty mapping while it is in its first."""
    now = (container.get("state") or {}).get("terminated") or {}
    return now or (container.get("lastState") or {}).get("terminated") or {}


def _waits(pod: LiveObject, container: Mapping[str, Any], scene: Scene) -> Symptom | None:
    name = str(container["name"])
    if name not in WAITS_FOR or age(pod, scene.now) < _INIT_SECONDS:
        return None
    line = f"init container {name} waits for {WAITS_FOR[name]}"
    return Symptom.of(Match("RES-05", line), pod, Place.CONDITION, container=name)


def _as_cassandra(found: Symptom) -> Symptom:
    if found.place is Place.LOG:
        return found
    names = _OF_CASSANDRA if found.app == CASSANDRA else _OF_OTHERS
    code = names.get(found.code, found.code)
    return replace(found, code=code, minutes=_PULLING_MINUTES if code == "CAS-07" else found.minutes)
