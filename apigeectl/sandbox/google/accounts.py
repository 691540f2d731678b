"""The project: its numbers, its accounts and their roles, its IAM policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from apigeectl.sandbox.google.policies import Policy, tested
from apigeectl.sandbox.google.roles import AGENT_ROLE
from apigeectl.sandbox.google.wire import Asked, Route, only_fields

ADMIN = "apigee-org-admin"
_SERVICE = "cloudresourcemanager.googleapis.com"

ACCOUNTS: dict[str, tuple[str, ...]] = {
    ADMIN: (
        "roles/apigee.admin",
        "roles/apigeeconnect.Admin",
        "roles/serviceusage.serviceUsageAdmin",
        "roles/resourcemanager.projectIamAdmin",
        "roles/iam.serviceAccountAdmin",
        "roles/iam.serviceAccountKeyAdmin",
        "roles/iam.serviceAccountTokenCreator",
    ),
    "apigee-mart": (AGENT_ROLE,),
    "apigee-synchronizer": ("roles/apigee.synchronizerManager",),
    "apigee-udca": ("roles/apigee.analyticsAgent",),
    "apigee-watcher": ("roles/apigee.runtimeAgent",),
    "apigee-metrics": ("roles/monitoring.metricWriter",),
    "apigee-logger": ("roles/logging.logWriter",),
    "apigee-runtime": ("roles/cloudtrace.agent",),
    "apigee-cassandra": ("roles/storage.objectAdmin",),
}
"""The service accounts of the sandbox's project and their roles, as Google's quickstart lays them out; the first
one does everything that an installer does."""


@dataclass(frozen=True)
class Project:
    """Id, number and policy."""

    identifier: str
    number: str
    policy: Policy
    emails: set[str]
    """Of the service accounts that exist."""

    @classmethod
    def standard(cls, identifier: str, number: str, *, delay: float = 0.0, races: int = 0) -> Project:
        """With every account in its roles; `delay` and `races` are the policy's."""
        members: dict[str, list[str]] = {}
        for account, roles in ACCOUNTS.items():
            for role in roles:
                members.setdefault(role, []).append(f"serviceAccount:{email_of(account, identifier)}")
        ours = {email_of(account, identifier) for account in ACCOUNTS}

        def exists(email: str) -> bool:
            return email in ours or not email.endswith(email_of("", identifier))

        bindings = [{"role": role, "members": who} for role, who in members.items()]
        return cls(identifier, number, Policy(bindings, exists=exists, delay=delay, races=races), ours)

    def email(self, account: str) -> str:
        """The e-mail of one of the project's accounts."""
        return email_of(account, self.identifier)

    def routes(self) -> tuple[Route, ...]:
        """Resource Manager, v1 and v3."""
        may = "resourcemanager.projects."
        return tuple(
            Route(verb, f"/{version}/projects/{{project}}{end}", handler, permission, (), _SERVICE)
            for version, get in (("v1", self._get_v1), ("v3", self._get_v3))
            for verb, end, handler, permission in (
                ("GET", "", get, f"{may}get"),
                ("POST", ":getIamPolicy", self._get_policy, f"{may}getIamPolicy"),
                ("POST", ":setIamPolicy", self._set_policy, f"{may}setIamPolicy"),
                ("POST", ":testIamPermissions", self._test, ""),
            )
        )

    def _get_v1(self, asked: Asked) -> dict[str, Any]:
        return {
            "projectId": self.identifier,
            "projectNumber": self.number,
            "name": self.identifier,
            "lifecycleState": "ACTIVE",
        }

    def _get_v3(self, asked: Asked) -> dict[str, Any]:
        return {
            "name": f"projects/{self.number}",
            "projectId": self.identifier,
            "displayName": self.identifier,
            "state": "ACTIVE",
        }

    def _get_policy(self, asked: Asked) -> dict[str, Any]:
        options = only_fields(asked.body, ("options",)).get("options") or {}
        wanted = only_fields(options, ("requestedPolicyVersion",)).get("requestedPolicyVersion", 1)
        return self.policy.read(wanted)

    def _set_policy(self, asked: Asked) -> dict[str, Any]:
        return self.policy.write(asked.body)

    def _test(self, asked: Asked) -> dict[str, Any]:
        return tested(asked.body, lambda permission: self.policy.may(asked.caller, permission))


def email_of(account: str, project: str) -> str:
    """The address of a service account."""
    return f"{account}@{project}.iam.gserviceaccount.com"
