"""Who may fetch contracts: the synchronizer authorization of the organization, and IAM of its environments."""

from __future__ import annotations

import base64
import threading
from collections.abc import Sequence
from functools import partial
from typing import Any

from apigeectl.sandbox.google.accounts import Project
from apigeectl.sandbox.google.organizations import require_organization
from apigeectl.sandbox.google.policies import Policy, tested
from apigeectl.sandbox.google.wire import Asked, GoogleError, Route, only_fields

COLLEAGUE = "serviceAccount:apigee-colleague@hybrid-other.iam.gserviceaccount.com"
"""Whom somebody else adds when a race is played."""

_SERVICE = "apigee.googleapis.com"
_STEM = "/v1/organizations/{organization}"


class SyncAuthorization:
    """The identities that the organization lets in. Many threads may ask and write."""

    def __init__(self, organization: str, identities: Sequence[str], *, races: int = 0) -> None:
        """In the first `races` writes somebody else was faster."""
        self._organization = organization
        self._identities = list(identities)
        self._races = races
        self._edition = 1
        self._lock = threading.Lock()

    def routes(self) -> tuple[Route, ...]:
        """Reading and replacing, both by POST."""
        get, update = "apigee.organizations.get", "apigee.organizations.update"
        return (
            Route("POST", f"{_STEM}:getSyncAuthorization", self._get, get, (), _SERVICE),
            Route("POST", f"{_STEM}:setSyncAuthorization", self._set, update, (), _SERVICE),
        )

    def _get(self, asked: Asked) -> dict[str, Any]:
        require_organization(asked, self._organization)
        only_fields(asked.body, ())
        with self._lock:
            return self._body()

    def _set(self, asked: Asked) -> dict[str, Any]:
        require_organization(asked, self._organization)
        body = only_fields(asked.body, ("identities", "etag"))
        identities = [str(each) for each in body.get("identities") or ()]
        if wrong := [each for each in identities if not each.startswith("serviceAccount:")]:
            raise GoogleError(400, f"invalid identity {wrong[0]}: it must begin with serviceAccount:")
        etag = body.get("etag")
        with self._lock:
            if self._races > 0 and etag:
                self._races -= 1
                self._replace([*self._identities, COLLEAGUE])
            if etag and etag != self._etag():
                raise GoogleError(409, "The etag does not match: the authorization was changed meanwhile.")
            self._replace(identities)
            return self._body()

    def _replace(self, identities: Sequence[str]) -> None:
        self._identities = list(dict.fromkeys(identities))
        self._edition += 1

    def _body(self) -> dict[str, Any]:
        identities = {"identities": list(self._identities)} if self._identities else {}
        return {**identities, "etag": self._etag()}

    def _etag(self) -> str:
        return base64.b64encode(f"sandbox-sync-{self._edition:05}".encode()).decode()


class EnvironmentPolicies:
    """IAM of each environment: what is held on the project is held here, too."""

    def __init__(self, organization: str, environments: Sequence[str], project: Project) -> None:
        self._organization = organization
        self._project = project
        self._policies = {name: Policy() for name in environments}

    def routes(self) -> tuple[Route, ...]:
        """The policy is read by GET here, unlike that of a project."""
        stem, may = f"{_STEM}/environments/{{environment}}", "apigee.environments."
        requested = ("options.requestedPolicyVersion",)
        return (
            Route("GET", f"{stem}:getIamPolicy", self._get, f"{may}getIamPolicy", requested, _SERVICE),
            Route("POST", f"{stem}:setIamPolicy", self._set, f"{may}setIamPolicy", (), _SERVICE),
            Route("POST", f"{stem}:testIamPermissions", self._test, "", (), _SERVICE),
        )

    def _get(self, asked: Asked) -> dict[str, Any]:
        return self._policy(asked).read(int(asked.first("options.requestedPolicyVersion") or 1))

    def _set(self, asked: Asked) -> dict[str, Any]:
        return self._policy(asked).write(asked.body)

    def _test(self, asked: Asked) -> dict[str, Any]:
        """An environment that does not exist is one on which nothing is held."""
        known = asked.path["organization"] == self._organization
        policy = self._policies.get(asked.path["environment"]) if known else None
        return tested(asked.body, partial(self._may, policy, asked.caller))

    def _may(self, policy: Policy | None, email: str, permission: str) -> bool:
        return policy is not None and (
            policy.may(email, permission) or self._project.policy.may(email, permission)
        )

    def _policy(self, asked: Asked) -> Policy:
        require_organization(asked, self._organization)
        name = asked.path["environment"]
        if name not in self._policies:
            message = f"resource organizations/{self._organization}/environments/{name} not found"
            raise GoogleError(404, message)
        return self._policies[name]
