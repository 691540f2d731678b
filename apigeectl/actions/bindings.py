"""ClusterRoleBindings that installations in several namespaces share: none may take the others' accounts out of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from apigeectl.errors import Forbidden
from apigeectl.manifests import LiveObject, Manifest, ObjectRef

_KIND = "ClusterRoleBinding"
_ACCOUNT = "ServiceAccount"


class Cluster(Protocol):
    """What looking at a binding asks of a cluster."""

    def get(self, ref: ObjectRef, version: str | None = None) -> LiveObject | None: ...


def with_accounts_of_others(cluster: Cluster, manifests: Iterable[Manifest]) -> tuple[Manifest, ...]:
    """The manifests, with each ClusterRoleBinding also for the same accounts in other namespaces that it is for now.

    Its subjects are one field to the API server. An account that is gone is left out.
    """
    return tuple(_shared(cluster, one) if one.kind == _KIND else one for one in manifests)


def _shared(cluster: Cluster, manifest: Manifest) -> Manifest:
    live = cluster.get(manifest.ref)
    own = manifest.body.get("subjects") or []
    others = list(_others(cluster, own, (live or {}).get("subjects") or ()))
    if not others:
        return manifest
    subjects = sorted([*own, *others], key=lambda one: (str(one.get("namespace")), str(one.get("name"))))
    return Manifest({**manifest.body, "subjects": subjects}, manifest.component)


def _others(
    cluster: Cluster, own: list[Mapping[str, Any]], live: Iterable[Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    names = {one["name"] for one in own}
    places = {one.get("namespace") for one in own}
    for subject in live:
        name, namespace = subject.get("name"), str(subject.get("namespace") or "")
        is_other = subject.get("kind") == _ACCOUNT and name in names and namespace not in places
        if is_other and _exists(cluster, ObjectRef("", _ACCOUNT, namespace, str(name))):
            yield {"kind": _ACCOUNT, "name": name, "namespace": namespace}


def _exists(cluster: Cluster, account: ObjectRef) -> bool:
    try:
        return cluster.get(account) is not None
    except Forbidden:
        return True  # who may not look takes nothing away
