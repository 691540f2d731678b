"""CustomResourceDefinitions: how they are completed, accepted, established, served and cleaned up."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

from apigeectl.manifests import LiveObject
from apigeectl.sandbox.kubernetes import deletion, managed_fields
from apigeectl.sandbox.kubernetes.control_plane import ControlPlane, now
from apigeectl.sandbox.kubernetes.kinds import CUSTOM_VERBS, DEFINITIONS, Kind, Scale
from apigeectl.sandbox.kubernetes.managed_fields import Writer

CLEANUP = "customresourcecleanup.apiextensions.k8s.io"


def newborn(new: LiveObject) -> LiveObject:
    """A new definition: nothing accepted yet."""
    done = completed(new)
    stored = [entry["name"] for entry in done["spec"]["versions"] if entry.get("storage")]
    status = {"conditions": [], "acceptedNames": {"plural": "", "kind": ""}, "storedVersions": stored}
    return {**done, "status": status}


def problems(new: LiveObject) -> Iterator[tuple[str, str, str]]:
    """Rules of definitions that a hand-written one is likely to break."""
    spec, name = new.get("spec") or {}, new["metadata"].get("name", "")
    names, versions = spec.get("names") or {}, spec.get("versions") or []
    needed = {"spec.group": spec.get("group"), "spec.scope": spec.get("scope"), "spec.versions": versions}
    needed |= {f"spec.names.{part}": names.get(part) for part in ("plural", "kind")}
    missing = [path for path, value in needed.items() if not value]
    if missing:
        yield from ((path, "FieldValueRequired", "Required value") for path in missing)
        return
    if name != f"{names['plural']}.{spec['group']}":
        why = 'must be spec.names.plural+"."+spec.group'
        yield "metadata.name", "FieldValueInvalid", f'Invalid value: "{name}": {why}'
    for place, entry in enumerate(versions):
        if not (entry.get("schema") or {}).get("openAPIV3Schema"):
            path = f"spec.versions[{place}].schema.openAPIV3Schema"
            yield path, "FieldValueRequired", "Required value: schemas are required"
    if sum(1 for entry in versions if entry.get("storage")) != 1:
        why = "must have exactly one version marked as storage version"
        yield "spec.versions", "FieldValueInvalid", f"Invalid value: {why}"


def completed(new: LiveObject) -> LiveObject:
    """The names that may be left out."""
    names = new["spec"]["names"]
    singular, listed = names["kind"].lower(), f"{names['kind']}List"
    names = {"singular": singular, "listKind": listed, **{key: name for key, name in names.items() if name}}
    return {**new, "spec": {"conversion": {"strategy": "None"}, **new["spec"], "names": names}}


def kind_of(definition: LiveObject) -> Kind:
    """The kind that a definition defines."""
    spec = definition["spec"]
    names, versions = spec["names"], spec["versions"]
    subresources = [entry.get("subresources") or {} for entry in versions]
    scale = next((one["scale"] for one in subresources if "scale" in one), None)
    return Kind(
        group=spec["group"],
        versions=tuple(sorted((entry["name"] for entry in versions if entry.get("served")), key=seniority)),
        kind=names["kind"],
        plural=names["plural"],
        singular=names["singular"],
        namespaced=spec["scope"] == "Namespaced",
        short_names=tuple(names.get("shortNames") or ()),
        categories=tuple(names.get("categories") or ()),
        status=any("status" in one for one in subresources),
        scale=_scale(scale),
        generation="*",
        custom=True,
        verbs=CUSTOM_VERBS,
        list_kind=names["listKind"],
    )


def reconcile(plane: ControlPlane, name: str) -> None:
    """Bring what is served in line with a definition that came, changed or is to go."""
    with plane.store.lock:
        definition = plane.store.get(DEFINITIONS.key, "", name)
        if definition is None:
            return
        if definition["metadata"].get("deletionTimestamp"):
            _clean_up(plane, definition)
        else:
            _establish(plane, definition)


def _establish(plane: ControlPlane, definition: LiveObject) -> None:
    problem = _certificate_problem(definition)
    now_conditions = [
        _condition("NamesAccepted", "True", "NoConflicts", "no conflicts found"),
        _condition("Established", "False", "InvalidCABundle", problem)
        if problem
        else _condition(
            "Established", "True", "InitialNamesAccepted", "the initial names have been accepted"
        ),
    ]
    status = definition.get("status") or {}
    conditions = _kept_times(status.get("conditions") or [], now_conditions)
    accepted = definition["spec"]["names"]
    finalizers = definition["metadata"].get("finalizers") or []
    if not problem:
        plane.kinds.add(kind_of(definition))
        finalizers = [*finalizers, *({CLEANUP} - set(finalizers))]
    metadata = {**definition["metadata"], **({"finalizers": finalizers} if finalizers else {})}
    updated = {
        **definition,
        "metadata": metadata,
        "status": {**status, "conditions": conditions, "acceptedNames": accepted},
    }
    if updated != definition:
        writer = Writer("kube-apiserver", "Update", DEFINITIONS.api_version("v1"), "status", now())
        schema = plane.schema(DEFINITIONS, "v1")
        plane.store.put(DEFINITIONS.key, managed_fields.update(definition, updated, writer, schema))


def _clean_up(plane: ControlPlane, definition: LiveObject) -> None:
    """Delete the objects first; the definition goes when the last one is gone."""
    kind = kind_of(definition)
    items, _ = plane.store.list(kind.key)
    for live in items:
        deletion.remove(plane, kind, live, deletion.DeleteOptions())
    if plane.store.list(kind.key)[0]:
        return
    plane.kinds.remove(kind.key)
    finalizers = [one for one in definition["metadata"].get("finalizers") or () if one != CLEANUP]
    metadata = {**definition["metadata"], "finalizers": finalizers}
    final = {**definition, "metadata": metadata}
    if deletion.is_over(DEFINITIONS, final):
        plane.store.remove(DEFINITIONS.key, final)
    elif final != definition:
        plane.store.put(DEFINITIONS.key, final)


def _certificate_problem(definition: LiveObject) -> str:
    """Since 1.31 a conversion webhook whose CA is no PEM keeps its definition from being established."""
    webhook = (definition["spec"].get("conversion") or {}).get("webhook") or {}
    bundle = (webhook.get("clientConfig") or {}).get("caBundle")
    if not bundle:
        return ""
    try:
        text = base64.b64decode(bundle)
    except binascii.Error:
        text = b""
    return "" if b"BEGIN CERTIFICATE" in text else "The conversion webhook CABundle is invalid"


def _condition(kind: str, status: str, reason: str, message: str) -> dict[str, Any]:
    return {
        "type": kind,
        "status": status,
        "lastTransitionTime": now(),
        "reason": reason,
        "message": message,
    }


def _kept_times(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A condition whose status stays keeps the time of its last transition, and foreign ones stay."""
    by_type = {condition["type"]: condition for condition in old}
    ours = {condition["type"] for condition in new}
    for condition in new:
        before = by_type.get(condition["type"])
        if before and before["status"] == condition["status"]:
            condition["lastTransitionTime"] = before["lastTransitionTime"]
    return [*new, *(condition for condition in old if condition["type"] not in ours)]


def _scale(paths: dict[str, str] | None) -> Scale | None:
    if paths is None:
        return None
    return Scale(
        replicas=paths["specReplicasPath"].lstrip("."),
        observed=paths["statusReplicasPath"].lstrip("."),
        selector=paths.get("labelSelectorPath", "").lstrip("."),
    )


def seniority(version: str) -> tuple[int, int, int, str]:
    """The order of versions: stable before beta before alpha, higher before lower, everything else at the end."""
    match = re.fullmatch(r"v(\d+)(?:(alpha|beta)(\d+))?", version)
    if match is None:
        return 3, 0, 0, version
    major, stage, minor = match.groups()
    return {None: 0, "beta": 1, "alpha": 2}[stage], -int(major), -int(minor or 0), ""
