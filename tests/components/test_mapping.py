"""Every property of the catalogue is rendered where the table says and nowhere else, or has its reason."""

from __future__ import annotations

import base64
import fnmatch
import hashlib
import json
from typing import Any

import pytest

from apigeectl.components.mapping import REASONS, Minor, landings, reason
from apigeectl.components.releases import release
from tests.components.discovery import Objects, Place, differences, fields, values
from tests.components.mapping_page import page
from tests.components.mapping_table import PATHS, TABLE, batches, both, minor_text, place, renew
from tests.components.samples import REPOSITORY

PAGE = REPOSITORY / "docs" / "reference" / "mapping.md"
JUDGED = ((1, 4), (1, 8), (1, 10), (1, 16))
"""Releases that differ the most; the table itself is made from all of them."""


@pytest.fixture(scope="module", autouse=True)
def _renewed(request: pytest.FixtureRequest) -> None:
    """`--update` makes table and page anew."""
    if request.config.getoption("--update"):
        renew()
        PAGE.write_text(page())


@pytest.mark.parametrize("path", PATHS)
def test_a_property_is_rendered_or_has_its_reason(path: str) -> None:
    assert bool(landings(path)) != bool(reason(path))


def test_no_reason_stands_in_vain() -> None:
    unrendered = [path for path in PATHS if not landings(path)]
    used = {
        next(pattern for pattern, _ in REASONS if fnmatch.fnmatchcase(path, pattern)) for path in unrendered
    }

    assert [pattern for pattern, _ in REASONS if pattern not in used] == []


def test_the_table_knows_no_property_that_the_catalogue_does_not() -> None:
    assert set(json.loads(TABLE.read_text())) <= set(PATHS)


@pytest.mark.parametrize("minor", JUDGED, ids=minor_text)
def test_properties_land_where_the_table_says_and_nowhere_else(minor: Minor) -> None:
    """Many at a time: those that need the same companions and do not touch each other's fields."""
    for paths in batches(minor):
        before, after = both(paths, minor)
        places = {place(landing): path for path in paths for landing in landings(path, minor)}

        assert set(differences(before, after)) == set(places)
        assert _misplaced(places, before, 0) + _misplaced(places, after, 1) == []


def _misplaced(places: dict[Place, str], objects: Objects, number: int) -> list[str]:
    """Fields that hold something else than the value of the property that lands there."""
    found = fields(objects)
    return [
        f"{where}: {found[where]!r} of {path}"
        for where, path in places.items()
        if where in found and not _holds(found[where], values(path)[number], path)
    ]


def _holds(field: Any, value: Any, path: str) -> bool:
    """Whether a field holds a value, alone or as a part of its text, perhaps in another form."""
    if isinstance(value, dict):
        return _holds(field, *value.values(), path)
    if isinstance(value, bool) and isinstance(field, bool):
        return field == (value != (path == NEGATED))
    if isinstance(value, bool) or isinstance(field, dict) or path in HASHED:
        return True
    text = str(value)
    forms = {
        *(text, text.upper(), text.lower(), f"TLSV{text.replace('.', '_')}"),
        base64.b64encode(text.encode()).decode(),
        base64.b64encode(base64.b64decode(text)).decode() if path.endswith("EncryptionKey") else text,
        hashlib.sha256(text.encode()).hexdigest(),
    }
    return field == value or (isinstance(field, str) and any(form in field for form in forms))


NEGATED = "cassandra.restore.enabled"
"""A restore brings the schema, so its setup is off."""

HASHED = ("org", "envs[].name")
"""Names of objects have a part of them and a hash."""

