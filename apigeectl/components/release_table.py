"""The facts of each hybrid release, as data. A new release is a row here, and a row of third-party tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

REGISTRY = "gcr.io/apigee-release/hybrid"


@dataclass(frozen=True)
class Release:
    """One hybrid release: what is rendered for it and how."""

    version: str
    """In full, such as 1.10.3."""
    confirmed: bool
    """Whether its facts are known from its own output or schemas; others are taken from their neighbours."""
    api_versions: Mapping[str, str]
    tags: Mapping[str, str] = field(default_factory=dict)
    """Tags of the third-party images; every other image has the version for its tag."""
    unconfirmed_images: tuple[str, ...] = ()
    """Third-party images whose tag is that of the nearest lower release."""
    operator_namespace: str = "apigee-system"
    operator_service_account: str = "default"
    operator_arguments: tuple[str, ...] = ()
    metrics_service_account: str = "apigee-metrics-apigee-telemetry"
    anthos_service_mesh: bool = False
    """Whether a customer's mesh can still be the ingress."""
    affinity_always_required: bool = False
    """Node affinity is required unless the file says `requiredForScheduling: false`."""
    has_node_affinity_flag: bool = True
    has_datastore_credential_ref: bool = True
    has_remove_dc: bool = True
    has_env_replicas: bool = True
    has_cipher_suites: bool = True
    has_schema_validation: bool = False
    has_spec_version: bool = False
    has_issue_scanning: bool = False
    has_request_timeout: bool = False
    has_telemetry_organization: bool = False
    has_secret_provider_class: bool = False
    has_key_checksum: bool = False
    """A changed key file restarts the pods, through an annotation."""
    has_operator_limits: bool = False
    """The operator knows `--disable-fluentd-size-limit` and `--disable-managed-clusterroles`."""

    @property
    def minor(self) -> tuple[int, int]:
        return version_numbers(self.version)[:2]  # type: ignore[return-value]

    def api_version(self, kind: str) -> str:
        """The apiVersion that objects of a kind of the apigee operator are written in."""
        return f"apigee.cloud.google.com/{self.api_versions[kind]}"

    def tag(self, image: str) -> str:
        """The tag that an image has in this release."""
        return self.tags.get(image, self.version)


def version_numbers(version: str) -> tuple[int, ...]:
    """(1, 10, 3) for "1.10.3"."""
    return tuple(int(part) for part in version.split("."))


_API_VERSIONS_1_7 = {
    "ApigeeDatastore": "v1alpha1",
    "ApigeeRedis": "v1alpha1",
    "ApigeeOrganization": "v1alpha2",
    "ApigeeEnvironment": "v1alpha2",
    "ApigeeTelemetry": "v1alpha2",
    "ApigeeRouteConfig": "v1alpha1",
}

_ARGUMENTS_1_8 = (
    "--disable-embedded-asm-apigee-route-controller=true",
    "--disable-embedded-asm-apigee-deployment-controller=true",
)

RELEASES: Mapping[tuple[int, int], Release] = {
    (1, 8): Release(
        version="1.8.1",
        confirmed=True,
        api_versions=_API_VERSIONS_1_7,
        operator_arguments=_ARGUMENTS_1_8,
        anthos_service_mesh=True,
        has_env_replicas=False,
        has_cipher_suites=False,
    ),
    (1, 9): Release(
        version="1.9.4",
        confirmed=False,
        api_versions=_API_VERSIONS_1_7,
        operator_arguments=_ARGUMENTS_1_8,
    ),
    (1, 10): Release(
        version="1.10.3",
        confirmed=True,
        api_versions=_API_VERSIONS_1_7,
        operator_service_account="apigee-manager",
        operator_arguments=_ARGUMENTS_1_8,
        metrics_service_account="apigee-metrics-sa",
        affinity_always_required=True,
        has_node_affinity_flag=False,
        has_datastore_credential_ref=False,
        has_remove_dc=False,
        has_schema_validation=True,
        has_spec_version=True,
        has_issue_scanning=True,
        has_request_timeout=True,
        has_telemetry_organization=True,
        has_secret_provider_class=True,
        has_key_checksum=True,
        has_operator_limits=True,
    ),
}
"""By minor version; the version in a row is the one that "1.10" means."""

THIRD_PARTY_TAGS: Mapping[str, Mapping[str, str]] = {
    "1.8.0": {
        "apigee-prom-prometheus": "v2.33.5",
        "apigee-stackdriver-prometheus-sidecar": "0.9.0",
        "apigee-stackdriver-logging-agent": "1.8.9",
        "apigee-kube-rbac-proxy": "v0.8.0",
        "apigee-envoy": "v1.21.0",
        "apigee-fluent-bit": "1.8.10",
        "apigee-prometheus-adapter": "v0.9.1",
        "apigee-asm-ingress": "1.12.6-asm.2-distroless",
    },
    "1.8.1": {"apigee-kube-rbac-proxy": "v0.11.0"},
    "1.8.3": {
        "apigee-prom-prometheus": "v2.39.1",
        "apigee-kube-rbac-proxy": "v0.13.0",
        "apigee-envoy": "v1.22.2",
        "apigee-fluent-bit": "1.9.9",
        "apigee-prometheus-adapter": "v0.10.0",
        "apigee-asm-ingress": "1.12.9-asm.3-distroless",
    },
    "1.10.3": {
        "apigee-prom-prometheus": "v2.45.0",
        "apigee-stackdriver-prometheus-sidecar": "0.9.0",
        "apigee-stackdriver-logging-agent": "1.9.12-2",
        "apigee-kube-rbac-proxy": "v0.14.2",
        "apigee-envoy": "v1.27.0",
        "apigee-fluent-bit": "2.1.8",
        "apigee-prometheus-adapter": "v0.11.0",
        "apigee-asm-ingress": "1.17.2-asm.8-distroless",
    },
}
"""By the version that first had them, ascending. A blank means: as in the row above."""
