"""What has to be asked for beyond objects: logs of containers that are behind, lengths of values in Secrets."""

from __future__ import annotations

import base64
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from apigeectl.diagnosis.limits import Missing
from apigeectl.diagnosis.pods import secrets_of
from apigeectl.diagnosis.symptoms import HEARD, Container, Words, app_of
from apigeectl.errors import Forbidden, InstallerError
from apigeectl.manifests import LiveObject, ObjectRef
from apigeectl.readiness.installation import ReadinessReport
from apigeectl.readiness.observation import Snapshot

LINES = 80
_FRESH_SECONDS = 15.0
"""After this time the log of a container that runs and is not ready is read again."""

_MOST = 40
"""So many containers are read in one look; one cause seldom needs more to be seen."""


class Asked(Protocol):
    """What reading evidence needs of a cluster."""

    def get(self, ref: ObjectRef, version: str | None = None) -> LiveObject | None: ...
    def logs(
        self, namespace: str, pod: str, container: str, *, tail: int | None = None, previous: bool = False
    ) -> str: ...


@dataclass(frozen=True)
class _Run:
    """A container in one of its runs."""

    container: Container
    uid: str
    restarts: int
    waiting: bool


@dataclass
class Evidence:
    """Reads in the background; what is known so far can be had at any time."""

    cluster: Asked
    clock: Callable[[], float] = time.monotonic
    logs: dict[Container, Words] = field(default_factory=dict)
    secrets: dict[ObjectRef, Mapping[str, int]] = field(default_factory=dict)
    refused: set[Missing] = field(default_factory=set)
    _read: dict[_Run, float] = field(default_factory=dict)
    _readers: list[threading.Thread] = field(default_factory=list)
    _closed: bool = False

    def gather(self, report: ReadinessReport, snapshot: Snapshot, *, wait: float = 0.0) -> None:
        """Begin to read what the pods that are not ready call for; wait so many seconds for it."""
        if not any(one.is_alive() for one in self._readers):
            self._begin(self._wanted(report, snapshot))
        until = time.monotonic() + wait
        for one in self._readers if wait else ():
            one.join(max(0.0, until - time.monotonic()))

    def close(self) -> None:
        """Nobody waits for what is still being read."""
        self._closed = True

    def _wanted(self, report: ReadinessReport, snapshot: Snapshot) -> Iterator[Callable[[], None]]:
        behind = [snapshot.objects[row.ref] for row in report.not_ready if row.ref in snapshot.objects]
        pods = [live for live in behind if live.get("kind") == "Pod"]
        wanted = [*(run for pod in pods for run in _runs(pod)), *_heard(report, snapshot)]
        for run in [run for run in wanted if self._stale(run)][:_MOST]:
            yield partial(self._read_log, run)
        for ref in dict.fromkeys(ref for pod in pods for ref in secrets_of(pod)):
            if ref not in self.secrets:
                yield partial(self._measure, ref)

    def _begin(self, wanted: Iterator[Callable[[], None]]) -> None:
        todo = deque(wanted)

        def work() -> None:
            while todo and not self._closed:
                try:
                    job = todo.popleft()
                except IndexError:
                    return
                job()

        # Daemons: one that sleeps in a socket must not keep a command alive that is done.
        self._readers = [
            threading.Thread(target=work, daemon=True, name="evidence") for _ in range(min(4, len(todo)))
        ]
        for one in self._readers:
            one.start()

    def _stale(self, run: _Run) -> bool:
        read = self._read.get(run)
        return read is None or (not run.waiting and self.clock() - read > _FRESH_SECONDS)

    def _read_log(self, run: _Run) -> None:
        self._read[run] = self.clock()
        now = self._lines(run.container, previous=False)
        before = self._lines(run.container, previous=True) if run.restarts else ""
        self.logs[run.container] = Words(now, before)

    def _lines(self, container: Container, *, previous: bool) -> str:
        try:
            return self.cluster.logs(*container, tail=LINES, previous=previous)
        except Forbidden:
            self.refused.add(Missing("get", "pods/log", container[0]))
            return ""
        except InstallerError:
            return ""  # it has not begun, or is gone

    def _measure(self, ref: ObjectRef) -> None:
        try:
            live = self.cluster.get(ref)
        except Forbidden:
            self.refused.add(Missing("get", ref.kind, ref.namespace))
            live = None
        except InstallerError:
            live = None
        self.secrets[ref] = {key: _length(value) for key, value in ((live or {}).get("data") or {}).items()}


def _runs(pod: LiveObject) -> Iterator[_Run]:
    metadata, status = pod["metadata"], pod.get("status") or {}
    for one in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
        state = one.get("state") or {}
        begun = "running" in state or "terminated" in state or one.get("restartCount")
        if one.get("ready") or not begun or (state.get("terminated") or {}).get("exitCode") == 0:
            continue
        key = (str(metadata.get("namespace") or ""), str(metadata["name"]), str(one["name"]))
        restarts = int(one.get("restartCount") or 0)
        yield _Run(key, str(metadata.get("uid") or ""), restarts, "running" not in state)


def _heard(report: ReadinessReport, snapshot: Snapshot) -> Iterator[_Run]:
    """Of each app whose log tells of others, the pods that are ready; a few are enough."""
    lives = [
        snapshot.objects[row.ref]
        for row in report.rows
        if row.readiness.ready and row.ref.kind == "Pod" and row.ref in snapshot.objects
    ]
    for app in HEARD:
        for pod in [live for live in lives if app_of(live) == app][:_MOST_HEARD]:
            metadata = pod["metadata"]
            for one in (pod.get("status") or {}).get("containerStatuses") or ():
                place = (str(metadata.get("namespace") or ""), str(metadata["name"]), str(one["name"]))
                yield _Run(place, str(metadata.get("uid") or ""), 0, waiting=False)


_MOST_HEARD = 2


def _length(value: object) -> int:
    try:
        return len(base64.b64decode(str(value or "")))
    except ValueError:
        return len(str(value))
