"""Roles and the permissions in them, as far as an installation meets them."""

from __future__ import annotations

CONNECT_PERMISSION = "apigeeconnect.endpoints.connect"
AGENT_ROLE = "roles/apigeeconnect.Agent"

ROLES: dict[str, tuple[str, ...]] = {
    "roles/owner": (
        "apigee.",
        "apigeeconnect.connections.list",
        "serviceusage.",
        "resourcemanager.projects.",
        "iam.serviceAccounts.",
        "iam.serviceAccountKeys.",
    ),
    "roles/viewer": ("apigeeconnect.connections.list", "resourcemanager.projects.get"),
    "roles/apigee.admin": ("apigee.", "resourcemanager.projects.get"),
    "roles/apigeeconnect.Admin": ("apigeeconnect.",),
    "roles/apigeeconnect.viewer": ("apigeeconnect.connections.list", "resourcemanager.projects.get"),
    AGENT_ROLE: (CONNECT_PERMISSION,),
    "roles/serviceusage.serviceUsageAdmin": ("serviceusage.",),
    "roles/resourcemanager.projectIamAdmin": ("resourcemanager.projects.",),
    "roles/iam.serviceAccountAdmin": (
        "iam.serviceAccounts.create",
        "iam.serviceAccounts.delete",
        "iam.serviceAccounts.get",
        "iam.serviceAccounts.list",
        "iam.serviceAccounts.enable",
        "iam.serviceAccounts.disable",
    ),
    "roles/iam.serviceAccountKeyAdmin": ("iam.serviceAccountKeys.",),
    "roles/iam.serviceAccountTokenCreator": ("iam.serviceAccounts.getAccessToken",),
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


def grants(role: str, permission: str) -> bool:
    """Whether a permission is in a role."""
    return any(
        permission.startswith(known) if known.endswith(".") else permission == known
        for known in ROLES.get(role, ())
    )
