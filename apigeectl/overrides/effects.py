"""Rules about properties without effect beside another one, and switches that must stay as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from apigeectl.overrides.credentials import ENV_FORMS, OWN_FORMS
from apigeectl.overrides.findings import Case, Finding, info, warning
from apigeectl.overrides.position import Path, dotted
from apigeectl.overrides.problems import Severity


@dataclass(frozen=True)
class Idle:
    """Properties that do nothing while something else holds, and the end of the sentence that says so."""

    properties: tuple[str, ...]
    """Paths of the catalogue, or last keys with a star before them."""
    when: Callable[[Case, Path], bool]
    because: str
    severity: Severity = Severity.INFO
    hint: str | None = None


_ACCOUNTS = tuple(f"*.{form}" for form in (*OWN_FORMS, *ENV_FORMS))
_PASSWORDS = tuple(
    f"cassandra.auth.{user}.password" for user in ("default", "admin", "ddl", "dml", "jmx", "jolokia")
)


def _given(*path: str) -> Callable[[Case, Path], bool]:
    return lambda case, _: case.has(path)


def _beside(name: str) -> Callable[[Case, Path], bool]:
    return lambda case, path: case.has((*path[:-1], name))


IDLE: tuple[Idle, ...] = (
    Idle(
        _ACCOUNTS,
        lambda case, _: case.overrides.workload_identity,
        "while Workload Identity is on",
        hint="remove it; gsa names the Google account",
    ),
    Idle(
        _ACCOUNTS,
        lambda case, path: not case.overrides.workload_identity and _vault(case, path),
        "beside serviceAccountSecretProviderClass",
        hint="keep one of the two",
    ),
    Idle(
        ("*.gsa",),
        lambda case, _: not case.overrides.workload_identity,
        "unless gcp.workloadIdentity.enabled is true",
        Severity.WARNING,
        "set it to true, or give the component a key",
    ),
    Idle(
        (*_PASSWORDS, "cassandra.auth.secret"),
        _given("cassandra", "auth", "secretProviderClass"),
        "beside cassandra.auth.secretProviderClass",
        hint="remove it",
    ),
    Idle(
        _PASSWORDS,
        lambda case, _: (
            case.has(("cassandra", "auth", "secret"))
            and not case.has(("cassandra", "auth", "secretProviderClass"))
        ),
        "beside cassandra.auth.secret",
        hint="remove it",
    ),
    Idle(("redis.auth.password",), _beside("secret"), "beside redis.auth.secret", hint="remove it"),
    Idle(("*.url",), _given("hub"), "beside hub", hint="keep hub, or the addresses of single images"),
    Idle(
        ("runtime.hpaMetrics.targetCPUUtilizationPercentage",),
        _given("runtime", "targetCPUUtilizationPercentage"),
        "beside runtime.targetCPUUtilizationPercentage",
        Severity.WARNING,
        "keep one of the two",
    ),
    Idle(
        ("runtime.terminationGracePeriodSeconds",),
        lambda *_: True,
        "because Apigee's controller sets it",
        hint="remove it",
    ),
    Idle(
        ("ingressGateways[].svcLoadBalancerIP",),
        lambda case, path: case.at((*path[:-1], "svcType")) == "ClusterIP",
        "with the service type ClusterIP",
        Severity.WARNING,
        "write svcType: LoadBalancer, or remove it",
    ),
    Idle(
        ("virtualhosts[].caCertPath",),
        lambda case, path: case.at((*path[:-1], "tlsMode")) != "MUTUAL",
        "unless tlsMode is MUTUAL",
        Severity.WARNING,
        "add tlsMode: MUTUAL",
    ),
    Idle(
        ("istiod.healthCheckUserAgents",),
        lambda *_: True,
        "here: only Google's Helm charts know it",
    ),
    Idle(
        ("cassandra.backup.dbStorageBucket", "cassandra.restore.dbStorageBucket"),
        lambda case, path: case.at((*path[:-1], "cloudProvider")) in ("HYBRID", "CSI"),
        "unless cloudProvider is GCP",
    ),
)


def no_effect(case: Case) -> Iterator[Finding]:
    for idle in IDLE:
        for name in idle.properties:
            for entry in case.named(name[2:]) if name.startswith("*.") else case.of(name):
                if case.has(entry.path) and idle.when(case, entry.path):
                    message = f"{dotted(entry.path)} has no effect {idle.because}"
                    yield Finding(idle.severity, entry.path, message, idle.hint, at_key=True)


def one_way_switch(case: Case) -> Iterator[Finding]:
    for entry in case.of("newDataPipeline.debugSession", "newDataPipeline.analytics"):
        if case.known_since((1, 14)):
            message = f"{dotted(entry.path)} must not be touched from hybrid 1.14.1 on"
            yield warning(entry.path, message, "remove it", at_key=True)
    for entry in case.of("enhanceProxyLimits"):
        if entry.value is False:
            message = "enhanceProxyLimits must not go back to false once it was true"
            yield info(entry.path, message, "remove it if it was never true")


def _vault(case: Case, path: Path) -> bool:
    """Whether a provider class of the same level supplies the account: the environment's, or the common one."""
    level: Path = path[:2] if path[0] == "envs" else ()
    return case.has((*level, "serviceAccountSecretProviderClass"))
