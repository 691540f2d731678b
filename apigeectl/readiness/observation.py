"""Live objects of several collections, kept up to date by watches."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import Enum
from types import TracebackType
from typing import Protocol

from apigeectl.errors import (
    APIError,
    Forbidden,
    InstallerError,
    NotFound,
    ServiceFailure,
    Unauthorized,
    Unreachable,
)
from apigeectl.manifests import LiveObject, ObjectRef, ref_of

_WATCH_SECONDS = 30.0
"""A watch is begun anew after this time, with a list before it: so long can a silent one hide a change."""

_LONGEST_PAUSE = 5.0
"""Seconds between two tries, at most, where watching is not allowed or ends at once again and again."""

_NAMED = 3
"""Up to so many objects of a kind are asked for by name, more as a whole collection."""


class Change(Protocol):
    """What a watch says."""

    @property
    def type(self) -> str: ...
    @property
    def object(self) -> LiveObject: ...


class Watched(Protocol):
    """What observing needs of a cluster."""

    def list_with_version(
        self, group: str, kind: str, namespace: str = "", *, labels: str = "", fields: str = ""
    ) -> tuple[list[LiveObject], str]: ...

    def watch(
        self,
        group: str,
        kind: str,
        namespace: str,
        resource_version: str,
        *,
        labels: str = "",
        fields: str = "",
        timeout: float,
    ) -> Iterator[Change]: ...


@dataclass(frozen=True, order=True)
class Collection:
    """Objects of a kind in a namespace ("" = everywhere, or cluster-scoped): all, or the one with a name.

    What is dispensable and may not be read counts as absent. What is optional is that, too, and nobody waits for it.
    """

    group: str
    kind: str
    namespace: str
    name: str = ""
    optional: bool = False
    dispensable: bool = False

    @property
    def fields(self) -> str:
        return f"metadata.name={self.name}" if self.name else ""


@dataclass(frozen=True)
class Snapshot:
    """What the cluster had at one moment; a kind that it does not serve is in unserved.

    Rights that we lack show in hidden, which may not be read, and in unwatched, which is only read now and then.
    """

    objects: Mapping[ObjectRef, LiveObject] = field(default_factory=dict)
    unserved: frozenset[tuple[str, str]] = frozenset()
    hidden: frozenset[Collection] = frozenset()
    unwatched: frozenset[Collection] = frozenset()

    def of(self, group: str, kind: str, namespace: str = "") -> list[LiveObject]:
        """The objects of a kind, in the order of their names."""
        return [
            live
            for ref, live in sorted(self.objects.items(), key=lambda item: item[0])
            if (ref.group, ref.kind) == (group, kind) and namespace in ("", ref.namespace)
        ]


def collections(refs: Iterable[ObjectRef]) -> tuple[Collection, ...]:
    """The collections that hold these objects."""
    by_kind: dict[Collection, list[ObjectRef]] = {}
    for ref in refs:
        by_kind.setdefault(Collection(ref.group, ref.kind, ref.namespace), []).append(ref)
    found: list[Collection] = []
    for whole, members in by_kind.items():
        named = [Collection(ref.group, ref.kind, ref.namespace, ref.name) for ref in members]
        found += named if len(named) <= _NAMED else [whole]
    return tuple(found)


def look(cluster: Watched, wanted: Iterable[Collection], *, workers: int = 8) -> Snapshot:
    """What the cluster has now, asked once."""
    asked = tuple(dict.fromkeys(wanted))
    with ThreadPoolExecutor(workers, thread_name_prefix="look") as pool:
        futures = [pool.submit(_listed, cluster, one) for one in asked]
        try:
            answers = [future.result() for future in futures]
        except BaseException:  # a server that is silent would be for every other question, too
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return _snapshot({one: seen for one, (seen, _) in zip(asked, answers, strict=True)})


class _Absent(Enum):
    """Why there is nothing to be seen of a collection."""

    UNSERVED = "the cluster does not serve the kind"
    HIDDEN = "we may not read it"


_Seen = dict[ObjectRef, LiveObject] | _Absent


def _snapshot(seen: Mapping[Collection, _Seen], unwatched: frozenset[Collection] = frozenset()) -> Snapshot:
    there = [objects for objects in seen.values() if not isinstance(objects, _Absent)]
    return Snapshot(
        {ref: live for objects in there for ref, live in objects.items()},
        frozenset((one.group, one.kind) for one, objects in seen.items() if objects is _Absent.UNSERVED),
        frozenset(one for one, objects in seen.items() if objects is _Absent.HIDDEN),
        unwatched,
    )


class Observation:
    """A snapshot that follows the cluster, one thread a collection, while used as a context.

    A watch that ends, is too old (410) or breaks is begun anew from a fresh list, ever more slowly when that
    happens at once; where watching is not allowed the list is asked now and then. An outage is survived, and
    told by `trouble`; any other error, and an outage before the first list, is raised by `snapshot`.
    """

    def __init__(self, cluster: Watched, wanted: Iterable[Collection], *, pause: float = 1.0) -> None:
        self._cluster = cluster
        self._pause = pause
        self._changed = threading.Condition()
        self._version = self._seen = 0
        self._objects: dict[Collection, _Seen] = {}
        self._collections = tuple(dict.fromkeys(wanted))
        self._pending = {one for one in self._collections if not one.optional}
        self._troubles: dict[Collection, str] = {}
        self._unwatched: set[Collection] = set()
        self._fatal: Exception | None = None
        self._stop = threading.Event()

    def __enter__(self) -> Observation:
        for collection in self._collections:
            # Daemons: one that sleeps in a socket must not keep an interrupted command alive.
            threading.Thread(
                target=self._follow, args=(collection,), daemon=True, name=f"watch-{collection.kind}"
            ).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()

    @property
    def trouble(self) -> str:
        """Why the snapshot may be old, empty when it is not."""
        with self._changed:
            return next(iter(self._troubles.values()), "")

    def snapshot(self, timeout: float) -> Snapshot | None:
        """The state after the next change; None when nothing changed before the timeout."""
        with self._changed:
            self._changed.wait_for(self._news, timeout)
            if self._fatal:
                raise self._fatal
            if not self._news():
                return None
            self._seen = self._version
            return _snapshot(self._objects, frozenset(self._unwatched))

    def _news(self) -> bool:
        return bool(self._fatal) or (not self._pending and self._version > self._seen)

    def _follow(self, collection: Collection) -> None:
        pause = self._pause
        while not self._stop.is_set():
            begun = time.monotonic()
            try:
                self._follow_once(collection)
            except (Unreachable, ServiceFailure) as outage:
                if not self._survived(collection, outage):
                    return
            except Exception as error:  # whoever waits must hear of it, or would wait for ever
                self._give_up(error)
                return
            if time.monotonic() - begun < pause:
                self._stop.wait(pause)
                pause = min(2 * pause, max(_LONGEST_PAUSE, self._pause))
            else:
                pause = self._pause

    def _follow_once(self, collection: Collection) -> None:
        seen, version = _listed(self._cluster, collection)
        self._keep(collection, seen)
        if isinstance(seen, _Absent):
            if collection.optional:
                self._stop.wait(_WATCH_SECONDS)
            return
        try:
            for change in self._cluster.watch(
                collection.group,
                collection.kind,
                collection.namespace,
                version,
                fields=collection.fields,
                timeout=_WATCH_SECONDS,
            ):
                if self._stop.is_set():
                    return
                self._take(collection, change)
        except Unauthorized:
            raise
        except Forbidden:
            self._do_without_watch(collection)
        except APIError:
            return  # too old: the next list tells what is lost

    def _keep(self, collection: Collection, found: _Seen) -> None:
        with self._changed:
            same = collection in self._objects and self._objects[collection] == found
            self._objects[collection] = found
            self._troubles.pop(collection, None)
            self._pending.discard(collection)
            self._version += not same
            self._changed.notify_all()

    def _take(self, collection: Collection, change: Change) -> None:
        with self._changed:
            kept = self._objects[collection]
            if isinstance(kept, _Absent):  # pragma: no cover (a kind without objects is not watched)
                return
            if change.type == "DELETED":
                kept.pop(ref_of(change.object), None)
            else:
                kept[ref_of(change.object)] = change.object
            self._version += 1
            self._changed.notify_all()

    def _do_without_watch(self, collection: Collection) -> None:
        with self._changed:
            self._version += collection not in self._unwatched
            self._unwatched.add(collection)
            self._changed.notify_all()

    def _survived(self, collection: Collection, outage: InstallerError) -> bool:
        with self._changed:
            if collection in self._pending:
                self._fatal = outage
                self._changed.notify_all()
                return False
            self._troubles[collection] = outage.message
            return True

    def _give_up(self, error: Exception) -> None:
        with self._changed:
            self._fatal = error
            self._changed.notify_all()


def _listed(cluster: Watched, collection: Collection) -> tuple[_Seen, str]:
    try:
        found, version = cluster.list_with_version(
            collection.group, collection.kind, collection.namespace, fields=collection.fields
        )
    except NotFound:
        return _Absent.UNSERVED, ""
    except Forbidden:
        if collection.optional or collection.dispensable:
            return _Absent.HIDDEN, ""
        raise
    return {ref_of(live): live for live in found}, version
