"""What an account may do, asked as that account; it needs no permission to ask."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any
from urllib.parse import quote

from apigeectl.clients.endpoints import Endpoints, Service
from apigeectl.clients.google import Account, Session
from apigeectl.clients.http import Getting, Posting

_ACTING = (
    "CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT",
    "GOOGLE_CLOUD_QUOTA_PROJECT",
    "CLOUDSDK_BILLING_QUOTA_PROJECT",
)
"""Variables that say whom the user acts as, and at whose expense; they are not about a component's account."""


class Permissions:
    """The permissions of the account that a session belongs to."""

    def __init__(self, session: Posting) -> None:
        self._session = session

    @classmethod
    def of_key_file(cls, file: Path, endpoints: Endpoints, *, timeout: float = 30.0) -> Permissions:
        """Ask as the owner of a key file, whomever the environment says that we are."""
        environ = {name: value for name, value in endpoints.environ.items() if name not in _ACTING}
        return cls(
            Session(
                endpoints, Account(key_file=file, only_service_account=True), environ=environ, timeout=timeout
            )
        )

    def on_project(self, project: str, wanted: Collection[str]) -> frozenset[str]:
        """Those of the permissions that are held on a project, inherited ones included."""
        path = f"/v1/projects/{quote(project, safe='')}"
        return self._held(Service.RESOURCE_MANAGER, path, wanted, f"project {project}")

    def on_environment(self, org: str, environment: str, wanted: Collection[str]) -> frozenset[str]:
        """Those that are held on an environment of an organization; none when there is no such environment."""
        path = f"/v1/organizations/{quote(org, safe='')}/environments/{quote(environment, safe='')}"
        return self._held(Service.APIGEE, path, wanted, f"environment {environment}")

    def _held(self, service: Service, path: str, wanted: Collection[str], subject: str) -> frozenset[str]:
        body = {"permissions": list(wanted)}
        answer = self._session.post(
            service, f"{path}:testIamPermissions", body, subject=subject, idempotent=True
        )
        return frozenset(str(permission) for permission in answer.get("permissions") or ())


class ServiceAccounts:
    """The service accounts of projects."""

    def __init__(self, session: Getting) -> None:
        self._session = session

    def get(self, email: str) -> dict[str, Any]:
        """The account with `email` and `disabled`. By its own project: with `-` a missing one would be a 403."""
        return self._session.get(Service.IAM, _account_path(email), subject=f"service account {email}")


def _account_path(email: str) -> str:
    project, ours, _ = email.partition("@")[2].partition(".iam.gserviceaccount.com")
    project = project if ours else "-"  # an account that Google made
    return f"/v1/projects/{quote(project, safe='')}/serviceAccounts/{quote(email, safe='@')}"
