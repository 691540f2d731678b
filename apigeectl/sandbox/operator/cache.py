"""What the cluster holds, as this process knows it: fed by watches and by its own writes."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from apigeectl.manifests import LiveObject

Key = tuple[str, str, str]  # kind, namespace, name


def key_of(kind: str, live: LiveObject) -> Key:
    """Where the object stands in the cache."""
    return kind, live["metadata"].get("namespace", ""), live["metadata"]["name"]


class Cache:
    """Objects by kind, namespace and name. The newest resourceVersion wins, so that a late watch event
    never takes back what this process has just written."""

    def __init__(self) -> None:
        self._objects: dict[str, dict[Key, LiveObject]] = {}
        self._dead: set[str] = set()
        self.listed: set[str] = set()
        self._lock = threading.Lock()
        self.changed = threading.Condition(self._lock)
        self.dirty = False

    def put(self, kind: str, live: LiveObject) -> None:
        """Take in an object, unless what is known of it is newer."""
        with self._lock:
            known = self._objects.setdefault(kind, {}).get(key_of(kind, live))
            if live["metadata"]["uid"] in self._dead or (known and _version(known) >= _version(live)):
                return
            self._objects[kind][key_of(kind, live)] = live
            self._wake()

    def drop(self, kind: str, live: LiveObject) -> None:
        """Forget an object for ever."""
        with self._lock:
            self._drop(kind, live)

    def replace(self, kind: str, listed: Iterable[LiveObject], version: str) -> None:
        """Take in a whole list as of a resourceVersion: what it lacks and is not newer, is gone."""
        present = {live["metadata"]["uid"]: live for live in listed}
        with self._lock:
            for known in list(self._objects.setdefault(kind, {}).values()):
                if known["metadata"]["uid"] not in present and _version(known) <= int(version):
                    self._drop(kind, known)
        for live in present.values():
            self.put(kind, live)
        with self._lock:
            self.listed.add(kind)
            self._wake()

    def all(self, kind: str) -> list[LiveObject]:
        """Every object of a kind, by namespace and name."""
        with self._lock:
            return [live for _, live in sorted(self._objects.get(kind, {}).items(), key=lambda item: item[0])]

    def get(self, kind: str, namespace: str, name: str) -> LiveObject | None:
        """One object, None when the cluster does not have it."""
        with self._lock:
            return self._objects.get(kind, {}).get((kind, namespace, name))

    def wake(self) -> None:
        """Let the operator look again."""
        with self._lock:
            self._wake()

    def wait(self, seconds: float | None) -> None:
        """Until something changed, or the time is over."""
        with self.changed:
            if not self.dirty:
                self.changed.wait(seconds)
            self.dirty = False

    def _drop(self, kind: str, live: LiveObject) -> None:
        self._dead.add(live["metadata"]["uid"])
        known = self._objects.get(kind, {}).get(key_of(kind, live))
        if known and known["metadata"]["uid"] == live["metadata"]["uid"]:
            del self._objects[kind][key_of(kind, live)]
            self._wake()

    def _wake(self) -> None:
        self.dirty = True
        self.changed.notify_all()


def _version(live: LiveObject) -> int:
    # opaque to clients by the book; a counter on every API server that the sandbox starts
    return int(live["metadata"].get("resourceVersion", "0"))
