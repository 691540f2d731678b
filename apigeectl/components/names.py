"""Names of what is rendered. Long ones are cut and hashed, so that two of them never meet."""

from __future__ import annotations

import hashlib


def org_id(org: str) -> str:
    """The ORGID in object names: 15 characters of the organization, and 7 digits of the hash of all of it."""
    return f"{org[:15]}-{_digits(org)}"


def env_id(org: str, env: str) -> str:
    """The ENVID in object names of one environment."""
    return f"{org[:15]}-{env[:15]}-{_digits(f'{org}:{env}')}"


def encode_org(org: str) -> tuple[str, ...]:
    """The ApigeeDeployments of an organization, in the order that `encode` prints."""
    return tuple(f"{workload}-{org_id(org)}" for workload in ORG_WORKLOADS)


def encode_env(org: str, env: str) -> tuple[str, ...]:
    """The ApigeeDeployments of an environment, in the order that `encode` prints."""
    return tuple(f"{workload}-{env_id(org, env)}" for workload in ENV_WORKLOADS)


ORG_WORKLOADS = ("apigee-connect-agent", "apigee-mart", "apigee-watcher", "apigee-udca")
"""UDCA last: scripts cut ORGID out of the last line."""

ENV_WORKLOADS = ("apigee-runtime", "apigee-synchronizer", "apigee-udca")

DATASTORE = REDIS = "default"
TELEMETRY = "apigee-telemetry"

DATASTORE_CREDENTIALS = "apigee-datastore-default-creds"
REDIS_CREDENTIALS = "apigee-redis-default-creds"

GATEWAY_MESH_NAMESPACE = "istio-system"
"""Where Anthos Service Mesh looks for certificates."""


def key_secret(workload: str, identifier: str = "") -> str:
    """The Secret that holds the Google key of a workload."""
    return "-".join(part for part in (workload, identifier, "svc-account") if part)


def service_account(workload: str, identifier: str = "") -> str:
    """The Kubernetes ServiceAccount of a workload under Workload Identity."""
    return "-".join(part for part in (workload, identifier, "sa") if part)


def ax_salt(identifier: str) -> str:
    return f"{identifier}-ax-salt"


def data_encryption(identifier: str) -> str:
    return f"{identifier}-data-encryption"


def encryption_keys(identifier: str) -> str:
    """The Secret with the encryption keys of an organization or an environment."""
    return f"{identifier}-encryption-keys"


def virtual_host(org: str, name: str) -> str:
    """The ApigeeRouteConfig of a virtual host, and the Secret with its certificate; in full, no hash."""
    return f"{org}-{name}"


def env_variable(*parts: str) -> str:
    """`ACME_HYBRID_TEST_KVM_ENCRYPTION_KEY` from its parts."""
    return "_".join(parts).upper().replace("-", "_")


def _digits(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:7]
