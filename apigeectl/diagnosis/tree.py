"""The tree from custom resources down to containers: who stands on whom, and where it is stuck."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from apigeectl.diagnosis.events import Event
from apigeectl.diagnosis.findings import Finding
from apigeectl.diagnosis.matching import last_line, shown
from apigeectl.diagnosis.model import Place
from apigeectl.diagnosis.symptoms import Scene, Symptom
from apigeectl.manifests import LiveObject, ObjectRef, ref_of
from apigeectl.readiness.installation import ReadinessReport
from apigeectl.readiness.model import Readiness, State, progressing, ready
from apigeectl.readiness.pods import WAITS_FOR
from apigeectl.readiness.status import readiness

_LEVELS = frozenset({"ApigeeDeployment", "StatefulSet", "DaemonSet", "Deployment", "Job"})
"""Kinds that are shown between a custom resource and its pods; ReplicaSets are passed over."""


@dataclass(frozen=True)
class Node:
    """One object, or a container of a pod, with what is known about why it is not ready."""

    ref: ObjectRef
    readiness: Readiness
    container: str = ""
    event: Event | None = None
    log: str = ""
    codes: tuple[str, ...] = ()
    children: tuple[Node, ...] = ()

    @property
    def kind(self) -> str:
        return "container" if self.container else self.ref.kind

    @property
    def name(self) -> str:
        return self.container or self.ref.name

    @property
    def ready(self) -> bool:
        return self.readiness.ready and all(child.ready for child in self.children)


def tree(report: ReadinessReport, scene: Scene, found: Sequence[Finding] = ()) -> tuple[Node, ...]:
    """The judged objects, each below its owner; what has none is a root."""
    return _Growing(report, scene, found).roots()


class _Growing:
    def __init__(self, report: ReadinessReport, scene: Scene, found: Sequence[Finding]) -> None:
        self._scene = scene
        self._judged = {row.ref: row.readiness for row in report.rows}
        self._codes = _codes(found)
        self._lines = {(one.ref, one.container): one.line for one in _signs(found) if one.place is Place.LOG}
        self._lives = scene.snapshot.objects
        self._by_uid = {
            str(live["metadata"].get("uid")): ref
            for ref, live in self._lives.items()
            if live["metadata"].get("uid")
        }
        self._below: dict[ObjectRef | None, list[ObjectRef]] = {}

    def roots(self) -> tuple[Node, ...]:
        wanted = dict.fromkeys(self._judged)
        for ref in self._judged:
            wanted.update(dict.fromkeys(self._above(ref)))
        for ref in wanted:
            parent = next(iter(self._above(ref)), None)
            self._below.setdefault(parent if parent in wanted else None, []).append(ref)
        return tuple(self._node(ref) for ref in self._below.get(None, ()))

    def _above(self, ref: ObjectRef) -> list[ObjectRef]:
        """The owners that are shown, the nearest first."""
        found: list[ObjectRef] = []
        seen = {ref}
        at: ObjectRef | None = ref
        while at and (at := self._owner(at)) and at not in seen:
            seen.add(at)
            if at in self._judged or at.kind in _LEVELS:
                found.append(at)
        return found

    def _owner(self, ref: ObjectRef) -> ObjectRef | None:
        live = self._lives.get(ref)
        owners = (live or {}).get("metadata", {}).get("ownerReferences") or ()
        controlling = [one for one in owners if one.get("controller")] or list(owners)
        return next((at for one in controlling if (at := self._by_uid.get(str(one.get("uid"))))), None)

    def _node(self, ref: ObjectRef) -> Node:
        live = self._lives.get(ref)
        state = self._judged.get(ref) or readiness(live)
        below = tuple(self._node(child) for child in sorted(self._below.get(ref, ())))
        node = Node(ref, state, codes=self._codes.get((ref, ""), ()), children=below)
        if live is None or state.ready:
            return replace(node, children=below or self._containers(live)) if live else node
        event = self._scene.events.newest(live)
        shown_event = replace(event, message=shown(event.message)) if event else None
        return replace(node, event=shown_event, children=below or self._containers(live))

    def _containers(self, live: LiveObject) -> tuple[Node, ...]:
        if live.get("kind") != "Pod":
            return ()
        status = live.get("status") or {}
        ref = ref_of(live)
        states = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
        return tuple(self._container(ref, one) for one in states)

    def _container(self, ref: ObjectRef, one: Mapping[str, Any]) -> Node:
        name = str(one["name"])
        state = _container_state(one)
        written = self._scene.logs.get((ref.namespace, ref.name, name))
        words = self._lines.get((ref, name), "")
        if not words and written and not state.ready:
            words = last_line(written.now if written.now.strip() else written.before)
        return Node(ref, state, name, log=words, codes=self._codes.get((ref, name), ()))


def _signs(found: Iterable[Finding]) -> Iterator[Symptom]:
    for each in found:
        yield from each.symptoms
        yield from _signs(each.consequences)


def _codes(found: Iterable[Finding]) -> dict[tuple[ObjectRef, str], tuple[str, ...]]:
    codes: dict[tuple[ObjectRef, str], tuple[str, ...]] = {}
    for one in _signs(found):
        place = (one.ref, one.container)
        codes[place] = tuple(dict.fromkeys((*codes.get(place, ()), one.code)))
    return codes


def _container_state(one: Mapping[str, Any]) -> Readiness:
    state = one.get("state") or {}
    ended, waiting = state.get("terminated"), state.get("waiting")
    if ended:
        fine = not ended.get("exitCode")
        message = "completed" if fine else f"exit code {ended.get('exitCode')}"
        return Readiness(State.READY if fine else State.PROGRESSING, message, str(ended.get("reason") or ""))
    if one.get("ready"):
        return ready("running")
    if waiting:
        return progressing(shown(str(waiting.get("message") or "")), str(waiting.get("reason") or ""))
    if str(one["name"]) in WAITS_FOR:
        return progressing(f"waits for {WAITS_FOR[str(one['name'])]}")
    restarts = int(one.get("restartCount") or 0)
    again = f", restarted {restarts} time{'' if restarts == 1 else 's'}" if restarts else ""
    return progressing(f"running, not ready yet{again}")
