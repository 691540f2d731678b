"""Our own minimal custom resource definitions, generated from a table; Google's are never copied."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apigeectl.manifests import APIGEE_GROUP
from apigeectl.yaml import dump


@dataclass(frozen=True)
class DefinedKind:
    """A row: one kind, its names, versions (the first one is stored) and printer columns."""

    kind: str
    plural: str
    short_names: tuple[str, ...] = ()
    versions: tuple[str, ...] = ("v1alpha1",)
    columns: tuple[tuple[str, str], ...] = ()  # name and JSON path; State and Age are everywhere
    group: str = APIGEE_GROUP
    scope: str = "Namespaced"


_GATEWAY_TYPE = (("GatewayType", ".spec.gatewayType"),)
_NESTED_STATE = (("NestedState", ".status.nestedState"),)

APIGEE_KINDS = (
    DefinedKind("ApigeeDatastore", "apigeedatastores", ("ds", "apigeeds")),
    DefinedKind("ApigeeRedis", "apigeeredis"),
    DefinedKind(
        "ApigeeOrganization",
        "apigeeorganizations",
        ("org", "apigeeorg", "apigeeorgs"),
        ("v1alpha2", "v1alpha1"),
    ),
    DefinedKind(
        "ApigeeEnvironment",
        "apigeeenvironments",
        ("env", "apigeeenv", "apigeeenvs"),
        ("v1alpha2", "v1alpha1"),
        _GATEWAY_TYPE,
    ),
    DefinedKind("ApigeeTelemetry", "apigeetelemetries", ("at", "apigeetelem"), ("v1alpha2", "v1alpha1")),
    DefinedKind("ApigeeRouteConfig", "apigeerouteconfigs", ("arc",)),
    DefinedKind("ApigeeRoute", "apigeeroutes", ("ar",)),
    DefinedKind("ApigeeDeployment", "apigeedeployments", ("ad",), ("v1alpha2", "v1alpha3"), _NESTED_STATE),
    DefinedKind("CassandraDataReplication", "cassandradatareplications", ("cdr", "apigeecdr")),
)

_CERT_MANAGER_GROUP = "cert-manager.io"
_READY = (("Ready", '.status.conditions[?(@.type=="Ready")].status'),)

CERT_MANAGER_KINDS = (
    DefinedKind(
        "Certificate",
        "certificates",
        ("cert", "certs"),
        ("v1",),
        (*_READY, ("Secret", ".spec.secretName")),
        _CERT_MANAGER_GROUP,
    ),
    DefinedKind("Issuer", "issuers", (), ("v1",), _READY, _CERT_MANAGER_GROUP),
    DefinedKind("ClusterIssuer", "clusterissuers", (), ("v1",), _READY, _CERT_MANAGER_GROUP, "Cluster"),
)


def definition(row: DefinedKind) -> dict[str, Any]:
    """The CustomResourceDefinition of a kind: any spec, a status of its own, its columns."""
    names: dict[str, Any] = {
        "kind": row.kind,
        "listKind": f"{row.kind}List",
        "plural": row.plural,
        "singular": row.kind.lower(),
    }
    if row.short_names:
        names["shortNames"] = list(row.short_names)
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{row.plural}.{row.group}"},
        "spec": {
            "conversion": {"strategy": "None"},  # said, so that nobody completes it: no webhook would answer
            "group": row.group,
            "names": names,
            "scope": row.scope,
            "versions": [_version(row, name, stored=name == row.versions[0]) for name in row.versions],
        },
    }


def write_bundle(directory: Path) -> None:
    """Write the definitions of Apigee's kinds, a file each, as a bundle that init installs from."""
    directory.mkdir(parents=True, exist_ok=True)
    for row in APIGEE_KINDS:
        file = directory / f"{row.plural}.{row.group}.yaml"
        file.write_text(dump([definition(row)]), encoding="utf-8")


def _version(row: DefinedKind, name: str, *, stored: bool) -> dict[str, Any]:
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    properties = {"spec": anything, "status": anything}
    outlived = name != row.versions[0] and name == "v1alpha1"  # an old version never got the later columns
    columns: list[tuple[str, str]] = [] if outlived else list(row.columns)
    if row.group == APIGEE_GROUP:
        properties["release"] = anything
        columns = [("State", ".status.state"), *columns]
    printed = [{"name": column, "type": "string", "jsonPath": path} for column, path in columns]
    printed.append({"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"})
    return {
        "name": name,
        "served": True,
        "storage": stored,
        "schema": {"openAPIV3Schema": {"type": "object", "properties": properties}},
        "subresources": {"status": {}},
        "additionalPrinterColumns": printed,
    }
