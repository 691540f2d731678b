"""The controllers that a cluster cannot be without: garbage collector, namespaces, definitions.

One thread, fed by what the store records. Every piece of work looks at the present state, so doing it
twice does no harm.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

from apigeectl.manifests import LiveObject
from apigeectl.sandbox.kubernetes import definitions, deletion
from apigeectl.sandbox.kubernetes.control_plane import ControlPlane
from apigeectl.sandbox.kubernetes.kinds import DEFINITIONS, NAMESPACES, Key
from apigeectl.sandbox.kubernetes.storage import Change

Work = Callable[[], None]

log = logging.getLogger(__name__)


class Controllers:
    """Runs what changes make necessary."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._work: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="sandbox-controllers", daemon=True)
        plane.store.listeners.append(self._notice)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._work.put(None)
            self._thread.join()

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            try:
                work()
            except Exception:
                log.exception("controller")

    def _notice(self, change: Change) -> None:
        """Called with the store locked: only take notes here."""
        plane, (namespace, name) = self._plane, change.name
        if change.key == DEFINITIONS.key:
            self._work.put(lambda: definitions.reconcile(plane, name))
        if change.key == NAMESPACES.key:
            self._work.put(lambda: empty_namespace(plane, name))
        if change.after is None:
            uid = change.last["metadata"]["uid"]
            self._work.put(lambda: collect(plane, uid))
            self._work.put(lambda: release_owners(plane, change.last))
            if namespace and plane.namespace_phase(namespace) == "Terminating":
                self._work.put(lambda: empty_namespace(plane, namespace))
            kind = plane.kinds.with_key(change.key)
            if kind is not None and kind.custom:
                self._work.put(lambda: definitions.reconcile(plane, kind.resource))
            return
        metadata = change.last["metadata"]
        finalizers = metadata.get("finalizers") or ()
        if metadata.get("deletionTimestamp") and {deletion.FOREGROUND, deletion.ORPHAN} & set(finalizers):
            self._work.put(lambda: finalize(plane, change.key, change.last))
        if change.before is None and metadata.get("ownerReferences"):
            self._work.put(lambda: collect_orphan(plane, change.key, change.last))


def collect(plane: ControlPlane, uid: str) -> None:
    """Delete what belonged to an owner that is gone, and to no other."""
    for key, live in plane.store.dependents(uid):
        collect_orphan(plane, key, live)


def collect_orphan(plane: ControlPlane, key: Key, live: LiveObject) -> None:
    """Delete an object none of whose owners exists; of several, forget those that are gone."""
    with plane.store.lock:
        current = _current(plane, key, live)
        kind = plane.kinds.with_key(key)
        if current is None or kind is None:
            return
        references = current["metadata"].get("ownerReferences") or []
        alive = [one for one in references if _owner_exists(plane, current, one["uid"])]
        if not references or len(alive) == len(references):
            return
        if alive:
            plane.store.put(key, _with_owners(current, alive))
        elif not current["metadata"].get("deletionTimestamp"):
            deletion.remove(plane, kind, current, deletion.DeleteOptions())


def release_owners(plane: ControlPlane, gone: LiveObject) -> None:
    """Owners that wait in the foreground look again when one of theirs is gone."""
    for reference in gone["metadata"].get("ownerReferences") or ():
        with plane.store.lock:
            place = plane.store.place(reference["uid"])
            owner = plane.store.with_uid(reference["uid"])
            if place and owner and deletion.FOREGROUND in (owner["metadata"].get("finalizers") or ()):
                finalize(plane, place, owner)


def finalize(plane: ControlPlane, key: Key, live: LiveObject) -> None:
    """The garbage collector's part in a foreground or orphaning deletion."""
    with plane.store.lock:
        current = _current(plane, key, live)
        kind = plane.kinds.with_key(key)
        if current is None or kind is None:
            return
        uid, finalizers = current["metadata"]["uid"], current["metadata"].get("finalizers") or []
        dependents = plane.store.dependents(uid)
        if deletion.ORPHAN in finalizers:
            for other, dependent in dependents:
                references = dependent["metadata"]["ownerReferences"]
                plane.store.put(
                    other, _with_owners(dependent, [one for one in references if one["uid"] != uid])
                )
        elif deletion.FOREGROUND in finalizers and dependents:
            for other, dependent in dependents:
                other_kind = plane.kinds.with_key(other)
                if other_kind and not dependent["metadata"].get("deletionTimestamp"):
                    deletion.remove(
                        plane, other_kind, dependent, deletion.DeleteOptions(propagation="Foreground")
                    )
            if plane.store.dependents(uid):
                return
            current = _current(plane, key, live) or current
        rest = [one for one in finalizers if one not in (deletion.ORPHAN, deletion.FOREGROUND)]
        final = {**current, "metadata": {**current["metadata"], "finalizers": rest}}
        if deletion.is_over(kind, final):
            plane.store.remove(key, final)
        else:
            plane.store.put(key, final)


def empty_namespace(plane: ControlPlane, name: str) -> None:
    """Delete what a terminating namespace holds; when nothing is left, the namespace goes."""
    with plane.store.lock:
        namespace = plane.store.get(NAMESPACES.key, "", name)
        if namespace is None or not namespace["metadata"].get("deletionTimestamp"):
            return
        for key, live in plane.store.in_namespace(name):
            kind = plane.kinds.with_key(key)
            if kind is not None and not live["metadata"].get("deletionTimestamp"):
                deletion.remove(plane, kind, live, deletion.DeleteOptions(propagation="Background"))
        if any(True for _ in plane.store.in_namespace(name)):
            return
        final = {**namespace, "spec": {**namespace["spec"], "finalizers": []}}
        if deletion.is_over(NAMESPACES, final):
            plane.store.remove(NAMESPACES.key, final)


def _current(plane: ControlPlane, key: Key, live: LiveObject) -> LiveObject | None:
    metadata = live["metadata"]
    current = plane.store.get(key, metadata.get("namespace", ""), metadata["name"])
    return current if current and current["metadata"]["uid"] == metadata["uid"] else None


def _owner_exists(plane: ControlPlane, live: LiveObject, uid: str) -> bool:
    """An owner in another namespace counts as absent."""
    owner = plane.store.with_uid(uid)
    if owner is None:
        return False
    home = owner["metadata"].get("namespace", "")
    return home in ("", live["metadata"].get("namespace", ""))


def _with_owners(live: LiveObject, references: list[dict[str, str]]) -> LiveObject:
    metadata = {key: value for key, value in live["metadata"].items() if key != "ownerReferences"}
    return {**live, "metadata": {**metadata, **({"ownerReferences": references} if references else {})}}
