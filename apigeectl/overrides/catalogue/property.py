"""What the catalogue says about one property."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Property:
    """One property, or a group of them (type map or list, described by its children)."""

    path: str
    type: str
    default: Any = None
    required: bool = False
    since: str = ""
    until: str = ""
    deprecated_in: str = ""
    replaced_by: str = ""
    values: tuple[str, ...] = ()
    min: int | None = None
    max: int | None = None
    max_length: int | None = None
    pattern: str = ""
    exclusive_with: tuple[str, ...] = ()
    free_form: bool = False
    sure: bool = True
    """Read in the documentation of some release; otherwise known by hearsay: warn at most."""
    documented: bool = True
    """False for what Kubernetes knows and the catalogue does not: a probe's handler, for example."""
    description: str = ""
    note: str = ""
    """What surprises: a trap, or a difference between releases."""
    required_when: str = ""
    """A condition in words, to stand after "when" or "always"."""
    required_with: tuple[str, ...] = ()
    default_from: str = ""
    """The property whose value counts where this one is not given."""
    default_by_release: bool = False
    documented_default: Any = None
    """What Google's reference says where it is something else than what is installed."""


def from_row(row: Mapping[str, Any]) -> Property:
    """The property that a row of the catalogue describes."""
    facts = {_FIELDS[key]: _frozen(value) for key, value in row.items() if key in _FIELDS}
    return Property(sure=row.get("confidence") != "low", **facts)


_FIELDS = {
    "path": "path",
    "type": "type",
    "default": "default",
    "documentedDefault": "documented_default",
    "defaultFrom": "default_from",
    "byRelease": "default_by_release",
    "required": "required",
    "requiredWhen": "required_when",
    "requiredWith": "required_with",
    "exclusiveWith": "exclusive_with",
    "since": "since",
    "until": "until",
    "deprecatedIn": "deprecated_in",
    "replacedBy": "replaced_by",
    "values": "values",
    "min": "min",
    "max": "max",
    "maxLength": "max_length",
    "pattern": "pattern",
    "freeForm": "free_form",
    "description": "description",
    "note": "note",
}
"""By the key of a row, the field of a property; `confidence` is the one that is turned around."""


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def release_number(text: str) -> tuple[int, int]:
    """`1.10.3` and `v1.10` as (1, 10)."""
    numbers = re.findall(r"\d+", text)[:2]
    return (int(numbers[0]), int(numbers[1])) if len(numbers) == 2 else (0, 0)
