"""What other objects than pods show: custom resources, controllers, certificates, namespaces, issues."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from apigeectl.diagnosis.matching import match
from apigeectl.diagnosis.model import Place
from apigeectl.diagnosis.symptoms import GATEWAY, Scene, Symptom, age, app_of, sign
from apigeectl.manifests import APIGEE_GROUP, LiveObject, ObjectRef, split_api_version
from apigeectl.readiness.apigee import ROLLED_BACK, resource
from apigeectl.readiness.installation import RUNTIME_KINDS
from apigeectl.readiness.model import condition, words

_UNSEEN_SECONDS = 60
"""So long the operator, and cert-manager, may take to look at an object."""

_SCALING_SECONDS = 600
_ADDRESS_SECONDS = 120
_AT_WORK = frozenset({"creating", "releasing", "scaling"})
_Judge = Callable[[LiveObject, Scene], Iterator[Symptom]]


def of_object(live: LiveObject, scene: Scene) -> Iterator[Symptom]:
    """The symptoms of anything but a pod."""
    if live["metadata"].get("deletionTimestamp") and live["metadata"].get("finalizers"):
        held = ", ".join(live["metadata"]["finalizers"])
        yield sign("RES-06", live, f"it is being deleted; held by {held}")
        return
    group, _ = split_api_version(str(live.get("apiVersion") or ""))
    judge = _KINDS.get((group, str(live.get("kind"))))
    if judge:
        yield from judge(live, scene)


def of_unserved(group: str, kind: str) -> Iterator[Symptom]:
    """What it means that the cluster does not know a kind that decides readiness."""
    if group == APIGEE_GROUP and kind in RUNTIME_KINDS:
        ref = ObjectRef(_DEFINITIONS, "CustomResourceDefinition", "", f"{RUNTIME_KINDS[kind]}.{group}")
        yield Symptom("CRD-02", ref, f"the cluster does not know {kind}", minutes=_UNDER_WAY_MINUTES)
    elif group == "cert-manager.io":
        ref = ObjectRef(_DEFINITIONS, "CustomResourceDefinition", "", f"{kind.lower()}s.{group}")
        yield Symptom("WEB-01", ref, f"the cluster does not know {kind}", minutes=_UNDER_WAY_MINUTES)


_DEFINITIONS = "apiextensions.k8s.io"
_UNDER_WAY_MINUTES = 5
"""So long somebody may be about to install what is not there: cert-manager, or init's definitions."""


def _of_resource(live: LiveObject, scene: Scene) -> Iterator[Symptom]:
    status = live.get("status") or {}
    found = resource(live)
    seen = int(status.get("lastAppliedGeneration") or 0) >= int(live["metadata"].get("generation") or 0)
    if seen and (
        found.reason == ROLLED_BACK or _attempt_failed(status)
    ):  # of older settings it proves nothing
        yield sign("RES-03", live, found.message)
        return
    rebuild = _rebuild(status)
    if rebuild:
        yield sign("CAS-15", live, rebuild)
    old = age(live, scene.now) > _UNSEEN_SECONDS
    state = str(status.get("state") or "")
    if old and not found.ready and state in _AT_WORK:  # what it has begun it has looked at
        yield sign("RES-01", live, found.message)
    elif old and (not status or not seen):
        yield sign("RES-02", live, found.message)


def _attempt_failed(status: Mapping[str, Any]) -> bool:
    components = [one for one in (status.get("components") or {}).values() if isinstance(one, Mapping)]
    return any((one.get("configAttemptFailure") or {}).get("error") for one in (status, *components))


def _rebuild(status: Mapping[str, Any]) -> str:
    replication = status.get("cassandraDataReplication") or {}
    for name, detail in sorted((replication.get("rebuildDetails") or {}).items()):
        if str(detail.get("state") or "").lower() in {"failed", "error"}:
            return f"rebuild of {name}: {detail.get('message') or detail['state']}"
    return ""


def _of_route(live: LiveObject, scene: Scene) -> Iterator[Symptom]:
    generation = live["metadata"].get("generation")
    for error in (live.get("status") or {}).get("errors") or ():
        if error.get("generation") in (None, generation):
            yield sign("RES-04", live, str(error.get("message") or "an error without words"))


def _of_replication(live: LiveObject, scene: Scene) -> Iterator[Symptom]:
    status = live.get("status") or {}
    state, message = str(status.get("state") or ""), str(status.get("message") or "")
    if message and state.lower() in {"failed", "error"}:
        yield sign("CAS-15", live, message)


def _of_rotation(live: LiveObject, scene: Scene) -> Iterator[Symptom]:
    """Known issues 368155212 and 397693324; its status has no documented form, so any word for an end counts."""
    status = live.get("status") or {}
    said = [str(value).lower() for value in status.values() if isinstance(value, str)]
    over = "completionTime" in status or condition(live, "Complete").get("status") == "True"
    if over or _ENDED & set(said) or age(live, scene.now) < _ROTATING_SECONDS:
        return
    if (1, 14, 0) <= scene.release < (1, 14, 2):
        release = ".".join(map(str, scene.release))
        yield sign(
            "CAS-13", live, f"it has not ended, and hybrid {release} runs: {', '.join(said) or 'no status'}"
        )


_ROTATING_SECONDS = 600
_ENDED = frozenset({"complete", "completed", "success", "succeeded", "done", "finished"})


def _of_issue(live: LiveObject, scene: Scene) -> Iterator[Symptom]:
    spec = live.get("spec") or {}
    if spec.get("ignore"):
        return  # somebody has said that it is known
    said = " ".join(str(spec.get(key) or "") for key in ("reason", "summary", "details"))
    found = match(Place.CONDITION, said)
    if found:
        yield Symptom.of(found, live, Place.CONDITION)


