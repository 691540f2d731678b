"""The entries of `metadata.managedFields`: who wrote, how, when, and which fields are theirs."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from apigeectl.sandbox.kubernetes.field_sets import NONE, Fields, parse_fields, write_fields

MOST_UPDATE_ENTRIES = 10


@dataclass(frozen=True)
class Writer:
    """Who writes: field manager, Apply or Update, in which version and through which subresource."""

    manager: str
    operation: str
    api_version: str
    subresource: str = ""
    time: str = ""

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What makes two entries one; an applier stays itself in every version."""
        version = self.api_version if self.operation == "Update" else ""
        return (self.manager, self.operation, version, self.subresource)

    @property
    def identifier(self) -> str:
        """The identity as the API server spells it inside; conflict messages are sorted by it."""
        manager, operation, version, subresource = self.identity
        words = {
            "manager": manager,
            "operation": operation,
            "apiVersion": version,
            "time": None,
            "subresource": subresource,
        }
        return json.dumps({key: word for key, word in words.items() if word != ""}, separators=(",", ":"))

    @property
    def title(self) -> str:
        """The writer in a conflict message."""
        words = json.dumps(self.manager, ensure_ascii=False)
        if self.subresource:
            words += f' with subresource "{self.subresource}"'
        return f"{words} using {self.api_version}" if self.operation == "Update" else words


@dataclass(frozen=True)
class Owned:
    """One entry: a writer and its fields."""

    writer: Writer
    fields: Fields


@dataclass
class Managers:
    """All entries of one object, while a write is worked out."""

    _owned: dict[tuple[str, str, str, str], Owned] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Owned]:
        return iter(tuple(self._owned.values()))

    def __len__(self) -> int:
        return len(self._owned)

    def fields(self, writer: Writer) -> Fields:
        owned = self._owned.get(writer.identity)
        return owned.fields if owned else NONE

    def set(self, writer: Writer, fields: Fields) -> None:
        """Give a writer these fields; the time of its entry stays as it was. No fields, no entry."""
        known = self._owned.pop(writer.identity, None)
        if fields:
            time = known.writer.time if known else ""
            self._owned[writer.identity] = Owned(replace(writer, time=time), fields)

    def touch(self, writer: Writer) -> None:
        """Note the time of the write."""
        if writer.identity in self._owned:
            self._owned[writer.identity] = Owned(writer, self.fields(writer))

    def strip(self, writer: Writer, fields: Fields) -> None:
        self.set(writer, self.fields(writer) - fields)

    def entries(self) -> list[dict[str, Any]]:
        """The list as it stands in the object: Apply before Update, older before newer."""
        return [_entry(owned) for owned in sorted(self, key=_entry_order)]


def parse_managers(entries: Iterable[Mapping[str, Any]]) -> Managers | None:
    """The managers that a list of entries names; None when one of them cannot be read."""
    managers = Managers()
    for entry in entries:
        readable = (
            entry.get("operation") in ("Apply", "Update")
            and entry.get("apiVersion")
            and entry.get("fieldsType") == "FieldsV1"
        )
        if not readable:
            return None
        words = ("manager", "operation", "apiVersion", "subresource", "time")
        writer = Writer(*(entry.get(word) or "" for word in words))
        managers._owned[writer.identity] = Owned(writer, parse_fields(entry.get("fieldsV1")))
    return managers


def cap_updates(managers: Managers) -> None:
    """Merge the oldest Update entries of one version into one, so that ten remain."""
    updates = sorted(
        (owned for owned in managers if owned.writer.operation == "Update"),
        key=lambda owned: (_seconds(owned.writer.time), owned.writer.identifier),
    )
    surplus = len(updates) - MOST_UPDATE_ENTRIES
    first_of: dict[str, Owned] = {}
    for owned in updates:
        if surplus <= 0:
            return
        version = owned.writer.api_version
        if version not in first_of:
            first_of[version] = owned
            continue
        bucket = Writer(ANCIENT, "Update", version, time=owned.writer.time)
        gathered = managers.fields(bucket)
        if not gathered:
            gathered = managers.fields(first_of[version].writer)
            managers.set(first_of[version].writer, NONE)
        managers.set(owned.writer, NONE)
        managers.set(bucket, gathered | owned.fields)
        managers.touch(bucket)
        surplus -= 1


ANCIENT = "ancient-changes"


def _entry(owned: Owned) -> dict[str, Any]:
    writer = owned.writer
    entry: dict[str, Any] = {
        "manager": writer.manager,
        "operation": writer.operation,
        "apiVersion": writer.api_version,
    }
    if writer.time:
        entry["time"] = writer.time
    entry |= {"fieldsType": "FieldsV1", "fieldsV1": write_fields(owned.fields)}
    return {**entry, "subresource": writer.subresource} if writer.subresource else entry


def _entry_order(owned: Owned) -> tuple[Any, ...]:
    writer = owned.writer
    when = _seconds(writer.time)
    return (writer.operation, when, writer.manager, writer.api_version, writer.subresource)


def _seconds(time: str) -> float:
    if not time:
        return 0
    return datetime.datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp() // 1
