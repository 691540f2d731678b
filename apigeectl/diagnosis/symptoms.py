"""One sign of a known problem at one object."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import cached_property
from typing import Any

from apigeectl.diagnosis.events import Events
from apigeectl.diagnosis.matching import Match, shown
from apigeectl.diagnosis.model import Place
from apigeectl.manifests import ObjectRef, ref_of
from apigeectl.readiness.observation import Snapshot

Container = tuple[str, str, str]
"""Namespace, pod, container."""

OPERATOR = "apigee-controller-manager"
GATEWAY = "apigee-ingressgateway"

HEARD: Mapping[str, frozenset[str]] = {
    "apigee-controller": frozenset({"RES-09"}),
    GATEWAY: frozenset({"ING-08"}),
}
"""What the log of a pod that is ready may tell, by its app: the operator works while what it cannot do stays undone."""


@dataclass(frozen=True)
class Words:
    """What a container wrote: in its present run, and in the one before."""

    now: str = ""
    before: str = ""


@dataclass(frozen=True)
class Scene:
    """Everything that symptoms are looked for in."""

    snapshot: Snapshot
    logs: Mapping[Container, Words] = field(default_factory=dict)
    secrets: Mapping[ObjectRef, Mapping[str, int]] = field(default_factory=dict)
    """The length of each value, never the values."""
    now: datetime = field(default_factory=lambda: datetime.now(timezone.utc))

    @cached_property
    def release(self) -> tuple[int, ...]:
        """The hybrid release of the operator that runs, by the tag of its image; empty when that tells none."""
        for ref, live in self.snapshot.objects.items():
            if (ref.kind, ref.name) == ("Deployment", OPERATOR):
                template = ((live.get("spec") or {}).get("template") or {}).get("spec") or {}
                images = [
                    str(one.get("image"))
                    for one in template.get("containers") or ()
                    if one.get("name") == "manager"
                ]
                found = re.search(r":v?(\d+)\.(\d+)\.(\d+)", images[0]) if images else None
                return tuple(int(part) for part in found.groups()) if found else ()
        return ()

    @cached_property
    def events(self) -> Events:
        """What the cluster said about its objects."""
        return Events(self.snapshot)


@dataclass(frozen=True)
class Symptom:
    """A sign: which problem, at which object (and container), and the words that gave it away."""

    code: str
    ref: ObjectRef
    line: str
    place: Place = Place.CONDITION
    container: str = ""
    app: str = ""
    names: Mapping[str, str] = field(default_factory=dict, hash=False)
    minutes: int = 0
    """A patience of its own; 0 for that of the problem."""

    @classmethod
    def of(cls, found: Match, live: Mapping[str, Any], place: Place, **more: Any) -> Symptom:
        """What a match says about an object."""
        more = {"minutes": found.minutes, **more}
        return cls(
            found.code, ref_of(live), found.line, place, app=app_of(live), names=dict(found.names), **more
        )


def sign(code: str, live: Mapping[str, Any], line: str, **names: str) -> Symptom:
    """A symptom that the object itself shows."""
    return Symptom(code, ref_of(live), shown(line), app=app_of(live), names=names)


def app_of(live: Mapping[str, Any]) -> str:
    """The label that says which component a pod belongs to."""
    return str((live["metadata"].get("labels") or {}).get("app") or "")


def age(live: Mapping[str, Any], now: datetime) -> float:
    """Seconds since somebody last wrote the spec of an object, as far as it tells."""
    metadata = live["metadata"]
    written = [
        str(entry.get("time") or "")
        for entry in metadata.get("managedFields") or ()
        if not entry.get("subresource")
    ]
    times = [
        moment for text in (*written, str(metadata.get("creationTimestamp") or "")) if (moment := when(text))
    ]
    return (now - max(times)).total_seconds() if times else 0.0


def when(text: str) -> datetime | None:
    """A time as the API server writes it; None for anything else."""
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")[:32]).astimezone(timezone.utc)
    except ValueError:
        return None
