"""The ApigeeOrganization: connect agent, MART, watcher, UDCA, schema jobs and ingress gateways."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from apigeectl.components import ingress, names
from apigeectl.components.identity import Identity, bare_identity, identity
from apigeectl.components.piece import Inputs, Piece, custom_resource, identity_pieces, protected_secret
from apigeectl.components.protected import organization_secrets
from apigeectl.components.settings import Settings, pull_policy
from apigeectl.components.values import mapping, merged, text, text_map
from apigeectl.components.workload import Workload, workload

CASSANDRA_CLIENT, MART_SERVER = "apigee-hybrid-cassandra-client", "apigee-mart-server"

_WORKLOADS = {
    "mart": "apigee-mart",
    "connectAgent": "apigee-connect-agent",
    "udca": "apigee-udca",
    "watcher": "apigee-watcher",
}
_SETUP_JOBS = {
    "cassandraUserSetup": "apigee-cassandra-user-setup",
    "cassandraSchemaSetup": "apigee-cassandra-schema-setup",
}


def organization_pieces(settings: Settings) -> Iterator[Piece]:
    """What the organization refers to, then the ApigeeOrganization."""
    for component in _workloads(settings):
        yield from identity_pieces(component, settings, _identity(settings, component))
    yield from identity_pieces("mintTaskScheduler", settings, _mint_identity(settings))
    for job in _SETUP_JOBS:
        yield from identity_pieces("cassandra", settings, _job_identity(settings, job))
    for protected in organization_secrets(settings.overrides):
        yield protected_secret("organization", settings, protected)
    yield custom_resource("organization", "ApigeeOrganization", settings, settings.org_id, _values)


def udca(inputs: Inputs, udca_identity: Identity, **better: Any) -> Workload:
    """UDCA, of the organization or of an environment: the same settings for both, save what the caller adds."""
    settings = inputs.settings
    section = settings.section("udca")
    fluentd = mapping(section.get("fluentd"))
    return workload(
        inputs,
        section,
        "apigee-udca",
        identity=udca_identity,
        user=settings.security_context,
        own={
            "env": _env_list(section.get("env")),
            "authz": authz(inputs, "udca"),
            "fluentd": workload(inputs, fluentd, "apigee-stackdriver-logging-agent"),
        },
        **better,
    )


def authz(inputs: Inputs, component: str) -> Workload | None:
    """The container that checks requests for a component, in the releases that have it there."""
    settings = inputs.settings
    if component not in settings.release.authz_in:
        return None
    return workload(inputs, settings.section("authz"), "apigee-authn-authz")


def schema_readiness(settings: Settings) -> dict[str, Any]:
    """The init container that waits for Cassandra's schema; it runs MART's image wherever it stands."""
    section = settings.section("mart")
    return {
        "name": "apigee-cassandra-schema-readiness",
        "image": settings.image(section, MART_SERVER),
        "imagePullPolicy": pull_policy(section),
    }


def encryption_variable(variable: str, secret: str, key: str, reference: Any) -> dict[str, Any]:
    """An environment variable with an encryption key, from our Secret or the one that the file refers to."""
    own = mapping(reference)
    ref = {"name": text(own.get("name")) or secret, "key": text(own.get("key")) or key}
    return {"name": variable, "valueFrom": {"secretKeyRef": ref}}


def organization_key_variable(settings: Settings, kind: str, secret: str) -> dict[str, Any]:
    """`<ORG>_KMS_ENCRYPTION_KEY` and `<ORG>_KVM_ENCRYPTION_KEY`."""
    variable = names.env_variable(settings.org, kind, "ENCRYPTION_KEY")
    reference = settings.overrides.get(f"{kind}EncryptionSecret")
    return encryption_variable(variable, secret, f"{kind}EncryptionKey", reference)


def _values(inputs: Inputs) -> Mapping[str, Any]:
    settings = inputs.settings
    overrides, release = settings.overrides, settings.release
    credentials = overrides.string("cassandra.auth.secret") or names.DATASTORE_CREDENTIALS
    return {
        "spec_version": settings.version if release.has_spec_version else None,
        "datastore_credentials": credentials if release.has_datastore_credential_ref else None,
        "data_encryption": names.data_encryption(settings.org_id),
        "ax_salt": overrides.string("axHashSaltSecret") or names.ax_salt(settings.org_id),
        "endpoint": settings.endpoint,
        "instance_id": overrides.string("instanceID") or None,
        "cluster_name": overrides.cluster_name or None,
        "cluster_region": overrides.cluster_region or None,
        "project": overrides.project_id or None,
        "proxy": asdict(settings.forward_proxy) if settings.forward_proxy else None,
        "schema_setup_enabled": False if overrides.get("cassandra.restore.enabled") is True else None,
        "redis": names.REDIS if release.has_kind("ApigeeRedis") else None,
        "udca_enabled": overrides.get("orgScopedUDCA", True) if _has_udca_switch(settings) else None,
        "schema_readiness": schema_readiness(settings),
        "connectAgent": _connect_agent(inputs) if settings.has_connect_agent else None,
        "watcher": _watcher(inputs),
        "mart": _mart(inputs),
        "udca": udca(inputs, _identity(settings, "udca")) if "udca" in _workloads(settings) else None,
        "mintTaskScheduler": _mint_task_scheduler(inputs) if release.has_mint_task_scheduler else None,
        "cassandraUserSetup": _setup_job(inputs, "cassandraUserSetup"),
        "cassandraSchemaSetup": _setup_job(inputs, "cassandraSchemaSetup"),
        "cassandraSchemaValidation": _schema_validation(inputs),
        "ingressGateways": ingress.gateways(inputs) if release.has_ingress_gateways else [],
    }


def _workloads(settings: Settings) -> tuple[str, ...]:
    """The components that speak to Google, without those that the release or the file does not have."""
    has = {
        "connectAgent": settings.has_connect_agent,
        "udca": settings.release.has_udca and settings.release.has_udca_of_organization,
    }
    return tuple(component for component in _WORKLOADS if has.get(component, True))


def _has_udca_switch(settings: Settings) -> bool:
    return settings.release.has_udca and settings.knows("orgScopedUDCA")


def _identity(settings: Settings, component: str) -> Identity:
    return identity(settings, component, workload=_WORKLOADS[component], identifier=settings.org_id)


def _mint_identity(settings: Settings) -> Identity:
    if not (
        settings.release.has_mint_task_scheduler and settings.knows("mintTaskScheduler.serviceAccountPath")
    ):
        return Identity()
    workload_name = "apigee-mint-task-scheduler"
    return identity(settings, "mintTaskScheduler", workload=workload_name, identifier=settings.org_id)


def _job_identity(settings: Settings, job: str) -> Identity:
    return bare_identity(settings, names.service_account(_SETUP_JOBS[job], settings.org_id))


def _connect_agent(inputs: Inputs) -> Workload:
    section = inputs.settings.section("connectAgent")
    return workload(
        inputs,
        section,
        "apigee-connect-agent",
        identity=_identity(inputs.settings, "connectAgent"),
        own={
            "server": text(section["server"]),
            "log_level": text(section["logLevel"]),
            "log_verbosity": text(section["logVerbosity"]),
        },
    )


def _watcher(inputs: Inputs) -> Workload:
    release = inputs.settings.release
    section = inputs.settings.section("watcher")
    if not release.has_watcher_cpu_target:
        written = inputs.settings.overrides.get("watcher.targetCPUUtilizationPercentage")
        section = section | {"targetCPUUtilizationPercentage": written}
    arguments = mapping(section["args"])
    scanning = {key: arguments.get(key) for key in ("enableIssueScanning", "issueScanInterval")}
    return workload(
        inputs,
        section,
        "apigee-watcher",
        identity=_identity(inputs.settings, "watcher"),
        own={"properties": scanning if release.has_issue_scanning else None},
    )


def _mart(inputs: Inputs) -> Workload:
    settings = inputs.settings
    keys = names.encryption_keys(settings.org_id)
    kinds = ("kms", "kvm") if settings.release.has_mart_kvm_key else ("kms",)
    return workload(
        inputs,
        settings.section("mart"),
        MART_SERVER,
        identity=_identity(settings, "mart"),
        user=settings.security_context,
        own={
            "env": [organization_key_variable(settings, kind, keys) for kind in kinds],
            "authz": authz(inputs, "mart"),
        },
    )


def _mint_task_scheduler(inputs: Inputs) -> Workload:
    settings = inputs.settings
    keys = names.encryption_keys(settings.org_id)
    return workload(
        inputs,
        settings.section("mintTaskScheduler"),
        "apigee-mint-task-scheduler",
        identity=_mint_identity(settings),
        user=settings.security_context,
        auto_scaler=None,
        own={"env": [organization_key_variable(settings, "kms", keys)]},
    )


def _setup_job(inputs: Inputs, job: str) -> Workload:
    settings = inputs.settings
    section = settings.section(job)
    client = mapping(settings.overrides.get("cassandra.auth"))
    main = settings.section("mart") if job != "cassandraUserSetup" else client
    return workload(
        inputs,
        merged(section, {"image": main.get("image")}),
        MART_SERVER if job != "cassandraUserSetup" else CASSANDRA_CLIENT,
        identity=_job_identity(settings, job) if job in _SETUP_JOBS else None,
        user=settings.security_context,
        version=settings.version if settings.release.has_setup_version else None,
        own={
            "client_image": settings.image(client, CASSANDRA_CLIENT),
            "client_pull_policy": pull_policy(client),
        },
    )


def _schema_validation(inputs: Inputs) -> Workload | None:
    if not inputs.settings.release.has_schema_validation:
        return None
    return _setup_job(inputs, "cassandraSchemaValidation")


def _env_list(variables: Any) -> list[dict[str, str]] | None:
    entries = text_map(variables) or {}
    return [{"name": name, "value": value} for name, value in entries.items()] or None
