"""A cluster in memory: server-side apply with managers by field path, finalizers, watches, faults."""

from __future__ import annotations

import copy
import itertools
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apigeectl.errors import Conflict, FieldConflict, InstallerError, NotFound
from apigeectl.manifests import FIELD_MANAGER, LiveObject, Manifest, ObjectRef, ref_of

Path = tuple[str, ...]


@dataclass(frozen=True)
class Request:
    verb: str
    ref: ObjectRef
    dry_run: bool = False


@dataclass(frozen=True)
class WatchEvent:
    type: str
    object: LiveObject


class FakeCluster:
    """`faults` may raise for a request before it is carried out."""

    def __init__(self, *objects: Mapping[str, Any], unserved: Path = ()) -> None:
        self.objects: dict[ObjectRef, LiveObject] = {}
        self.requests: list[Request] = []
        self.unserved = set(unserved)
        self.faults: Callable[[Request], None] = lambda request: None
        self.established = True
        self.patience = 0.5  # how long a watch without news lasts
        self._numbers = itertools.count(1)
        self._lock = threading.RLock()
        self._watchers: list[tuple[str, str, str, queue.Queue[WatchEvent]]] = []
        for one in objects:
            self.put(one)

    # Preparing and looking, without leaving a request.

    def put(self, body: Mapping[str, Any], manager: str = "test", operation: str = "Update") -> LiveObject:
        with self._lock:
            live: LiveObject = copy.deepcopy(dict(body))
            old = self.objects.get(ref_of(live))
            live["metadata"].setdefault("uid", f"uid-{next(self._numbers)}")
            live["metadata"].setdefault("managedFields", [_entry(manager, operation, _leaves(live))])
            return self._store(live, old)

    def update(self, ref: ObjectRef, change: Callable[[LiveObject], None], manager: str = "someone") -> None:
        """As an ordinary writer does: what it changes becomes its own."""
        with self._lock:
            old = self.objects[ref]
            live = copy.deepcopy(old)
            change(live)
            before, after = _leaves(old), _leaves(live)
            changed = {path for path, value in after.items() if before.get(path, _ABSENT) != value}
            for entry in live["metadata"]["managedFields"]:
                entry["fields"] = [path for path in entry["fields"] if path not in changed and path in after]
            live["metadata"]["managedFields"].append(_entry(manager, "Update", changed))
            self._store(live, old)

    def remove(self, ref: ObjectRef) -> None:
        with self._lock:
            self._notify("DELETED", self.objects.pop(ref))

    def writes(self) -> list[Request]:
        return [one for one in self.requests if one.verb not in {"get", "list"} and not one.dry_run]

    # The methods of the real one.

    def get(self, ref: ObjectRef, version: str | None = None) -> LiveObject | None:
        self._ask("get", ref)
        return copy.deepcopy(self.objects.get(ref))

    def list(
        self, group: str, kind: str, namespace: str = "", *, labels: str = "", fields: str = ""
    ) -> list[LiveObject]:
        return self.list_with_version(group, kind, namespace, labels=labels, fields=fields)[0]

    def list_with_version(
        self, group: str, kind: str, namespace: str = "", *, labels: str = "", fields: str = ""
    ) -> tuple[list[LiveObject], str]:
        self._ask("list", ObjectRef(group, kind, namespace, ""))
        with self._lock:
            found = [
                copy.deepcopy(live)
                for ref, live in sorted(self.objects.items())
                if (ref.group, ref.kind) == (group, kind)
                and namespace in ("", ref.namespace)
                and fields in ("", f"metadata.name={ref.name}")
                and _selected(live, labels)
            ]
            return found, str(next(self._numbers))

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
    ) -> Iterator[WatchEvent]:
        self._ask("watch", ObjectRef(group, kind, namespace, ""))
        events: queue.Queue[WatchEvent] = queue.Queue()
        with self._lock:
            self._watchers.append((group, kind, namespace, events))
            missed = [
                WatchEvent("MODIFIED", copy.deepcopy(live))
                for ref, live in self.objects.items()
                if (ref.group, ref.kind) == (group, kind)
                and int(live["metadata"]["resourceVersion"]) > int(resource_version)
            ]
        yield from missed
        while True:
            try:
                event = events.get(timeout=min(timeout, self.patience))
            except queue.Empty:
                return
            if event.type == "BROKEN":
                raise event.object["error"]
            yield event

    def break_watches(self, error: InstallerError) -> None:
        with self._lock:
            for *_, events in self._watchers:
                events.put(WatchEvent("BROKEN", {"error": error}))
            self._watchers.clear()

    def apply(
        self, manifest: Manifest, *, dry_run: bool = False, force: bool = False, manager: str = FIELD_MANAGER
    ) -> LiveObject:
        self._ask("apply", manifest.ref, dry_run=dry_run)
        with self._lock:
            if manifest.namespace and not self._namespace(manifest.namespace):
                raise NotFound(f'namespaces "{manifest.namespace}" not found', status=404, reason="NotFound")
            old = self.objects.get(manifest.ref)
            live = self._merged(manifest, old, manager, force=force)
            if dry_run or live == old:
                return copy.deepcopy(live)
            return copy.deepcopy(self._store(live, old))

    def create(self, manifest: Manifest) -> LiveObject:
        self._ask("create", manifest.ref)
        with self._lock:
            if manifest.namespace and not self._namespace(manifest.namespace):
                raise NotFound(f'namespaces "{manifest.namespace}" not found', status=404, reason="NotFound")
            if manifest.ref in self.objects:
                raise Conflict(f"{manifest.ref} already exists", status=409, reason="AlreadyExists")
            return copy.deepcopy(self.put(manifest.body))

    def replace(self, live: LiveObject) -> LiveObject:
        ref = ref_of(live)
        self._ask("replace", ref)
        with self._lock:
            old = self.objects.get(ref)
            if old is None:
                raise NotFound(f"{ref} not found", status=404)
            if old["metadata"]["resourceVersion"] != live["metadata"]["resourceVersion"]:
                raise Conflict(f"{ref} has been modified", status=409, reason="Conflict")
            return copy.deepcopy(self._store(copy.deepcopy(live), old))

    def patch(
        self, ref: ObjectRef, patch: Any, *, content_type: str = "application/merge-patch+json"
    ) -> LiveObject:
        """Only what the migration sends: replace and remove below metadata."""
        self._ask("patch", ref)
        assert content_type == "application/json-patch+json"
        with self._lock:
            old = self.objects[ref]
            live = copy.deepcopy(old)
            for operation in patch:
                *parents, last = operation["path"].lstrip("/").split("/")
                at: Any = live
                for parent in parents:
                    at = at[parent]
                last = last.replace("~1", "/")
                if operation["op"] == "replace":
                    at[last] = copy.deepcopy(operation["value"])
                else:
                    del at[last]
            if live["metadata"]["resourceVersion"] != old["metadata"]["resourceVersion"]:
                raise Conflict(f"{ref} has been modified", status=409, reason="Conflict")
            return copy.deepcopy(self._store(live, old))

    def delete(self, ref: ObjectRef, *, propagation: str = "Background", uid: str | None = None) -> bool:
        self._ask("delete", ref)
        with self._lock:
            live = self.objects.get(ref)
            if live is None:
                return False
            if uid and live["metadata"]["uid"] != uid:
                raise Conflict(f"{ref}: the UID in the precondition differs", status=409, reason="Conflict")
            if live["metadata"].get("finalizers"):
                live["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
                self._store(live, None)
            else:
                self.remove(ref)
            return True

    def serves(self, group: str, kind: str, version: str | None = None) -> bool:
        return kind not in self.unserved

    def refresh_discovery(self) -> None:
        return None

    # Private.

    def _ask(self, verb: str, ref: ObjectRef, *, dry_run: bool = False) -> None:
        request = Request(verb, ref, dry_run)
        with self._lock:
            self.requests.append(request)
        self.faults(request)
        if ref.kind in self.unserved:
            raise NotFound(f"the cluster does not know {ref.kind}", status=404)

    def _namespace(self, name: str) -> bool:
        return ObjectRef("", "Namespace", "", name) in self.objects

    def _merged(self, manifest: Manifest, old: LiveObject | None, manager: str, *, force: bool) -> LiveObject:
        wanted = _leaves(manifest.body)
        live: LiveObject = copy.deepcopy(old) if old else _new(manifest, next(self._numbers))
        entries = live["metadata"].setdefault("managedFields", [])
        have = _leaves(live)
        mine = next((one for one in entries if _who(one) == (manager, "Apply")), None)
        others = [one for one in entries if one is not mine]
        changed = {path for path, value in wanted.items() if have.get(path, _ABSENT) != value}
        conflicts = [
            FieldConflict(f".{'.'.join(path)}", one["manager"], one["operation"])
            for one in others
            for path in sorted(changed & set(one["fields"]))
        ]
        if conflicts and not force:
            error = Conflict(f"{manifest.ref}: conflicts", status=409, reason="Conflict")
            error.conflicts = tuple(conflicts)
            raise error
        for one in others:
            one["fields"] = [path for path in one["fields"] if path not in changed]
        held = {path for one in others for path in one["fields"]}
        for path in set(mine["fields"] if mine else ()) - set(wanted) - held:
            _unset(live, path)
        for path, value in wanted.items():
            _set(live, path, copy.deepcopy(value))
        fresh = _entry(manager, "Apply", wanted)
        live["metadata"]["managedFields"] = [fresh, *(one for one in others if one["fields"])]
        return live

    def _store(self, live: LiveObject, old: LiveObject | None) -> LiveObject:
        metadata = live["metadata"]
        metadata["resourceVersion"] = str(next(self._numbers))
        if old is None or old.get("spec") != live.get("spec") or old.get("release") != live.get("release"):
            metadata["generation"] = int(metadata.get("generation") or 0) + 1
        if live["kind"] == "CustomResourceDefinition" and self.established:
            live["status"] = {"conditions": [{"type": "Established", "status": "True"}]}
            self.unserved.discard(live["spec"]["names"]["kind"])
        self.objects[ref_of(live)] = live
        self._notify("MODIFIED" if old else "ADDED", live)
        return live

    def _notify(self, kind: str, live: LiveObject) -> None:
        ref = ref_of(live)
        for group, wanted, namespace, events in self._watchers:
            if (group, wanted) == (ref.group, ref.kind) and namespace in ("", ref.namespace):
                events.put(WatchEvent(kind, copy.deepcopy(live)))


_ABSENT = object()
_UNTRACKED = {("apiVersion",), ("kind",)}


def _new(manifest: Manifest, number: int) -> LiveObject:
    metadata = {key: manifest.body["metadata"].get(key) for key in ("name", "namespace")}
    kept = {key: value for key, value in metadata.items() if value}
    return {
        "apiVersion": manifest.api_version,
        "kind": manifest.kind,
        "metadata": {**kept, "uid": f"uid-{number}", "resourceVersion": "0"},
    }


def _leaves(body: Mapping[str, Any], at: Path = ()) -> dict[Path, Any]:
    """Every leaf by its path; lists are atomic."""
    found: dict[Path, Any] = {}
    for key, value in body.items():
        path = (*at, key)
        if path in _UNTRACKED or (at == ("metadata",) and key not in {"labels", "annotations"}):
            continue
        if path == ("status",):
            continue
        if isinstance(value, Mapping) and value:
            found |= _leaves(value, path)
        else:
            found[path] = value
    return found


def _set(live: Any, path: Path, value: Any) -> None:
    for key in path[:-1]:
        live = live.setdefault(key, {})
    live[path[-1]] = value


def _unset(live: Any, path: Path) -> None:
    if path[0] not in live:
        return
    if len(path) == 1:
        del live[path[0]]
        return
    _unset(live[path[0]], path[1:])
    if not live[path[0]]:
        del live[path[0]]


def _entry(manager: str, operation: str, fields: Iterable[Path]) -> dict[str, Any]:
    return {"manager": manager, "operation": operation, "fields": sorted(fields)}


def _who(entry: Mapping[str, Any]) -> tuple[str, str]:
    return entry["manager"], entry["operation"]


def _selected(live: LiveObject, labels: str) -> bool:
    have = live["metadata"].get("labels") or {}
    return all(have.get(one.partition("=")[0]) == one.partition("=")[2] for one in labels.split(",") if one)


def namespace(name: str = "apigee") -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def config_map(name: str = "settings", /, *, namespace: str = "apigee", **data: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace},
        "data": data,
    }


def secret(name: str, /, *, namespace: str = "apigee", **data: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "data": data,
    }


def custom(kind: str, name: str, /, **spec: Any) -> dict[str, Any]:
    body = {
        "apiVersion": "apigee.cloud.google.com/v1alpha2",
        "kind": kind,
        "metadata": {"name": name, "namespace": "apigee"},
        "spec": spec,
    }
    return (
        body
        if kind in {"ApigeeDatastore", "ApigeeRouteConfig"}
        else {**body, "release": {"forceUpdate": True}}
    )


def definition(kind: str, plural: str) -> dict[str, Any]:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.apigee.cloud.google.com"},
        "spec": {"group": "apigee.cloud.google.com", "names": {"kind": kind, "plural": plural}},
    }


def with_finalizer(body: Mapping[str, Any], name: str = "apigee/finalizer") -> dict[str, Any]:
    return {**body, "metadata": {**body["metadata"], "finalizers": [name]}}


def manifests(*bodies: Mapping[str, Any]) -> list[Manifest]:
    return [Manifest(body) for body in bodies]
