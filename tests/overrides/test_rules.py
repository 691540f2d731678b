from __future__ import annotations

import copy
import hashlib
import itertools
import math
import time
from pathlib import Path
from typing import Any

import pytest

from apigeectl.overrides import catalogue
from apigeectl.overrides.load import parse
from apigeectl.overrides.problems import Severity
from apigeectl.overrides.report import report
from apigeectl.overrides.rules import FileCheck, validate
from apigeectl.overrides.scope import Scope
from tests.overrides.samples import GOOD, STYLE_1_2, bare, judge

ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO

CASES: list[tuple[str, Severity, str, str, str]] = [
    # code, severity, text added to the good file (or "old -> new" in it), line it stands in, words of message or hint
    ("unknown-key", WARNING, "conectAgent: {}", "conectAgent: {}", "did you mean connectAgent?"),
    ("unknown-key", WARNING, "projectID: x", "projectID: x", "there is a property gcp.projectID"),
    ("unknown-key", WARNING, "qqqq: {a: {b: 1}}", "qqqq: {a: {b: 1}}", "qqqq is no known property"),
    ("undocumented-key", INFO, "runtime: {livenessProbe: {httpGet: {port: 1}}}", "runtime: {", "httpGet is not documented"),
    ("other-release", WARNING, "ingress: {httpsRedirect: true, enableAccesslog: true}", "ingress:", "known up to hybrid 1.2"),
    ("other-release", INFO, "hub: registry.example.com", "hub:", "documented from hybrid 1.11.0 on"),
    ("deprecated-key", INFO, "gcpProjectID: x", "gcpProjectID:", "replaced by gcp.projectID"),
    ("deprecated-key", INFO, "redis: {}\nlogger: {serviceAccountSecretRef: x}", "logger:", "replaced by logger.serviceAccountRef"),
    ("wrong-type", WARNING, "revision: 1160", "revision:", "should be text, not 1160"),
    ("wrong-type", ERROR, "hub: [a]", "hub:", "should be text, not a list"),
    ("wrong-type", WARNING, "cassandra: {replicaCount: '3'}", "cassandra:", 'should be a whole number, not "3"'),
    ("wrong-type", ERROR, "cassandra: {replicaCount: three}", "cassandra:", "should be a whole number"),
    ("wrong-type", ERROR, "cassandra: {replicaCount: 1.5}", "cassandra:", "should be a whole number"),
    ("wrong-type", ERROR, "cassandra: {replicaCount: true}", "cassandra:", "should be a whole number"),
    ("wrong-type", WARNING, "logger: {enabled: 'false'}", "logger:", "the original took any text for true"),
    ("wrong-type", ERROR, "runtime: {resources: {requests: {cpu: 500 m}}}", "runtime:", "should be a quantity"),
    ("wrong-type", ERROR, "runtime: {resources: {requests: {memory: 1GB}}}", "runtime:", "should be a quantity"),
    ("wrong-type", WARNING, "cassandra: {resources: {limits: {cpu: a}}}", "cassandra:", "should be a quantity"),
    ("wrong-type", ERROR, "runtime: [a]", "runtime:", "should be a map, not a list"),
    ("wrong-type", ERROR, "runtime: {tolerations: {key: a}}", "runtime:", "should be a list, not a map"),
    ("wrong-type", WARNING, "imagePullSecrets: {name: a}", "imagePullSecrets:", "should be a list, not a map"),
    ("wrong-type", WARNING, "runtime: {annotations: {a: true}}", "runtime:", "should be text, not true"),
    ("wrong-value", WARNING, "runtime: {image: {pullPolicy: always}}", "runtime:", "did you mean Always?"),
    ("wrong-value", WARNING, "httpProxy: {host: h, scheme: socks}", "httpProxy:", "known: HTTP, HTTPS"),
    ("out-of-range", ERROR, "httpProxy: {host: h, port: 70000}", "httpProxy:", "between 1 and 65535, not 70000"),
    ("out-of-range", ERROR, "mart:\n -> mart:\n  readinessProbe: {periodSeconds: 0}\n", "  readinessProbe:", "at least 1, not 0"),
    ("out-of-range", WARNING, "runtime: {replicaCountMin: 0}", "runtime:", "at least 1, not 0"),
    ("out-of-range", WARNING, "cassandra: {replicaCount: 4}", "cassandra:", "1 for a trial or a multiple of 3"),
    ("yaml-1.1", WARNING, "cassandra: {hostNetwork: no}", "cassandra:", 'is read as false, as the original did; YAML 1.2 readers take it for the text "no"'),
    ("yaml-1.1", WARNING, "cassandra: {port: 012}", "cassandra:", "is read as 10, as the original did; YAML 1.2 readers take it for the number 12"),
    ("missing", ERROR, "org: hybrid-example -> ", "instanceID", "org is missing"),
    ("missing", ERROR, "org: hybrid-example -> org: ''", "org: ''", "org is missing"),
    ("missing", ERROR, "instanceID: instance-1 -> ", "org", "instanceID is missing"),
    ("missing", ERROR, "  projectID: hybrid-example -> ", "gcp:", "gcp.projectID is missing"),
    ("missing", ERROR, "  - name: test ->   - name:", "  - name:", "envs[0] has no name"),
    ("missing", WARNING, "  name: cluster-1 -> ", "k8sCluster:", "k8sCluster.name is missing"),
    ("missing", WARNING, "ingressGateways: -> ingressGateways: []\nx:", "ingressGateways: []", "ingressGateways is missing"),
    ("missing-credentials", WARNING, "watcher:\n  serviceAccountPath: sa.json -> watcher: {}", "watcher: {}", "watcher has no service account"),
    ("missing-credentials", WARNING, "      runtime: sa.json -> ", "  - name: test", "no service account for its runtime"),
    ("missing-tls", ERROR, "    sslSecret: certificate -> ", "  - name: default", "virtualhosts[0] has no certificate"),
    ("missing-tls", ERROR, "    sslSecret: certificate ->     tlsMode: MUTUAL\n    sslCertPath: a\n    sslKeyPath: b", "    tlsMode: MUTUAL", "has no caCertPath"),
    ("bad-name", ERROR, "org: hybrid-example -> org: Hybrid_Example", "org:", "may have lower-case letters"),
    ("bad-name", ERROR, f"org: hybrid-example -> org: {'o' * 33}", "org:", "has 33 characters; allowed are 32 at most"),
    ("bad-name", ERROR, "  - name: test ->   - name: te_st", "  - name: te_st", "does not fit"),
    ("bad-name", ERROR, f"  - name: test ->   - name: {'t' * 33}", "  - name: ttt", "has 33 characters"),
    ("bad-name", ERROR, "  - name: gateway ->   - name: my-ingress-gateway", "  - name: my-ingress-gateway", "has 18 characters"),
    ("bad-name", ERROR, "  - name: default ->   - name: -default", "  - name: -default", "does not fit"),
    ("bad-name", ERROR, f"instance-1 -> {'i' * 64}", "instanceID:", "has 64 characters; allowed are 63 at most"),
    ("bad-name", WARNING, f"instance-1 -> {'i' * 63}", "instanceID:", "some releases accept 62"),
    ("bad-name", WARNING, "instance-1 -> instance_1", "instanceID:", "does not fit"),
    ("bad-name", WARNING, "revision: V1", "revision:", "does not fit"),
    ("duplicate-name", ERROR, "  - name: test ->   - name: test\n  - name: test", "  - name: test", 'two environments with the name "test": envs[0] and envs[1]'),
    ("duplicate-name", ERROR, "    sslSecret: certificate ->     sslSecret: a\n  - name: default\n    sslSecret: b", "  - name: default", "two virtual hosts"),
    ("exclusive", WARNING, "mart:\n -> mart:\n  serviceAccountRef: a\n", "  serviceAccount", "serviceAccountRef wins"),
    ("exclusive", WARNING, "kmsEncryptionPath: a\nkmsEncryptionSecret: {name: a, key: b}", "kmsEncryption", "exclude each other"),
    ("exclusive", WARNING, "    sslSecret: certificate ->     sslSecret: certificate\n    sslCertPath: a\n    sslKeyPath: b", "    ssl", "sslSecret wins"),
    ("incomplete-pair", ERROR, "    sslSecret: certificate ->     sslCertPath: a", "  - name: default", "has sslCertPath without sslKeyPath"),
    ("incomplete-pair", ERROR, "kvmEncryptionSecret: {name: a}", "kvmEncryptionSecret:", "has name without key"),
    ("min-above-max", ERROR, "    replicaCountMin: 2 ->     replicaCountMin: 5", "    replicaCountMin: 5", "is 5, more than replicaCountMax, which is 4"),
    ("min-above-max", ERROR, "    sslSecret: certificate ->     sslSecret: c\n    minTLSProtocolVersion: '1.3'\n    maxTLSProtocolVersion: '1.2'", "    minTLS", "is above maxTLSProtocolVersion"),
    ("bad-encryption-key", ERROR, "kmsEncryptionKey: '*'", "kmsEncryptionKey:", "is not base64"),
    ("bad-encryption-key", ERROR, "    serviceAccountPaths: ->     cacheEncryptionKey: YWJj\n    serviceAccountPaths:", "    cacheEncryptionKey", "decodes to 3 bytes; 16, 24 or 32"),
    ("connect-placement", WARNING, "connectAgent:\n  serviceAccountPath: sa.json -> redis: {}\nconnectAgent: {serviceAccountPath: sa.json}", "connectAgent:", "does not directly follow k8sCluster"),
    ("connect-disabled", INFO, "  serviceAccountPath: sa.json\nmart: ->   enabled: false\nmart:", "  enabled: false", "connectAgent.enabled is false"),
    ("connect-ignores-mart-ingress", INFO, "mart:\n -> mart:\n  hostAlias: a.example.com\n", "  hostAlias:", "no effect while Apigee Connect is on"),
]  # fmt: skip


