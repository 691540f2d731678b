"""Who may do what: the project's IAM policy, the accounts in it, and the permissions of the roles."""

from __future__ import annotations

import base64
import copy
from dataclasses import dataclass, field
from typing import Any

from apigeectl.sandbox.google.wire import Asked, GoogleError, Route, only_fields, page

ADMIN = "apigee-org-admin"
AGENT_ROLE = "roles/apigeeconnect.Agent"
CONNECT_PERMISSION = "apigeeconnect.endpoints.connect"

ROLES: dict[str, tuple[str, ...]] = {
    "roles/owner": (
        "apigee.",
        "apigeeconnect.connections.list",
        "serviceusage.",
        "resourcemanager.projects.",
        "iam.serviceAccounts.",
    ),
    "roles/apigee.admin": ("apigee.", "resourcemanager.projects.get"),
    "roles/apigeeconnect.Admin": ("apigeeconnect.",),
    AGENT_ROLE: (CONNECT_PERMISSION,),
    "roles/serviceusage.serviceUsageAdmin": ("serviceusage.",),
    "roles/resourcemanager.projectIamAdmin": ("resourcemanager.projects.",),
    "roles/iam.serviceAccountViewer": ("iam.serviceAccounts.",),
    "roles/apigee.synchronizerManager": (
        "apigee.environments.get",
        "apigee.environments.manageRuntime",
    ),
    "roles/apigee.analyticsAgent": ("apigee.environments.getDataLocation",),
    "roles/apigee.runtimeAgent": (
        "apigee.instances.reportStatus",
        "apigee.ingressconfigs.get",
        "apigee.canaryevaluations.",
        "apigee.operations.",
    ),
    "roles/monitoring.metricWriter": ("monitoring.timeSeries.create",),
    "roles/logging.logWriter": ("logging.logEntries.create",),
    "roles/storage.objectAdmin": ("storage.objects.",),
    "roles/cloudtrace.agent": ("cloudtrace.traces.patch",),
}
"""Roles and their permissions; a final dot stands for all that begin so."""

