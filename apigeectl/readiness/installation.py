"""What check-ready judges: what init installed, and after apply the custom resources and their pods."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from apigeectl.errors import WaitTimeout
from apigeectl.manifests import APIGEE_GROUP, LiveObject, ObjectRef
from apigeectl.readiness.model import Readiness, Row, State
from apigeectl.readiness.observation import Collection, Observation, Snapshot, Watched, collections, look
from apigeectl.readiness.platform import job_rows, pod_rows
from apigeectl.readiness.status import readiness
from apigeectl.readiness.wait import Clock, not_ready

RUNTIME_KINDS: Mapping[str, str] = {
    "ApigeeDatastore": "apigeedatastores",
    "ApigeeEnvironment": "apigeeenvironments",
    "ApigeeOrganization": "apigeeorganizations",
    "ApigeeRedis": "apigeeredis",
    "ApigeeRouteConfig": "apigeerouteconfigs",
    "ApigeeTelemetry": "apigeetelemetries",
}
"""The custom resources that apply writes, with their plurals; while none exists, init's work is judged."""

_INIT_KINDS = frozenset(
    {
        ("apps", "Deployment"),
        ("batch", "Job"),
        ("cert-manager.io", "Certificate"),
        ("cert-manager.io", "Issuer"),
    }
)


@dataclass(frozen=True)
class Record:
    """The object in which apply wrote down what it applied, and how to read it."""

    ref: ObjectRef
    read: Callable[[LiveObject], frozenset[ObjectRef] | None]


@dataclass(frozen=True)
class Installation:
    """What an overrides file puts where: refs that apply writes in the scope, and refs that init writes.

    A custom resource that is not there is missing only when the record says that it was applied: scripts
    apply one part after the other, and ask in between.
    """

    namespace: str
    operator_namespace: str
    runtime: tuple[ObjectRef, ...]
    init: tuple[ObjectRef, ...]
    record: Record | None = None


@dataclass(frozen=True)
class ReadinessReport:
    """Every judged object. `applied` is false while only init's work is there to judge."""

    rows: tuple[Row, ...]
    applied: bool

    @property
    def ready(self) -> bool:
        return bool(self.rows) and all(row.readiness.ready for row in self.rows)

    @property
    def not_ready(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if not row.readiness.ready)


class Cluster(Watched, Protocol):
    """What judging an installation needs of a cluster."""


@dataclass(frozen=True)
class Sight:
    """A report, the objects that it was made from, and why they may be old."""

    report: ReadinessReport
    snapshot: Snapshot
    trouble: str = ""


def see(cluster: Cluster, installation: Installation) -> Sight:
    """Look once."""
    runtime = look(cluster, _runtime_collections(installation))
    if _applied(runtime, installation):
        return Sight(_judge_runtime(runtime, installation), runtime)
    init = look(cluster, _init_collections(installation))
    both = replace(init, unserved=init.unserved | runtime.unserved)
    return Sight(_judge_init(both, installation), both)


def check(cluster: Cluster, installation: Installation) -> ReadinessReport:
    """Look once, for the report alone."""
    return see(cluster, installation).report


def follow(
    cluster: Cluster,
    installation: Installation,
    *,
    timeout: float,
    beat: float = math.inf,
    clock: Clock = time.monotonic,
) -> Iterator[Sight]:
    """Yield what is seen when its report differs from the one before, until one is ready.

    Also after so many seconds (the beat) in which none differed. NotReady when something failed for good,
    WaitTimeout when the deadline passed first.
    """
    deadline = clock() + timeout
    wanted = {*_runtime_collections(installation), *_init_collections(installation)}
    sight: Sight | None = None
    told = 0.0
    with Observation(cluster, wanted) as observation:
        while True:
            left = deadline - clock()
            rest = beat - (clock() - told) if sight else beat
            snapshot = observation.snapshot(max(0.0, min(left, rest)))
            if snapshot is None and deadline - clock() <= 0:
                raise _too_late(sight.report if sight else None, timeout, observation.trouble)
            old = sight
            if snapshot:
                sight = Sight(judge(snapshot, installation), snapshot)
            if sight is None:
                continue
            sight = replace(sight, trouble=observation.trouble)
            if old is None or old.report != sight.report or clock() - told >= beat:
                told = clock()
                yield sight
            if sight.report.ready:
                return
            _end_what_is_lost(sight.report)


def _end_what_is_lost(report: ReadinessReport) -> None:
    lost = {
        row.ref: replace(row.readiness, message=row.words)
        for row in report.rows
        if row.readiness.state is State.FAILED
    }
    if lost:
        raise not_ready(lost)