def _of_controller(live: LiveObject, scene: Scene) -> Iterator[Symptom]:
    """What forbids pods shows here and nowhere else: there is no pod."""
    failure = condition(live, "ReplicaFailure")
    event = scene.events.newest(live)
    said = [words(failure)] if failure.get("status") == "True" else []
    said += [event.message] if event and event.reason == "FailedCreate" else []
    status = live.get("status") or {}
    wanted = (live.get("spec") or {}).get("replicas")
    if wanted is not None and int(status.get("replicas") or 0) >= int(wanted):
        return  # all its pods are there: what was said is over
    found = next((found for text in said if (found := match(Place.EVENT, text))), None)
    if found and found.code == "KUB-05":
        yield Symptom.of(found, live, Place.EVENT)


def _of_daemon_set(live: LiveObject, scene: Scene) -> Iterator[Symptom]:
    nowhere = (live.get("status") or {}).get("desiredNumberScheduled") == 0
    if nowhere and "apigee-logger" in live["metadata"]["name"] and age(live, scene.now) > _UNSEEN_SECONDS:
        yield sign("TEL-02", live, "0 pods are wanted")
    yield from _of_controller(live, scene)


def _of_certificate(live: LiveObject, scene: Scene) -> Iterator[Symptom]:
    ready = condition(live, "Ready")
    if ready.get("status") == "True" or age(live, scene.now) < _UNSEEN_SECONDS:
        return
    code = "WEB-08" if live["metadata"]["name"] == "apigee-serving-cert" else "WEB-13"
    yield sign(code, live, words(ready) or "cert-manager has not said anything about it")


def _of_namespace(live: LiveObject, scene: Scene) -> Iterator[Symptom]:
    for one in (live.get("status") or {}).get("conditions") or ():
        if one.get("status") == "True" and str(one.get("type") or "").startswith("Namespace"):
            found = match(Place.CONDITION, words(one))
            if found:
                yield Symptom.of(found, live, Place.CONDITION)


def _of_autoscaler(live: LiveObject, scene: Scene) -> Iterator[Symptom]:
    if app_of(live) == GATEWAY or _GATEWAY_NAME.match(live["metadata"]["name"]):
        yield from _of_scaling_gateway(live, scene)
    active = condition(live, "ScalingActive")
    if active.get("status") != "False" or age(live, scene.now) < _SCALING_SECONDS:
        return
    found = match(Place.EVENT, f"{active.get('reason')}: {words(active)}")
    if found and found.code == "TEL-03":
        yield Symptom.of(found, live, Place.CONDITION)


def _of_scaling_gateway(live: LiveObject, scene: Scene) -> Iterator[Symptom]:
    """Each change of size may cost some requests; the cluster keeps its events for about an hour."""
    changes = scene.events.count(live, "SuccessfulRescale")
    if changes >= _RESTLESS:
        yield sign("RUN-12", live, f"the ingress gateway changed its size {changes} times of late")


_RESTLESS = 4
_GATEWAY_NAME = re.compile(rf"{GATEWAY}-(?!manager\b)")


def _of_service(live: LiveObject, scene: Scene) -> Iterator[Symptom]:
    if (live.get("spec") or {}).get("type") != "LoadBalancer":
        return
    event = scene.events.newest(live)
    found = match(Place.EVENT, event.message) if event else None
    addresses = ((live.get("status") or {}).get("loadBalancer") or {}).get("ingress")
    if addresses:
        return
    if found and found.code == "ING-01":
        yield Symptom.of(found, live, Place.EVENT)
    elif age(live, scene.now) > _ADDRESS_SECONDS:
        yield sign("ING-01", live, "the load balancer has no address yet")


_KINDS: Mapping[tuple[str, str], _Judge] = {
    ("", "Namespace"): _of_namespace,
    ("", "Service"): _of_service,
    ("apps", "DaemonSet"): _of_daemon_set,
    ("apps", "Deployment"): _of_controller,
    ("apps", "ReplicaSet"): _of_controller,
    ("apps", "StatefulSet"): _of_controller,
    ("autoscaling", "HorizontalPodAutoscaler"): _of_autoscaler,
    ("batch", "Job"): _of_controller,
    ("cert-manager.io", "Certificate"): _of_certificate,
    (APIGEE_GROUP, "ApigeeDatastore"): _of_resource,
    (APIGEE_GROUP, "ApigeeDeployment"): _of_resource,
    (APIGEE_GROUP, "ApigeeEnvironment"): _of_resource,
    (APIGEE_GROUP, "ApigeeIssue"): _of_issue,
    (APIGEE_GROUP, "ApigeeOrganization"): _of_resource,
    (APIGEE_GROUP, "ApigeeRedis"): _of_resource,
    (APIGEE_GROUP, "ApigeeRoute"): _of_route,
    (APIGEE_GROUP, "ApigeeRouteConfig"): _of_route,
    (APIGEE_GROUP, "ApigeeTelemetry"): _of_resource,
    (APIGEE_GROUP, "CassandraDataReplication"): _of_replication,
    (APIGEE_GROUP, "SecretRotation"): _of_rotation,
}

CODES = frozenset(
    "RES-01 RES-02 RES-03 RES-04 RES-05 RES-06 RUN-12 CAS-01 CAS-07 CAS-13 CAS-15 KUB-02 KUB-03 KUB-04 TEL-01 TEL-02 "
    "WEB-01 WEB-08 WEB-13 CRD-02 ING-01 CFG-01".split()
)
"""What is known from objects themselves, pods included, without a pattern."""