ACCOUNTS: dict[str, tuple[str, ...]] = {
    ADMIN: (
        "roles/apigee.admin",
        "roles/apigeeconnect.Admin",
        "roles/serviceusage.serviceUsageAdmin",
        "roles/resourcemanager.projectIamAdmin",
        "roles/iam.serviceAccountViewer",
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
"""The service accounts of the sandbox's project and their roles, as Google's quickstart lays them out."""


@dataclass
class Project:
    """The project: id, number, policy, service accounts."""

    identifier: str
    number: str
    bindings: list[dict[str, Any]] = field(default_factory=list)
    _edition: int = 1
    _audit: list[Any] = field(default_factory=list)

    @classmethod
    def standard(cls, identifier: str, number: str) -> Project:
        """With every account in its roles."""
        members: dict[str, list[str]] = {}
        for account, roles in ACCOUNTS.items():
            for role in roles:
                email = f"{account}@{identifier}.iam.gserviceaccount.com"
                members.setdefault(role, []).append(f"serviceAccount:{email}")
        return cls(identifier, number, [{"role": role, "members": who} for role, who in members.items()])

    def email(self, account: str) -> str:
        """The e-mail of one of the project's accounts."""
        return f"{account}@{self.identifier}.iam.gserviceaccount.com"

    def revoke(self, role: str) -> None:
        """Take a role from everybody."""
        self.bindings = [binding for binding in self.bindings if binding["role"] != role]

    def may(self, email: str, permission: str) -> bool:
        """Whether an account holds a permission by a binding without condition."""
        member = f"serviceAccount:{email}"
        return any(
            _grants(binding["role"], permission)
            for binding in self.bindings
            if member in binding.get("members", ()) and not binding.get("condition")
        )

    def anyone_may_connect(self) -> bool:
        """Whether any account at all has the agent's role."""
        return any(binding["role"] == AGENT_ROLE and binding.get("members") for binding in self.bindings)

    def routes(self) -> tuple[Route, ...]:
        """Resource Manager (v1 and v3) and the service accounts of IAM."""
        read, write = "resourcemanager.projects.getIamPolicy", "resourcemanager.projects.setIamPolicy"
        found = [
            Route("GET", "/v1/projects/{project}", self._get_v1, "resourcemanager.projects.get"),
            Route("GET", "/v3/projects/{project}", self._get_v3, "resourcemanager.projects.get"),
            Route(
                "GET",
                "/v1/projects/{project}/serviceAccounts",
                self._list_accounts,
                "iam.serviceAccounts.list",
                ("pageSize", "pageToken"),
            ),
            Route(
                "GET",
                "/v1/projects/{project}/serviceAccounts/{email}",
                self._get_account,
                "iam.serviceAccounts.get",
            ),
        ]
        for version in ("v1", "v3"):
            stem = f"/{version}/projects/{{project}}"
            found += [
                Route("POST", f"{stem}:getIamPolicy", self._get_policy, read),
                Route("POST", f"{stem}:setIamPolicy", self._set_policy, write),
                Route("POST", f"{stem}:testIamPermissions", self._test),
            ]
        return tuple(found)

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

    def _policy(self, version: int) -> dict[str, Any]:
        policy: dict[str, Any] = {
            "version": version,
            "etag": self._etag(),
            "bindings": copy.deepcopy(self.bindings),
        }
        return {**policy, "auditConfigs": self._audit} if self._audit else policy

    def _etag(self) -> str:
        return base64.b64encode(f"sandbox-{self._edition:06}".encode()).decode()

    def _get_policy(self, asked: Asked) -> dict[str, Any]:
        options = only_fields(asked.body, ("options",)).get("options") or {}
        wanted = options.get("requestedPolicyVersion", 1)
        conditional = any(binding.get("condition") for binding in self.bindings)
        return self._policy(3 if wanted == 3 and conditional else 1)

    def _set_policy(self, asked: Asked) -> dict[str, Any]:
        body = only_fields(asked.body, ("policy", "updateMask"))
        policy = only_fields(body.get("policy") or {}, ("version", "bindings", "etag", "auditConfigs"))
        if policy.get("etag") not in (None, "", self._etag()):
            message = (
                "There were concurrent policy changes. Please retry the whole read-modify-write with "
                "exponential backoff."
            )
            raise GoogleError(409, message)
        bindings = policy.get("bindings") or []
        if any(binding.get("condition") for binding in bindings) and policy.get("version") != 3:
            raise GoogleError(400, "Conditions need policy version 3.")
        for binding in bindings:
            only_fields(binding, ("role", "members", "condition"))
        self.bindings = copy.deepcopy(bindings)
        if "auditConfigs" in str(body.get("updateMask", "")):
            self._audit = list(policy.get("auditConfigs") or [])
        self._edition += 1
        return self._policy(3 if policy.get("version") == 3 else 1)

    def _test(self, asked: Asked) -> dict[str, Any]:
        asked_for = only_fields(asked.body, ("permissions",)).get("permissions") or []
        if any("*" in permission for permission in asked_for):
            raise GoogleError(400, "Permission names with wildcards are not allowed.")
        granted = [permission for permission in asked_for if self.may(asked.caller, permission)]
        return {"permissions": granted} if granted else {}

    def _list_accounts(self, asked: Asked) -> dict[str, Any]:
        accounts = [self._account(self.email(name)) for name in ACCOUNTS]
        return page(asked, "accounts", accounts, size=20, most=100)

    def _get_account(self, asked: Asked) -> dict[str, Any]:
        email = asked.path["email"]
        if email not in {self.email(name) for name in ACCOUNTS}:
            raise GoogleError(404, f"Unknown service account: {email}")
        return self._account(email)

    def _account(self, email: str) -> dict[str, Any]:
        return {
            "name": f"projects/{self.identifier}/serviceAccounts/{email}",
            "projectId": self.identifier,
            "uniqueId": str(10**20 + sum(email.encode())),
            "email": email,
            "displayName": email.partition("@")[0],
        }


def _grants(role: str, permission: str) -> bool:
    return any(
        permission.startswith(known) if known.endswith(".") else permission == known
        for known in ROLES.get(role, ())
    )
