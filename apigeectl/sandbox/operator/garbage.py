"""What the controller manager does besides: garbage collection and the end of namespaces."""

from __future__ import annotations

from collections.abc import Iterator

from apigeectl.errors import InstallerError
from apigeectl.manifests import LiveObject
from apigeectl.sandbox.operator.kinds import KINDS
from apigeectl.sandbox.operator.world import World

_FOREGROUND = "foregroundDeletion"
_ORPHAN = "orphan"
_LOOK_AGAIN_SECONDS = 0.3


def collect(world: World) -> None:
    """Delete what lost its owner, and let owners go that waited for (or left) their dependents."""
    objects = list(_all(world))
    alive = {live["metadata"]["uid"] for _, live in objects}
    for kind, live in objects:
        metadata = live["metadata"]
        finalizers = metadata.get("finalizers", ()) if "deletionTimestamp" in metadata else ()
        if _FOREGROUND in finalizers:
            _foreground(world, kind, live)
        elif _ORPHAN in finalizers:
            _orphan(world, kind, live)
        elif _abandoned(live, alive):
            world.delete(kind, live, as_seen=True)  # an orphan may have been let go since


def finish_namespaces(world: World) -> None:
    """Empty every deleted namespace and then let it go, as long as it takes."""
    for namespace in world.all("Namespace"):
        if "deletionTimestamp" not in namespace["metadata"]:
            continue
        name = namespace["metadata"]["name"]
        left = 0
        for collection in _namespaced_collections(world):
            path = collection.format(namespace=name)
            try:
                items = world.client.request("GET", path).get("items", [])
                left += len(items)
                if any("deletionTimestamp" not in item["metadata"] for item in items):
                    world.client.request("DELETE", path, {"propagationPolicy": "Background"})
            except InstallerError:
                continue  # a kind that was removed meanwhile
        if left:
            world.restart(namespace, "empty")
            world.waited(namespace, "empty", 0, least=_LOOK_AGAIN_SECONDS)
        else:
            body = {**namespace, "apiVersion": "v1", "kind": "Namespace", "spec": {"finalizers": []}}
            world.client.request("PUT", f"/api/v1/namespaces/{name}/finalize", body)


def _all(world: World) -> Iterator[tuple[str, LiveObject]]:
    for kind in KINDS:
        for live in world.all(kind):
            yield kind, live


def _abandoned(live: LiveObject, alive: set[str]) -> bool:
    owners = live["metadata"].get("ownerReferences", ())
    judged = [owner for owner in owners if owner["kind"] in KINDS]
    return bool(owners) and len(judged) == len(owners) and not any(owner["uid"] in alive for owner in owners)


def _foreground(world: World, kind: str, live: LiveObject) -> None:
    dependents = world.owned_kinds(live)
    for dependent_kind, dependent in dependents:
        world.delete(dependent_kind, dependent)
    if not dependents:
        world.finish(kind, live, _FOREGROUND)


def _orphan(world: World, kind: str, live: LiveObject) -> None:
    uid = live["metadata"]["uid"]
    for dependent_kind, dependent in world.owned_kinds(live):
        rest = [owner for owner in dependent["metadata"]["ownerReferences"] if owner["uid"] != uid]
        world.patch(dependent_kind, dependent, {"metadata": {"ownerReferences": rest}})
    world.finish(kind, live, _ORPHAN)


def _namespaced_collections(world: World) -> Iterator[str]:
    """The collections of every namespaced kind that can be emptied, as path patterns."""
    roots = ["/api/v1"]
    for group in world.client.request("GET", "/apis").get("groups", ()):
        roots.append(f"/apis/{group['preferredVersion']['groupVersion']}")
    for root in roots:
        for resource in world.client.request("GET", root).get("resources", ()):
            if resource["namespaced"] and {"list", "deletecollection"} <= set(resource.get("verbs", ())):
                yield f"{root}/namespaces/{{namespace}}/{resource['name']}"
