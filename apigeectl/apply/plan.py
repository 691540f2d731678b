"""Manifests and what the cluster has to the changes a command is about to make. Nothing is written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from apigeectl.apply import inventory as inventories
from apigeectl.apply.changes import Action, Change
from apigeectl.apply.compare import changed_fields
from apigeectl.apply.inventory import Inventory, Origin
from apigeectl.apply.ownership import (
    ORIGINAL_MANAGERS,
    Managers,
    check_owner,
    first_owner,
    force_update_was_reset,
    holders,
    refuse_to_change,
    told_of,
    with_label_of,
    without_force_update,
)
from apigeectl.apply.parallel import each
from apigeectl.apply.stages import stage_number
from apigeectl.apply.submit import Applying, submit
from apigeectl.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from apigeectl.manifests import (
    APIGEE_GROUP,
    ORGANIZATION_LABEL,
    LiveObject,
    Manifest,
    ObjectRef,
    split_api_version,
)

DEFINITION = "CustomResourceDefinition"


class Cluster(Applying, inventories.Cluster, Protocol):
    """What planning needs of a cluster."""


@dataclass(frozen=True)
class Plan:
    """The changes in the order of their stages.

    Leftovers are objects that the inventory has, the cluster too, and the file no more; pruned is what
    becomes of them, when that was asked for; notes are sentences for the user; vanished is what the
    inventory has and the cluster no more; manifests is what was compared.
    """

    changes: tuple[Change, ...]
    leftovers: tuple[ObjectRef, ...] = ()
    pruned: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    vanished: tuple[ObjectRef, ...] = ()
    manifests: tuple[Manifest, ...] = field(default=(), repr=False)

    @property
    def writes(self) -> bool:
        return any(change.action.writes for change in (*self.changes, *self.pruned))


def plan(
    cluster: Cluster,
    manifests: Sequence[Manifest],
    *,
    inventory: Inventory | None = None,
    complete: bool = False,
    parts: Collection[str] = (),
    force_conflicts: bool = False,
    only_look: bool = False,
    replacing: Managers = ORIGINAL_MANAGERS,
    previous: Plan | None = None,
    workers: int = 8,
) -> Plan:
    """Compare every manifest with its live object by a server-side dry run.

    The inventory says under which installation the run is recorded; its refs are filled in here. What left
    the file can be told of the parts that the run covers, and of everything when it is complete. What the
    previous plan of the same run has found out is not asked again while its object stands as it was. Who
    only looks is told of fields that others hold in notes, and not refused.
    """
    with ThreadPoolExecutor(workers, thread_name_prefix="plan") as pool:
        pending = _Pending.of(cluster, manifests, pool)
        known = _Known.of(previous)
        planner = _Planner(cluster, pending, replacing, known, force_conflicts, only_look)
        recorded = _Recorded(inventory)
        if inventory and inventory.namespace not in pending.namespaces:
            recorded = _recorded(cluster, inventory, manifests, None if complete else parts, pool)
        if recorded.inventory:
            refs = recorded.inventory.refs | {manifest.ref for manifest in manifests}
            listing = replace(recorded.inventory, refs=refs, origin=Origin.STORED)
            manifests = [*manifests, listing.manifest()]
        changes = each(pool, planner.change, manifests, lambda manifest: manifest.ref)
    return Plan(
        tuple(sorted(changes, key=lambda change: stage_number(change.ref))),
        recorded.leftovers,
        notes=recorded.notes,
        manifests=tuple(manifests),
    )


@dataclass(frozen=True)
class _Recorded:
    """What the inventory of an installation knows, and what of it left the file."""

    inventory: Inventory | None
    leftovers: tuple[ObjectRef, ...] = ()
    notes: tuple[str, ...] = ()


def _recorded(
    cluster: Cluster,
    wanted: Inventory,
    manifests: Sequence[Manifest],
    parts: Collection[str] | None,
    pool: ThreadPoolExecutor,
) -> _Recorded:
    """The stored inventory without what is gone from these parts of the file (None: from all of it) and the cluster."""
    stored = inventories.load(cluster, wanted, {(one.group, one.kind) for one in manifests})
    known = stored.refs
    leftovers: tuple[ObjectRef, ...] = ()
    if stored.origin is Origin.STORED:
        covered = frozenset(ref for ref in known if parts is None or stored.parts.get(ref) in parts)
        leftovers = _leftovers(cluster, covered, manifests, pool)
        known = known.difference(covered).union(leftovers)
    inventory = replace(wanted, refs=known, parts={**stored.parts, **wanted.parts})
    return _Recorded(inventory, leftovers, _about(stored))


@dataclass(frozen=True)
class _Pending:
    """What the same plan brings first, so that a dry run inside it cannot be asked for yet."""

    namespaces: frozenset[str]
    kinds: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, cluster: Cluster, manifests: Sequence[Manifest], pool: ThreadPoolExecutor) -> _Pending:
        namespaces = [one for one in manifests if one.kind == "Namespace"]
        absent = each(pool, lambda one: cluster.get(one.ref) is None, namespaces, lambda one: one.ref)
        definitions = [one.body["spec"] for one in manifests if one.kind == DEFINITION]
        return cls(
            frozenset(one.name for one, gone in zip(namespaces, absent, strict=True) if gone),
            frozenset((str(spec["group"]), str(spec["names"]["kind"])) for spec in definitions),
        )


@dataclass(frozen=True)
class _Known:
    """What an earlier plan of the same run found out about each object."""

    changes: Mapping[ObjectRef, Change]
    manifests: Mapping[ObjectRef, Manifest]

    @classmethod
    def of(cls, plan: Plan | None) -> _Known:
        return cls(
            {change.ref: change for change in plan.changes} if plan else {},
            {manifest.ref: manifest for manifest in plan.manifests} if plan else {},
        )

    def still(self, manifest: Manifest, live: LiveObject | None) -> Change | None:
        """The change as it was planned, when neither the manifest nor the object is another one by now."""
        change, planned = self.changes.get(manifest.ref), self.manifests.get(manifest.ref)
        if change is None or planned is None or planned.body != manifest.body:
            return None
        return change if change.result and _version(change.live) == _version(live) else None


def _version(live: LiveObject | None) -> tuple[Any, Any]:
    metadata = (live or {}).get("metadata") or {}
    return metadata.get("uid"), metadata.get("resourceVersion")


@dataclass(frozen=True)
class _Planner:
    cluster: Cluster
    pending: _Pending
    replacing: Managers
    known: _Known
    force_conflicts: bool
    only_look: bool

    def change(self, manifest: Manifest) -> Change:
        try:
            return self._change(manifest)
        except Conflict as conflict:
            if not (self.only_look and conflict.conflicts):
                raise
            change = replace(self, force_conflicts=True)._change(manifest)
            note = f"{told_of(conflict.conflicts)}: apply stops there without --force-conflicts"
            return replace(change, note=note)

    def _change(self, manifest: Manifest) -> Change:
        ref = manifest.ref
        if manifest.namespace in self.pending.namespaces:
            return Change(ref, Action.CREATE, manifest, note="not asked: its namespace comes with this run")
        version = split_api_version(manifest.api_version)[1]
        try:
            live = self.cluster.get(ref, version=version)
        except NotFound:
            if (manifest.group, manifest.kind) not in self.pending.kinds:
                raise
            return self._before_its_definition(manifest)
        if known := self.known.still(manifest, live):
            return known
        if live is None:
            # Asking about a definition costs the server seconds, and what depends on it is not asked either.
            result = None if ref.kind == DEFINITION else self._dry_run(manifest)
            return Change(ref, Action.CREATE, manifest, result=result)
        if live["metadata"].get("deletionTimestamp"):
            raise Refused(f"{ref} is being deleted", hint="wait until it is gone, then run again")
        check_owner(
            ref, live, str((manifest.body["metadata"].get("labels") or {}).get(ORGANIZATION_LABEL, ""))
        )
        owner = first_owner(manifest, live)
        if owner and self._is_installed(owner, manifest.namespace):
            return self._of_another(with_label_of(manifest, owner), live, owner)
        return self._compared(manifest, live)

    def _is_installed(self, installation: str, namespace: str) -> bool:
        return bool(self.cluster.get(ObjectRef(APIGEE_GROUP, "ApigeeOrganization", namespace, installation)))

    def _of_another(self, manifest: Manifest, live: LiveObject, owner: str) -> Change:
        """What several installations share belongs to the first; two files would rewrite it in turn."""
        change = self._compared(manifest, live)
        content = [field for field in change.fields if not field.startswith("metadata.")]
        if content:
            raise refuse_to_change(manifest.ref, content, owner)
        note = f"it belongs to the installation of {owner}"
        return replace(change, action=Action.UNCHANGED, fields=(), note=note)

    def _compared(self, manifest: Manifest, live: LiveObject) -> Change:
        ref = manifest.ref
        settled = without_force_update(manifest) if force_update_was_reset(manifest, live) else manifest
        result = None
        try:
            result = self._dry_run(settled)
        except (Forbidden, Invalid):  # a webhook may let a real change pass only with release.forceUpdate
            if settled is manifest:
                raise
        fields = changed_fields(live, result) if result else ()
        if settled is not manifest and (fields or not result):
            result = self._dry_run(manifest)
            fields = changed_fields(live, result)
        if fields:
            return Change(ref, Action.CONFIGURE, manifest, live, result, fields)
        left = holders(live, self.replacing)
        if left:
            note = f"taken over from {', '.join(left)}"
            return Change(ref, Action.CONFIGURE, settled, live, result, note=note)
        return Change(ref, Action.UNCHANGED, settled, live, result)

    def _dry_run(self, manifest: Manifest) -> dict[str, object]:
        return submit(self.cluster, manifest, dry_run=True, force_conflicts=self.force_conflicts)

    def _before_its_definition(self, manifest: Manifest) -> Change:
        note = "not asked: its definition comes with this run"
        try:
            live = self.cluster.get(manifest.ref)  # perhaps the definition only gains a version
        except NotFound:
            live = None
        return Change(manifest.ref, Action.CONFIGURE if live else Action.CREATE, manifest, live, note=note)


def _about(stored: Inventory) -> tuple[str, ...]:
    if stored.origin is Origin.STORED or (stored.origin is Origin.MISSING and not stored.refs):
        return ()
    return (
        f"the inventory {stored.ref} is {stored.origin.value}: rebuilt from the labels of "
        f"{len(stored.refs)} objects; what has left the file cannot be told in this run",
    )


def _leftovers(
    cluster: Cluster, covered: frozenset[ObjectRef], manifests: Iterable[Manifest], pool: ThreadPoolExecutor
) -> tuple[ObjectRef, ...]:
    gone = sorted(covered - {manifest.ref for manifest in manifests})

    def stands(ref: ObjectRef) -> bool:
        try:
            return cluster.get(ref) is not None
        except NotFound:
            return False

    standing = each(pool, stands, gone, lambda ref: ref)
    return tuple(ref for ref, there in zip(gone, standing, strict=True) if there)
