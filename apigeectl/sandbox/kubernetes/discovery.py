"""Version and discovery documents, aggregated and plain."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from apigeectl.sandbox.kubernetes.control_plane import ControlPlane
from apigeectl.sandbox.kubernetes.kinds import Kind
from apigeectl.sandbox.kubernetes.messages import Answer, Call
from apigeectl.sandbox.kubernetes.statuses import method_not_allowed

VERSION = {
    "major": "1",
    "minor": "32",
    "gitVersion": "v1.32.4",
    "gitCommit": "sandbox",
    "gitTreeState": "clean",
    "buildDate": "1970-01-01T00:00:00Z",
    "goVersion": "none",
    "compiler": "none",
    "platform": "linux/amd64",
}
"""The Kubernetes whose behaviour this server has."""

_CHANGE = ("get", "patch", "update")


def respond(plane: ControlPlane, call: Call) -> Answer | None:
    """The discovery document at a path; None when the path is something else."""
    parts = [part for part in call.path.split("/") if part]
    if parts in (["healthz"], ["livez"], ["readyz"]):
        return Answer(b"ok", content_type="text/plain; charset=utf-8")
    if not (parts == ["version"] or (parts[:1] == ["api"] and len(parts) < 3) or _is_group_path(parts)):
        return None
    body = _document(plane, call, parts)
    if body is not None and call.method not in ("GET", "HEAD"):
        raise method_not_allowed()
    return body


def _is_group_path(parts: list[str]) -> bool:
    return parts[:1] == ["apis"] and len(parts) < 4


def _document(plane: ControlPlane, call: Call, parts: list[str]) -> Answer | None:  # noqa: PLR0911 (a table in code)
    kinds = list(plane.kinds)
    if parts == ["version"]:
        return Answer(VERSION)
    if len(parts) == 1:
        version = _aggregated_version(call.accept)
        if version:
            return _aggregated(kinds, call, version, core=parts == ["api"])
        return Answer(_api_versions() if parts == ["api"] else _group_list(kinds))
    if parts[0] == "api":
        return Answer(_resource_list(kinds, "", "v1")) if parts[1] == "v1" else None
    group = parts[1]
    if not plane.kinds.serves_group(group):
        return None
    if len(parts) == 2:
        return Answer({"kind": "APIGroup", "apiVersion": "v1", **_group(kinds, group)})
    if not plane.kinds.serves_version(group, parts[2]):
        return None
    return Answer(_resource_list(kinds, group, parts[2]))


def _api_versions() -> dict[str, Any]:
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}


def _group_list(kinds: list[Kind]) -> dict[str, Any]:
    groups = dict.fromkeys(kind.group for kind in kinds if kind.group)
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(kinds, group) for group in groups]}


def _group(kinds: list[Kind], group: str) -> dict[str, Any]:
    versions = [
        {"groupVersion": f"{group}/{version}", "version": version} for version in _versions(kinds, group)
    ]
    return {"name": group, "versions": versions, "preferredVersion": versions[0]}


def _versions(kinds: list[Kind], group: str) -> list[str]:
    """Versions of a group, the preferred one first."""
    from apigeectl.sandbox.kubernetes.definitions import seniority

    return sorted(
        {version for kind in kinds if kind.group == group for version in kind.versions}, key=seniority
    )


def _resource_list(kinds: list[Kind], group: str, version: str) -> dict[str, Any]:
    resources = []
    for kind in _in_version(kinds, group, version):
        entry: dict[str, Any] = {
            "name": kind.plural,
            "singularName": kind.singular,
            "namespaced": kind.namespaced,
            "kind": kind.kind,
            "verbs": list(kind.verbs),
        }
        resources.append(_with_names(entry, kind))
        for name, spoken, verbs in _subresources(kind):
            foreign = {"group": "autoscaling", "version": "v1"} if name == "scale" else {}
            resources.append(
                {
                    "name": f"{kind.plural}/{name}",
                    "singularName": "",
                    "namespaced": kind.namespaced,
                    **foreign,
                    "kind": spoken,
                    "verbs": list(verbs),
                }
            )
    group_version = f"{group}/{version}" if group else version
    listed = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version}
    return {**listed, "resources": resources}


def _in_version(kinds: list[Kind], group: str, version: str) -> Iterator[Kind]:
    return (kind for kind in kinds if kind.group == group and version in kind.versions)


def _with_names(entry: dict[str, Any], kind: Kind) -> dict[str, Any]:
    if kind.short_names:
        entry["shortNames"] = list(kind.short_names)
    if kind.categories:
        entry["categories"] = list(kind.categories)
    return entry


def _subresources(kind: Kind) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Name, kind and verbs of each subresource."""
    if kind.status:
        yield "status", kind.kind, _CHANGE
    if kind.scale:
        yield "scale", "Scale", _CHANGE
    for name, spoken in kind.subresources:
        yield name, spoken, _VERBS[name]


_VERBS = {"log": ("get",), "binding": ("create",), "finalize": ("update",)}


def _aggregated_version(accept: str) -> str:
    """v2 or v2beta1 when the client wants the aggregated document, whichever it names first."""
    for wanted in accept.split(","):
        parameters = {part.strip() for part in wanted.split(";")}
        if "as=APIGroupDiscoveryList" in parameters and "g=apidiscovery.k8s.io" in parameters:
            for version in ("v2", "v2beta1"):
                if f"v={version}" in parameters:
                    return version
    return ""


def _aggregated(kinds: list[Kind], call: Call, version: str, *, core: bool) -> Answer:
    groups = [""] if core else list(dict.fromkeys(kind.group for kind in kinds if kind.group))
    body = {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": f"apidiscovery.k8s.io/{version}",
        "metadata": {},
        "items": [_aggregated_group(kinds, group) for group in groups],
    }
    content_type = f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
    digest = hashlib.sha256(json.dumps(body).encode()).hexdigest().upper()
    headers = (("ETag", f'"{digest}"'), ("Vary", "Accept"), ("Cache-Control", "public"))
    if call.if_none_match == f'"{digest}"':
        return Answer(b"", 304, content_type, headers)
    return Answer(body, 200, content_type, headers)


def _aggregated_group(kinds: list[Kind], group: str) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": group} if group else {}
    versions = [
        {
            "version": version,
            "resources": [_aggregated_resource(kind, version) for kind in _in_version(kinds, group, version)],
            "freshness": "Current",
        }
        for version in _versions(kinds, group)
    ]
    return {"metadata": {**metadata, "creationTimestamp": None}, "versions": versions}


def _aggregated_resource(kind: Kind, version: str) -> dict[str, Any]:
    spoken = {"group": kind.group, "version": version}
    entry: dict[str, Any] = {
        "resource": kind.plural,
        "responseKind": {**spoken, "kind": kind.kind},
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.singular,
        "verbs": list(kind.verbs),
    }
    _with_names(entry, kind)
    subresources = [
        {
            "subresource": name,
            "responseKind": {
                **({"group": "autoscaling", "version": "v1"} if name == "scale" else spoken),
                "kind": answer,
            },
            "verbs": list(verbs),
        }
        for name, answer, verbs in _subresources(kind)
    ]
    return {**entry, **({"subresources": subresources} if subresources else {})}
