"""The chain of Apigee Connect, in the order in which one link rests on another. A title is the good answer.

The property comes behind the streams, as when switching on: a door is opened before anybody is told of it.
"""

from __future__ import annotations

import functools
import time

from apigeectl.checks import cluster_side, google_side, undo_copies
from apigeectl.checks.hints import Hint
from apigeectl.checks.model import Check
from apigeectl.checks.site import CONNECT_PROPERTY, Site

_PODS = "the rights to list pods and to read their logs in the namespace"

CHECKS: tuple[Check[Site], ...] = (
    Check("Google knows who we are", google_side.credentials_are_usable, Hint.GOOGLE_CREDENTIALS),
    Check(
        "the organization can be read",
        google_side.organization_is_readable,
        Hint.ORGANIZATION_UNREADABLE,
        essential="organization",
    ),
    Check("the organization is active", google_side.organization_is_active, Hint.ORGANIZATION_NOT_ACTIVE),
    Check(
        "the organization is a hybrid one",
        google_side.organization_is_hybrid,
        Hint.ORGANIZATION_NOT_HYBRID,
        fatal=True,
    ),
    Check(
        "the organization belongs to the file's project",
        google_side.project_is_the_files,
        Hint.ORGANIZATION_PROJECT,
    ),
    Check(
        "the Apigee Connect API is on",
        google_side.api_is_on,
        Hint.CONNECT_API_DISABLED,
        needs="the permission serviceusage.services.get on the project",
    ),
    Check(
        "the agent's account exists",
        google_side.account_is_usable,
        Hint.CONNECT_ACCOUNT,
        needs="the permission iam.serviceAccounts.get on the project",
    ),
    Check("the agent's key is valid", google_side.key_is_valid, Hint.CONNECT_KEY),
    Check(
        "the agent's account may connect",
        google_side.agent_may_connect,
        Hint.CONNECT_ROLE,
        needs="the permission resourcemanager.projects.getIamPolicy on the project",
    ),
    Check("the overrides file wants the agent", cluster_side.agent_is_wanted, Hint.CONNECT_AGENT_OFF),
    Check("the cluster answers", cluster_side.cluster_answers, Hint.CONNECT_AGENT_MISSING),
    Check(
        "the cluster has the file's key",
        cluster_side.secret_is_the_files_key,
        Hint.CONNECT_STORED_KEY,
        needs="the right to get Secrets in the namespace",
    ),
    Check(
        "the agent's pods are ready",
        cluster_side.agent_pods_are_ready,
        Hint.CONNECT_AGENT_NOT_READY,
        needs=_PODS,
        essential="agent",
    ),
    Check(
        "the agent runs for this cluster",
        cluster_side.agent_runs_for_this_site,
        Hint.CONNECT_AGENT_FLAGS,
        needs=_PODS,
    ),
    Check(
        "the agent holds streams",
        cluster_side.agent_holds_streams,
        Hint.CONNECT_NO_STREAMS,
        needs=_PODS,
        essential="agent",
    ),
    Check(
        "Apigee Connect lists this cluster",
        cluster_side.this_cluster_is_listed,
        Hint.CONNECT_NO_STREAMS,
        needs=f"the permission apigeeconnect.connections.list, or {_PODS}",
        essential="agent",
    ),
    Check(
        f"{CONNECT_PROPERTY} is true",
        google_side.connect_is_switched_on,
        Hint.CONNECT_PROPERTY_OFF,
        essential="property",
    ),
    Check(
        "the organization has what its last copy has",
        undo_copies.no_property_was_lost,
        Hint.CONNECT_PROPERTIES_LOST,
    ),
    Check(
        "MART is called by the agent",
        cluster_side.mart_is_called_by_the_agent,
        Hint.CONNECT_MART_NOT_CALLED,
        needs=_PODS,
    ),
)

PROBE: Check[Site] = Check(
    "MART answers Google",
    functools.partial(google_side.mart_answers, clock=time.monotonic),
    Hint.CONNECT_MART_SILENT,
    needs="the permission apigee.developers.list",
)
"""Asked on request only: it goes all the way to MART, and shows in MART's log."""