def changed(change: str) -> str:
    old, arrow, new = change.partition(" -> ")
    if not arrow:
        return GOOD + change + "\n"
    assert old in GOOD, old
    return GOOD.replace(old, new, 1)


def test_a_good_file_has_no_problem() -> None:
    assert judge(GOOD) == ()


def test_a_file_in_the_style_of_1_2_has_no_problem_for_1_2() -> None:
    assert [problem for problem in judge(STYLE_1_2, release="1.2") if problem.severity is not INFO] == []


def test_a_file_in_the_style_of_1_2_tells_1_8_what_it_lost_and_what_it_lacks() -> None:
    problems = judge(STYLE_1_2, release="1.8")
    errors = {problem.message for problem in problems if problem.severity is ERROR}
    lost = {problem.path[-1] for problem in problems if problem.code == "other-release"}
    assert errors == {"instanceID is missing"}
    assert lost == {"hostAliases", "routingRules"}


@pytest.mark.parametrize(("code", "severity", "change", "line", "words"), CASES)
def test_every_mistake_is_found_where_it_stands(
    code: str, severity: Severity, change: str, line: str, words: str
) -> None:
    text = changed(change)
    found = [problem for problem in judge(text) if problem.code == code]
    assert found, f"nothing with the code {code}"
    matching = [problem for problem in found if words in f"{problem.message} {problem.hint}"]
    assert matching, found
    problem = matching[0]
    assert problem.severity is severity
    assert problem.position is not None
    assert text.splitlines()[problem.position.line - 1].startswith(line)


