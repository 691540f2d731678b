"""Server-side apply, and who owns which field of an object.

Pure functions over plain objects. The rules are those of the API server: an apply merges and owns what it
names, a plain write owns what it changed, and a change of a field that somebody else owns is a conflict for
an apply and a takeover for a plain write.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from apigeectl.sandbox.kubernetes import comparing, field_sets, merging
from apigeectl.sandbox.kubernetes.field_sets import NONE, Fields, Path
from apigeectl.sandbox.kubernetes.list_items import StructureMismatch
from apigeectl.sandbox.kubernetes.managers import Managers, Owned, Writer, cap_updates, parse_managers
from apigeectl.sandbox.kubernetes.schema import ANYTHING, Schema, default, empty_object
from apigeectl.sandbox.kubernetes.structure import Node
from apigeectl.sandbox.kubernetes.typed_objects import check_fits

__all__ = ["ApplyConflict", "ApplyInvalid", "Writer", "apply", "update"]

Object = dict[str, Any]


class ApplyConflict(Exception):
    """Another manager owns fields that the apply would change. Words and causes for the Status."""

    def __init__(self, conflicts: Sequence[tuple[Writer, Path]]) -> None:
        self.fields: Fields = NONE | {path for _, path in conflicts}
        self.causes = [
            {
                "reason": "FieldManagerConflict",
                "message": f"conflict with {owner.title}",
                "field": field_sets.dotted(path),
            }
            for owner, path in conflicts
        ]
        self.message = _conflict_message(self.causes)
        super().__init__(self.message)


class ApplyInvalid(Exception):
    """The configuration does not fit the kind; the API server answers 500 with this message."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def apply(
    live: Object | None, config: Object, writer: Writer, schema: Schema | None, *, force: bool
) -> Object:
    """The object after a server-side apply, its managedFields included; no live object means create.

    Raises ApplyConflict (unless forced) and ApplyInvalid.
    """
    schema = schema or ANYTHING
    node = schema.root
    try:
        check_fits(node, config)
    except StructureMismatch as mismatch:
        raise ApplyInvalid(f"failed to create typed patch object ({_describe(config)}): {mismatch}") from None
    before = _bare(live) if live else empty_object(schema, config)
    managers = parse_managers(_entries(live)) or Managers()
    if not managers:
        managers = _before_first_apply(before, writer, schema)
    me = replace(writer, operation="Apply")
    previous = managers.fields(me)
    claimed = field_sets.without_trees(merging.fields_of(node, config), schema.reset(writer.subresource))
    managers.set(me, claimed)
    merged = merging.merge(node, before, config)
    merged = _drop_abandoned(node, merged, previous, managers)
    _take_over(managers, me, _changes(before, merged, schema, writer), force=force)
    managers.strip(me, _NEVER_OWNED)
    if live and comparing.equal(before, merged):
        return _with_managers(before, managers)
    managers.touch(me)
    result = _with_managers(default(merged, schema), managers)
    return _keep_times(live, result) if live else result


def update(old: Object | None, new: Object, writer: Writer, schema: Schema | None) -> Object:
    """The new object with its managedFields worked out anew: after a POST, a PUT or any other patch."""
    schema = schema or ANYTHING
    managers = _managers_for_update(old, new, writer)
    after = _bare(new)
    if not managers and old and old["metadata"].get("uid"):
        return after  # nobody tracked it so far: the first apply begins
    before = _bare(old) if old else empty_object(schema, new)
    try:
        managers = _record_update(managers, before, after, writer, schema)
    except StructureMismatch:
        return after  # list items without their keys: the API server gives up on owners, and goes on
    cap_updates(managers)
    result = _with_managers(after, managers)
    return _keep_times(old, result) if old else result


# --- steps ------------------------------------------------------------------------------------------


def _changes(before: Object, after: Object, schema: Schema, writer: Writer) -> comparing.Comparison:
    return comparing.compare(schema.root, before, after).without(schema.reset(writer.subresource))


def _record_update(
    managers: Managers, before: Object, after: Object, writer: Writer, schema: Schema
) -> Managers:
    me = replace(writer, operation="Update")
    changes = _changes(before, after, schema, writer)
    _take_over(managers, None, changes, force=True)
    taken = (changes.added | changes.modified) - _NEVER_OWNED
    if taken:
        managers.set(me, managers.fields(me) | taken)
        managers.touch(me)
    return managers


