"""Rules about what must be there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from apigeectl.overrides.findings import Case, Finding, error, items, warning
from apigeectl.overrides.position import Path, dotted, parse_dotted
from apigeectl.overrides.problems import Severity
from apigeectl.overrides.proxies import proxies


@dataclass(frozen=True)
class Need:
    """A property, or any of its older spellings, without which the wanted part cannot be installed."""

    properties: tuple[str, ...]
    wanted: Callable[[Case], bool]
    severity: Severity = Severity.ERROR
    hint: str | None = None


def _names_the_cluster(case: Case) -> bool:
    return case.scope.wants_org() or case.scope.wants_telemetry()


def _federates(case: Case) -> bool:
    return case.at(("gcp", "federatedWorkloadIdentity", "enabled")) is True


NEEDS: tuple[Need, ...] = (
    Need(("org",), lambda case: True, hint="add org: NAME, the name of your Apigee organization"),
    Need(
        ("instanceID",),
        lambda case: case.scope.wants_org() and case.at_least((1, 3)),
        hint="add instanceID: NAME, any name, the same for all organizations of the cluster",
    ),
    Need(("gcp.projectID", "gcpProjectID"), _names_the_cluster, hint="add projectID under gcp"),
    Need(
        ("envs",),
        lambda case: case.scope.wants_all_envs(),
        hint="list at least one environment: envs, then - name: NAME below it",
    ),
    Need(
        ("virtualhosts",),
        lambda case: case.scope.virtualhosts,
        hint="list at least one virtual host; its name is that of an environment group",
    ),
    Need(
        ("virtualhosts",),
        lambda case: case.scope.everything and case.at_least((1, 2)),
        Severity.WARNING,
        "without a virtual host no API proxy can be reached",
    ),
    Need(
        ("ingressGateways",),
        lambda case: case.scope.everything and case.known_since((1, 9)),
        Severity.WARNING,
        "since hybrid 1.9 the Apigee ingress gateway is the only one",
    ),
    Need(
        ("k8sCluster.name", "k8sClusterName"),
        _names_the_cluster,
        Severity.WARNING,
        "logs, metrics and Apigee Connect name the cluster by it",
    ),
    Need(
        ("k8sCluster.region", "gcpRegion"),
        _names_the_cluster,
        Severity.WARNING,
        "logs, metrics and Apigee Connect name the cluster's region by it",
    ),
    Need(
        ("gcp.federatedWorkloadIdentity.audience",),
        _federates,
        Severity.WARNING,
        "name the provider of the workload identity pool",
    ),
    Need(
        ("gcp.federatedWorkloadIdentity.credentialSourceFile",),
        _federates,
        Severity.WARNING,
        "name the file that holds the token in the pods",
    ),
)


@dataclass(frozen=True)
class ItemNeed:
    """The same for every item of a list."""

    items: str
    property: str
    wanted: Callable[[Case], bool]
    severity: Severity = Severity.ERROR
    hint: str | None = None


ITEM_NEEDS: tuple[ItemNeed, ...] = (
    ItemNeed("envs", "name", lambda case: True, hint="add name: NAME"),
    ItemNeed("virtualhosts", "name", lambda case: case.scope.wants_virtualhosts(), hint="add name: NAME"),
    ItemNeed(
        "ingressGateways",
        "name",
        lambda case: case.scope.wants_org() and case.at_least((1, 8)),
        hint="add name: NAME",
    ),
    ItemNeed(
        "envs",
        "hostAlias",
        lambda case: case.up_to((1, 1)),
        Severity.WARNING,
        "add hostAlias: HOST, the name that clients call",
    ),
    ItemNeed(
        "virtualhosts",
        "hostAliases",
        lambda case: case.release == (1, 2),
        Severity.WARNING,
        "list the names that clients call",
    ),
    ItemNeed(
        "virtualhosts",
        "routingRules",
        lambda case: case.release == (1, 2),
        Severity.WARNING,
        "list the environments that get its requests: - env: NAME",
    ),
)


def missing(case: Case) -> Iterator[Finding]:
    for need in NEEDS:
        if need.wanted(case) and not any(case.has(parse_dotted(name)) for name in need.properties):
            first = need.properties[0]
            yield Finding(need.severity, parse_dotted(first), f"{first} is missing", need.hint)
    for each in ITEM_NEEDS:
        if each.wanted(case):
            for path, item in items(case.overrides.data, each.items):
                if item.get(each.property) in (None, "", []):
                    message = f"{dotted(path)} has no {each.property}"
                    yield Finding(each.severity, (*path, each.property), message, each.hint)
    for path, proxy in proxies(case):
        if proxy.get("host") in (None, ""):
            yield error((*path, "host"), f"{dotted(path)} has no host", "add host: NAME of the proxy")


def missing_tls(case: Case) -> Iterator[Finding]:
    """Every virtual host needs a certificate: two files, or a Secret that exists already."""
    if case.up_to((1, 1)):
        for path, _ in items(case.overrides.data, "envs"):
            if case.holds_environment(path) and not _certificates(case, path):
                yield warning(path, f"{dotted(path)} has no certificate", "add sslCertPath and sslKeyPath")
    if not case.scope.wants_virtualhosts():
        return
    for path, _ in items(case.overrides.data, "virtualhosts"):
        if not _certificates(case, path):
            message = f"{dotted(path)} has no certificate"
            yield error(path, message, "add sslCertPath and sslKeyPath, or sslSecret")
        elif case.at((*path, "tlsMode")) == "MUTUAL" and not (
            case.has((*path, "caCertPath")) or case.has((*path, "sslSecret"))
        ):
            message = f"{dotted(path)} asks for mutual TLS and has no caCertPath"
            hint = "add caCertPath: the CA that signs the clients' certificates"
            yield error((*path, "tlsMode"), message, hint)


def missing_mart_ingress(case: Case) -> Iterator[Finding]:
    """Up to 1.2, and without Apigee Connect, the management plane needs another way to MART."""
    if not case.up_to((1, 2)) or case.connect_is_on or not case.scope.wants_org():
        return
    if not case.has(("mart", "hostAlias")):
        message = (
            "mart.hostAlias is missing, and Apigee Connect is off: the management plane cannot reach MART"
        )
        yield error(("mart",), message, "add it, or set connectAgent.enabled to true", at_key=True)
    files = case.has(("mart", "sslCertPath")) and case.has(("mart", "sslKeyPath"))
    if not files and not case.has(("mart", "sslSecret")):
        message = "mart has no certificate for its ingress, and Apigee Connect is off"
        hint = "add sslCertPath and sslKeyPath, or set connectAgent.enabled to true"
        yield error(("mart",), message, hint, at_key=True)


def _certificates(case: Case, path: Path) -> bool:
    return any(case.has((*path, name)) for name in ("sslSecret", "sslCertPath", "sslKeyPath"))
