"""A known problem, and what a waiting command does about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Course(Enum):
    """What a waiting command does when it meets a problem."""

    STOP = "stop"
    GO_ON = "go on"
    WARN = "warn"


@dataclass(frozen=True)
class Wait:
    """A course; STOP only after so many minutes in which the problem lasts, 0 at once."""

    course: Course
    minutes: int = 0

    def __str__(self) -> str:
        return f"stop after {self.minutes} min" if self.minutes else self.course.value


STOP = Wait(Course.STOP)
GO_ON = Wait(Course.GO_ON)
WARN = Wait(Course.WARN)


def stop_after(minutes: int) -> Wait:
    """Stop when it lasts so long."""
    return Wait(Course.STOP, minutes)


@dataclass(frozen=True)
class Problem:
    """One entry of the catalogue. A code never gets another meaning.

    `cause` and `remedy` are one sentence each, for a finding; `proof` are commands that show whether it holds.
    Capitals such as NAMESPACE stand for values.
    """

    code: str
    title: str
    symptom: str
    cause: str
    proof: tuple[str, ...]
    remedy: str
    wait: Wait
    command: str = ""
    """The command of apigeectl that looks for it, where that is not check-ready."""
    unseen: str = ""
    """Why nothing that apigeectl can look at shows it; for what can only be explained."""


class Place(Enum):
    """Where the words of a problem are to be expected."""

    LOG = "log of a container"
    EVENT = "event"
    CONDITION = "object"
    API = "answer of the Kubernetes API"
    GOOGLE = "answer of a Google API"
    TOOL = "words of another tool, given to apigeectl explain"
