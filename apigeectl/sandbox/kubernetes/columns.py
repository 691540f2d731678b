"""What a column of a Table is, and the words that cells are made of."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from apigeectl.manifests import LiveObject
from apigeectl.sandbox.kubernetes import selectors

Cell = Callable[[LiveObject], Any]

NONE = "<none>"


@dataclass(frozen=True)
class Column:
    """One column; a priority above 0 is for `-o wide`."""

    name: str
    type: str
    cell: Cell
    priority: int = 0
    format: str = ""

    @property
    def definition(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "type": self.type,
            "format": self.format,
            "description": "",
            "priority": self.priority,
        }


def text(name: str, cell: Cell, priority: int = 0) -> Column:
    return Column(name, "string", cell, priority)


def number(name: str, cell: Cell, priority: int = 0) -> Column:
    return Column(name, "integer", cell, priority)


def at(live: Any, path: str) -> Any:
    """The value at a dotted path, None when there is none."""
    for name in path.split("."):
        live = live.get(name) if isinstance(live, Mapping) else None
    return live


def field(path: str, missing: Any = "") -> Cell:
    """A cell that shows one field."""

    def cell(live: LiveObject) -> Any:
        value = at(live, path)
        return missing if value is None else value

    return cell


def written(path: str, missing: str = "") -> Cell:
    """A cell that shows one field as text."""

    def cell(live: LiveObject) -> str:
        value = at(live, path)
        return missing if value is None or value == "" else str(value)

    return cell


def count(*paths: str) -> Cell:
    """A cell that counts what lists or maps hold."""
    return lambda live: sum(len(at(live, path) or ()) for path in paths)


def age(timestamp: str | None) -> str:
    """How long ago, in the words of kubectl."""
    if not timestamp:
        return "<unknown>"
    try:
        return duration(time.time() - seconds(timestamp))
    except ValueError:
        return "<invalid>"


def seconds(timestamp: str) -> float:
    """An RFC 3339 time as seconds since 1970."""
    return datetime.datetime.fromisoformat(timestamp.replace("Z", "+00:00")).timestamp()


def duration(seconds: float) -> str:  # noqa: PLR0911 (a table in code)
    """A duration in one or two units."""
    whole = int(seconds)
    if whole < -1:
        return "<invalid>"
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if whole < 120:
        return f"{max(whole, 0)}s"
    if minutes < 10:
        return _two(minutes, "m", whole % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return _two(days, "d", hours % 24, "h")
    if days < 730:
        return f"{days}d"
    return _two(days // 365, "y", days % 365, "d") if days < 2920 else f"{days // 365}y"


def joined(values: Iterable[Any], missing: str = "") -> str:
    return ",".join(str(value) for value in values) or missing


def selector(value: Any) -> str:
    """A label selector as a cell."""
    return selectors.written(value) or NONE


def containers(path: str) -> tuple[Column, Column]:
    """The columns Containers and Images of a pod template."""
    return (
        text("Containers", lambda live: joined(one["name"] for one in at(live, path) or ()), 1),
        text("Images", lambda live: joined(one.get("image", "") for one in at(live, path) or ()), 1),
    )


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large}{large_unit}{small}{small_unit}" if small else f"{large}{large_unit}"


NAME = Column("Name", "string", lambda live: live["metadata"]["name"], format="name")
AGE = text("Age", lambda live: age(live["metadata"].get("creationTimestamp")))
CREATED_AT = Column("Created At", "date", lambda live: live["metadata"].get("creationTimestamp"))
