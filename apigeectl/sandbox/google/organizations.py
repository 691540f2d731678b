"""The Apigee API: the organization and what belongs to it."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Sequence
from typing import Any

from apigeectl.sandbox.google.wire import Asked, GoogleError, Route, only_fields, page

CONNECT_PROPERTY = "features.mart.connect.enabled"
_SERVICE = "apigee.googleapis.com"
_WRITABLE = ("displayName", "description", "properties")
_READ_ONLY = (
    "name",
    "createdAt",
    "lastModifiedAt",
    "expiresAt",
    "environments",
    "subscriptionType",
    "subscriptionPlan",
    "projectId",
    "apigeeProjectId",
    "state",
    "caCertificate",
    "caCertificates",
)
_OTHERS = (
    "customerName",
    "attributes",
    "type",
    "analyticsRegion",
    "authorizedNetwork",
    "disableVpcPeering",
    "networkEgressRestricted",
    "runtimeType",
    "billingType",
    "addonsConfig",
    "runtimeDatabaseEncryptionKeyName",
    "apiConsumerDataEncryptionKeyName",
    "controlPlaneEncryptionKeyName",
    "apiConsumerDataLocation",
    "portalDisabled",
)


class Organizations:
    """One hybrid organization with its environments and groups."""

    def __init__(
        self,
        name: str,
        project: str,
        *,
        region: str,
        environments: Sequence[str],
        groups: Sequence[str],
        properties: Sequence[tuple[str, str]] = (),
        forbidden: bool = False,
        forgetful: bool = False,
    ) -> None:
        """`properties` are there from the beginning; a forgetful one answers a PUT with 200 and keeps what it had."""
        self._project = project
        self._forbidden = forbidden
        self._forgetful = forgetful
        self._groups = tuple(groups)
        self._lock = threading.Lock()
        created = _now()
        self._body: dict[str, Any] = {
            "name": name,
            "displayName": name,
            "description": "an organization of the local sandbox",
            "createdAt": created,
            "lastModifiedAt": created,
            "environments": list(environments),
            "properties": {
                "property": [
                    {"name": key, "value": value}
                    for key, value in (("features.hybrid.enabled", "true"), *properties)
                ]
            },
            "analyticsRegion": region,
            "runtimeType": "HYBRID",
            "subscriptionType": "PAID",
            "billingType": "SUBSCRIPTION",
            "projectId": project,
            "state": "ACTIVE",
        }

    def routes(self) -> tuple[Route, ...]:
        """The methods that an installer and its doctor need."""
        stem = "/v1/organizations/{organization}"
        paging = ("pageSize", "pageToken")
        get = "apigee.organizations.get"
        found = (
            ("GET", "/v1/organizations", self._list, "apigee.organizations.list", ()),
            ("GET", stem, self._get, get, ()),
            ("PUT", stem, self._update, "apigee.organizations.update", ()),
            ("GET", f"{stem}:getProjectMapping", self._mapping, get, ()),
            ("GET", f"{stem}/environments", self._environments, "apigee.environments.list", ()),
            ("GET", f"{stem}/environments/{{environment}}", self._environment, "apigee.environments.get", ()),
            ("GET", f"{stem}/envgroups", self._list_groups, "apigee.envgroups.list", paging),
            ("GET", f"{stem}/envgroups/{{group}}", self._get_group, "apigee.envgroups.get", ()),
            (
                "GET",
                f"{stem}/envgroups/{{group}}/attachments",
                self._attachments,
                "apigee.envgroupattachments.list",
                paging,
            ),
        )
        return tuple(
            Route(verb, path, handler, may, query, _SERVICE) for verb, path, handler, may, query in found
        )

    def property(self, name: str) -> str | None:
        """A property's value; the first entry of a name counts."""
        with self._lock:
            entries = self._body["properties"].get("property", [])
            return next((entry.get("value", "") for entry in entries if entry.get("name") == name), None)

    def _list(self, asked: Asked) -> dict[str, Any]:
        project = self._project
        return {
            "organizations": [
                {"organization": self._body["name"], "projectId": project, "projectIds": [project]}
            ]
        }

    def _get(self, asked: Asked) -> dict[str, Any]:
        self._own(asked)
        with self._lock:
            return copy.deepcopy(self._body)

    def _update(self, asked: Asked) -> dict[str, Any]:
        """Replace what may be written; the property list as a whole, exactly as it was sent."""
        self._own(asked)
        body = only_fields(asked.body, (*_WRITABLE, *_READ_ONLY, *_OTHERS))
        properties = only_fields(body.get("properties") or {}, ("property",))
        for entry in properties.get("property") or []:
            if any(not isinstance(value, str) for value in only_fields(entry, ("name", "value")).values()):
                raise GoogleError(400, "Invalid value at 'organization.properties.property' (TYPE_STRING)")
        with self._lock:
            if self._forgetful:
                return {**copy.deepcopy(self._body), "properties": properties}
            self._body |= {key: body[key] for key in _WRITABLE if key in body}
            self._body["properties"] = properties
            self._body["lastModifiedAt"] = str(max(int(_now()), int(self._body["lastModifiedAt"]) + 1))
            return copy.deepcopy(self._body)

    def _mapping(self, asked: Asked) -> dict[str, Any]:
        self._own(asked)
        project = self._project
        return {"organization": self._body["name"], "projectId": project, "projectIds": [project]}

    def _environments(self, asked: Asked) -> list[str]:
        self._own(asked)
        return list(self._body["environments"])

    def _environment(self, asked: Asked) -> dict[str, Any]:
        self._own(asked)
        name = asked.path["environment"]
        if name not in self._body["environments"]:
            raise GoogleError(
                404, f"resource organizations/{self._body['name']}/environments/{name} not found"
            )
        return {
            "name": name,
            "state": "ACTIVE",
            "deploymentType": "PROXY",
            "apiProxyType": "PROGRAMMABLE",
            "createdAt": self._body["createdAt"],
            "lastModifiedAt": self._body["createdAt"],
        }

    def _list_groups(self, asked: Asked) -> dict[str, Any]:
        self._own(asked)
        return page(
            asked, "environmentGroups", [self._group(name) for name in self._groups], size=25, most=1000
        )

    def _get_group(self, asked: Asked) -> dict[str, Any]:
        self._own(asked)
        return self._group(self._known_group(asked))

    def _attachments(self, asked: Asked) -> dict[str, Any]:
        self._own(asked)
        group = self._known_group(asked)
        attachments = [
            {
                "name": f"{group}-{environment}",
                "environment": environment,
                "environmentGroupId": group,
                "createdAt": self._body["createdAt"],
            }
            for environment in self._body["environments"]
        ]
        return page(asked, "environmentGroupAttachments", attachments, size=25, most=1000)

    def _own(self, asked: Asked) -> None:
        require_organization(asked, "" if self._forbidden else self._body["name"])

    def _known_group(self, asked: Asked) -> str:
        if asked.path["group"] not in self._groups:
            message = f"resource organizations/{self._body['name']}/envgroups/{asked.path['group']} not found"
            raise GoogleError(404, message)
        return asked.path["group"]

    def _group(self, name: str) -> dict[str, Any]:
        created = self._body["createdAt"]
        return {
            "name": name,
            "hostnames": [f"{name}.example.com"],
            "state": "ACTIVE",
            "createdAt": created,
            "lastModifiedAt": created,
        }


def require_organization(asked: Asked, organization: str) -> None:
    """Refuse any other one, without a word on whether it exists."""
    name = asked.path["organization"]
    if name != organization:
        raise GoogleError(403, f"Permission denied on resource organization {name} (or it may not exist)")


def _now() -> str:
    return str(int(time.time() * 1000))
