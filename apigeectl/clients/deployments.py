"""API proxies, shared flows and their deployments in one organization, as Google answers them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import quote

from apigeectl.clients.endpoints import Service
from apigeectl.clients.http import Deleting, Getting, Posting
from apigeectl.errors import UsageError


class Http(Getting, Posting, Deleting, Protocol):
    """What is needed of a session."""


class Deployments:
    """What runs where in an organization. None of the lists has pages."""

    def __init__(self, session: Http, org: str) -> None:
        self._session = session
        self.org = org
        self._stem = f"/v1/organizations/{_segment(org)}"

    def environments(self) -> tuple[str, ...]:
        """The names of the organization's environments."""
        body = self._get("", f"organization {self.org}")
        return tuple(str(name) for name in body.get("environments") or ())

    def names(self, *, shared_flows: bool = False) -> tuple[str, ...]:
        """The names of all API proxies, or of all shared flows."""
        collection, key = ("sharedflows", "sharedFlows") if shared_flows else ("apis", "proxies")
        body = self._get(f"/{collection}", f"the {_what(shared_flows)}s of organization {self.org}")
        return tuple(str(entry.get("name", "")) for entry in body.get(key) or ())

    def revisions(self, name: str, *, shared_flows: bool = False) -> tuple[str, ...]:
        """The revisions of one proxy, in no order."""
        path = f"/{_collection(shared_flows)}/{_segment(name)}"
        body = self._get(path, f"{_what(shared_flows)} {name}")
        return tuple(str(revision) for revision in body.get("revision") or ())

    def everywhere(self, *, shared_flows: bool = False) -> list[dict[str, Any]]:
        """Everything deployed in the organization, without states."""
        return self._deployed("/deployments", f"deployments in organization {self.org}", shared_flows)

    def in_environment(self, environment: str, *, shared_flows: bool = False) -> list[dict[str, Any]]:
        """Everything deployed in an environment, without states."""
        path = f"/environments/{_segment(environment)}/deployments"
        return self._deployed(path, f"deployments in environment {environment}", shared_flows)

    def of_one(self, environment: str, name: str, *, shared_flows: bool = False) -> list[dict[str, Any]]:
        """The deployed revisions of one proxy in an environment, without states."""
        path = (
            f"/environments/{_segment(environment)}/{_collection(shared_flows)}/{_segment(name)}/deployments"
        )
        body = self._get(path, f"deployments of {name} in environment {environment}")
        return list(body.get("deployments") or ())

    def status(
        self, environment: str, name: str, revision: str, *, shared_flows: bool = False
    ) -> dict[str, Any]:
        """One revision in one environment, with its state; NotFound when it is not deployed."""
        path = self._path(environment, name, revision, shared_flows=shared_flows)
        return self._get(path, _subject(environment, name, revision))

    def deploy(
        self,
        environment: str,
        name: str,
        revision: str,
        *,
        sequenced: bool = False,
        service_account: str = "",
    ) -> dict[str, Any]:
        """Put a revision in the place of the one that serves, without downtime. Not repeated after a lost answer."""
        params = {"override": "true"}
        if sequenced:
            params["sequencedRollout"] = "true"
        if service_account:
            params["serviceAccount"] = service_account
        path = self._stem + self._path(environment, name, revision)
        subject = _subject(environment, name, revision)
        return self._session.post(Service.APIGEE, path, None, params, subject=subject)

    def undeploy(self, environment: str, name: str, revision: str) -> None:
        """Take a revision down."""
        path = self._stem + self._path(environment, name, revision)
        self._session.delete(Service.APIGEE, path, subject=_subject(environment, name, revision))

    def deploy_report(self, environment: str, name: str, revision: str) -> dict[str, Any]:
        """What the deploy would change, and what stands against it."""
        return self._report(environment, name, revision, "generateDeployChangeReport", {"override": "true"})

    def undeploy_report(self, environment: str, name: str, revision: str) -> dict[str, Any]:
        """What the undeploy would change; the service has been seen to answer NotFound without reason."""
        return self._report(environment, name, revision, "generateUndeployChangeReport", {})

    def _deployed(self, path: str, subject: str, shared_flows: bool) -> list[dict[str, Any]]:
        body = self._get(path, subject, {"sharedFlows": "true"} if shared_flows else {})
        return list(body.get("deployments") or ())

    def _report(
        self, environment: str, name: str, revision: str, verb: str, params: Mapping[str, str]
    ) -> dict[str, Any]:
        path = f"{self._stem}{self._path(environment, name, revision)}:{verb}"
        subject = _subject(environment, name, revision)
        return self._session.post(Service.APIGEE, path, None, params, subject=subject, idempotent=True)

    def _path(self, environment: str, name: str, revision: str, *, shared_flows: bool = False) -> str:
        collection = _collection(shared_flows)
        stem = f"/environments/{_segment(environment)}/{collection}/{_segment(name)}"
        return f"{stem}/revisions/{_segment(revision)}/deployments"

    def _get(self, path: str, subject: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        return self._session.get(Service.APIGEE, self._stem + path, params or {}, subject=subject)


def _segment(name: str) -> str:
    """One segment of a path; a dot or two would climb out of it however they are quoted."""
    if name in {"", ".", ".."}:
        raise UsageError(
            f'nothing can be called "{name}"', hint="name an organization, environment or API proxy"
        )
    return quote(name, safe="")


def _collection(shared_flows: bool) -> str:
    return "sharedflows" if shared_flows else "apis"


def _what(shared_flows: bool) -> str:
    return "shared flow" if shared_flows else "API proxy"


def _subject(environment: str, name: str, revision: str) -> str:
    return f"{name} revision {revision} in environment {environment}"
