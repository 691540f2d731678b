"""Which of two definitions of a kind is the newer one: the cluster's, or the one that a bundle offers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from apigeectl.actions.fitting import RELEASE_ANNOTATION
from apigeectl.manifests import LiveObject, Manifest


class Age(Enum):
    """How the offered definition stands to the cluster's."""

    NEWER = "newer"
    SAME = "same"
    OLDER = "older"


@dataclass(frozen=True)
class Comparison:
    """The verdict, and why; the reason goes on from `the cluster's ...`."""

    age: Age
    reason: str = ""


def compare(live: LiveObject, offered: Manifest) -> Comparison:
    """What the cluster has and the offered definition lacks makes that one older: applying it would lose it.

    The release that we noted decides, save for stored objects; else versions, then the fields of the highest version
    that both have. A lower version that a newer definition dropped is no loss once nothing is stored in it.
    """
    noted, release = release_of(live), str(offered.body["metadata"]["annotations"][RELEASE_ANNOTATION])
    if noted and _numbers(noted) > _numbers(release):
        return Comparison(Age.OLDER, f"is that of hybrid {noted}")
    theirs, ours = live["spec"], offered.body["spec"]
    stored = set((live.get("status") or {}).get("storedVersions") or ()) - set(_versions(ours))
    if stored:
        return Comparison(Age.OLDER, f"has objects stored as {', '.join(sorted(stored))}")
    if noted and _numbers(noted) < _numbers(release):
        return Comparison(Age.NEWER)
    lost = _lost(theirs, ours)
    if lost:
        return Comparison(Age.OLDER, lost)
    return Comparison(Age.NEWER if _gained(theirs, ours) else Age.SAME)


def release_of(live: LiveObject | None) -> str:
    """The hybrid release that we noted on a definition; empty when we did not write it."""
    if live is None:
        return ""
    noted = str((live["metadata"].get("annotations") or {}).get(RELEASE_ANNOTATION) or "")
    return noted if _RELEASE.fullmatch(noted) else ""


def _lost(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> str:
    if _rank(_highest(theirs)) > _rank(_highest(ours)):
        return f"serves {_highest(theirs)}"
    if _rank(_storage(theirs)) > _rank(_storage(ours)):
        return f"stores {_storage(theirs)}"
    fields = sorted(_extra_fields(theirs, ours))
    if fields:
        more = f" and {len(fields) - _SHOWN} more" if len(fields) > _SHOWN else ""
        return f"has {', '.join(fields[:_SHOWN])}{more}"
    return ""


def _gained(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> bool:
    return (
        bool(set(_served(ours)) - set(_served(theirs)))
        or _rank(_storage(ours)) > _rank(_storage(theirs))
        or _converts_elsewhere(theirs, ours)
        or any(True for _ in _extra_fields(ours, theirs))
    )


def _converts_elsewhere(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> bool:
    wanted = (ours.get("conversion") or {}).get("webhook")
    return bool(wanted) and _service(theirs) != _service(ours)


def _service(spec: Mapping[str, Any]) -> tuple[Any, ...]:
    client = ((spec.get("conversion") or {}).get("webhook") or {}).get("clientConfig") or {}
    service = client.get("service") or {}
    return tuple(service.get(key) for key in ("namespace", "name", "path"))


def _extra_fields(spec: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    """Fields of the highest common version that only the first one has."""
    mine, others = _versions(spec), _versions(other)
    common = sorted(set(mine) & set(others), key=_rank)
    if common:
        yield from _only_in(_schema(mine[common[-1]]), _schema(others[common[-1]]), "")


def _only_in(schema: Any, other: Any, path: str) -> Iterator[str]:
    if not isinstance(schema, Mapping):
        return
    other = other if isinstance(other, Mapping) else {}
    if other.get("x-kubernetes-preserve-unknown-fields"):
        return
    for name, below in (schema.get("properties") or {}).items():
        known = (other.get("properties") or {}).get(name)
        where = f"{path}.{name}" if path else str(name)
        if known is None:
            yield where
        else:
            yield from _only_in(below, known, where)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), Mapping):
            yield from _only_in(schema[key], other.get(key), f"{path}[]")


def _schema(version: Mapping[str, Any]) -> Any:
    return (version.get("schema") or {}).get("openAPIV3Schema")


def _versions(spec: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {str(version["name"]): version for version in spec["versions"]}


def _served(spec: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(name for name, version in _versions(spec).items() if version.get("served"))


def _highest(spec: Mapping[str, Any]) -> str:
    return max(_served(spec), key=_rank, default="")


def _storage(spec: Mapping[str, Any]) -> str:
    return next((name for name, version in _versions(spec).items() if version.get("storage")), "")


def _rank(version: str) -> tuple[int, int, int]:
    """Kubernetes' own order: v2 before v1 before v1beta1 before v1alpha2 before v1alpha1."""
    match = _VERSION.fullmatch(version)
    if not match:
        return (-1, 0, 0)
    stages = {None: 2, "beta": 1, "alpha": 0}
    return (stages[match[2]], int(match[1]), int(match[3] or 0))


def _numbers(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split("."))


_VERSION = re.compile(r"v(\d{1,9})(?:(alpha|beta)(\d{1,9}))?", re.ASCII)
_RELEASE = re.compile(r"\d{1,3}\.\d{1,3}\.\d{1,3}", re.ASCII)
_SHOWN = 3
