"""The values of this package: an action, a change that is planned, an event that happened."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from apigeectl.manifests import LiveObject, Manifest, ObjectRef


class Action(Enum):
    """What is done to one object; `done` is the word once it has happened."""

    CREATE = "create"
    CONFIGURE = "configure"
    UNCHANGED = "unchanged"
    DELETE = "delete"
    SKIP = "skip"

    @property
    def done(self) -> str:
        return _DONE[self]

    @property
    def writes(self) -> bool:
        return self in {Action.CREATE, Action.CONFIGURE, Action.DELETE}


_DONE = {
    Action.CREATE: "created",
    Action.CONFIGURE: "configured",
    Action.UNCHANGED: "unchanged",
    Action.DELETE: "deleted",
    Action.SKIP: "skipped",
}


@dataclass(frozen=True)
class Change:
    """One object and what a command is about to do to it.

    `fields` are paths, never values: they may come from a Secret. So may the objects, which no repr shows.
    """

    ref: ObjectRef
    action: Action
    manifest: Manifest | None = field(default=None, repr=False)
    live: LiveObject | None = field(default=None, repr=False)
    result: LiveObject | None = field(default=None, repr=False)
    fields: tuple[str, ...] = ()
    note: str = ""


ASKED = "asked for, not gone yet"
"""The message of a deletion that goes on when nobody waits for it."""


@dataclass(frozen=True)
class Event:
    """A change that happened (or was found not to be needed), and how long it took."""

    ref: ObjectRef
    action: Action
    message: str = ""
    seconds: float = 0.0
