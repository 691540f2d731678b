"""What stands before the runtime: namespaces, the apigee operator with its rights and webhooks, its CA."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from apigeectl.components.ingress_manager import cluster_suffix, ingress_manager_pieces
from apigeectl.components.piece import Inputs, Piece, protected_secret
from apigeectl.components.platform import ANY_PLATFORM, Platform, platform_pieces
from apigeectl.components.protected import credentials
from apigeectl.components.release_table import Release
from apigeectl.components.settings import Settings, pull_policy
from apigeectl.components.values import mapping, quantities, text
from apigeectl.manifests import ObjectRef

__all__ = ["COMPONENT", "INIT_WARNING", "OPERATOR", "ca_pieces", "init_pieces"]

COMPONENT = "init"

INIT_WARNING = (
    "The definitions (CRDs) and the EnvoyFilters of the ingress gateway are Google's and not rendered: init brings them "
    "from a bundle, where the cluster lacks them."
)

OPERATOR = "apigee-controller-manager"
_RBAC, _CERT_MANAGER, _WEBHOOKS = (
    "rbac.authorization.k8s.io",
    "cert-manager.io",
    "admissionregistration.k8s.io",
)


def init_pieces(settings: Settings, platform: Platform = ANY_PLATFORM) -> Iterator[Piece]:
    """Everything but the certificate authority."""
    runtime, operator, suffix = settings.namespace, settings.operator_namespace, cluster_suffix(settings)
    namespaces = tuple(ObjectRef("", "Namespace", "", name) for name in dict.fromkeys((operator, runtime)))
    yield _piece("namespaces", *namespaces)
    yield _piece(
        "prerequisites",
        ObjectRef("scheduling.k8s.io", "PriorityClass", "", "high-priority"),
        ObjectRef("", "ServiceAccount", runtime, "apigee-init"),
        *_cluster_role("apigee-init", "apigee-init"),
    )
    for protected in credentials(settings.overrides):
        yield protected_secret(COMPONENT, settings, protected)
    yield _piece("access", *_access_refs(settings))
    yield _piece(
        "operator",
        ObjectRef("", "Service", operator, f"{OPERATOR}-metrics-service"),
        ObjectRef("", "Service", operator, "apigee-webhook-service"),
        ObjectRef("apps", "Deployment", operator, OPERATOR),
        ObjectRef(_CERT_MANAGER, "Issuer", operator, "apigee-selfsigned-issuer"),
        ObjectRef(_CERT_MANAGER, "Certificate", operator, "apigee-serving-cert"),
    )
    yield _piece(
        "webhooks",
        ObjectRef(
            _WEBHOOKS, "MutatingWebhookConfiguration", "", f"apigee-mutating-webhook-configuration{suffix}"
        ),
        ObjectRef(
            _WEBHOOKS,
            "ValidatingWebhookConfiguration",
            "",
            f"apigee-validating-webhook-configuration{suffix}",
        ),
    )
    yield _piece("ca-issuer", ObjectRef(_CERT_MANAGER, "ClusterIssuer", "", "apigee-ca-issuer"))
    yield from ingress_manager_pieces(COMPONENT, settings)
    yield from platform_pieces(COMPONENT, settings, platform)


def ca_pieces(settings: Settings) -> Iterator[Piece]:
    """The certificate authority itself: every certificate hangs on it, so it is made once and never again."""
    yield _piece(
        "ca",
        ObjectRef(_CERT_MANAGER, "ClusterIssuer", "", "apigee-root-certificate-issuer"),
        ObjectRef(_CERT_MANAGER, "Certificate", settings.cert_manager_namespace, "apigee-ca"),
    )


def _piece(name: str, *refs: ObjectRef) -> Piece:
    return Piece(COMPONENT, f"init/{name}.yaml.j2", refs, _values)


def _access_refs(settings: Settings) -> Iterator[ObjectRef]:
    """Who the operator is and what it may do."""
    operator, account = settings.operator_namespace, settings.release.operator_service_account
    if account != "default":
        yield ObjectRef("", "ServiceAccount", operator, account)
    yield ObjectRef(_RBAC, "Role", operator, "apigee-leader-election-role")
    yield ObjectRef(_RBAC, "RoleBinding", operator, "apigee-leader-election-rolebinding")
    suffix = cluster_suffix(settings)
    yield from _cluster_role(f"apigee-manager-role{suffix}", f"apigee-manager-rolebinding{suffix}")
    yield from _cluster_role(f"apigee-proxy-role{suffix}", f"apigee-proxy-rolebinding{suffix}")


def _cluster_role(role: str, binding: str) -> Iterator[ObjectRef]:
    yield ObjectRef(_RBAC, "ClusterRole", "", role)
    yield ObjectRef(_RBAC, "ClusterRoleBinding", "", binding)


def _values(inputs: Inputs) -> Mapping[str, Any]:
    settings = inputs.settings
    ao, proxy = settings.section("ao"), settings.section("kubeRBACProxy")
    return {
        "namespace": settings.namespace,
        "cert_manager_namespace": settings.cert_manager_namespace,
        "namespaces": list(dict.fromkeys((settings.operator_namespace, settings.namespace))),
        "webhooks": _webhooks(settings.release),
        "suffix": cluster_suffix(settings),
        "has_health_port": settings.release.minor >= _HEALTH_PORT_SINCE,
        "has_platform_label": settings.release.has_platform_label,
        "operator_namespace": settings.operator_namespace,
        "operator_account": settings.release.operator_service_account,
        "version": settings.version,
        "has_issues": settings.release.has_issue_scanning,
        "watches_deployments": settings.release.watches_deployments,
        "image_pull_secrets": settings.image_pull_secrets,
        "security_context": {
            key: value for key, value in settings.security_context.items() if key != "privileged"
        },
        "operator": {
            "image": settings.image(ao, "apigee-operators"),
            "pull_policy": pull_policy(ao),
            "resources": quantities(ao.get("resources")),
            "tolerations": ao.get("tolerations") or None,
            "host_network": True if ao.get("hostNetwork") is True else None,
            "arguments": _arguments(settings, mapping(ao["args"])),
        },
        "proxy": {
            "image": settings.image(proxy, "apigee-kube-rbac-proxy"),
            "pull_policy": pull_policy(proxy),
            "resources": quantities(proxy.get("resources")),
        },
    }


_HEALTH_PORT_SINCE = (1, 8)


def _webhooks(release: Release) -> list[dict[str, Any]]:
    """What the operator completes and checks, in the versions that we write."""
    rows: tuple[tuple[str, str, list[str]], ...] = (
        ("ApigeeDatastore", "apigeedatastores", ["DELETE"]),
        ("ApigeeRedis", "apigeeredis", []),
        ("ApigeeRoute", "apigeeroutes", []),
        ("ApigeeEnvironment", "apigeeenvironments", []),
        ("ApigeeOrganization", "apigeeorganizations", []),
        ("ApigeeTelemetry", "apigeetelemetrys", []),  # sic: Google's name, which never matches
        ("ApigeeDeployment", "apigeedeployments", []),
    )
    return [
        {
            "kind": kind.lower(),
            "version": release.api_versions.get(kind) or _OPERATORS_OWN[kind],
            "resource": resource,
            "validated": ["CREATE", "UPDATE", *more],
        }
        for kind, resource, more in rows
        if release.has_kind(kind) or kind in _OPERATORS_OWN
    ]


_OPERATORS_OWN = {"ApigeeRoute": "v1alpha1", "ApigeeDeployment": "v1alpha3"}
"""Kinds that apply does not write."""


def _arguments(settings: Settings, written: Mapping[str, Any]) -> list[str]:
    """The operator's command line."""
    release = settings.release
    arguments = [
        "--metrics-addr=127.0.0.1:8080",
        "--enable-leader-election",
        "--apigee-runtime-type=hybrid",
        f"--log-level={text(written['loglevel'])}",
        f"--enable-webhooks={text(written['enableWebhooks'])}",
        f"--enable-controllers={text(written['enableControllers'])}",
    ]
    if release.has_api_client_argument:
        arguments.append(f"--enable-api-client={text(written['enableAPIClient'])}")
    arguments += release.operator_arguments
    if release.has_istio_config_argument:
        arguments.append(
            f"--disable-istio-config-in-apiserver={text(written['disableIstioConfigInAPIServer'])}"
        )
    if release.has_operator_limits:
        arguments.append(f"--disable-fluentd-size-limit={text(written['disableFluentdSizeLimit'])}")
        arguments.append(f"--disable-managed-clusterroles={text(written['disableManagedClusterRoles'])}")
    return arguments
