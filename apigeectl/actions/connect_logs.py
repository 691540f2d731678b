"""The logs of all agent pods, line by line, each understood; once, or as they are written."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from apigeectl.checks.agent_log import Kind, read_line
from apigeectl.checks.site import AGENT, container, restarted
from apigeectl.errors import APIError, InstallerError, NotFound
from apigeectl.manifests import LiveObject

_LOOK_AGAIN = 5.0
_SILENCE = 60.0
"""Seconds without a line after which the request is made anew; an idle agent writes every two minutes."""

_Objects = list[LiveObject]


class Cluster(Protocol):
    """Pods and their logs."""

    def list(self, group: str, kind: str, namespace: str = "", *, labels: str = "") -> _Objects: ...
    def logs(
        self,
        namespace: str,
        pod: str,
        container: str,
        *,
        tail: int | None = None,
        since: int | None = None,
        previous: bool = False,
        timestamps: bool = False,
    ) -> str: ...
    def follow_log(
        self, namespace: str, pod: str, container: str, *, since_time: str | None, timeout: float
    ) -> Iterator[str]: ...


@dataclass(frozen=True)
class Entry:
    """One line of one pod: when it was written, what it is about, and what it says as it stands.

    `subject` and `value` are those of the line: a tether's number, a flag and its value, a target and its status.
    """

    pod: str
    time: str
    kind: Kind
    text: str
    raw: str
    subject: str = ""
    value: str = ""


def written(cluster: Cluster, namespace: str, org: str, *, since: int | None = None) -> tuple[Entry, ...]:
    """What all agents wrote so far, by time; of a restarted one its earlier run, too. InstallerError without agents."""
    pods = agents(cluster, namespace, org)
    if not pods:
        raise InstallerError(
            f"there is no agent pod of organization {org} in namespace {namespace}",
            hint="apigeectl apply --org starts them",
        )
    found = [entry for pod in pods for entry in _of_pod(cluster, namespace, pod, since)]
    return tuple(sorted(found, key=lambda entry: _moment(entry.time)))


def follow(
    cluster: Cluster,
    namespace: str,
    org: str,
    *,
    since: int | None = None,
    look_again: float = _LOOK_AGAIN,
    stop: threading.Event | None = None,
) -> Iterator[Entry]:
    """The same, and then every line as it is written, of pods that come later, too; until `stop` is set."""
    stop = stop or threading.Event()
    lines: queue.SimpleQueue[Entry] = queue.SimpleQueue()
    followed: dict[str, str] = {}
    begun = written(cluster, namespace, org, since=since) if agents(cluster, namespace, org) else ()
    for entry in begun:
        followed[entry.pod] = entry.time
        yield entry
    running: set[str] = set()
    try:
        while not stop.is_set():
            for pod in agents(cluster, namespace, org):
                name = str(pod["metadata"]["name"])
                if name not in running:
                    running.add(name)
                    follower = _Follower(
                        cluster, namespace, name, container(pod, AGENT), followed.get(name), stop
                    )
                    threading.Thread(target=follower.run, args=(lines,), name=name, daemon=True).start()
            yield from _arriving(lines, look_again)
    finally:
        stop.set()


def agents(cluster: Cluster, namespace: str, org: str) -> tuple[LiveObject, ...]:
    """The organization's agent pods."""
    found = cluster.list("", "Pod", namespace, labels=f"app={AGENT}")
    return tuple(pod for pod in found if (pod["metadata"].get("labels") or {}).get("org", "") in ("", org))


def _arriving(lines: queue.SimpleQueue[Entry], seconds: float) -> Iterator[Entry]:
    try:
        yield lines.get(timeout=seconds)
        while True:
            yield lines.get_nowait()
    except queue.Empty:
        return


@dataclass
class _Follower:
    """Follows one pod; where the answer breaks off, it goes on behind the last line that it saw."""

    cluster: Cluster
    namespace: str
    pod: str
    container: str
    last: str | None
    stop: threading.Event

    def run(self, lines: queue.SimpleQueue[Entry]) -> None:
        while not self.stop.is_set():
            try:
                found = self.cluster.follow_log(
                    self.namespace, self.pod, self.container, since_time=self.last, timeout=_SILENCE
                )
                for line in found:
                    entry = _entry(self.pod, line)
                    if self.last is None or _moment(entry.time) > _moment(self.last):
                        self.last = entry.time
                        lines.put(entry)
            except NotFound:
                return
            except InstallerError:
                pass  # it has not started yet, or the connection broke: look again
            self.stop.wait(1.0)


def _of_pod(cluster: Cluster, namespace: str, pod: LiveObject, since: int | None) -> Iterator[Entry]:
    name = str(pod["metadata"]["name"])
    for previous in (True, False):
        if previous and not restarted(pod):
            continue
        try:
            text = cluster.logs(
                namespace, name, container(pod, AGENT), since=since, previous=previous, timestamps=True
            )
        except APIError as error:
            if error.status in {400, 404}:
                continue
            raise
        yield from (_entry(name, line) for line in text.splitlines() if line.strip())


def _entry(pod: str, line: str) -> Entry:
    time, _, text = line.partition(" ")
    understood = read_line(text)
    return Entry(pod, time, understood.kind, understood.text, text, understood.subject, understood.value)


def _moment(time: str) -> str:
    """Times of different precision, made comparable."""
    whole, _, fraction = time.rstrip("Z").partition(".")
    return f"{whole}.{fraction.ljust(9, '0')}"
