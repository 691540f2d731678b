from __future__ import annotations

import time

import pytest

from apigeectl.overrides.problems import Problem, Severity
from tests.overrides.samples import judge

WARNING, INFO = Severity.WARNING, Severity.INFO
CODES = {"unknown-key", "undocumented-key", "other-release", "deprecated-key"}


def about_keys(text: str, release: str = "1.9") -> list[Problem]:
    """The text stands below an org, since a file without any known key is no overrides file."""
    return [each for each in judge(f"org: o\n{text}", release=release) if each.code in CODES]


def only(text: str, release: str = "1.9") -> Problem:
    problems = about_keys(text, release)
    assert len(problems) == 1, problems
    return problems[0]


@pytest.mark.parametrize(
    ("text", "key", "hint"),
    [
        ("conectAgent: {}", "conectAgent", "did you mean connectAgent?"),
        ("virtualHosts: []", "virtualHosts", "did you mean virtualhosts?"),
        ("redis: {replicaCont: 2}", "redis.replicaCont", "did you mean replicaCount?"),
        ("envs: [{serviceAccountPath: {}}]", "envs[0].serviceAccountPath", "did you mean serviceAccountPaths?"),
        ("storageSise: 10Gi", "storageSise", "did you mean cassandra.storage.storageSize?"),
        ("redis: {multiRegionSeedHosts: 1}", "redis.multiRegionSeedHosts", "did you mean cassandra.multiRegionSeedHost?"),
        ("projectID: x", "projectID", "there is a property gcp.projectID; this key belongs under gcp"),
        ("mart: {url: x}", "mart.url", "there is a property mart.image.url; this key belongs under mart.image"),
        ("gcp: {instanceID: x}", "gcp.instanceID", "there is a property instanceID; this key belongs at the top of the file"),
        ("envs: [{routingRules: []}]", "envs[0].routingRules", "there is a property virtualhosts[].routingRules; this key belongs under virtualhosts[]"),
        ("sslCertPath: x", "sslCertPath", "such a key belongs under mart, under metrics.prometheus or under virtualhosts[]"),
        ("gcp: {namespace: x}", "gcp.namespace", "such a key belongs at the top of the file or under certManager"),
        ("gcp.projectID: x", '["gcp.projectID"]', "dots do not nest keys: write gcp: and, indented below it, projectID:"),
        ("qqqq: 1", "qqqq", None),
        ("enabled: true", "enabled", None),
    ],
)  # fmt: skip
def test_an_unknown_key_has_no_effect_and_gets_the_best_guess(text: str, key: str, hint: str | None) -> None:
    problem = only(text)

    assert (problem.code, problem.severity) == ("unknown-key", WARNING)
    assert problem.message == f"{key} is no known property; it has no effect"
    assert problem.hint == hint


def test_what_stands_below_an_unknown_key_is_not_reported_again() -> None:
    assert only("qqqq: {a: {b: 1}, c: 2}").path == ("qqqq",)


def test_an_unknown_key_is_shown_at_the_key() -> None:
    assert only("redis:\n  envoi: {}\n").position == (3, 3)


def test_guessing_ends_in_a_file_of_nothing_but_unknown_keys() -> None:
    started = time.perf_counter()
    problems = about_keys("".join(f"connectAgen{n}x: 1\n" for n in range(1000)))

    assert len(problems) == 1000
    assert time.perf_counter() - started < 2


def test_the_same_unknown_key_in_every_item_gets_its_guess_every_time() -> None:
    problems = about_keys("envs:\n" + "".join(f"- {{name: e{n}, gs: 1}}\n" for n in range(300)))

    assert {problem.hint for problem in problems} == {"did you mean gsa?"}
    assert len(problems) == 300


