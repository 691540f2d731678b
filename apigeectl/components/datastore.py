"""The ApigeeDatastore (Cassandra) and the ApigeeRedis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from apigeectl.components import names, scheduling
from apigeectl.components.identity import bare_identity
from apigeectl.components.organization import CASSANDRA_CLIENT
from apigeectl.components.piece import Inputs, Piece, custom_resource, file_secret, identity_pieces
from apigeectl.components.settings import Settings, pull_policy
from apigeectl.components.values import mapping, text, whole
from apigeectl.components.workload import Workload, workload

_DATASTORE_ACCOUNT = "apigee-datastore-default-sa"
_REDIS_ACCOUNT, _ENVOY_ACCOUNT = "apigee-redis-default-sa", "apigee-redis-envoy-default-sa"
_BACKUP_KEY, _BACKUP_KEY_FILE = "apigee-cassandra-backup-svc-account", "apigee-cassandra-backup-key-file"


def datastore_pieces(settings: Settings) -> Iterator[Piece]:
    """Cassandra, and what its backups refer to."""
    yield from identity_pieces("cassandra", settings, bare_identity(settings, _DATASTORE_ACCOUNT))
    yield from _backup_secrets(settings)
    yield custom_resource("datastore", "ApigeeDatastore", settings, names.DATASTORE, _datastore)


def redis_pieces(settings: Settings) -> Iterator[Piece]:
    for account in (_REDIS_ACCOUNT, _ENVOY_ACCOUNT):
        yield from identity_pieces("redis", settings, bare_identity(settings, account))
    yield custom_resource("redis", "ApigeeRedis", settings, names.REDIS, _redis)


def datastore_warnings(settings: Settings) -> Iterator[str]:
    """What the file asks of Cassandra that is not rendered yet."""
    if settings.overrides.get("cassandra.backup.enabled") is True:
        yield (
            "cassandra.backup.enabled: the CronJob apigee-cassandra-backup and its Certificate are not rendered; "
            "without ones from elsewhere there are no backups."
        )
    if settings.overrides.get("cassandra.restore.enabled") is True:
        yield (
            "cassandra.restore.enabled: the Job apigee-cassandra-restore and its Certificate are not rendered, "
            "and the schema is not set up either; without a Job from elsewhere nothing is restored."
        )


def _datastore(inputs: Inputs) -> Mapping[str, Any]:
    settings = inputs.settings
    overrides, release = settings.overrides, settings.release
    provider = (
        overrides.string("cassandra.auth.secretProviderClass") if release.has_secret_provider_class else ""
    )
    credentials = overrides.string("cassandra.auth.secret") or names.DATASTORE_CREDENTIALS
    client = mapping(overrides.get("cassandra.auth"))
    return {
        "replicas": whole(settings.section("cassandra")["replicaCount"]),
        "credentials": None if provider else credentials,
        "secret_provider_class": provider or None,
        "force_delete": True if overrides.get("cassandra.forceDelete") is True else None,
        "cassandra": _cassandra(inputs, credentials),
        "has_remove_dc": release.has_remove_dc,
        "client_image": settings.image(client, CASSANDRA_CLIENT),
        "client_pull_policy": pull_policy(client),
    }


def _cassandra(inputs: Inputs, credentials: str) -> Workload:
    settings = inputs.settings
    section = settings.section("cassandra")
    storage = mapping(section["storage"])
    on_host = section.get("hostNetwork") is True
    return workload(
        settings,
        inputs.sources,
        section,
        "apigee-hybrid-cassandra",
        identity=bare_identity(settings, _DATASTORE_ACCOUNT),
        pools=(scheduling.DATA_POOL,),
        auto_scaler=None,
        security_context=settings.security_context | {"capabilities": {"add": ["IPC_LOCK", "SYS_RESOURCE"]}},
        own={
            "properties": {key: text(section[key]) for key in _PROPERTIES},
            "storage_size": text(storage.get("capacity")) or text(storage["storageSize"]),
            "storage_class": text(storage.get("storageclass")) or text(storage.get("storageClass")),
            "dns_policy": "ClusterFirstWithHostNet" if on_host else None,
            "max_heap_size": text(section["maxHeapSize"]),
            "heap_new_size": text(section["heapNewSize"]),
            "credentials": credentials,
            "backup": _backup(settings),
        },
    )


_PROPERTIES = ("clusterName", "datacenter", "rack", "externalSeedHost", "multiRegionSeedHost")


def _backup(settings: Settings) -> dict[str, str | None] | None:
    """The values of Cassandra's side of a backup; None when there are no backups."""
    backup = mapping(settings.section("cassandra")["backup"])
    if backup.get("enabled") is not True:
        return None
    return {
        "cloud_provider": text(backup["cloudProvider"]),
        "key_secret": text(backup.get("serviceAccountRef")) or _BACKUP_KEY,
        "key_file_secret": text(backup.get("keyFileRef")) or _BACKUP_KEY_FILE,
    }


def _backup_secrets(settings: Settings) -> Iterator[Piece]:
    backup = mapping(settings.overrides.get("cassandra.backup"))
    if backup.get("enabled") is not True:
        return
    keyless = settings.overrides.workload_identity or backup.get("serviceAccountRef")
    if not keyless and (written := text(backup.get("serviceAccountPath"))):
        files = {"dbbackup_key.json": ("cassandra.backup.serviceAccountPath", written)}
        yield file_secret("cassandra", settings.namespace, _BACKUP_KEY, files)
    for spelling in ("keyfile", "keyFile"):
        if (written := text(backup.get(spelling))) and not backup.get("keyFileRef"):
            files = {"key": (f"cassandra.backup.{spelling}", written)}
            yield file_secret("cassandra", settings.namespace, _BACKUP_KEY_FILE, files)
            return


def _redis(inputs: Inputs) -> Mapping[str, Any]:
    settings = inputs.settings
    section = settings.section("redis")
    envoy = mapping(section["envoy"])
    return {
        "credentials": settings.overrides.string("redis.auth.secret") or names.REDIS_CREDENTIALS,
        "redis": workload(
            settings,
            inputs.sources,
            section,
            "apigee-redis",
            identity=bare_identity(settings, _REDIS_ACCOUNT),
            apigee_user=True,
            auto_scaler=None,
            own={"replicas": whole(section["replicaCount"])},
        ),
        "redisEnvoy": workload(
            settings,
            inputs.sources,
            envoy,
            "apigee-envoy",
            identity=bare_identity(settings, _ENVOY_ACCOUNT),
            apigee_user=True,
            auto_scaler=scheduling.old_autoscaler(envoy),
            annotations=None,
            tolerations=section.get("tolerations") or None,
        ),
    }
