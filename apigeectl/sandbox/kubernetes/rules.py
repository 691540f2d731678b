"""Fields of built-in kinds that cannot be changed once they are set."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from apigeectl.manifests import LiveObject
from apigeectl.sandbox.kubernetes.kinds import Kind

Problem = tuple[str, str, str]
"""Field, reason and message, as in the causes of a Status."""


def problems(kind: Kind, live: LiveObject | None, new: LiveObject) -> Iterator[Problem]:
    """What an update may not do to a live object."""
    if live is not None and not kind.custom:
        yield from _changed_immutables(kind, live, new)


IMMUTABLE: dict[str, tuple[str, ...]] = {
    "deployments.apps": ("spec.selector",),
    "daemonsets.apps": ("spec.selector",),
    "replicasets.apps": ("spec.selector",),
    "jobs.batch": ("spec.selector", "spec.template", "spec.completions"),
    "secrets": ("type",),
    "storageclasses.storage.k8s.io": ("provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"),
    "priorityclasses.scheduling.k8s.io": ("value",),
}

_STATEFULSET_MUTABLE = (
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
)


def _changed_immutables(kind: Kind, live: LiveObject, new: LiveObject) -> Iterator[Problem]:
    for path in IMMUTABLE.get(kind.resource, ()):
        after = _at(new, path)
        if _at(live, path) != after:
            shown = _go_selector(after) if path == "spec.selector" else json.dumps(after)
            yield path, "FieldValueInvalid", f"Invalid value: {shown}: field is immutable"
    if kind.resource == "services" and _at(live, "spec.clusterIP") != _at(new, "spec.clusterIP"):
        shown = json.dumps(_at(new, "spec.clusterIP"))
        yield "spec.clusterIPs[0]", "FieldValueInvalid", f"Invalid value: [{shown}]: may not change once set"
    if kind.plural in ("rolebindings", "clusterrolebindings") and live["roleRef"] != new.get("roleRef"):
        shown = json.dumps(new.get("roleRef"))
        yield "roleRef", "FieldValueInvalid", f"Invalid value: {shown}: cannot change roleRef"
    immutable = live.get("immutable") and kind.plural in ("secrets", "configmaps")
    if immutable and any(live.get(name) != new.get(name) for name in ("data", "binaryData", "immutable")):
        yield "data", "FieldValueForbidden", "Forbidden: field is immutable when `immutable` is set"
    if kind.resource == "statefulsets.apps" and _frozen(live) != _frozen(new):
        yield "spec", "FieldValueForbidden", f"Forbidden: {_STATEFULSET_RULE}"


_STATEFULSET_RULE = (
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
    "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
)


def _frozen(live: LiveObject) -> dict[str, Any]:
    return {key: value for key, value in live["spec"].items() if key not in _STATEFULSET_MUTABLE}


def _go_selector(selector: Any) -> str:
    """A label selector as Go prints a struct."""
    labels = (selector or {}).get("matchLabels") or {}
    shown = ", ".join(f"{json.dumps(name)}:{json.dumps(labels[name])}" for name in sorted(labels))
    requirements = [
        f'v1.LabelSelectorRequirement{{Key:"{one["key"]}", Operator:"{one["operator"]}", Values:'
        + (_go_texts(one["values"]) if one.get("values") else "[]string(nil)")
        + "}"
        for one in (selector or {}).get("matchExpressions") or ()
    ]
    kind = "[]v1.LabelSelectorRequirement"
    listed = f"{kind}{{{', '.join(requirements)}}}" if requirements else f"{kind}(nil)"
    return (
        "v1.LabelSelector{MatchLabels:map[string]string"
        f"{f'{{{shown}}}' if labels else '(nil)'}, MatchExpressions:{listed}}}"
    )


def _go_texts(texts: list[str]) -> str:
    return f"[]string{{{', '.join(map(json.dumps, texts))}}}"


def _at(live: Any, path: str) -> Any:
    for name in path.split("."):
        live = live.get(name) if isinstance(live, dict) else None
    return live
