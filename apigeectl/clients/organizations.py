"""Apigee organizations: read one, write one back, change one property and lose none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from apigeectl.clients.endpoints import Service
from apigeectl.clients.http import Getting, Putting
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
        params = {"pageSize": "500"}
        found: tuple[Group, ...] = ()
        while True:
            page = self._session.get(Service.APIGEE, f"{_path(org)}/envgroups", params, subject=subject)
            found += tuple(_group(entry) for entry in page.get("environmentGroups") or ())
            if not page.get("nextPageToken"):
                return found
            params = {**params, "pageToken": str(page["nextPageToken"])}

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
        for _ in range(TRIES):
            body = self.get(org)
            _require_switchable(org, body)
            before = property_value(body, name)
            if before == value:
                return PropertyChange(before, value, changed=False)
            keep(body)
            if self.get(org) != body:
                continue
            wanted = with_property(body, name, value)
            unanswered = self._lost(org, wanted)
            if unanswered:
                continue
            found = self.get(org)
            _verify(org, wanted, found, name, value)
            return PropertyChange(before, value, changed=True, others=tuple(_others(wanted, found)))
        if unanswered:
            raise unanswered
        raise Refused(
            f"organization {org}: somebody else keeps changing it, {name} was left as it is",
            hint="try again when the other change is done",
        )

    def _lost(self, org: str, body: Mapping[str, Any]) -> InstallerError | None:
        """Why a write did not take, None when it did; one without an answer is looked for, not blindly done again."""
        try:
            self.put(org, body)
        except (Unreachable, ServiceFailure) as error:
            if _values(self.get(org)) != _values(body):
                return error
        return None


def property_value(body: Mapping[str, Any], name: str) -> str | None:
    """The value of a property, None when the organization has none of this name."""
    return _values(body).get(name)


def with_property(body: Mapping[str, Any], name: str, value: str) -> dict[str, Any]:
    """The same body, order and all, with one property changed or appended."""
    properties = dict(body.get("properties") or {})
    entries = [dict(entry) for entry in properties.get("property") or ()]
    named = [entry for entry in entries if entry.get("name") == name]
    for entry in named:
        entry["value"] = value
    if not named:
        entries.append({"name": name, "value": value})
    return {**body, "properties": {**properties, "property": entries}}


def _group(entry: Mapping[str, Any]) -> Group:
    return Group(str(entry.get("name", "")), tuple(str(host) for host in entry.get("hostnames") or ()))


def _values(body: Mapping[str, Any]) -> dict[str, str]:
    values: dict[str, str] = {}
    for entry in (body.get("properties") or {}).get("property") or ():
        if entry.get("name"):  # the service also sends empty entries
            values.setdefault(str(entry["name"]), str(entry.get("value", "")))
    return values


def _require_switchable(org: str, body: Mapping[str, Any]) -> None:
    state, runtime = body.get("state", "ACTIVE"), body.get("runtimeType")
    if state != "ACTIVE":
        raise Refused(f"organization {org} is {state}, not ACTIVE", hint="wait until it is, then try again")
    if runtime != "HYBRID":
        raise Refused(f"organization {org} is no hybrid organization (runtimeType {runtime or 'unknown'})")


def _verify(org: str, sent: Mapping[str, Any], found: Mapping[str, Any], name: str, value: str) -> None:
    before, after = _values(sent), _values(found)
    lost = sorted(before.keys() - after.keys() - {name})
    if lost:
        raise PropertiesLost(
            f"organization {org}: properties that were there before the change to {name} are gone",
            details=[f"{gone} was {before[gone]!r}" for gone in lost],
            hint="write them back at once, and keep other tools from changing the organization meanwhile",
        )
    if after.get(name) != value:
        is_now = repr(after[name]) if name in after else "absent"
        raise Refused(
            f"organization {org}: Google accepted the change, and {name} is {is_now} all the same, not {value!r}",
            hint="it did not take, or somebody else changes it too; look with: apigeectl connect status",
        )


def _others(sent: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    """What is not as it was sent: somebody else wrote between our write and our reading."""
    before, after = _values(sent), _values(found)
    for name in sorted(after.keys() | before.keys()):
        if before.get(name) != after.get(name):
            is_now = repr(after[name]) if name in after else "absent"
            yield f"property {name} is {is_now} by now" + (
                f", was {before[name]!r}" if name in before else ""
            )
    for key in sorted((sent.keys() | found.keys()) - _CLOCKWORK):
        if sent.get(key) != found.get(key):
            yield f"field {key} was changed at the same time"


def _path(org: str) -> str:
    return f"/v1/organizations/{quote(org, safe='')}"


def _subject(org: str) -> str:
    return f"organization {org}"
