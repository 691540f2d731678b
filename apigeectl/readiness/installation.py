"""What check-ready judges: what init installed, and after apply the custom resources and their pods."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from apigeectl.errors import WaitTimeout
from apigeectl.manifests import APIGEE_GROUP, LiveObject, ObjectRef, ref_of
from apigeectl.readiness.model import Readiness, State
from apigeectl.readiness.observation import Collection, Observation, Snapshot, Watched, collections, look
from apigeectl.readiness.pods import controller, last_words, superseded
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
_PLATFORM_LABEL = "apigee.cloud.google.com/platform"
_APP_PREFIX = "apigee-"
_MAY_FAIL = frozenset({"apigee-cassandra-schema-val"})
"""Apps whose failed pods say nothing: 1.8 ships a schema validation that fails when all is well."""


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
class Row:
    """One judged object, with how its containers ended last."""

    ref: ObjectRef
    readiness: Readiness
    last_words: str = ""

    @property
    def words(self) -> str:
        """Why it is in its state, with its last words."""
        return ": ".join(part for part in (self.readiness.message, self.last_words) if part)


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
    """A report, and the objects that it was made from."""

    report: ReadinessReport
    snapshot: Snapshot


def see(cluster: Cluster, installation: Installation) -> Sight:
    """Look once."""
    runtime = look(cluster, _runtime_collections(installation))
    if _applied(runtime, installation):
        return Sight(_judge_runtime(runtime, installation), runtime)
    init = look(cluster, _init_collections(installation))
    both = Snapshot(init.objects, init.unserved | runtime.unserved)
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
            sight = Sight(judge(snapshot, installation), snapshot) if snapshot else sight
            if sight is None:
                continue
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
    pods = [Collection(group, kind, place) for group, kind in _PODS_AND_JOBS for place in places]
    record = [installation.record.ref] if installation.record else []
    return (*kinds, *pods, *collections([*record, *_operator_refs(installation)]))


def _init_collections(installation: Installation) -> tuple[Collection, ...]:
    pods = [Collection(group, kind, installation.operator_namespace) for group, kind in _PODS_AND_JOBS]
    # Certificates and Jobs beside the operator may be left over or not ours; only names count there.
    return (*collections(_init_refs(installation)), *pods)


_PODS_AND_JOBS = (("", "Pod"), ("batch", "Job"))


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
        Row(ref, readiness(snapshot.objects.get(ref))) for ref in (*wanted, *_operator_refs(installation))
    ]
    places = dict.fromkeys((installation.namespace, installation.operator_namespace))
    pods = [row for place in places for row in _pod_rows(snapshot, place)]
    return ReadinessReport((*objects, *pods), applied=True)


def _recorded(snapshot: Snapshot, installation: Installation) -> frozenset[ObjectRef]:
    live = snapshot.objects.get(installation.record.ref) if installation.record else None
    return (installation.record.read(live) if installation.record and live else None) or frozenset()


def _judge_init(snapshot: Snapshot, installation: Installation) -> ReadinessReport:
    definitions = [_definition_row(kind, snapshot) for kind in RUNTIME_KINDS]
    objects = [Row(ref, readiness(snapshot.objects.get(ref))) for ref in _init_refs(installation)]
    pods = _pod_rows(snapshot, installation.operator_namespace)
    return ReadinessReport((*definitions, *objects, *pods), applied=False)


def _definition_row(kind: str, snapshot: Snapshot) -> Row:
    # A kind is served exactly when its definition is established; the definitions themselves are megabytes.
    name = f"{RUNTIME_KINDS[kind]}.{APIGEE_GROUP}"
    ref = ObjectRef("apiextensions.k8s.io", "CustomResourceDefinition", "", name)
    if (APIGEE_GROUP, kind) in snapshot.unserved:
        return Row(ref, Readiness(State.MISSING, f"the cluster does not know {kind}"))
    return Row(ref, Readiness(State.READY, "established"))


def _pod_rows(snapshot: Snapshot, namespace: str) -> list[Row]:
    pods = snapshot.of("", "Pod", namespace)
    return [_pod_row(pod, snapshot) for pod in pods if _counts(pod, pods)]


def _counts(pod: LiveObject, pods: list[LiveObject]) -> bool:
    """A pod of the platform whose state says something about the installation."""
    labels = pod["metadata"].get("labels") or {}
    app = str(labels.get("app") or "")
    if _PLATFORM_LABEL not in labels and not app.startswith(_APP_PREFIX):
        return False
    if pod["metadata"].get("deletionTimestamp"):
        return False  # on its way out; an old connect agent drains its streams for up to seven minutes
    if app in _MAY_FAIL and (pod.get("status") or {}).get("phase") == "Failed":
        return False
    return not superseded(pod, pods)


def _pod_row(pod: LiveObject, snapshot: Snapshot) -> Row:
    found = readiness(pod)
    owner = controller(pod)
    if (pod.get("status") or {}).get("phase") == "Failed" and owner.get("kind") == "Job":
        job = snapshot.objects.get(
            ObjectRef("batch", "Job", pod["metadata"]["namespace"], str(owner.get("name")))
        )
        verdict = readiness(job)
        if job and verdict.state in (State.READY, State.FAILED):
            return Row(ref_of(job), verdict, "" if verdict.ready else last_words(pod))
    return Row(ref_of(pod), found, "" if found.ready else last_words(pod))


def _too_late(report: ReadinessReport | None, timeout: float, trouble: str) -> WaitTimeout:
    rows = report.not_ready if report else ()
    details = [f"{row.ref}: {row.words}" for row in rows]
    details += [f"the last look failed: {trouble}"] if trouble else []
    noun = "object is" if len(rows) == 1 else "objects are"
    return WaitTimeout(f"after {timeout:.0f} s {len(rows)} {noun} not ready", details=details)