@pytest.mark.parametrize(
    ("text", "release", "severity", "message", "hint"),
    [
        ("virtualhosts: [{hostAliases: [a]}]", "1.9", WARNING,
         "virtualhosts[0].hostAliases is known up to hybrid 1.2; 1.9 ignores it",
         "it was replaced by the environment group in the management plane"),
        ("virtualhosts: [{routingRules: [{env: a}]}]", "1.3", WARNING,
         "virtualhosts[0].routingRules is known up to hybrid 1.2; 1.3 ignores it",
         "it was replaced by the environment group in the management plane"),
        ("envs: [{hostAlias: a}]", "1.2", WARNING,
         "envs[0].hostAlias is known up to hybrid 1.1; 1.2 ignores it",
         "it was replaced by virtualhosts[].hostAliases"),
        ("envs: [{paths: {uri: {prefixes: [a]}}}]", "1.2", WARNING,
         "envs[0].paths is known up to hybrid 1.1; 1.2 ignores it",
         "it was replaced by virtualhosts[].routingRules[].paths[]"),
        ("ingress: {minTLSProtocolVersion: '1.2', httpsRedirect: true}", "1.8", WARNING,
         "ingress is known up to hybrid 1.2; 1.8 ignores it",
         "of it, minTLSProtocolVersion was replaced by virtualhosts[].minTLSProtocolVersion"),
        ("ingress: {runtime: {loadBalancerIP: a}, replicaCountMax: 3}", "1.8", WARNING,
         "ingress is known up to hybrid 1.2; 1.8 ignores it",
         "of it, runtime.loadBalancerIP was replaced by ingressGateways[].svcLoadBalancerIP and "
         "replicaCountMax was replaced by ingressGateways[].replicaCountMax"),
        ("ingress: {httpsRedirect: true}", "1.8", WARNING,
         "ingress is known up to hybrid 1.2; 1.8 ignores it", "remove it"),
        ("cassandra: {dnsPolicy: a}", "1.5", WARNING,
         "cassandra.dnsPolicy is known up to hybrid 1.2; 1.5 ignores it",
         "it was replaced by cassandra.hostNetwork"),
        ("gcp: {workloadIdentityEnabled: true}", "1.13", WARNING,
         "gcp.workloadIdentityEnabled is known up to hybrid 1.12; 1.13 ignores it",
         "it was replaced by gcp.workloadIdentity.enabled"),
        ("udca: {serviceAccountSecretRef: a}", "1.16", WARNING,
         "udca is known up to hybrid 1.15; 1.16 ignores it", "remove it"),
        ("udca: {}", "1.16", WARNING, "udca is known up to hybrid 1.15; 1.16 ignores it", "remove it"),
        ("ingressGateways: [{name: a}]", "1.7", INFO,
         "ingressGateways is documented from hybrid 1.8.0 on; 1.7 may ignore it", None),
        ("gcp: {projectID: a, region: b}", "1.1", INFO,
         "gcp.projectID is documented from hybrid 1.2.0 on; 1.1 may ignore it",
         "there it is called gcpProjectID"),
        ("hub: a", "1.10", INFO, "hub is documented from hybrid 1.11.0 on; 1.10 may ignore it", None),
    ],
)  # fmt: skip
def test_a_release_ignores_what_it_lost_or_does_not_have_yet(
    text: str, release: str, severity: Severity, message: str, hint: str | None
) -> None:
    problem = about_keys(text, release)[0]

    assert (problem.code, problem.severity) == ("other-release", severity)
    assert (problem.message, problem.hint) == (message, hint)


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("virtualhosts: [{hostAliases: [a], routingRules: [{env: a, paths: [/]}]}]", "1.2"),
        ("envs: [{hostAlias: a, paths: {uri: {prefixes: [a]}}, sslCertPath: a}]", "1.1"),
        ("gcpProjectID: a\ngcpRegion: b\nk8sClusterName: c", "1.1"),
        ("synchronizer: {replicaCount: 1}", "1.1"),
        ("udca: {}\norgScopedUDCA: true", "1.15"),
        ("guardrails: {serviceAccountPath: a}", "1.16"),
        ("ingressGateways: [{name: a, svcType: ClusterIP}]", "1.8"),
    ],
)
def test_a_release_takes_what_it_knows_without_a_word(text: str, release: str) -> None:
    assert about_keys(text, release) == []


def test_a_group_of_another_release_is_reported_once_and_not_its_keys() -> None:
    assert [each.path for each in about_keys("istio: {pilot: {image: {url: a}}, galley: {image: {url: b}}}")] == [
        ("istio",)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "release", "message", "hint"),
    [
        ("gcpProjectID: a", "1.9", "gcpProjectID is an older spelling, deprecated since hybrid 1.2.0",
         "it was replaced by gcp.projectID"),
        ("k8sClusterName: a", "1.2", "k8sClusterName is an older spelling, deprecated since hybrid 1.2.0",
         "it was replaced by k8sCluster.name"),
        ("synchronizer: {replicaCount: 2}", "1.2",
         "synchronizer.replicaCount is an older spelling, deprecated since hybrid 1.2.0",
         "it was replaced by synchronizer.replicaCountMin and synchronizer.replicaCountMax"),
        ("cassandra: {storage: {capacity: 1Gi}}", "1.12",
         "cassandra.storage.capacity is an older spelling, deprecated since hybrid 1.12.0",
         "it was replaced by cassandra.storage.storageSize"),
        ("logger: {serviceAccountSecretRef: a}", "1.9",
         "logger.serviceAccountSecretRef is an older spelling",
         "it was replaced by logger.serviceAccountRef"),
    ],
)  # fmt: skip
def test_an_older_spelling_is_told_with_its_successor(
    text: str, release: str, message: str, hint: str
) -> None:
    problem = only(text, release)

    assert (problem.code, problem.severity) == ("deprecated-key", INFO)
    assert (problem.message, problem.hint) == (message, hint)


def test_a_spelling_is_not_older_before_its_successor_came() -> None:
    assert about_keys("cassandra: {storage: {capacity: 1Gi}}", "1.11") == []


def test_two_spellings_of_equal_rank_are_both_good() -> None:
    assert about_keys("cassandra: {storage: {storageclass: a}}") == []


def test_what_only_kubernetes_knows_is_mentioned_once() -> None:
    problem = only("runtime: {livenessProbe: {httpGet: {port: 1, path: /}}}")

    assert (problem.code, problem.severity) == ("undocumented-key", INFO)
    assert problem.message == (
        "runtime.livenessProbe.httpGet is not documented; it reaches the cluster as it is"
    )
