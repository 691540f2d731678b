"""What becomes of objects that left the overrides file, when their end was asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from apigeectl.apply.changes import Action, Change
from apigeectl.apply.delete import Cluster, plan_delete
from apigeectl.manifests import ObjectRef


def plan_prune(
    cluster: Cluster,
    leftovers: Iterable[ObjectRef],
    *,
    installation: str,
    namespace: str,
    operator_namespace: str,
) -> tuple[Change, ...]:
    """Each leftover deleted, or skipped with the reason: a guard holds it, it is not ours, it has an owner."""
    found = plan_delete(
        cluster,
        (),
        installation=installation,
        namespace=namespace,
        operator_namespace=operator_namespace,
        recorded=frozenset(leftovers),
    )
    return tuple(map(_unless_owned, found.changes))


def as_shown(pruned: Iterable[Change], shown: Iterable[Change]) -> tuple[Change, ...]:
    """What was planned anew, as far as the user has seen it: what was not shown to go stays until the next run."""
    seen = {one.ref for one in shown if one.action is Action.DELETE}
    return tuple(
        one
        if one.action is not Action.DELETE or one.ref in seen
        else replace(one, action=Action.SKIP, note="it left the file since the plan was shown; run again")
        for one in pruned
    )


def _unless_owned(change: Change) -> Change:
    owners = ((change.live or {}).get("metadata") or {}).get("ownerReferences") or ()
    if change.action is not Action.DELETE or not owners:
        return change
    owner = f"{owners[0].get('kind')}/{owners[0].get('name')}"
    return replace(change, action=Action.SKIP, note=f"it belongs to {owner} and goes with it")
