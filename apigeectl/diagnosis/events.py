"""The cluster's events: which is the newest about an object."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apigeectl.readiness.observation import Snapshot


@dataclass(frozen=True)
class Event:
    """What was said about an object, when (as the API server writes it), and how often."""

    reason: str
    message: str
    time: str
    count: int = 1


class Events:
    """The warnings of a snapshot, by what they are about."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._newest: dict[tuple[str, ...], Mapping[str, Any]] = {}
        self._counts: Counter[tuple[str, str]] = Counter()
        self._pulls: dict[str, Mapping[str, Any]] = {}
        for ref, event in snapshot.objects.items():
            if ref.kind == "Event" and (event.get("type") != "Normal" or event.get("reason") in _TELLING):
                about = _about(event)
                self._keep((str(about.get("uid") or ""),), event)
                self._keep(_name(about), event)
            if ref.kind == "Event":
                uid = str(_about(event).get("uid") or "")
                self._counts[uid, str(event.get("reason"))] += _count(event)
                if str(event.get("message") or "").startswith(_PULL):
                    self._pulls[uid] = max(self._pulls.get(uid, event), event, key=_time)

    def pull_failure(self, live: Mapping[str, Any], image: str) -> str:
        """What the registry answered when the pod's image was pulled last; the waiting container does not repeat it."""
        said = self._pulls.get(str(live["metadata"].get("uid") or "-"))
        message = str((said or {}).get("message") or "")
        return message if f'"{image}"' in message else ""

    def count(self, live: Mapping[str, Any], reason: str) -> int:
        """How often something has been said about this very object, as far as the cluster remembers."""
        return self._counts[str(live["metadata"].get("uid") or "-"), reason]

    def newest(self, live: Mapping[str, Any]) -> Event | None:
        """The newest about this very object; that it was made anew since, its uid tells."""
        metadata = live["metadata"]
        uid = str(metadata.get("uid") or "")
        last = self._newest.get((uid,)) if uid else None
        if last is None:
            last = self._newest.get(_name({**metadata, "kind": live.get("kind")}))
            about = str(((last or {}).get("involvedObject") or {}).get("uid") or "")
            if last is None or (about and uid):
                return None
        return Event(
            str(last.get("reason") or ""),
            str(last.get("message") or ""),
            _time(last),
            _count(last),
        )

    def _keep(self, key: tuple[str, ...], event: Mapping[str, Any]) -> None:
        if key[0] and (key not in self._newest or _time(self._newest[key]) <= _time(event)):
            self._newest[key] = event


_PULL = "Failed to pull image"
_TELLING = frozenset({"ExternalProvisioning"})
"""Normal events that say what is waited for."""


def _name(about: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(about.get(key) or "") for key in ("kind", "namespace", "name"))


def _about(event: Mapping[str, Any]) -> Mapping[str, Any]:
    return event.get("involvedObject") or event.get("regarding") or {}


def _count(event: Mapping[str, Any]) -> int:
    return int((event.get("series") or {}).get("count") or event.get("count") or 1)


def _time(event: Mapping[str, Any]) -> str:
    series = event.get("series") or {}
    return str(series.get("lastObservedTime") or event.get("lastTimestamp") or event.get("eventTime") or "")