def judge(snapshot: Snapshot, installation: Installation) -> ReadinessReport:
    """Judge a snapshot that holds both what init and what apply put in place."""
    if _applied(snapshot, installation):
        return _judge_runtime(snapshot, installation)
    return _judge_init(snapshot, installation)


def _runtime_collections(installation: Installation) -> tuple[Collection, ...]:
    namespace = installation.namespace
    kinds = [Collection(APIGEE_GROUP, kind, namespace) for kind in RUNTIME_KINDS]
    places = dict.fromkeys((namespace, installation.operator_namespace))
    pods = [one for place in places for one in _pods_and_jobs(place)]
    found = collections([installation.record.ref]) if installation.record else ()
    record = [replace(one, dispensable=True) for one in found]
    return (*kinds, *pods, *record, *collections(_operator_refs(installation)))


def _init_collections(installation: Installation) -> tuple[Collection, ...]:
    # Certificates and Jobs beside the operator may be left over or not ours; only names count there.
    pods = _pods_and_jobs(installation.operator_namespace)
    return (*collections(_init_refs(installation)), *pods)


def _pods_and_jobs(namespace: str) -> tuple[Collection, Collection]:
    return Collection("", "Pod", namespace), Collection("batch", "Job", namespace, dispensable=True)


def _init_refs(installation: Installation) -> tuple[ObjectRef, ...]:
    places = {installation.namespace, installation.operator_namespace}
    return tuple(
        ref for ref in installation.init if (ref.group, ref.kind) in _INIT_KINDS and ref.namespace in places
    )


def _operator_refs(installation: Installation) -> tuple[ObjectRef, ...]:
    return tuple(ref for ref in _init_refs(installation) if ref.kind == "Deployment")


def _applied(snapshot: Snapshot, installation: Installation) -> bool:
    return any(snapshot.of(APIGEE_GROUP, kind, installation.namespace) for kind in RUNTIME_KINDS)


def _judge_runtime(snapshot: Snapshot, installation: Installation) -> ReadinessReport:
    recorded = _recorded(snapshot, installation)
    wanted = [
        ref
        for ref in installation.runtime
        if ref.group == APIGEE_GROUP and (ref in snapshot.objects or ref in recorded)
    ]
    objects = [
        *(Row(ref, readiness(snapshot.objects.get(ref))) for ref in wanted),
        *(_operator_row(ref, snapshot) for ref in _operator_refs(installation)),
    ]
    places = dict.fromkeys((installation.namespace, installation.operator_namespace))
    pods = [row for place in places for row in (*pod_rows(snapshot, place), *job_rows(snapshot, place))]
    return ReadinessReport((*objects, *dict.fromkeys(pods)), applied=True)


def _recorded(snapshot: Snapshot, installation: Installation) -> frozenset[ObjectRef]:
    live = snapshot.objects.get(installation.record.ref) if installation.record else None
    return (installation.record.read(live) if installation.record and live else None) or frozenset()


def _judge_init(snapshot: Snapshot, installation: Installation) -> ReadinessReport:
    definitions = [_definition_row(kind, snapshot) for kind in RUNTIME_KINDS]
    objects = [_operator_row(ref, snapshot) for ref in _init_refs(installation)]
    pods = pod_rows(snapshot, installation.operator_namespace)
    return ReadinessReport((*definitions, *objects, *pods), applied=False)


def _definition_row(kind: str, snapshot: Snapshot) -> Row:
    # A kind is served exactly when its definition is established; the definitions themselves are megabytes.
    name = f"{RUNTIME_KINDS[kind]}.{APIGEE_GROUP}"
    ref = ObjectRef("apiextensions.k8s.io", "CustomResourceDefinition", "", name)
    if (APIGEE_GROUP, kind) in snapshot.unserved:
        return Row(ref, Readiness(State.MISSING, f"the cluster does not know {kind}"))
    return Row(ref, Readiness(State.READY, "established"))


def _operator_row(ref: ObjectRef, snapshot: Snapshot) -> Row:
    live = snapshot.objects.get(ref)
    if live and ref.kind == "Deployment" and (live.get("spec") or {}).get("replicas") == 0:
        return Row(ref, Readiness(State.FAILED, "it is scaled to 0 replicas, so nobody does its work"))
    return Row(ref, readiness(live))


def _too_late(report: ReadinessReport | None, timeout: float, trouble: str) -> WaitTimeout:
    last = [f"the last look failed: {trouble}"] if trouble else []
    if report is None:
        return WaitTimeout(f"after {timeout:.0f} s the cluster has not answered all questions", details=last)
    rows = report.not_ready
    details = [*(f"{row.ref}: {row.words}" for row in rows), *last]
    noun = "object is" if len(rows) == 1 else "objects are"
    return WaitTimeout(f"after {timeout:.0f} s {len(rows)} {noun} not ready", details=details)
