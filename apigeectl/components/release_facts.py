"""What differs between hybrid releases, as data: each value with the releases it was seen in and where.

A row of a fact is `(value, releases)` or `(value, releases, sources)`; without sources, those are the main sources of the
releases. A release that no row names takes its value from the nearest ones, and that is said when it is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MINORS = tuple((1, number) for number in range(3, 17))

PATCHES: Mapping[int, str] = {
    3: "1.3.6",
    4: "1.4.0",
    5: "1.5.5",
    6: "1.6.9",
    7: "1.7.6",
    8: "1.8.1",
    9: "1.9.4",
    10: "1.10.3",
    11: "1.11.2",
    12: "1.12.4",
    13: "1.13.4",
    14: "1.14.3",
    15: "1.15.1",
    16: "1.16.0",
}
"""The version that "1.10" means: the one whose output or schemas are known, else the last that Google's pages name."""

CONFIRMED = frozenset({(1, 8), (1, 10)})
"""Releases whose objects are known as a whole, from schemas or templates."""

ASSUMED = "assumed"
"""In place of a source: nothing says it, and this value is the likelier one of two neighbours'."""

SOURCES: Mapping[str, str] = {
    "output-1.4": "manifests printed by apigeectl 1.4.0-rc4, repository srinandan/srinandans-hybrid, commit 5ac3257",
    "output-1.5": "manifests printed by apigeectl 1.5.0-rc1, repository srinandan/srinandans-hybrid, commit ba4814b",
    "output-1.6": "manifests of apigeectl 1.6.3, repository srinandan/srinandans-hybrid",
    "log-1.7": "log of apigeectl 1.7.0, repository rajeshm7910/apigee-anthos-samples",
    "schemas-1.8": "definitions of hybrid 1.8.1, repository apigee/apigee-hybrid-install, bases/initialization/crds",
    "kustomize-1.8": "kustomize installer of hybrid 1.8.1, repository apigee/apigee-hybrid-install, bases and overlays",
    "kustomize-1.8.3": "kustomize installer of hybrid 1.8.3, repository blackrookgeek/apigee-hybrid-install",
    "api-reference-1.8": "API references v1alpha1 and v1alpha2, repository apigee/apigee-hybrid-install",
    "charts-1.10": "Helm charts of hybrid 1.10.3 and the definitions in them",
    "objects-1.15": "objects of a Helm installation, repository anaik91/apigee-hybrid-relationship-builder",
    "quickstart": "repository apigee/devrel, tools/hybrid-quickstart",
    "images-page": "Google, Use a private image repository with Apigee hybrid (container-images, signed-docker-images)",
    "pull-push-page": "Google, apigee-pull-push.sh",
    "release-notes": "Google, Apigee hybrid release notes",
    "properties-page": "Google, Configuration property reference",
    "upgrade-1.13": "Google, Upgrading Apigee hybrid to version 1.13",
}

MAIN_SOURCES: Mapping[str, str] = {
    "1.4": "output-1.4",
    "1.5": "output-1.5",
    "1.6": "output-1.6",
    "1.7": "log-1.7",
    "1.8": "schemas-1.8 kustomize-1.8",
    "1.10": "charts-1.10",
}

Row = tuple[Any, str] | tuple[Any, str, str]


@dataclass(frozen=True)
class Fact:
    """One difference: what it is, and the releases in which its values were seen."""

    about: str
    rows: tuple[Row, ...]


def _since(about: str, first: str, *, before: str, after: str, source: str = "") -> Fact:
    """A switch that is off in the releases `before`, on from `first` and in those `after`."""
    rows: list[Row] = [(False, before)] if before else []
    rows.append((True, first, source) if source else (True, first))
    return Fact(about, (*rows, *([(True, after)] if after else [])))


def _until(about: str, *, on: str, off: str, source: str = "") -> Fact:
    """A switch that is on in some releases and off in the later ones."""
    return Fact(about, ((True, on), (False, off, source) if source else (False, off)))