LOOKED_UP: tuple[tuple[str, str, str, str], ...] = (
    ("1.10", "connectAgent.server", "ApigeeOrganization", "spec.apigeeConnectEndpoint"),
    ("1.10", "contractProvider", "ApigeeOrganization", "spec.apigeeEndpoint"),
    ("1.10", "gcp.projectID", "ApigeeTelemetry", "spec.metricsExport.appMetricsProjectID"),
    ("1.10", "k8sCluster.region", "ApigeeTelemetry", "spec.clusterRegion"),
    ("1.10", "httpProxy.port", "ApigeeOrganization", "spec.httpForwardProxy.port"),
    ("1.8", "orgScopedUDCA", "ApigeeOrganization", "spec.udcaEnabled"),
    ("1.8", "cassandra.restore.enabled", "ApigeeOrganization", "spec.enabledCassandraSchemaSetup"),
    ("1.8", "mart.cwcAppend", "ApigeeOrganization", "spec.components.mart.configOverride.example.com/key"),
    (
        "1.8",
        "watcher.serviceAccountRef",
        "ApigeeOrganization",
        "spec.components.watcher.appServiceAccountSecretName",
    ),
    (
        "1.10",
        "watcher.args.issueScanInterval",
        "ApigeeOrganization",
        "spec.components.watcher.properties.issueScanInterval",
    ),
    ("1.10", "axHashSaltSecret", "ApigeeOrganization", "spec.axHashingSaltRef"),
    (
        "1.8",
        "ingressGateways[].svcLoadBalancerIP",
        "ApigeeOrganization",
        "spec.components.ingressGateways[].serviceSpec.loadBalancerIP",
    ),
    (
        "1.8",
        "envs[].pollInterval",
        "ApigeeEnvironment",
        "spec.components.synchronizer.properties.pollInterval",
    ),
    (
        "1.10",
        "envs[].components.runtime.replicaCountMax",
        "ApigeeEnvironment",
        "spec.components.runtime.autoScaler.maxReplicas",
    ),
    (
        "1.8",
        "envs[].httpProxy.host",
        "ApigeeEnvironment",
        "spec.components.runtime.configOverride.conf/http.properties+HTTPClient.proxy.host",
    ),
    (
        "1.8",
        "httpProxy.host",
        "ApigeeEnvironment",
        "spec.components.synchronizer.configOverride.conf_http_client_service_jetty.proxy.host",
    ),
    ("1.8", "cassandra.replicaCount", "ApigeeDatastore", "spec.replicas"),
    ("1.8", "cassandra.auth.secret", "ApigeeDatastore", "spec.credentialRef"),
    ("1.10", "cassandra.auth.secretProviderClass", "ApigeeDatastore", "spec.authSecretProviderClass"),
    (
        "1.8",
        "cassandra.multiRegionSeedHost",
        "ApigeeDatastore",
        "spec.components.cassandra.properties.multiRegionSeedHost",
    ),
    ("1.8", "cassandra.storage.capacity", "ApigeeDatastore", "spec.components.cassandra.storage.storageSize"),
    (
        "1.8",
        "cassandra.storage.storageclass",
        "ApigeeDatastore",
        "spec.components.cassandra.storage.storageClass",
    ),
    ("1.8", "cassandra.hostNetwork", "ApigeeDatastore", "spec.components.cassandra.dnsPolicy"),
    ("1.8", "cassandra.backup.schedule", "CronJob", "spec.schedule"),
    ("1.8", "redis.replicaCount", "ApigeeRedis", "spec.components.redis.replicas"),
    ("1.8", "redis.auth.secret", "ApigeeRedis", "spec.credentialRef"),
    ("1.8", "metrics.enabled", "ApigeeTelemetry", "spec.metricsExport.enabled"),
    (
        "1.8",
        "metrics.sdSidecar.stackdriverApiAddress",
        "ApigeeTelemetry",
        "spec.metricsExport.stackdriverAPIEndpoint",
    ),
    (
        "1.6",
        "metrics.aggregator.resources.limits.cpu",
        "ApigeeTelemetry",
        "spec.components.metrics.containers[apigee-prometheus-agg].resources.limits.cpu",
    ),
    ("1.8", "logger.enabled", "ApigeeTelemetry", "spec.containerLogsExport.enabled"),
    ("1.8", "virtualhosts[].tlsMode", "ApigeeRouteConfig", "spec.tls.mode"),
    ("1.8", "virtualhosts[].sslSecret", "ApigeeRouteConfig", "spec.tls.secretNameRef"),
    ("1.8", "virtualhosts[].minTLSProtocolVersion", "ApigeeRouteConfig", "spec.tls.minProtocolVersion"),
    ("1.10", "virtualhosts[].requestTimeout", "ApigeeRouteConfig", "spec.requestTimeout"),
    ("1.8", "virtualhosts[].additionalGateways[]", "ApigeeRouteConfig", "spec.additionalGateways[]"),
    (
        "1.4",
        "mart.targetCPUUtilizationPercentage",
        "ApigeeOrganization",
        "spec.components.mart.autoScaler.metrics[Resource].resource.targetAverageUtilization",
    ),
    (
        "1.8",
        "redis.envoy.targetCPUUtilizationPercentage",
        "ApigeeRedis",
        "spec.components.redisEnvoy.autoScaler.metrics[Resource].resource.targetAverageUtilization",
    ),
    (
        "1.8",
        "runtime.hpaMetrics.serverNioTaskWaitTime",
        "ApigeeEnvironment",
        "spec.components.runtime.autoScaler.metrics[server_nio_task_wait_time].pods.target.averageValue",
    ),
)
"""What the documentation of the objects says; the table is made from what is rendered, so it cannot judge that."""


@pytest.mark.parametrize(("version", "path", "kind", "field"), LOOKED_UP)
def test_the_table_agrees_with_what_is_documented(version: str, path: str, kind: str, field: str) -> None:
    minor = release(version).minor

    assert (kind, field) in {(landing.kind, landing.field) for landing in landings(path, minor)}


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == page()