@pytest.mark.parametrize(
    ("scope", "text", "absent"),
    [
        (Scope(datastore=True), "org: o\n", set()),
        (Scope(redis=True), "org: o\n", set()),
        (Scope(org=True), "org: o\n", {"instanceID", "gcp"}),
        (Scope(telemetry=True), "org: o\n", {"gcp"}),
        (Scope(all_envs=True), "org: o\n", {"envs"}),
        (Scope(virtualhosts=True), "org: o\n", {"virtualhosts"}),
        (Scope(), "org: o\n", {"instanceID", "gcp", "envs"}),
        (Scope(), "namespace: ns\n", {"org", "instanceID", "gcp", "envs"}),
    ],
)
def test_only_what_the_scope_needs_must_be_there(scope: Scope, text: str, absent: set[str]) -> None:
    errors = [each for each in judge(text, scope=scope) if each.severity is ERROR]
    assert {each.path[0] for each in errors} == absent
    assert {each.code for each in errors} <= {"missing"}


def test_an_environment_outside_the_scope_needs_no_credentials() -> None:
    text = GOOD + "  - name: prod\n"
    assert [each.path for each in judge(text, scope=Scope(envs=("test",)))] == []
    assert {each.code for each in judge(text, scope=Scope(envs=("prod",)))} == {"missing-credentials"}


@pytest.mark.parametrize(
    "identity",
    [
        "gcp: {projectID: p, workloadIdentityEnabled: true}",
        "gcp: {projectID: p, federatedWorkloadIdentity: {enabled: true}}",
    ],
)
def test_with_another_identity_no_service_account_is_missing(identity: str) -> None:
    text = f"org: o\ninstanceID: i\n{identity}\nenvs: [{{name: test}}]\n"
    assert "missing-credentials" not in {problem.code for problem in judge(text)}


def test_keys_below_an_unknown_key_are_not_reported_again() -> None:
    assert len(judge(GOOD + "qqqq: {a: {b: 1}, c: 2}\n")) == 1


