"""The story of adopt: what others installed from the same overrides becomes ours, and nothing is re-installed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from apigeectl.actions.apply import Cluster
from apigeectl.actions.preparation import Prepared
from apigeectl.actions.recording import recorded, runtime_inventory
from apigeectl.apply import engine, lease
from apigeectl.apply import plan as planning
from apigeectl.apply.changes import Event
from apigeectl.apply.ownership import INSTALLERS, is_ours
from apigeectl.apply.parallel import each
from apigeectl.apply.plan import Plan
from apigeectl.components.render import Rendering
from apigeectl.errors import Forbidden, NotFound
from apigeectl.manifests import LiveObject, Manifest
from apigeectl.readiness.wait import Progress

_HELM_RELEASE = "meta.helm.sh/release-name"
_HELM_RECORDS = "owner=helm"


def plan(prepared: Prepared, rendering: Rendering, cluster: Cluster) -> Plan:
    """What adopting would change of the objects that stand and that apigeectl did not write.

    Fields that somebody else holds are taken over: the plan says which of them would change. What does not
    exist is left to apply.
    """
    with ThreadPoolExecutor(8, thread_name_prefix="adopt") as pool:
        lives = each(pool, lambda one: _live(cluster, one), rendering.manifests, lambda one: one.ref)
    pairs = list(zip(rendering.manifests, lives, strict=True))
    foreign = [(manifest, live) for manifest, live in pairs if live is not None and not is_ours(live)]
    if not foreign:
        return Plan((), notes=("there is nothing to adopt",))
    found = planning.plan(
        cluster,
        [manifest for manifest, _ in foreign],
        inventory=runtime_inventory(prepared),
        force_conflicts=True,
        replacing=INSTALLERS,
    )
    absent = sum(live is None for _, live in pairs)
    notes = [*found.notes, *_about_helm(cluster, [live for _, live in foreign if live])]
    if absent:
        notes.append(
            f"{absent} of the {len(pairs)} objects of the file do not exist yet: they are left to apply"
        )
    return replace(found, notes=tuple(notes))


def carry_out(
    prepared: Prepared, changes: Plan, cluster: Cluster, *, again: Callable[[], Plan]
) -> Iterator[Event | Progress]:
    """Write the plan, made again under the lease of the installation; the other installers let go."""
    if not changes.writes:
        yield from engine.apply(cluster, changes)
        return
    inventory = runtime_inventory(prepared)
    with lease.held(cluster, inventory.installation, inventory.namespace):
        events = engine.apply(cluster, again(), force_conflicts=True, replacing=INSTALLERS)
        yield from recorded(cluster, prepared, inventory, "adopt", events)


def _live(cluster: Cluster, manifest: Manifest) -> LiveObject | None:
    try:
        return cluster.get(manifest.ref)
    except NotFound:
        return None


def _about_helm(cluster: Cluster, lives: Sequence[LiveObject]) -> Iterator[str]:
    """Helm's own records stay; who runs Helm again would undo, or delete, what is adopted."""
    releases = sorted({name for live in lives if (name := _release(live))})
    namespace = next((str(live["metadata"].get("namespace") or "") for live in lives if _release(live)), "")
    if not releases:
        return
    records = [name for name in _records(cluster, namespace) if _release_of(name) in releases]
    kept = f" Its records are left alone: {', '.join(records)}." if records else ""
    yield (
        f"Helm installed a part of this (release {', '.join(releases)}).{kept} `helm uninstall` would still delete "
        "these objects and `helm upgrade` change them back: delete the records once you no longer need Helm"
    )


def _release(live: LiveObject) -> str:
    return str((live["metadata"].get("annotations") or {}).get(_HELM_RELEASE) or "")


def _records(cluster: Cluster, namespace: str) -> Iterable[str]:
    try:
        return sorted(
            one["metadata"]["name"] for one in cluster.list("", "Secret", namespace, labels=_HELM_RECORDS)
        )
    except (Forbidden, NotFound):
        return ()


def _release_of(record: str) -> str:
    """`apigee-org` of the Secret sh.helm.release.v1.apigee-org.v3."""
    return record.removeprefix("sh.helm.release.v1.").rpartition(".v")[0]
