"""The objects, one growing resourceVersion for all of them, and the history that watches follow.

A stored object is never changed in place: every write stores a new dict. So readers may hand out what is
stored without copying it, and a watch may send what the history holds.
"""

from __future__ import annotations

import itertools
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from apigeectl.manifests import LiveObject
from apigeectl.sandbox.kubernetes.kinds import Key

Name = tuple[str, str]
"""Namespace ("" for cluster-scoped) and name."""

HISTORY = 4000
"""Changes kept for each kind; a watch that starts before them has to list again."""


@dataclass(frozen=True)
class Change:
    """What happened to one object at one resourceVersion."""

    version: int
    key: Key
    name: Name
    before: LiveObject | None
    after: LiveObject | None
    """None when the object was deleted."""
    last: LiveObject
    """The object as a watch shows it: after, or the last state with the version of its deletion."""


class Store:
    """All objects. Take `lock` around a read and the write that rests on it."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.version = 1
        self.closed = False
        self.listeners: list[Callable[[Change], None]] = []
        self._objects: defaultdict[Key, dict[Name, LiveObject]] = defaultdict(dict)
        self._history: defaultdict[Key, deque[Change]] = defaultdict(lambda: deque(maxlen=HISTORY))
        self._changed: dict[Key, threading.Condition] = {}
        self._owned: defaultdict[str, set[tuple[Key, Name]]] = defaultdict(set)
        self._by_uid: dict[str, tuple[Key, Name]] = {}

    def get(self, key: Key, namespace: str, name: str) -> LiveObject | None:
        return self._objects[key].get((namespace, name))

    def list(self, key: Key, namespace: str = "") -> tuple[list[LiveObject], int]:
        """Objects in the order of namespace and name, and the version at which this was so."""
        with self.lock:
            found = sorted(self._objects[key].items())
            version = self.version
        return [live for (home, _), live in found if not namespace or home == namespace], version

    def put(self, key: Key, live: LiveObject) -> LiveObject:
        """Store a new state and return it with its resourceVersion."""
        with self.lock:
            name = _name(live)
            before = self._objects[key].get(name)
            stored = self._numbered(live)
            self._objects[key][name] = stored
            self._index(key, name, before, stored)
            self._record(Change(self.version, key, name, before, stored, stored))
            return stored

    def remove(self, key: Key, live: LiveObject) -> LiveObject:
        """Forget an object and return its last state, numbered as its deletion."""
        with self.lock:
            name = _name(live)
            before = self._objects[key].pop(name)
            last = self._numbered(live)
            self._index(key, name, before, None)
            self._record(Change(self.version, key, name, before, None, last))
            return last

    def changes(self, key: Key, since: int, timeout: float) -> Sequence[Change] | None:
        """Changes after a version, waiting for the first one; None when the history no longer reaches back."""
        with self.lock:
            condition = self._changed.setdefault(key, threading.Condition(self.lock))
            history = self._history[key]
            if not history or history[-1].version <= since:
                if self.closed:
                    return []
                condition.wait(timeout)
            if self.forgot(key, since):
                return None
            newer = itertools.takewhile(lambda change: change.version > since, reversed(history))
            return list(newer)[::-1]

    def forgot(self, key: Key, since: int) -> bool:
        """Whether changes after this version are no longer all in the history."""
        return len(self._history[key]) == HISTORY and self.oldest(key) > since + 1

    def oldest(self, key: Key) -> int:
        """The version of the oldest change that is kept."""
        return self._history[key][0].version if self._history[key] else self.version

    def dependents(self, uid: str) -> Sequence[tuple[Key, LiveObject]]:
        """Objects with an ownerReference to this uid."""
        with self.lock:
            return [(key, self._objects[key][name]) for key, name in sorted(self._owned.get(uid, ()))]

    def place(self, uid: str) -> Key | None:
        """Where the object with this uid is stored."""
        with self.lock:
            place = self._by_uid.get(uid)
            return place[0] if place else None

    def with_uid(self, uid: str) -> LiveObject | None:
        with self.lock:
            place = self._by_uid.get(uid)
            return self._objects[place[0]].get(place[1]) if place else None

    def in_namespace(self, namespace: str) -> Iterator[tuple[Key, LiveObject]]:
        with self.lock:
            found = [
                (key, live)
                for key, objects in self._objects.items()
                for (home, _), live in sorted(objects.items())
                if home == namespace
            ]
        return iter(found)

    def close(self) -> None:
        """Wake everybody who waits for changes."""
        with self.lock:
            self.closed = True
            for condition in self._changed.values():
                condition.notify_all()

    def _numbered(self, live: LiveObject) -> LiveObject:
        self.version += 1
        return {**live, "metadata": {**live["metadata"], "resourceVersion": str(self.version)}}

    def _record(self, change: Change) -> None:
        self._history[change.key].append(change)
        condition = self._changed.get(change.key)
        if condition is not None:
            condition.notify_all()
        for listener in self.listeners:
            listener(change)

    def _index(self, key: Key, name: Name, before: LiveObject | None, after: LiveObject | None) -> None:
        for uid in _owners(before) - _owners(after):
            self._owned[uid].discard((key, name))
            if not self._owned[uid]:
                del self._owned[uid]
        for uid in _owners(after) - _owners(before):
            self._owned[uid].add((key, name))
        if before is None and after is not None:
            self._by_uid[after["metadata"]["uid"]] = (key, name)
        if after is None and before is not None:
            self._by_uid.pop(before["metadata"]["uid"], None)


def _name(live: LiveObject) -> Name:
    return live["metadata"].get("namespace", ""), live["metadata"]["name"]


def _owners(live: LiveObject | None) -> set[str]:
    references = live["metadata"].get("ownerReferences") if live else None
    return {reference.get("uid", "") for reference in references or ()}