def test_a_list_written_as_a_map_is_one_problem_in_one_place() -> None:
    text = GOOD.replace("  - name: test\n", "    name: test\n")
    assert [(each.code, each.path) for each in judge(text)] == [("wrong-type", ("envs",))]


def test_a_secret_value_is_in_no_message() -> None:
    text = (
        GOOD
        + "kmsEncryptionKey: hunter2!\nredis: {auth: {password: 012}}\ncassandra: {auth: {ddl: {password: 4711}}}\n"
    )
    problems = judge(text)
    assert {"bad-encryption-key", "yaml-1.1", "wrong-type"} <= {problem.code for problem in problems}
    words = " ".join(f"{problem.message} {problem.hint}" for problem in problems)
    assert not any(secret in words for secret in ("hunter2", "012", "4711", "number 12"))


def test_a_password_in_an_address_is_in_no_message_and_no_source_line() -> None:
    text = (
        GOOD
        + "httpProxy: {scheme: HTTP, host: 'http://me:hunter2@proxy'}\nlogger: {proxyURL: 'me:hunter2@proxy:1'}\n"
    )
    problems = judge(text)
    assert {"bad-host", "bad-url"} <= {problem.code for problem in problems}
    assert "hunter2" not in report(problems, parse(text, Path("o.yaml")))


def test_problems_come_in_the_order_of_their_lines_with_those_of_the_reading_among_them() -> None:
    problems = judge("zzz: 1\n" + GOOD + "hub: a\nhub: a\nyyy: 1\n")
    lines = [problem.position.line for problem in problems if problem.position]
    assert lines == sorted(lines)
    assert "duplicate-key" in {problem.code for problem in problems}


def test_without_a_release_nothing_is_too_new_or_too_old() -> None:
    problems = judge(GOOD + "hub: a\ningress: {httpsRedirect: true}\n", release=None)
    assert problems == ()


@pytest.mark.parametrize(
    ("release", "enabled", "on"),
    [
        ("1.2", None, False),
        ("1.2", "true", True),
        ("1.3", None, True),
        (None, None, True),
        ("1.10", "false", False),
    ],
)
def test_connect_is_on_by_default_since_1_3(release: str | None, enabled: str | None, on: bool) -> None:
    text = "org: o\nmart: {hostAlias: a}\n" + (f"connectAgent: {{enabled: {enabled}}}\n" if enabled else "")
    codes = {problem.code for problem in judge(text, release=release)}
    assert ("connect-ignores-mart-ingress" in codes) is on


def test_a_hundred_lines_are_read_and_judged_in_good_time() -> None:
    text = GOOD + "".join(f"  - name: env-{number}\n" for number in range(60))
    start = time.perf_counter()
    judge(text)
    assert time.perf_counter() - start < 0.5  # 0.02 on an idle machine


@pytest.mark.parametrize("release", ["1.1", "1.2", "1.16"])
@pytest.mark.parametrize(
    "odd",
    [None, [], {}, [1], [None], [[1]], {"a": 1}, {"name": [1]}, "", "*", "\ud800", "1" * 400, 0, -1, 1.5, math.nan, math.inf, True, 10**30],
    ids=repr,
)  # fmt: skip
def test_no_value_at_any_property_is_too_odd_for_a_rule(odd: Any, release: str) -> None:
    everything: dict[str, Any] = {}
    for each in catalogue.properties():
        *holders, last = each.path.removesuffix("[]").split(".")
        place = everything
        for holder in holders:
            name, listed = holder.removesuffix("[]"), holder.endswith("[]")
            below = place.setdefault(name, [{}] if listed else {})
            place = below[0] if listed and isinstance(below, list) else below
            if not isinstance(place, dict):
                break
        else:
            place.setdefault(last, copy.deepcopy([odd] if each.path.endswith("[]") else odd))
    everything["envs"].append(odd)

    assert validate(bare(everything), Scope(), release, files=FileCheck(Path.cwd()))


def test_environments_whose_names_lead_to_the_same_objects_collide() -> None:
    first: dict[str, str] = {}
    for number in itertools.count():
        name = f"long-environment-{number}"
        other = first.setdefault(hashlib.sha256(f"hybrid-example:{name}".encode()).hexdigest()[:7], name)
        if other != name:
            break

    found = [
        each
        for each in judge(GOOD + f"  - name: {other}\n  - name: {name}\n")
        if each.code == "name-collision"
    ]

    assert [(each.severity, each.path) for each in found] == [(ERROR, ("envs", 2, "name"))]
    assert f"the environments {other} and {name} lead to the same names" in found[0].message
