"""Apigee organizations: read one, write one back, change one property and lose none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from apigeectl.clients.endpoints import Service
from apigeectl.errors import InstallerError, Refused

TRIES = 3


class Http(Protocol):
    """What is needed of a session."""

    def get(
        self, service: Service, path: str, params: Mapping[str, str] | None = None, *, subject: str
    ) -> dict[str, Any]: ...

    def put(
        self, service: Service, path: str, body: Mapping[str, Any], *, subject: str
    ) -> dict[str, Any]: ...


class PropertiesLost(InstallerError):
    """After our write the organization lacks properties that it had before."""


@dataclass(frozen=True)
class PropertyChange:
    """A property's value before and after; None stands for absent."""

    before: str | None
    after: str | None
    changed: bool


class Organizations:
    """The organizations of the Apigee API."""

    def __init__(self, session: Http) -> None:
        self._session = session

    def get(self, org: str) -> dict[str, Any]:
        """The organization as it is, unknown fields included."""
        return self._session.get(Service.APIGEE, _path(org), subject=_subject(org))

    def put(self, org: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Write it back; give the whole body, because what is left out may get lost."""
        return self._session.put(Service.APIGEE, _path(org), body, subject=_subject(org))

    def project_mapping(self, org: str) -> dict[str, Any]:
        """Its project (`projectId`) and the place of its data (`location`)."""
        return self._session.get(Service.APIGEE, f"{_path(org)}:getProjectMapping", subject=_subject(org))

    def set_property(self, org: str, name: str, value: str) -> PropertyChange:
        """Change one property of a hybrid organization, write nothing when it has the value already.

        No etag protects an organization, so it is read again right before the write (somebody else's change
        starts it over) and right after it (nothing may be missing).
        """
        for _ in range(TRIES):
            body = self.get(org)
            _require_switchable(org, body)
            before = property_value(body, name)
            if before == value:
                return PropertyChange(before, value, changed=False)
            if self.get(org).get("lastModifiedAt") != body.get("lastModifiedAt"):
                continue
            wanted = with_property(body, name, value)
            self.put(org, wanted)
            _verify(org, wanted, self.get(org), name, value)
            return PropertyChange(before, value, changed=True)
        raise Refused(
            f"organization {org}: somebody else keeps changing it, {name} was left as it is",
            hint="try again when the other change is done",
        )


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
    lost = sorted(before.keys() - after.keys())
    if lost:
        raise PropertiesLost(
            f"organization {org}: properties that were there before the change to {name} are gone",
            details=[f"{gone} was {before[gone]!r}" for gone in lost],
            hint="write them back at once, and keep other tools from changing the organization meanwhile",
        )
    if after.get(name) != value:
        raise Refused(
            f"organization {org}: {name} is {after.get(name)!r} right after it was set to {value!r}",
            hint="somebody else changes it too; look with: apigeectl connect status",
        )


def _path(org: str) -> str:
    return f"/v1/organizations/{quote(org, safe='')}"


def _subject(org: str) -> str:
    return f"organization {org}"
