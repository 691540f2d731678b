"""What a controller sees and does: the cached objects, writes through the API, waiting times."""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from apigeectl.errors import APIError, Conflict, Forbidden, NotFound
from apigeectl.manifests import LiveObject
from apigeectl.sandbox.faults import Faults
from apigeectl.sandbox.operator.cache import Cache
from apigeectl.sandbox.operator.client import MERGE_PATCH, Client
from apigeectl.sandbox.operator.kinds import KINDS, established, storage_version

_LOOK_AGAIN_SECONDS = 0.3
_NAME_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


class World:
    """The desk that all controllers share. One pass at a time; only the cache is filled from outside."""

    def __init__(self, client: Client, cache: Cache, faults: Faults, speed: float) -> None:
        self.client = client
        self.cache = cache
        self.faults = faults
        self.speed = speed
        self.refused: deque[str] = deque(maxlen=100)
        self._started: dict[tuple[str, str], float] = {}
        self._next_look: float | None = None
        self._owned: dict[str, list[tuple[str, LiveObject]]] = {}

    def begin(self) -> None:
        """Start a pass."""
        self._next_look = None
        self._owned = {}
        for kind in KINDS:
            for live in self.cache.all(kind):
                for owner in live["metadata"].get("ownerReferences", ()):
                    self._owned.setdefault(owner["uid"], []).append((kind, live))

    def pause(self) -> float | None:
        """How long nothing can happen unless the cluster changes; None: for ever."""
        return None if self._next_look is None else max(0.0, self._next_look - time.monotonic())

    # -- seeing ----------------------------------------------------------------------------------------

    def all(self, kind: str) -> list[LiveObject]:
        """Every object of a kind."""
        return self.cache.all(kind)

    def get(self, kind: str, namespace: str, name: str) -> LiveObject | None:
        """One object, or None."""
        return self.cache.get(kind, namespace, name)

    def owned(self, owner: LiveObject, kind: str) -> list[LiveObject]:
        """The objects of a kind that the owner has at the beginning of this pass."""
        return [live for found, live in self._owned.get(owner["metadata"]["uid"], ()) if found == kind]

    def owned_kinds(self, owner: LiveObject) -> list[tuple[str, LiveObject]]:
        """All that the owner has by now, what this pass has made included, with kinds."""
        uid = owner["metadata"]["uid"]
        return [
            (kind, live)
            for kind in KINDS
            for live in self.cache.all(kind)
            if any(reference["uid"] == uid for reference in live["metadata"].get("ownerReferences", ()))
        ]

    def serves(self, kind: str) -> bool:
        """Whether the API server knows the kind."""
        crd = KINDS[kind].crd
        return not crd or established(self.cache.get("CustomResourceDefinition", "", crd))

    def path(self, kind: str, namespace: str = "", name: str = "") -> str:
        """The path of a collection or an object, in the version that is stored."""
        crd = self.cache.get("CustomResourceDefinition", "", KINDS[kind].crd)
        return KINDS[kind].path(namespace, name, version=storage_version(crd) if crd else "")

    def each(self, objects: Iterable[LiveObject], act: Callable[[LiveObject], None]) -> None:
        """Act on every object; one that the API server refuses to change does not hold up the others."""
        for live in objects:
            try:
                act(live)
            except APIError as error:
                self.refused.append(str(error))
                self._due(time.monotonic() + _LOOK_AGAIN_SECONDS, time.monotonic())

    # -- waiting ---------------------------------------------------------------------------------------

    def waited(self, live: LiveObject, step: str, seconds: float, *, least: float = 0.0) -> bool:
        """Whether so many (sandbox) seconds are over since this was first asked of the object's step;
        `least` are real ones, for what would otherwise spin at speed 0."""
        now = time.monotonic()
        started = self._started.setdefault((live["metadata"]["uid"], step), now)
        return self._due(started + max(seconds * self.speed, least), now)

    def restart(self, live: LiveObject, step: str) -> None:
        """Begin to wait anew for a step."""
        self._started.pop((live["metadata"]["uid"], step), None)

    def _due(self, moment: float, now: float) -> bool:
        if moment <= now:
            return True
        self._next_look = min(moment, self._next_look or moment)
        return False

    # -- doing -----------------------------------------------------------------------------------------

    def create(self, kind: str, body: Mapping[str, Any]) -> LiveObject | None:
        """Create an object; None when it exists already, or is refused for now (its namespace is ending)."""
        metadata = body["metadata"]
        body = {"apiVersion": self.api_version(kind), "kind": kind, **body}
        path = self.path(kind, metadata.get("namespace", ""))
        try:
            live = self.client.request("POST", path, body)
        except Conflict:
            return None
        except (Forbidden, NotFound) as error:
            self.refused.append(str(error))
            self._due(time.monotonic() + _LOOK_AGAIN_SECONDS, time.monotonic())
            return None
        self.cache.put(kind, live)
        return live

    def patch(self, kind: str, live: LiveObject, patch: Any, subresource: str = "") -> LiveObject | None:
        """Merge-patch an object; None when it is gone."""
        metadata = live["metadata"]
        path = self.path(kind, metadata.get("namespace", ""), metadata["name"])
        suffix = f"/{subresource}" if subresource else ""
        try:
            changed = self.client.request("PATCH", path + suffix, patch, content_type=MERGE_PATCH)
        except NotFound:
            return None
        self.cache.put(kind, changed)
        return changed

    def patch_status(self, kind: str, live: LiveObject, status: Mapping[str, Any]) -> None:
        """Patch the status, if anything in it would change."""
        if not _contains(live.get("status", {}), status):
            self.patch(kind, live, {"status": status}, "status")

    def delete(self, kind: str, live: LiveObject, *, grace: int | None = None, as_seen: bool = False) -> None:
        """Delete an object in the background, once; `as_seen` only while nobody has changed it."""
        metadata = live["metadata"]
        if "deletionTimestamp" in metadata and grace is None:
            return
        options: dict[str, Any] = {
            "propagationPolicy": "Background",
            "preconditions": {"uid": metadata["uid"]},
        }
        if as_seen:
            options["preconditions"]["resourceVersion"] = metadata["resourceVersion"]
        if grace is not None:
            options["gracePeriodSeconds"] = grace
        path = self.path(kind, metadata.get("namespace", ""), metadata["name"])
        try:
            answer = self.client.request("DELETE", path, options)
        except (NotFound, Conflict):
            return
        if answer.get("kind") == "Status":
            self.cache.drop(kind, live)
        elif "metadata" in answer:
            self._take_deleted(kind, answer, gone=grace == 0)

    def _take_deleted(self, kind: str, answer: LiveObject, *, gone: bool) -> None:
        if gone and not answer["metadata"].get("finalizers"):
            self.cache.drop(kind, answer)
        elif "resourceVersion" in answer["metadata"]:
            self.cache.put(kind, answer)

    def finish(self, kind: str, live: LiveObject, finalizer: str) -> None:
        """Take our finalizer off a deleted object."""
        rest = [name for name in live["metadata"].get("finalizers", ()) if name != finalizer]
        patch = {"metadata": {"finalizers": rest, "resourceVersion": live["metadata"]["resourceVersion"]}}
        self.patch(kind, live, patch)

    def api_version(self, kind: str) -> str:
        """The apiVersion in which the API server stores the kind."""
        crd = self.cache.get("CustomResourceDefinition", "", KINDS[kind].crd)
        group = KINDS[kind].api_version.rpartition("/")[0]
        return f"{group}/{storage_version(crd)}" if crd else KINDS[kind].api_version


