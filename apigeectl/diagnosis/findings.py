"""Symptoms to findings: one cause, one finding, with everything that it strikes and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from apigeectl.diagnosis.catalogue import PROBLEMS
from apigeectl.diagnosis.chains import explained_by
from apigeectl.diagnosis.model import Course, Place, Problem, Wait
from apigeectl.diagnosis.objects import of_object, of_unserved
from apigeectl.diagnosis.pods import of_pod
from apigeectl.diagnosis.symptoms import Scene, Symptom
from apigeectl.manifests import ObjectRef

_IDENTITIES = ("image", "secret", "key", "host", "definition", "resource", "app", "name")
"""Names that make two causes of one code: two images that are missing are two findings."""

_LEAST = frozenset({"RES-01"})
"""Said only when nothing else is known."""


@dataclass(frozen=True)
class Finding:
    """A known problem that holds: what shows it, what it strikes, and what follows from it."""

    problem: Problem
    symptoms: tuple[Symptom, ...]
    consequences: tuple[Finding, ...] = field(default=())

    @property
    def code(self) -> str:
        return self.problem.code

    @property
    def key(self) -> tuple[str, ...]:
        """The same for the same cause, as long as it lasts."""
        return (self.code, *_identity(self.symptoms[0]))

    @property
    def subjects(self) -> tuple[ObjectRef, ...]:
        """What it strikes, in the order of names."""
        return tuple(sorted({one.ref for one in self.symptoms}))

    @property
    def evidence(self) -> Symptom:
        """The symptom that says most: words of a log before those of an object."""
        return min(self.symptoms, key=lambda one: (one.place is not Place.LOG, one.ref, one.container))

    @property
    def wait(self) -> Wait:
        """What a wait does about it; the most patient symptom decides, so that no slow start is given up."""
        wait = self.problem.wait
        patience = max(one.minutes for one in self.symptoms)
        if wait.course is Course.STOP and patience > wait.minutes:
            return replace(wait, minutes=patience)
        return wait


def findings(scene: Scene) -> tuple[Finding, ...]:
    """What is wrong in a scene, causes first; what only follows from another stands below it."""
    return _ordered(_grouped(_symptoms(scene)))


def symptoms(scene: Scene) -> Iterable[Symptom]:
    """Every sign of a known problem, in the order of the objects."""
    return _symptoms(scene)


def _symptoms(scene: Scene) -> Iterable[Symptom]:
    for group, kind in sorted(scene.snapshot.unserved):
        yield from of_unserved(group, kind)
    for ref, live in sorted(scene.snapshot.objects.items(), key=lambda item: item[0]):
        yield from of_pod(live, scene) if ref.kind == "Pod" else of_object(live, scene)


def _grouped(signs: Iterable[Symptom]) -> list[Finding]:
    groups: dict[tuple[str, ...], list[Symptom]] = {}
    for one in signs:
        groups.setdefault((one.code, *_identity(one)), []).append(one)
    return [Finding(PROBLEMS[code], tuple(members)) for (code, *_), members in groups.items()]


def _identity(one: Symptom) -> tuple[str, ...]:
    return tuple(one.names[name] for name in _IDENTITIES if name in one.names)


def _ordered(found: Sequence[Finding]) -> tuple[Finding, ...]:
    if any(each.code not in _LEAST for each in found):
        found = [each for each in found if each.code not in _LEAST]
    below: dict[int, list[Finding]] = {}
    roots: list[Finding] = []
    for each in found:
        cause = explained_by(each, found)
        if cause is None:
            roots.append(each)
        else:
            below.setdefault(id(_root(cause, found)), []).append(each)
    return tuple(
        sorted(
            (replace(each, consequences=tuple(below.get(id(each), ()))) for each in roots),
            key=lambda each: (each.problem.wait.course is not Course.STOP, -len(each.subjects), each.key),
        )
    )


def _root(cause: Finding, found: Sequence[Finding]) -> Finding:
    seen = [cause]
    while (further := explained_by(seen[-1], found)) and further not in seen:
        seen.append(further)
    return seen[-1]