KINDS: Mapping[str, Fact] = {
    "ApigeeDatastore": Fact("API version of ApigeeDatastore", (("v1alpha1", "1.4 1.5 1.6 1.8 1.10"),)),
    "ApigeeRedis": Fact("API version of ApigeeRedis", ((None, "1.4"), ("v1alpha1", "1.5 1.6 1.8 1.10"))),
    "ApigeeOrganization": Fact(
        "API version of ApigeeOrganization", (("v1alpha1", "1.4 1.5"), ("v1alpha2", "1.6 1.8 1.10"))
    ),
    "ApigeeEnvironment": Fact(
        "API version of ApigeeEnvironment", (("v1alpha1", "1.4"), ("v1alpha2", "1.5 1.6 1.8 1.10"))
    ),
    "ApigeeTelemetry": Fact(
        "API version of ApigeeTelemetry",
        (("v1alpha1", "1.4 1.5 1.6"), ("v1alpha2", "1.7", "properties-page"), ("v1alpha2", "1.8 1.10")),
    ),
    "ApigeeRouteConfig": Fact("API version of ApigeeRouteConfig", (("v1alpha1", "1.4 1.5 1.6 1.8 1.10"),)),
}

FACTS: Mapping[str, Fact] = {
    "operator_namespace": Fact(
        "namespace of the operator",
        (
            ("apigee-system", "1.4 1.5 1.6 1.7 1.8 1.10"),
            ("apigee", "1.13", "upgrade-1.13"),
            ("apigee", "1.15", "objects-1.15"),
        ),
    ),
    "cluster_name_suffix": Fact(
        "names of cluster-wide objects end in the namespace",
        ((False, "1.6 1.7 1.8 1.10"), (True, "1.13", "upgrade-1.13"), (True, "1.15", "objects-1.15")),
    ),
    "operator_service_account": Fact(
        "ServiceAccount of the operator", (("default", "1.5 1.6 1.8"), ("apigee-manager", "1.10"))
    ),
    "operator_arguments": Fact(
        "further arguments of the operator",
        (
            ((), "1.5 1.6"),
            (
                (
                    "--disable-embedded-asm-apigee-route-controller=true",
                    "--disable-embedded-asm-apigee-deployment-controller=true",
                ),
                "1.8 1.10",
            ),
        ),
    ),
    "has_api_client_argument": _since(
        "the operator knows --enable-api-client", "1.6", before="1.5", after="1.8 1.10"
    ),
    "has_istio_config_argument": _since(
        "the operator knows --disable-istio-config-in-apiserver", "1.8", before="1.5 1.6", after="1.10"
    ),
    "has_operator_limits": _since(
        "the operator knows --disable-fluentd-size-limit and --disable-managed-clusterroles",
        "1.10",
        before="1.5 1.6 1.8",
        after="",
    ),
    "metrics_service_account": Fact(
        "ServiceAccount of the metrics pods under Workload Identity",
        (("apigee-metrics-apigee-telemetry", "1.8", "quickstart"), ("apigee-metrics-sa", "1.10")),
    ),
    "metrics_key_secret": Fact(
        "Secret with the key of the metrics pods",
        (("apigee-metrics-svc", "1.4"), ("apigee-metrics-svc-account", "1.7 1.10")),
    ),
    "registry": Fact(
        "registry of the images",
        (
            ("google", "1.4", "images-page"),
            ("gcr.io/apigee-release/hybrid", "1.5 1.6 1.7", "images-page"),
            ("gcr.io/apigee-release/hybrid", "1.8 1.10"),
            ("gcr.io/apigee-release/hybrid", "1.14", "pull-push-page"),
        ),
    ),
    "logger_image": Fact(
        "image of the logger",
        (
            ("apigee-stackdriver-logging-agent", "1.4 1.5 1.6"),
            ("apigee-fluent-bit", "1.7", "api-reference-1.8"),
            ("apigee-fluent-bit", "1.8 1.10"),
        ),
    ),
    "authz_in": Fact(
        "components with a container apigee-authz",
        (
            (("mart", "synchronizer", "udca"), "1.4"),
            (("mart",), "1.5 1.6"),
            ((), "1.8 1.10"),
        ),
    ),
    "redis_user": Fact(
        "user and group of redis",
        (((999, 998), "1.5 1.10"), ((101, 101), "1.6"), ((999, 998), "1.8 1.9", ASSUMED)),
    ),
    "tls_secret_prefix": Fact(
        "what stands before the name of a virtual host's Secret",
        (("istio-system/", "1.4 1.5"), ("", "1.6 1.10")),
    ),
    "anthos_service_mesh": Fact(
        "a mesh of the customer's can be the ingress",
        ((True, "1.4 1.5 1.6 1.7 1.8"), (False, "1.9", "release-notes"), (False, "1.10")),
    ),
    "has_ingress_gateways": Fact(
        "ingress gateways and their manager",
        ((False, "1.4 1.5 1.6 1.7"), (True, "1.8 1.10"), (True, "1.9", "release-notes")),
    ),
    "has_platform_label": _since(
        "label apigee.cloud.google.com/platform on the custom resources",
        "1.6",
        before="1.4 1.5",
        after="1.8 1.10",
    ),
    "has_udca_of_organization": _since(
        "UDCA of the organization", "1.6", before="1.4 1.5", after="1.7 1.8 1.10"
    ),
    "has_udca": Fact(
        "UDCA",
        (
            (True, "1.4 1.5 1.6 1.7 1.8 1.10"),
            (True, "1.15", "objects-1.15"),
            (False, "1.16", "release-notes"),
        ),
    ),
    "has_mint_task_scheduler": Fact(
        "mintTaskScheduler",
        ((False, "1.4 1.5 1.6"), (True, "1.7", "release-notes"), (True, "1.8 1.10")),
    ),
    "has_split_metrics": Fact(
        "metricsApp and metricsProxy instead of metrics",
        ((False, "1.4 1.5 1.6"), (True, "1.7", "properties-page"), (True, "1.8 1.10")),
    ),
    "has_metrics_adapter": Fact(
        "metricsAdapter", ((False, "1.4 1.5 1.6"), (True, "1.8 1.10"), (True, "1.14", "pull-push-page"))
    ),
    "has_runtime_scaling": Fact(
        "the runtime scales with the time its tasks wait",
        ((False, "1.4 1.5 1.6"), (True, "1.7", "properties-page"), (True, "1.10")),
    ),
    "has_watcher_cpu_target": Fact(
        "the watcher scales with its CPU load",
        ((False, "1.4 1.5 1.6"), (True, "1.7 1.8 1.9", ASSUMED), (True, "1.10")),
    ),
    "has_mart_kvm_key": Fact("MART has the organization's KVM key", ((False, "1.5 1.6"), (True, "1.8 1.10"))),
    "has_setup_version": Fact(
        "the jobs of Cassandra and removeDc have a version",
        ((False, "1.4 1.5 1.6"), (True, "1.7 1.8 1.9", ASSUMED), (True, "1.10")),
    ),
    "has_cassandra_users": Fact(
        "Cassandra's container has CASSANDRA_DB_USER and CASSANDRA_DB_PASS",
        ((False, "1.5 1.6"), (True, "1.8 1.9", ASSUMED), (True, "1.10")),
    ),
    "affinity_always_required": Fact(
        "node affinity is required unless the file says requiredForScheduling: false",
        ((False, "1.4 1.5 1.6"), (True, "1.10")),
    ),
    "has_node_affinity_flag": Fact("nodeAffinityRequired", ((True, "1.4 1.5 1.6"), (False, "1.10"))),
    "has_datastore_credential_ref": _until(
        "datastoreCredentialRef of the organization", on="1.4 1.5 1.6 1.8", off="1.10"
    ),
    "has_remove_dc": _until("removeDc of the datastore", on="1.4 1.5 1.6 1.8", off="1.10"),
    "has_env_replicas": Fact(
        "replicas of single environments",
        (
            (False, "1.4 1.5 1.6"),
            (False, "1.8", "properties-page"),
            (True, "1.9", "properties-page"),
            (True, "1.10"),
        ),
    ),
    "has_cipher_suites": Fact(
        "cipher suites of virtual hosts",
        ((False, "1.4 1.5 1.6 1.8"), (True, "1.9", "release-notes"), (True, "1.10")),
    ),
    "has_schema_validation": _since("cassandraSchemaValidation", "1.10", before="1.4 1.5 1.6 1.8", after=""),
    "has_spec_version": _since("spec.version of the organization", "1.10", before="1.4 1.5 1.6", after=""),
    "watches_deployments": _since(
        "the operator watches Deployments, known issue 482209901",
        "1.16",
        before="1.6 1.8 1.10",
        after="",
        source="release-notes",
    ),
    "has_issue_scanning": _since(
        "the watcher looks for ApigeeIssues", "1.10", before="1.4 1.5 1.6 1.8", after=""
    ),
    "has_request_timeout": _since(
        "requestTimeout of virtual hosts", "1.10", before="1.4 1.5 1.6 1.8", after=""
    ),
    "has_telemetry_organization": _since(
        "organizationName of the telemetry", "1.10", before="1.4 1.5 1.6 1.8", after=""
    ),
    "has_secret_provider_class": _since(
        "authSecretProviderClass of the datastore", "1.10", before="1.4 1.5 1.6 1.8", after=""
    ),
    "has_key_checksum": _since(
        "a changed key file restarts the pods, through an annotation", "1.10", before="1.4 1.5 1.6", after=""
    ),
}
"""By attribute of `Release`."""
