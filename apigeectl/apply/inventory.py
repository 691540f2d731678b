"""What we applied, as one ConfigMap for each installation and one for what init brings."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Protocol

from apigeectl.apply.submit import submit
from apigeectl.errors import Forbidden, NotFound
from apigeectl.manifests import (
    COMPONENT_LABEL,
    FIELD_MANAGER,
    MANAGED_BY_LABEL,
    ORGANIZATION_LABEL,
    LiveObject,
    Manifest,
    ObjectRef,
    ref_of,
)

_PREFIX = "apigeectl-inventory-"
_COMPONENT = "inventory"
_FIELDS = ("group", "kind", "namespace", "name")


class Cluster(Protocol):
    """What keeping an inventory needs of a cluster."""

    def get(self, ref: ObjectRef, version: str | None = None) -> LiveObject | None: ...
    def list(
        self, group: str, kind: str, namespace: str = "", *, labels: str = "", fields: str = ""
    ) -> Iterable[LiveObject]: ...
    def apply(self, manifest: Manifest, *, dry_run: bool = False, force: bool = False) -> LiveObject: ...
    def delete(self, ref: ObjectRef, *, propagation: str = "Background", uid: str | None = None) -> bool: ...


class Origin(Enum):
    """Where the refs of an inventory come from."""

    STORED = "stored"
    MISSING = "missing"
    DAMAGED = "damaged"


@dataclass(frozen=True)
class Inventory:
    """The refs of one installation (organization ID, or "init"), and the run that wrote them.

    Only a stored one may tell what left the file; one rebuilt from labels is a guess. `parts` says which
    part of the file brought an object (like "all_envs"), for runs that cover only some of them.
    """

    installation: str
    namespace: str
    organization: str = ""
    release: str = ""
    refs: frozenset[ObjectRef] = frozenset()
    parts: Mapping[ObjectRef, str] = field(default_factory=dict, hash=False)
    origin: Origin = Origin.STORED

    @property
    def ref(self) -> ObjectRef:
        return ObjectRef("", "ConfigMap", self.namespace, _PREFIX + self.installation)

    def manifest(self) -> Manifest:
        """The ConfigMap; the same inventory always gives the same bytes."""
        labels = {MANAGED_BY_LABEL: FIELD_MANAGER, COMPONENT_LABEL: _COMPONENT}
        if self.installation != INIT:
            labels[ORGANIZATION_LABEL] = self.installation
        refs = [self._entry(ref) for ref in sorted(self.refs)]
        body = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": self.ref.name, "namespace": self.namespace, "labels": labels},
            "data": {
                "organization": self.organization,
                "release": self.release,
                "refs": json.dumps(refs, separators=(",", ":"), sort_keys=True),
            },
        }
        return Manifest(body, _COMPONENT)

    def _entry(self, ref: ObjectRef) -> dict[str, str]:
        part = self.parts.get(ref)
        names = {"group": ref.group, "kind": ref.kind, "namespace": ref.namespace, "name": ref.name}
        return {**names, "part": part} if part else names


INIT = "init"
"""The installation that init makes: the operator and what it needs, shared by all organizations."""


def load(cluster: Cluster, wanted: Inventory, kinds: Collection[tuple[str, str]]) -> Inventory:
    """What is stored for an installation; missing or damaged, the refs are those that carry our labels."""
    live = cluster.get(wanted.ref)
    if live is None:
        return _rebuilt(cluster, wanted, kinds, Origin.MISSING)
    refs = refs_in(live)
    if refs is None:
        return _rebuilt(cluster, wanted, kinds, Origin.DAMAGED)
    data = live["data"]
    return replace(
        wanted,
        organization=str(data.get("organization") or ""),
        release=str(data.get("release") or ""),
        refs=refs,
        parts={**wanted.parts, **_parts_in(live)},
    )


def refs_in(live: LiveObject) -> frozenset[ObjectRef] | None:
    """What the ConfigMap of an inventory lists; None when it is damaged."""
    try:
        return frozenset(
            ObjectRef(*(str(entry[name]) for name in _FIELDS)) for entry in json.loads(live["data"]["refs"])
        )
    except (KeyError, TypeError, ValueError):
        return None


def forget(cluster: Cluster, wanted: Inventory, gone: Collection[ObjectRef]) -> None:
    """Take deleted objects out of the stored inventory, and it with the last of them."""
    stored = load(cluster, wanted, ())
    if stored.origin is not Origin.STORED:
        return
    rest = stored.refs.difference(gone)
    if not rest:
        cluster.delete(stored.ref)
    elif rest != stored.refs:
        submit(cluster, replace(stored, refs=rest).manifest())


def _rebuilt(
    cluster: Cluster, wanted: Inventory, kinds: Collection[tuple[str, str]], origin: Origin
) -> Inventory:
    who = (
        f"{COMPONENT_LABEL}={INIT}"
        if wanted.installation == INIT
        else f"{ORGANIZATION_LABEL}={wanted.installation}"
    )
    labels = f"{MANAGED_BY_LABEL}={FIELD_MANAGER},{who}"
    place = "" if wanted.installation == INIT else wanted.namespace
    refs: set[ObjectRef] = set()
    for group, kind in sorted(kinds):
        try:
            found = cluster.list(group, kind, place, labels=labels)
        except (NotFound, Forbidden):
            continue  # a kind that is not served has no objects; one we may not list stays unknown
        refs |= {ref_of(live) for live in found if not live["metadata"].get("ownerReferences")}
    return replace(wanted, refs=frozenset(refs - {wanted.ref}), origin=origin)


def _parts_in(live: LiveObject) -> dict[ObjectRef, str]:
    return {
        ObjectRef(*(str(entry[name]) for name in _FIELDS)): str(entry["part"])
        for entry in json.loads(live["data"]["refs"])
        if "part" in entry
    }
