"""Who did what to an installation and when, as one ConfigMap beside its inventory."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol, TypeVar

from apigeectl.apply.changes import Action, Event
from apigeectl.apply.inventory import INIT
from apigeectl.apply.lease import Holder, Now, utc_now
from apigeectl.apply.submit import Applying, submit
from apigeectl.errors import InstallerError
from apigeectl.manifests import (
    COMPONENT_LABEL,
    FIELD_MANAGER,
    MANAGED_BY_LABEL,
    ORGANIZATION_LABEL,
    LiveObject,
    Manifest,
    ObjectRef,
)

KEPT = 100
"""Runs that are remembered; a ConfigMap holds at most a megabyte, and a run needs a third of a kilobyte."""

_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_COMPONENT = "history"


class Cluster(Applying, Protocol):
    """What keeping a history needs of a cluster."""

    def get(self, ref: ObjectRef, version: str | None = None) -> LiveObject | None: ...


@dataclass(frozen=True)
class Run:
    """One command that wrote something. The digest is of the overrides without their secrets.

    The result is "done", "failed", "interrupted", or "unfinished" as long as nobody said how it ended.
    """

    began: str
    who: str
    command: str
    release: str
    overrides: str
    digest: str
    program: str
    result: str = "unfinished"
    ended: str = ""
    counts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """Where the history of an installation (organization ID, or "init") is kept."""

    installation: str
    namespace: str

    @property
    def ref(self) -> ObjectRef:
        return ObjectRef("", "ConfigMap", self.namespace, f"apigeectl-history-{self.installation}")


def load(cluster: Cluster, place: Place) -> tuple[Run, ...]:
    """The runs that are remembered, the oldest first; a damaged entry is left out."""
    live = cluster.get(place.ref)
    return tuple(_runs((live or {}).get("data") or {}))


_Item = TypeVar("_Item")


def recorded(
    cluster: Cluster, place: Place, run: Run, events: Iterator[_Item], *, now: Now = utc_now
) -> Iterator[_Item]:
    """The events of a run, which is written down when it begins and once more when it has ended.

    A history that cannot be written stops nothing: what the run does matters more.
    """
    run = replace(run, began=_stamp(now()), who=_who())
    _keep(cluster, place, run)
    counts: Counter[str] = Counter()
    result = "failed"
    try:
        for event in events:
            if isinstance(event, Event) and event.action is not Action.UNCHANGED:
                counts[event.action.done] += 1
            yield event
        result = "done"
    except (KeyboardInterrupt, GeneratorExit):
        result = "interrupted"
        raise
    finally:
        _keep(cluster, place, replace(run, result=result, ended=_stamp(now()), counts=dict(counts)))


def _keep(cluster: Cluster, place: Place, run: Run) -> None:
    with contextlib.suppress(InstallerError):
        before = [one for one in load(cluster, place) if (one.began, one.who) != (run.began, run.who)]
        submit(cluster, _manifest(place, [*before, run][-KEPT:]))


def _manifest(place: Place, runs: Sequence[Run]) -> Manifest:
    labels = {MANAGED_BY_LABEL: FIELD_MANAGER, COMPONENT_LABEL: _COMPONENT}
    if place.installation != INIT:
        labels[ORGANIZATION_LABEL] = place.installation
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": place.ref.name, "namespace": place.namespace, "labels": labels},
        "data": {"runs": "\n".join(json.dumps(asdict(run), sort_keys=True) for run in runs)},
    }
    return Manifest(body, _COMPONENT)


def _runs(data: dict[str, Any]) -> Iterator[Run]:
    for line in str(data.get("runs") or "").splitlines():
        with contextlib.suppress(ValueError, TypeError):
            entry = json.loads(line)
            yield Run(**{name: entry[name] for name in Run.__dataclass_fields__ if name in entry})


def _who() -> str:
    holder = Holder.this_process()
    return f"{holder.user}@{holder.host}"


def _stamp(moment: datetime) -> str:
    return moment.strftime(_FORMAT)
