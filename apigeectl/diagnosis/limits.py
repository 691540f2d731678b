"""Rights that we lack while looking: what they hide may be the reason that is looked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from apigeectl.readiness.observation import Snapshot


@dataclass(frozen=True, order=True)
class Missing:
    """One right that we lack, in one namespace ("" when the kind has none)."""

    verb: str
    kind: str
    namespace: str

    def __str__(self) -> str:
        return f"{self.verb} {self.kind}{f' in {self.namespace}' if self.namespace else ''}"


def missing(snapshots: Iterable[Snapshot], refused: Iterable[Missing] = ()) -> tuple[Missing, ...]:
    """What snapshots lack for want of rights, and what was refused besides."""
    return tuple(sorted({*refused, *(one for each in snapshots for one in _of(each))}))


def _of(snapshot: Snapshot) -> Iterator[Missing]:
    for verb, collections in (("list", snapshot.hidden), ("watch", snapshot.unwatched)):
        for one in collections:
            yield Missing(verb, one.kind, one.namespace)
