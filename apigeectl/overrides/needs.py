"""Rules about what must be there: properties, credentials, TLS material."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from apigeectl.overrides.findings import Case, Finding, error, items, warning
from apigeectl.overrides.position import Path, dotted, parse_dotted
from apigeectl.overrides.problems import Severity


@dataclass(frozen=True)
class Need:
    """A property, or any of its older spellings, without which the wanted part cannot be installed."""

    properties: tuple[str, ...]
    wanted: Callable[[Case], bool]
    severity: Severity = Severity.ERROR
    hint: str | None = None


NEEDS: tuple[Need, ...] = (
    Need(("org",), lambda case: True, hint="Add org: NAME, the name of your Apigee organization."),
    Need(
        ("instanceID",),
        lambda case: case.scope.wants_org() and case.at_least((1, 3)),
        hint="Add instanceID: NAME, any name, the same for all organizations of the cluster.",
    ),
    Need(
        ("gcp.projectID", "gcpProjectID"),
        lambda case: case.scope.wants_org() or case.scope.wants_telemetry(),
        hint="Add projectID under gcp.",
    ),
    Need(
        ("envs",),
        lambda case: case.scope.wants_all_envs(),
        hint="List at least one environment: envs, then - name: NAME below it.",
    ),
    Need(
        ("virtualhosts",),
        lambda case: case.scope.virtualhosts,
        hint="List at least one virtual host; its name is that of an environment group.",
    ),
    Need(
        ("virtualhosts",),
        lambda case: case.scope.everything and case.at_least((1, 2)),
        Severity.WARNING,
        "Without a virtual host no API proxy can be reached.",
    ),
    Need(
        ("ingressGateways",),
        lambda case: case.scope.everything and case.release is not None and case.release >= (1, 9),
        Severity.WARNING,
        "Since 1.9 the Apigee ingress gateway is the only one.",
    ),
    Need(
        ("k8sCluster.name", "k8sClusterName"),
        lambda case: case.scope.wants_org() or case.scope.wants_telemetry(),
        Severity.WARNING,
        "Logs, metrics and Apigee Connect name the cluster by it.",
    ),
    Need(
        ("k8sCluster.region", "gcpRegion"),
        lambda case: case.scope.wants_org() or case.scope.wants_telemetry(),
        Severity.WARNING,
        "Logs, metrics and Apigee Connect name the cluster's region by it.",
    ),
)


@dataclass(frozen=True)
class Identity:
    """A component that speaks to Google, and when it does."""

    component: str
    wanted: Callable[[Case], bool]


ORG_IDENTITIES: tuple[Identity, ...] = (
    Identity("connectAgent", lambda case: case.scope.wants_org() and case.connect_is_on),
    Identity("mart", lambda case: case.scope.wants_org()),
    Identity("watcher", lambda case: case.scope.wants_org() and case.at_least((1, 3))),
    Identity("logger", lambda case: case.scope.wants_telemetry() and case.at(("logger", "enabled")) is True),
    Identity(
        "metrics", lambda case: case.scope.wants_telemetry() and case.at(("metrics", "enabled")) is not False
    ),
)

ENV_IDENTITIES: tuple[Identity, ...] = (
    Identity("runtime", lambda case: case.at_least((1, 4))),
    Identity("synchronizer", lambda case: True),
    Identity("udca", lambda case: case.release is None or case.release < (1, 16)),
)


def missing(case: Case) -> Iterator[Finding]:
    for need in NEEDS:
        if need.wanted(case) and not any(case.has(parse_dotted(name)) for name in need.properties):
            yield Finding(
                need.severity,
                parse_dotted(need.properties[0]),
                f"{need.properties[0]} is missing.",
                need.hint,
            )
    for key, wanted in (("envs", True), ("virtualhosts", case.scope.wants_virtualhosts())):
        for path, item in items(case.overrides.data, key):
            if wanted and item.get("name") in (None, ""):
                yield error((*path, "name"), f"{dotted(path)} has no name.", "Add name: NAME.")


def without_credentials(case: Case) -> Iterator[Finding]:
    """A warning: identities can also come from outside the file, through the cluster itself."""
    if case.identity_without_keys:
        return
    if not case.has(("serviceAccountSecretProviderClass",)):
        for identity in ORG_IDENTITIES:
            if identity.wanted(case) and not _has_own(case, (identity.component,)):
                hint = f"Add serviceAccountPath or serviceAccountRef under {identity.component}."
                yield warning(
                    (identity.component,), f"{identity.component} has no service account.", hint, at_key=True
                )
    for path, item in items(case.overrides.data, "envs"):
        if not case.wants_env(item) or item.get("serviceAccountSecretProviderClass"):
            continue
        for identity in ENV_IDENTITIES:
            component = identity.component
            given = any(case.has((*path, form, component)) for form in _ENV_FORMS) or _has_own(
                case, (component,)
            )
            if identity.wanted(case) and not given:
                hint = f"Add {component} under serviceAccountPaths or serviceAccountSecretRefs."
                yield warning(path, f"{dotted(path)} has no service account for its {component}.", hint)


def without_tls(case: Case) -> Iterator[Finding]:
    """Every virtual host needs a certificate: two files, or a Secret that exists already."""
    if not case.scope.wants_virtualhosts():
        return
    for path, _ in items(case.overrides.data, "virtualhosts"):
        if not any(case.has((*path, name)) for name in ("sslSecret", "sslCertPath", "sslKeyPath")):
            message = f"{dotted(path)} has no certificate."
            yield error(path, message, "Add sslCertPath and sslKeyPath, or sslSecret.")
        elif case.at((*path, "tlsMode")) == "MUTUAL" and not (
            case.has((*path, "caCertPath")) or case.has((*path, "sslSecret"))
        ):
            message = f"{dotted(path)} asks for mutual TLS and has no caCertPath."
            yield error(
                (*path, "tlsMode"), message, "Add caCertPath: the CA that signs the clients' certificates."
            )


_OWN_FORMS = ("serviceAccountPath", "serviceAccountRef", "serviceAccountSecretRef", "serviceAccountSecret")
_ENV_FORMS = ("serviceAccountPaths", "serviceAccountSecretRefs")


def _has_own(case: Case, component: Path) -> bool:
    return any(case.has((*component, form)) for form in _OWN_FORMS)