def _before_first_apply(before: Object, writer: Writer, schema: Schema) -> Managers:
    first = replace(writer, manager="before-first-apply", operation="Update")
    return _record_update(Managers(), empty_object(schema, before), before, first, schema)


def _take_over(managers: Managers, me: Writer | None, changes: comparing.Comparison, *, force: bool) -> None:
    """What changed leaves the other managers; without force they are asked first."""
    others = [owned for owned in managers if me is None or owned.writer.identity != me.identity]
    touched = changes.added | changes.modified
    if not force:
        conflicts = [
            (owned.writer, path)
            for owned in sorted(others, key=_message_order)
            for path in field_sets.in_order(owned.fields & touched)
        ]
        if conflicts:
            raise ApplyConflict(conflicts)
    for owned in others:
        managers.set(owned.writer, owned.fields - touched - changes.removed)


def _drop_abandoned(node: Node, merged: Object, previous: Fields, managers: Managers) -> Object:
    """Remove what the manager applied last time, applies no longer, and nobody else owns."""
    if not previous:
        return merged
    owned = frozenset[Path]().union(*(entry.fields for entry in managers))
    everything = merging.with_named_parents(node, merging.fields_of(node, merged))
    last = merging.with_named_parents(node, previous)
    bare = merging.remove(node, merged, last)
    left = merging.with_named_parents(node, merging.fields_of(node, bare))
    owned = merging.with_named_parents(node, owned)
    restored = merging.remove(node, merged, everything - (left | owned))
    left = merging.with_named_parents(node, merging.fields_of(node, restored))
    result: Object = merging.remove(node, merged, (everything - left) & last)
    return result


def _managers_for_update(old: Object | None, new: Object, writer: Writer) -> Managers:
    """The owners that a write starts from: those it sends, else those of the live object."""
    sent = new["metadata"].get("managedFields")
    if not writer.subresource and sent is not None:
        if sent in ([], [{}]):
            return Managers()
        managers = parse_managers(sent)
        if managers:
            return managers
    return parse_managers(_entries(old)) or Managers()


def _keep_times(old: Object, new: Object) -> Object:
    """Times go back when nothing but times would change: such a write is none."""
    ours, theirs = new["metadata"].get("managedFields", []), _entries(old)
    if [_timeless(entry) for entry in ours] != [_timeless(entry) for entry in theirs]:
        return new
    if not ours or not comparing.equal(_bare(old), _bare(new)):
        return new
    return {**new, "metadata": {**new["metadata"], "managedFields": copy.deepcopy(theirs)}}


def _timeless(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key != "time"}


def _entries(live: Object | None) -> list[Mapping[str, Any]]:
    return (live or {}).get("metadata", {}).get("managedFields") or []


def _bare(body: Object) -> Object:
    """A copy without managedFields."""
    metadata = {key: value for key, value in body["metadata"].items() if key != "managedFields"}
    return copy.deepcopy({**body, "metadata": metadata})


def _with_managers(body: Object, managers: Managers) -> Object:
    entries = managers.entries()
    metadata = {**body["metadata"], **({"managedFields": entries} if entries else {})}
    return copy.deepcopy({**body, "metadata": metadata})


_NEVER_OWNED: Fields = NONE | {
    ("f:apiVersion",),
    ("f:kind",),
    ("f:metadata",),
    *(
        ("f:metadata", f"f:{name}")
        for name in (
            "name",
            "namespace",
            "creationTimestamp",
            "selfLink",
            "uid",
            "clusterName",
            "generation",
            "managedFields",
            "resourceVersion",
        )
    ),
}


# --- words ------------------------------------------------------------------------------------------


def _message_order(owned: Owned) -> str:
    return owned.writer.identifier


def _conflict_message(causes: list[dict[str, str]]) -> str:
    if len(causes) == 1:
        return f"Apply failed with 1 conflict: {causes[0]['message']}: {causes[0]['field']}"
    lines: list[str] = []
    for owner in dict.fromkeys(cause["message"] for cause in causes):
        lines.append(f"{owner.replace('conflict', 'conflicts', 1)}:")
        lines += [f"- {cause['field']}" for cause in causes if cause["message"] == owner]
    return f"Apply failed with {len(causes)} conflicts: " + "\n".join(lines)


def _describe(config: Object) -> str:
    group, _, version = str(config.get("apiVersion", "")).rpartition("/")
    metadata = config.get("metadata") or {}
    kind = f"{group}/{version}, Kind={config.get('kind', '')}"
    return f"{metadata.get('namespace', '')}/{metadata.get('name', '')}; {kind}"
