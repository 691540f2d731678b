"""What is rendered differently for different releases."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from apigeectl.components.releases import release
from apigeectl.components.render import render_runtime
from apigeectl.overrides.scope import Scope
from tests.components.samples import MINIMAL, overrides

TEXT = MINIMAL + "virtualhosts: [{name: api, sslSecret: mine}]\ningressGateways: [{name: main}]\n"


def specs(version: str, text: str = TEXT) -> dict[str, Any]:
    manifests = render_runtime(overrides(text), release(version), Scope(), cwd=pathlib.Path()).manifests
    return {manifest.kind: manifest.body["spec"] for manifest in manifests if "spec" in manifest.body}


def test_before_redis_nothing_speaks_of_it() -> None:
    found = specs("1.4")

    assert "ApigeeRedis" not in found
    assert "redisRef" not in found["ApigeeOrganization"]
    names = [one["name"] for one in found["ApigeeEnvironment"]["components"]["runtime"]["initContainers"]]
    assert names == ["apigee-cassandra-schema-readiness"]


@pytest.mark.parametrize(
    ("version", "kind", "component", "first"),
    [
        ("1.5", "ApigeeOrganization", "mart", True),
        ("1.6", "ApigeeOrganization", "mart", False),
        ("1.4", "ApigeeEnvironment", "synchronizer", True),
        ("1.5", "ApigeeEnvironment", "synchronizer", False),
        ("1.16", "ApigeeRedis", "redisEnvoy", True),
    ],
)
def test_v1alpha1_kinds_have_their_own_dialect_of_metrics(
    version: str, kind: str, component: str, first: bool
) -> None:
    (metric,) = specs(version)[kind]["components"][component]["autoScaler"]["metrics"]

    assert ("targetAverageUtilization" in metric["resource"]) == first
    assert ("target" in metric["resource"]) != first


def test_the_runtime_scales_with_waiting_times_since_1_7() -> None:
    def metrics(version: str) -> int:
        return len(specs(version)["ApigeeEnvironment"]["components"]["runtime"]["autoScaler"]["metrics"])

    assert (metrics("1.6"), metrics("1.7")) == (1, 3)


@pytest.mark.parametrize(
    ("version", "components"),
    [
        ("1.4", {"mart", "synchronizer", "udca"}),
        ("1.6", {"mart"}),
        ("1.8", set()),
    ],
)
def test_requests_are_checked_by_a_neighbour_in_early_releases(version: str, components: set[str]) -> None:
    found = specs(version)
    both = {**found["ApigeeEnvironment"]["components"], **found["ApigeeOrganization"]["components"]}
    checked = {
        name
        for name, body in both.items()
        if isinstance(body, dict) and any(one["name"] == "apigee-authz" for one in body["containers"])
    }

    assert checked == components


@pytest.mark.parametrize(
    ("version", "absent", "present"),
    [
        ("1.6", {"mintTaskScheduler", "ingressGateways", "cassandraSchemaValidation"}, {"udca"}),
        ("1.5", {"udca"}, {"mart"}),
        ("1.7", {"ingressGateways"}, {"mintTaskScheduler"}),
        ("1.8", {"cassandraSchemaValidation"}, {"ingressGateways"}),
        ("1.16", {"udca"}, {"cassandraSchemaValidation", "ingressGateways"}),
    ],
)
def test_an_organization_has_the_components_of_its_release(
    version: str, absent: set[str], present: set[str]
) -> None:
    components = set(specs(version)["ApigeeOrganization"]["components"])

    assert not components & absent
    assert components >= present


def test_udca_ends_in_1_16() -> None:
    assert "udca" in specs("1.15")["ApigeeEnvironment"]["components"]
    assert "udca" not in specs("1.16")["ApigeeEnvironment"]["components"]
    assert "udcaEnabled" not in specs("1.16")["ApigeeOrganization"]


@pytest.mark.parametrize(
    ("version", "components"),
    [
        ("1.6", ["metrics"]),
        ("1.7", ["metricsApp", "metricsProxy"]),
        ("1.8", ["metricsApp", "metricsProxy", "metricsAdapter"]),
    ],
)
def test_metrics_were_one_component_first(version: str, components: list[str]) -> None:
    assert list(specs(version)["ApigeeTelemetry"]["components"]) == components


def test_the_secret_of_a_virtual_host_was_named_with_its_namespace_first() -> None:
    def secret(version: str, text: str = TEXT) -> str:
        return str(specs(version, text)["ApigeeRouteConfig"]["tls"]["secretNameRef"])

    assert secret("1.5") == "istio-system/mine"
    assert secret("1.6") == "mine"
    assert secret("1.5", TEXT.replace("sslSecret: mine", "sslSecret: edge/mine")) == "edge/mine"


def test_images_come_from_the_registry_of_their_release() -> None:
    def image(version: str) -> str:
        mart = specs(version)["ApigeeOrganization"]["components"]["mart"]
        return str(mart["containers"][0]["image"])

    assert image("1.4") == "google/apigee-mart-server:1.4.0"
    assert image("1.8") == "gcr.io/apigee-release/hybrid/apigee-mart-server:1.8.1"


def test_the_narrowest_seccomp_profile_wins() -> None:
    text = TEXT.replace(
        "- name: test", "- name: test\n  securityContext: {seccompProfile: {type: Unconfined}}"
    ) + (
        "securityContext: {seccompProfile: {type: RuntimeDefault}}\n"
        "synchronizer: {securityContext: {seccompProfile: {type: Localhost}}}\n"
    )
    found = specs("1.16", text)
    environment, organization = (
        found[f"Apigee{kind}"]["components"] for kind in ("Environment", "Organization")
    )

    assert environment["synchronizer"]["securityContext"]["seccompProfile"] == {"type": "Localhost"}
    assert environment["runtime"]["securityContext"] == {"seccompProfile": {"type": "Unconfined"}}
    assert organization["mart"]["securityContext"]["runAsUser"] == 999
    assert organization["mart"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert "seccompProfile" not in str(specs("1.15", text))


def test_an_environment_may_have_its_own_memory_and_settings() -> None:
    text = TEXT.replace(
        "- name: test",
        "- name: test\n  components: {runtime: {cwcAppend: {a: own, b: own},"
        " resources: {limits: {memory: 6Gi}, requests: {memory: 4Gi}}}}",
    ) + ("runtime: {cwcAppend: {a: all, c: all}, resources: {limits: {cpu: 4, memory: 1Gi}}}\n")
    runtime = specs("1.15", text)["ApigeeEnvironment"]["components"]["runtime"]
    before = specs("1.14.1", text)["ApigeeEnvironment"]["components"]["runtime"]

    assert runtime["containers"][0]["resources"] == {
        "requests": {"cpu": "500m", "memory": "4Gi"},
        "limits": {"cpu": 4, "memory": "6Gi"},
    }
    assert {key: runtime["configOverride"][key] for key in "abc"} == {"a": "own", "b": "own", "c": "all"}
    assert before["configOverride"]["a"] == "all"
    assert before["containers"][0]["resources"]["limits"]["memory"] == "1Gi"


def test_what_the_release_does_not_have_is_said() -> None:
    text = (
        MINIMAL + "virtualhosts: [{name: api, sslSecret: s, cipherSuites: [AES128-SHA], requestTimeout: 4}]\n"
    )

    def told(version: str) -> list[str]:
        rendering = render_runtime(overrides(text), release(version), Scope(), cwd=pathlib.Path())
        return [warning for warning in rendering.warnings if "no effect" in warning]

    assert told("1.9") == ["In hybrid 1.9.4 these properties have no effect: virtualhosts[].requestTimeout."]
    assert len(told("1.8")) == 1
    assert told("1.10") == []


def test_a_fixed_count_of_1_1_is_a_minimum_and_a_maximum() -> None:
    scaler = specs("1.8", TEXT + "synchronizer: {replicaCount: 3}\n")
    both = specs("1.8", TEXT + "synchronizer: {replicaCount: 3, replicaCountMax: 6}\n")

    def bounds(found: dict[str, Any]) -> tuple[int, int]:
        auto = found["ApigeeEnvironment"]["components"]["synchronizer"]["autoScaler"]
        return auto["minReplicas"], auto["maxReplicas"]

    assert bounds(scaler) == (3, 3)
    assert bounds(both) == (3, 6)


def test_tls_versions_of_1_2_hold_for_virtual_hosts_without_their_own() -> None:
    tls = specs("1.8", TEXT + 'ingress: {minTLSProtocolVersion: "1.1", maxTLSProtocolVersion: "1.2"}\n')
    own = TEXT.replace("sslSecret: mine", 'sslSecret: mine, minTLSProtocolVersion: "1.3"')
    narrower = specs("1.8", own + 'ingress: {minTLSProtocolVersion: "1.1"}\n')

    assert tls["ApigeeRouteConfig"]["tls"]["minProtocolVersion"] == "TLSV1_1"
    assert tls["ApigeeRouteConfig"]["tls"]["maxProtocolVersion"] == "TLSV1_2"
    assert narrower["ApigeeRouteConfig"]["tls"]["minProtocolVersion"] == "TLSV1_3"