def owner_reference(kind: str, api_version: str, owner: LiveObject) -> dict[str, Any]:
    """The reference that makes an object the owner's own."""
    metadata = owner["metadata"]
    return {
        "apiVersion": api_version,
        "kind": kind,
        "name": metadata["name"],
        "uid": metadata["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def random_suffix(length: int = 5) -> str:
    """The random end of a generated name, in the letters that Kubernetes uses."""
    return "".join(random.choices(_NAME_LETTERS, k=length))  # noqa: S311


def timestamp(seconds: float | None = None) -> str:
    """A moment as Kubernetes writes it; now, when none is given."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def is_ready(pod: LiveObject) -> bool:
    """Whether the pod is Ready and not on its way out."""
    return "deletionTimestamp" not in pod["metadata"] and condition_true(pod, "Ready")


def condition_true(live: LiveObject, name: str) -> bool:
    """Whether a condition of the object is True."""
    conditions: Iterable[Mapping[str, Any]] = live.get("status", {}).get("conditions") or ()
    return any(c["type"] == name and c["status"] == "True" for c in conditions)


def labels(live: LiveObject) -> dict[str, str]:
    """The object's labels."""
    return dict(live["metadata"].get("labels") or {})


Controller = Callable[[World], None]


def _contains(have: Any, want: Any) -> bool:
    if isinstance(want, Mapping):
        return isinstance(have, Mapping) and all(_contains(have.get(k), v) for k, v in want.items())
    return bool(have == want)
