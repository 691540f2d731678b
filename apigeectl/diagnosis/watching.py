"""Looking at an installation, once or until it is ready, with what is wrong and whether waiting can help."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol

from apigeectl.diagnosis.evidence import Asked, Evidence
from apigeectl.diagnosis.findings import Finding, findings
from apigeectl.diagnosis.limits import Missing, missing
from apigeectl.diagnosis.model import Course
from apigeectl.diagnosis.symptoms import Scene
from apigeectl.diagnosis.tree import Node, tree
from apigeectl.errors import WaitTimeout
from apigeectl.manifests import APIGEE_GROUP, LiveObject, ObjectRef
from apigeectl.readiness.installation import RUNTIME_KINDS, Installation, ReadinessReport, Sight, follow, see
from apigeectl.readiness.installation import Cluster as Seen
from apigeectl.readiness.model import State
from apigeectl.readiness.observation import Collection, Observation, Snapshot, look
from apigeectl.readiness.pods import controller
from apigeectl.readiness.wait import Clock, NotReady

BEAT_SECONDS = 1.0
"""So often a wait looks again at what it knows, without asking the cluster: logs come in meanwhile, time passes."""

SETTLING_SECONDS = 3.0
"""A wait that is over sooner asks for no more than it needs to see that all is ready."""

_LOOK_SECONDS = 5.0
"""How long a single look waits for logs."""


class Cluster(Seen, Asked, Protocol):
    """What a diagnosis needs of a cluster."""


@dataclass(frozen=True)
class Diagnosis:
    """How an installation stands, as a tree, and the known problems that explain it.

    `missing` are rights without which reasons may stay hidden; `trouble` is why all of this may be old.
    """

    report: ReadinessReport
    nodes: tuple[Node, ...] = ()
    findings: tuple[Finding, ...] = ()
    missing: tuple[Missing, ...] = ()
    trouble: str = ""


def check(cluster: Cluster, installation: Installation, *, whole: bool = False) -> Diagnosis:
    """Look once; what is ready is looked at more closely only when the whole tree is wanted."""
    sight = see(cluster, installation)
    if sight.report.ready and not whole:
        return Diagnosis(sight.report, missing=missing([sight.snapshot]))
    return _closely(cluster, installation, sight)


def watch(
    cluster: Cluster,
    installation: Installation,
    *,
    timeout: float,
    beat: float = BEAT_SECONDS,
    settling: float = SETTLING_SECONDS,
    clock: Clock = time.monotonic,
) -> Iterator[Diagnosis]:
    """Yield each diagnosis that differs from the one before, until all is ready.

    NotReady as soon as a problem has lasted so long that waiting does not help, or something failed for good;
    WaitTimeout when the deadline passed first.
    """
    last: Diagnosis | None = None
    sight: Sight | None = None
    begun = clock()
    patience = Patience(clock)
    with Surroundings(cluster, installation, clock) as around:
        try:
            for sight in follow(cluster, installation, timeout=timeout, beat=beat, clock=clock):
                now = _diagnosed(
                    cluster, installation, sight, around if clock() - begun >= settling else None
                )
                if now != last:
                    last = now
                    yield now
                hopeless = () if now.trouble else patience.lost(now.findings)
                if hopeless:
                    raise given_up(hopeless)
        except WaitTimeout:
            if sight and not around.looked:  # the time was short, the reasons are wanted all the same
                yield _closely(cluster, installation, sight)
            raise


def _diagnosed(
    cluster: Cluster, installation: Installation, sight: Sight, around: Surroundings | None
) -> Diagnosis:
    if sight.report.ready:
        return diagnosis(sight)
    if any(row.readiness.state is State.FAILED for row in sight.report.rows):
        return _closely(cluster, installation, sight)  # it is the last look
    return around.diagnosed(sight) if around else diagnosis(sight)


def _closely(cluster: Cluster, installation: Installation, sight: Sight) -> Diagnosis:
    """With everything around it, and all evidence that comes in time."""
    around = look(cluster, surroundings(installation))
    evidence = Evidence(cluster)
    try:
        evidence.gather(sight.report, sight.snapshot, wait=_LOOK_SECONDS)
        return diagnosis(sight, around, evidence)
    finally:
        evidence.close()


def diagnosis(sight: Sight, around: Snapshot | None = None, evidence: Evidence | None = None) -> Diagnosis:
    """What a sight means, with what is known besides."""
    objects = {**(around.objects if around else {}), **sight.snapshot.objects}
    scene = Scene(
        Snapshot(about(objects, sight.report), sight.snapshot.unserved),
        dict(evidence.logs) if evidence else {},
        dict(evidence.secrets) if evidence else {},
    )
    found = findings(scene) if around or not sight.report.ready else ()
    if sight.report.ready:  # what may still be said of it turns nothing red
        found = tuple(each for each in found if each.wait.course is Course.WARN)
    seen = [sight.snapshot, *([around] if around else [])]
    rights = missing(seen, tuple(evidence.refused) if evidence else ())
    return Diagnosis(sight.report, tree(sight.report, scene, found), found, rights, sight.trouble)


def about(objects: Mapping[ObjectRef, LiveObject], report: ReadinessReport) -> dict[ObjectRef, LiveObject]:
    """Of all that was seen, what is part of the judged installation: its neighbours have troubles of their own."""
    judged = {row.ref for row in report.rows}
    uids = {
        str(live["metadata"].get("uid"))
        for ref, live in objects.items()
        if ref in judged and ref.kind == "Job"
    }

    def belongs(ref: ObjectRef, live: LiveObject) -> bool:
        if ref in judged or (ref.group, ref.kind) in _CONTEXT:
            return True
        if ref.kind == "Pod":
            return str(controller(live).get("uid") or "-") in uids and not live["metadata"].get(
                "deletionTimestamp"
            )
        if ref.group == APIGEE_GROUP:
            return ref.kind not in RUNTIME_KINDS
        labels = live["metadata"].get("labels") or {}
        return ref.name.startswith("apigee-") or str(labels.get("app") or "").startswith("apigee-")

    return {ref: live for ref, live in objects.items() if belongs(ref, live)}


_CONTEXT = frozenset({("", "Event"), ("", "Namespace"), ("", "PersistentVolumeClaim")})


def surroundings(installation: Installation) -> tuple[Collection, ...]:
    """What is looked at beyond what decides readiness; all of it may be hidden from us."""
    places = dict.fromkeys((installation.namespace, installation.operator_namespace))
    near = [Collection(group, kind, place, optional=True) for group, kind in _NEAR for place in places]
    runtime = [Collection(group, kind, installation.namespace, optional=True) for group, kind in _RUNTIME]
    return (*near, *runtime, Collection("", "Namespace", "", installation.namespace, optional=True))


_NEAR = (("", "Event"), ("apps", "ReplicaSet"), ("cert-manager.io", "Certificate"))
_RUNTIME = (
    ("", "PersistentVolumeClaim"),
    ("", "Service"),
    ("apps", "DaemonSet"),
    ("apps", "StatefulSet"),
    ("autoscaling", "HorizontalPodAutoscaler"),
    (APIGEE_GROUP, "ApigeeDeployment"),
    (APIGEE_GROUP, "ApigeeIssue"),
    (APIGEE_GROUP, "ApigeeRoute"),
    (APIGEE_GROUP, "CassandraDataReplication"),
    (APIGEE_GROUP, "SecretRotation"),
)


@dataclass
class Patience:
    """Since when each finding has been there, and which of them no wait will heal.

    It is patient with each place by itself: while one pod after the other finds its node, something moves.
    """

    clock: Clock = time.monotonic
    since: dict[tuple[object, ...], float] = field(default_factory=dict)

    def lost(self, found: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """Those that stop a wait now. One that was gone meanwhile is new."""
        now = self.clock()
        self.since = {place: self.since.get(place, now) for each in found for place in _places(each)}
        return tuple(
            each
            for each in found
            if each.wait.course is Course.STOP
            and not all(one.ref.kind in _ASIDE for one in each.symptoms)
            and now - min(self.since[place] for place in _places(each)) >= each.wait.minutes * 60
        )


def _places(found: Finding) -> list[tuple[object, ...]]:
    return [
        (found.key, one.ref, one.container, one.line if one.code in _MOVING else "") for one in found.symptoms
    ]


_MOVING = frozenset({"RES-01"})
"""Codes whose words count replicas, so that other words are progress."""

_ASIDE = frozenset({"ApigeeRoute", "HorizontalPodAutoscaler", "Service"})
"""Kinds on which nothing rests that is judged: what they lack is told, and ends no wait."""


def given_up(hopeless: tuple[Finding, ...]) -> NotReady:
    """The error of a wait that cannot end well."""
    details = [f"{each.code}: {each.problem.title}" for each in hopeless]
    code = hopeless[0].code
    hint = f"{hopeless[0].problem.remedy} (apigeectl explain {code})"
    return NotReady("waiting longer does not help", details=details, hint=hint)


class Surroundings:
    """Watches the surroundings, and reads evidence, from the first look that calls for it."""

    def __init__(self, cluster: Cluster, installation: Installation, clock: Clock = time.monotonic) -> None:
        self._observation = Observation(cluster, surroundings(installation))
        self._evidence = Evidence(cluster, clock)
        self._snapshot: Snapshot | None = None

    def __enter__(self) -> Surroundings:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._evidence.close()
        self._observation.__exit__(kind, error, trace)

    @property
    def looked(self) -> bool:
        """Something called for it."""
        return self._snapshot is not None

    def diagnosed(self, sight: Sight) -> Diagnosis:
        """What a sight means by all that has come in so far. Does not wait."""
        if self._snapshot is None:
            self._observation.__enter__()
        self._snapshot = self._observation.snapshot(0.0) or self._snapshot or Snapshot()
        self._evidence.gather(sight.report, sight.snapshot)
        return diagnosis(sight, self._snapshot, self._evidence)
