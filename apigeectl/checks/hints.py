"""The codes under which docs/hints.md explains what to do. A code is never used for something else later."""

from __future__ import annotations

from enum import Enum


class Hint(Enum):
    """The value is the anchor on the page."""

    GOOGLE_CREDENTIALS = "google-credentials"
    ORGANIZATION_UNREADABLE = "organization-unreadable"
    ORGANIZATION_NOT_ACTIVE = "organization-not-active"
    ORGANIZATION_NOT_HYBRID = "organization-not-hybrid"
    ORGANIZATION_PROJECT = "organization-project"
    CONNECT_PROPERTY_OFF = "connect-property-off"
    CONNECT_AGENT_OFF = "connect-agent-off"
    CONNECT_AGENT_MISSING = "connect-agent-missing"
    CONNECT_AGENT_NOT_READY = "connect-agent-not-ready"
    CONNECT_AGENT_DENIED = "connect-agent-denied"
    CONNECT_API_DISABLED = "connect-api-disabled"
    CONNECT_OTHER_CLUSTER = "connect-other-cluster"
    CONNECT_NO_STREAMS = "connect-no-streams"
    CONNECT_MART_MISSING = "connect-mart-missing"
    CONNECT_MART_NOT_CALLED = "connect-mart-not-called"
    KUBERNETES_VERSION = "kubernetes-version"
    RIGHTS_MISSING = "rights-missing"
    DEFINITIONS = "definitions-missing"
    CERT_MANAGER = "cert-manager"
    AUTHORITY_ROTATES = "authority-rotates"
    WEBHOOKS = "webhooks-unreachable"
    STORAGE_CLASS = "storage-class"
    NODES = "nodes-unfit"
    MESH = "mesh-conflict"
    CLOCKS = "clocks-apart"
    OTHER_INSTALLATION = "other-installation"
    ADOPT = "adopt-first"
