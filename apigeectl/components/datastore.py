"""The ApigeeDatastore (Cassandra) and the ApigeeRedis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from apigeectl.components import names, scheduling
from apigeectl.components.backup import backup_pieces, transfer
from apigeectl.components.identity import bare_identity
from apigeectl.components.organization import CASSANDRA_CLIENT
from apigeectl.components.piece import Inputs, Piece, custom_resource, identity_pieces
from apigeectl.components.settings import Settings, pull_policy
from apigeectl.components.values import mapping, text, whole
from apigeectl.components.workload import Workload, workload

_DATASTORE_ACCOUNT = "apigee-datastore-default-sa"
_REDIS_ACCOUNT, _ENVOY_ACCOUNT = "apigee-redis-default-sa", "apigee-redis-envoy-default-sa"


def datastore_pieces(settings: Settings) -> Iterator[Piece]:
    """Cassandra, and its backups."""
    yield from identity_pieces("cassandra", settings, bare_identity(settings, _DATASTORE_ACCOUNT))
    yield from backup_pieces(settings)
    yield custom_resource("datastore", "ApigeeDatastore", settings, names.DATASTORE, _datastore)


def redis_pieces(settings: Settings) -> Iterator[Piece]:
    """Nothing in the releases before Redis."""
    if not settings.release.has_kind("ApigeeRedis"):
        return
    for account in (_REDIS_ACCOUNT, _ENVOY_ACCOUNT):
        yield from identity_pieces("redis", settings, bare_identity(settings, account))
    yield custom_resource("redis", "ApigeeRedis", settings, names.REDIS, _redis)


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
        "remove_dc_version": settings.version if release.has_setup_version else None,
        "client_image": settings.image(client, CASSANDRA_CLIENT),
        "client_pull_policy": pull_policy(client),
    }


def _cassandra(inputs: Inputs, credentials: str) -> Workload:
    settings = inputs.settings
    section = settings.section("cassandra")
    storage = mapping(section["storage"])
    on_host = section.get("hostNetwork") is True
    return workload(
        inputs,
        section,
        "apigee-hybrid-cassandra",
        identity=bare_identity(settings, _DATASTORE_ACCOUNT),
        pools=(scheduling.DATA_POOL,),
        auto_scaler=None,
        user=settings.security_context | {"capabilities": {"add": ["IPC_LOCK", "SYS_RESOURCE"]}},
        own={
            "properties": {key: text(section[key]) for key in _PROPERTIES},
            "storage_size": text(storage.get("capacity")) or text(storage["storageSize"]),
            "storage_class": text(storage.get("storageclass")) or text(storage.get("storageClass")),
            "dns_policy": "ClusterFirstWithHostNet" if on_host else None,
            "max_heap_size": text(section["maxHeapSize"]),
            "heap_new_size": text(section["heapNewSize"]),
            "credentials": credentials,
            "has_users": settings.release.has_cassandra_users,
            "backup": _backup(settings),
        },
    )


_PROPERTIES = ("clusterName", "datacenter", "rack", "externalSeedHost", "multiRegionSeedHost")


def _redis(inputs: Inputs) -> Mapping[str, Any]:
    settings = inputs.settings
    section = settings.section("redis")
    envoy = {"securityContext": section.get("securityContext"), **mapping(section["envoy"])}
    user = _redis_user(settings)
    return {
        "credentials": settings.overrides.string("redis.auth.secret") or names.REDIS_CREDENTIALS,
        "redis": workload(
            inputs,
            section,
            "apigee-redis",
            identity=bare_identity(settings, _REDIS_ACCOUNT),
            user=user,
            auto_scaler=None,
            own={"replicas": whole(section["replicaCount"])},
        ),
        "redisEnvoy": workload(
            inputs,
            envoy,
            "apigee-envoy",
            identity=bare_identity(settings, _ENVOY_ACCOUNT),
            user=user,
            annotations=None,
            tolerations=section.get("tolerations") or None,
        ),
    }


def _redis_user(settings: Settings) -> dict[str, Any]:
    """One release had a user of its own for Redis."""
    user, group = settings.release.redis_user
    own = {
        key: number
        for key, name, number in (("runAsUser", "apigeeUserID", user), ("runAsGroup", "apigeeGroupID", group))
        if settings.overrides.get(name) is None
    }
    return settings.security_context | own


def _backup(settings: Settings) -> Mapping[str, Any] | None:
    """What Cassandra's own container knows of its backups; None when there are none."""
    found = transfer(settings, "backup")
    if found is None:
        return None
    return {"key_secret": found.key_secret, "key_file_secret": found.key_file_secret, "env": found.place}
