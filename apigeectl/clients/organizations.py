"""Apigee organizations: read one, write one back, change one property and lose none."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from apigeectl.clients.endpoints import Service
from apigeectl.clients.http import Getting, Putting, pages
from apigeectl.errors import InstallerError, Refused, ServiceFailure, Unreachable

TRIES = 3
_CLOCKWORK = frozenset({"lastModifiedAt", "properties"})
"""Fields whose change is not somebody else's: the time of our own write, and what is compared by name."""


class Http(Getting, Putting, Protocol):
    """What is needed of a session."""


class PropertiesLost(InstallerError):
    """After our write the organization lacks properties that it had before."""


@dataclass(frozen=True)
class PropertyChange:
    """A property's value before and after; None stands for absent. Others are sentences about what somebody else
    changed at the same time."""

    before: str | None
    after: str | None
    changed: bool
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """An environment group: the organization's virtual host."""

    name: str
    hostnames: tuple[str, ...]


class Organizations:
    """The organizations of the Apigee API."""

    def __init__(self, session: Http) -> None:
        self._session = session

    def names(self) -> tuple[str, ...]:
        """The organizations that this account may see."""
        body = self._session.get(Service.APIGEE, "/v1/organizations", subject="the list of organizations")
        return tuple(str(entry.get("organization", "")) for entry in body.get("organizations") or ())

    def get(self, org: str) -> dict[str, Any]:
        """The organization as it is, unknown fields included."""
        return self._session.get(Service.APIGEE, _path(org), subject=_subject(org))

    def put(self, org: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Write it back; give the whole body, because what is left out may get lost."""
        return self._session.put(Service.APIGEE, _path(org), body, subject=_subject(org))

    def project_mapping(self, org: str) -> dict[str, Any]:
        """Its project (`projectId`) and the place of its data (`location`)."""
        return self._session.get(Service.APIGEE, f"{_path(org)}:getProjectMapping", subject=_subject(org))

    def groups(self, org: str) -> tuple[Group, ...]:
        """All environment groups; the service gives 25 a page unless asked for more."""
        subject = f"environment groups of organization {org}"
        found = pages(self._session, Service.APIGEE, f"{_path(org)}/envgroups", 500, subject=subject)
        return tuple(_group(entry) for page in found for entry in page.get("environmentGroups") or ())

    def developers(self, org: str) -> int:
        """How many developers MART answers with, at most ten: a question that only the runtime plane can answer."""
        subject = f"developers of organization {org}"
        body = self._session.get(Service.APIGEE, f"{_path(org)}/developers", {"count": "10"}, subject=subject)
        return len(body.get("developer") or ())

    def planned(self, org: str, name: str, value: str) -> dict[str, Any]:
        """The body that `set_property` would write by now."""
        return with_property(self.get(org), name, value)

    def set_property(
        self, org: str, name: str, value: str, keep: Callable[[Mapping[str, Any]], object] = lambda body: None
    ) -> PropertyChange:
        """Change one property of a hybrid organization, write nothing when it has the value already.

        No etag protects an organization, so it is read again right before the write (somebody else's change
        starts it over) and right after it (nothing may be missing). `keep` gets the body as it was, before the write.
        """
        unanswered: InstallerError | None = None
        was: str | None = None
        for _ in range(TRIES):
            body = self.get(org)
            _require_switchable(org, body)
            before = property_value(body, name)
            if set(_valued(body, name)) == {value}:
                # A write without an answer may have arrived late.
                return PropertyChange(was if unanswered else before, value, changed=unanswered is not None)
            was = before
            keep(body)
            if self.get(org) != body:
                continue
            wanted = with_property(body, name, value)
            unanswered = self._lost(org, wanted, name)
            if unanswered:
                continue
            found = self.get(org)
            _verify(org, wanted, found, name, value)
            return PropertyChange(before, value, changed=True, others=tuple(_others(wanted, found, name)))
        if unanswered:
            raise unanswered
        raise Refused(
            f"organization {org}: somebody else keeps changing it, {name} was left as it is",
            hint="try again when the other change is done",
        )

    def _lost(self, org: str, body: Mapping[str, Any], name: str) -> InstallerError | None:
        """Why a write did not take, None when it did; one without an answer is looked for, not blindly done again."""
        try:
            self.put(org, body)
        except (Unreachable, ServiceFailure) as error:
            if _valued(self.get(org), name) != _valued(body, name):
                return error
        return None


def property_value(body: Mapping[str, Any], name: str) -> str | None:
    """The value of a property, None when the organization has none of this name; of twins the first counts."""
    return next(iter(_valued(body, name)), None)


def with_property(body: Mapping[str, Any], name: str, value: str) -> dict[str, Any]:
    """The same body, order and all, with one property changed or appended.

    Where it stands twice, both are changed and none is taken away: then it does not matter which of them counts.
    """
    properties = dict(body.get("properties") or {})
    entries = [dict(entry) for entry in _entries(body)]
    named = [entry for entry in entries if entry.get("name") == name]
    for entry in named:
        entry["value"] = value
    if not named:
        entries.append({"name": name, "value": value})
    return {**body, "properties": {**properties, "property": entries}}


def _group(entry: Mapping[str, Any]) -> Group:
    return Group(str(entry.get("name", "")), tuple(str(host) for host in entry.get("hostnames") or ()))


def _entries(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The properties as they stand, empty entries included. Raises Refused for a form that nobody can write back."""
    properties = body.get("properties") or {}
    entries = (properties.get("property") or []) if isinstance(properties, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Refused(
            f"organization {body.get('name', '')}: its properties have a form that is not known here",
            hint="a newer apigeectl may know it; the answer itself: the API explorer of organizations.get",
        )
    return entries


def _valued(body: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """The values of one property: several when it stands twice, none when it is absent."""
    return tuple(str(entry.get("value", "")) for entry in _entries(body) if entry.get("name") == name)


def _grouped(body: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The values by name, in their order: a name may stand twice. Entries that say nothing are left out."""
    grouped: dict[str, tuple[str, ...]] = {}
    for entry in _entries(body):
        more = {key: value for key, value in entry.items() if key not in {"name", "value"}}
        value = str(entry.get("value", "")) + (f" with {json.dumps(more, sort_keys=True)}" if more else "")
        if entry.get("name") or value:  # the service also sends empty entries
            name = str(entry.get("name", ""))
            grouped[name] = (*grouped.get(name, ()), value)
    return grouped


def _require_switchable(org: str, body: Mapping[str, Any]) -> None:
    state, runtime = body.get("state", "ACTIVE"), body.get("runtimeType")
    if state != "ACTIVE":
        raise Refused(f"organization {org} is {state}, not ACTIVE", hint="wait until it is, then try again")
    if runtime != "HYBRID":
        raise Refused(f"organization {org} is no hybrid organization (runtimeType {runtime or 'unknown'})")


def _verify(org: str, sent: Mapping[str, Any], found: Mapping[str, Any], name: str, value: str) -> None:
    before, after = _grouped(sent), _grouped(found)
    lost = [
        f"{gone or '(no name)'} was {each!r}"
        for gone in sorted(before.keys() - {name})
        if len(after.get(gone, ())) < len(before[gone])
        for each in (Counter(before[gone]) - Counter(after.get(gone, ()))).elements()
    ]
    if lost:
        raise PropertiesLost(
            f"organization {org}: properties that were there before the change to {name} are gone",
            details=lost,
            hint="write them back at once, and keep other tools from changing the organization meanwhile",
        )
    are_now = _valued(found, name)
    if set(are_now) != {value}:
        raise Refused(
            f"organization {org}: Google accepted the change, and {name} is {_shown(are_now)} all the same, "
            f"not {value!r}",
            hint="it did not take, or somebody else changes it too; look with: apigeectl connect status",
        )


def _others(sent: Mapping[str, Any], found: Mapping[str, Any], name: str) -> Iterator[str]:
    """What is not as it was sent: somebody else wrote between our write and our reading, or the service dropped it."""
    before, after = _grouped(sent), _grouped(found)
    for each in sorted((after.keys() | before.keys()) - {name}):
        if Counter(before.get(each)) != Counter(after.get(each)):
            was = f", was {_shown(before[each])}" if each in before else ""
            yield f"property {each} is {_shown(after.get(each))} by now{was}"
    fields, are_now = _fields(sent), _fields(found)
    for key in sorted(fields.keys() | are_now.keys()):
        if key not in are_now:
            yield f"field {key} is gone, was {json.dumps(fields[key], ensure_ascii=False)[:200]}"
        elif fields.get(key) != are_now[key]:
            yield f"field {key} was changed at the same time"


def _fields(body: Mapping[str, Any]) -> dict[str, Any]:
    """What is not compared by the names of properties."""
    beside = {
        f"properties.{key}": each for key, each in (body.get("properties") or {}).items() if key != "property"
    }
    return {key: each for key, each in body.items() if key not in _CLOCKWORK} | beside


def _shown(values: tuple[str, ...] | None) -> str:
    return " and ".join(repr(value) for value in values) if values else "absent"


def _path(org: str) -> str:
    return f"/v1/organizations/{quote(org, safe='')}"


def _subject(org: str) -> str:
    return f"organization {org}"
