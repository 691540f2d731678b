"""What init takes out of a bundle: definitions, completed as Google's kustomization completes them, and EnvoyFilters.

The definitions of a chart are kept in parts: whole ones, and patches that give some of them a conversion webhook and
the certificate for it. Only patches that a kustomization names count; others lie there unused.
"""

from __future__ import annotations

import copy
import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any

from apigeectl.actions.bundle import Bundle
from apigeectl.errors import InstallerError
from apigeectl.manifests import APIGEE_GROUP, LiveObject
from apigeectl.yaml import YAMLSyntaxError, load_all

CRD_GROUP = "apiextensions.k8s.io"
CRD_KIND = "CustomResourceDefinition"

_Body = dict[str, Any]
_KUSTOMIZATIONS = frozenset({"kustomization.yaml", "kustomization.yml"})
_ENVOY_FILTERS = re.compile(r"kind: *ConfigMap[\s\S]*name: *\"?apigee-envoyfilter")


def definitions_in(bundle: Bundle) -> dict[str, LiveObject]:
    """The definitions of Apigee's kinds by name; InstallerError when two files define one differently."""
    whole: dict[str, tuple[str, _Body]] = {}
    for path, body in _documents(bundle, lambda text: CRD_KIND in text):
        if body.get("kind") != CRD_KIND or _group(body) != APIGEE_GROUP:
            continue
        name = str(_metadata(body).get("name") or "")
        known = whole.setdefault(name, (path, body))
        if known[1] != body:
            raise InstallerError(
                f"the bundle {bundle.name} defines {name} twice: in {known[0]} and in {path}",
                hint="give the folder of one release only",
            )
    patches = list(_patches(bundle)) if whole else []
    return {name: _patched(body, name, patches) for name, (_, body) in sorted(whole.items())}


def envoy_filters_in(bundle: Bundle) -> LiveObject | None:
    """The ConfigMap with the EnvoyFilters of the ingress gateway; of several, the one with the highest name."""
    found = [
        body
        for _, body in _documents(bundle, lambda text: bool(_ENVOY_FILTERS.search(text)))
        if body.get("kind") == "ConfigMap"
        and str(_metadata(body).get("name", "")).startswith("apigee-envoyfilter")
        and isinstance(body.get("data"), dict)
    ]
    return max(found, key=lambda body: str(_metadata(body)["name"]), default=None)


def _documents(bundle: Bundle, worth: Any) -> Iterator[tuple[str, _Body]]:
    for path, text in bundle.files.items():
        if worth(text):
            for body in _read(text):
                yield path, body


def _read(text: str) -> Iterator[_Body]:
    """Templates of a chart are no YAML until they are rendered: nothing is taken from them."""
    try:
        documents = [json.loads(text)] if text.startswith("{") else load_all(text)
    except (YAMLSyntaxError, ValueError, RecursionError):
        return
    for document in documents:
        if isinstance(document, dict):
            yield document


def _group(body: Mapping[str, Any]) -> str:
    spec = body.get("spec")
    whole = isinstance(spec, dict) and isinstance(spec.get("versions"), list)
    return str(spec.get("group") or "") if whole and isinstance(spec, dict) else ""


def _metadata(body: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = body.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


def _patches(bundle: Bundle) -> Iterator[_Body]:
    for path, text in bundle.files.items():
        if posixpath.basename(path) not in _KUSTOMIZATIONS:
            continue
        for kustomization in _read(text):
            for named in _named_patches(kustomization):
                other = bundle.files.get(posixpath.normpath(posixpath.join(posixpath.dirname(path), named)))
                yield from _read(named if other is None else other)


def _named_patches(kustomization: Mapping[str, Any]) -> Iterator[str]:
    """Paths of patches, and patches that are written down right there."""
    for key in ("patches", "patchesStrategicMerge"):
        entries = kustomization.get(key)
        for entry in entries if isinstance(entries, list) else ():
            found = (entry.get("path") or entry.get("patch")) if isinstance(entry, dict) else entry
            if isinstance(found, str):
                yield found


def _patched(body: _Body, name: str, patches: list[_Body]) -> _Body:
    for patch in patches:
        if patch.get("kind") == CRD_KIND and _metadata(patch).get("name") == name:
            body = _merged(body, patch)
    return body


def _merged(body: _Body, patch: Mapping[str, Any]) -> _Body:
    merged = copy.copy(body)
    for key, value in patch.items():
        below = merged.get(key)
        merged[key] = _merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged
