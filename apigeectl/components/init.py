"""What stands before the runtime: namespaces, the apigee operator with its rights and webhooks, its CA."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from apigeectl.components.piece import Inputs, Piece, protected_secret
from apigeectl.components.protected import credentials
from apigeectl.components.settings import Settings, pull_policy
from apigeectl.components.values import mapping, quantities, text
from apigeectl.manifests import ObjectRef

COMPONENT = "init"

INIT_WARNING = (
    "The ingress manager with its mesh configuration, the EnvoyFilters and the PeerAuthentications are not "
    "rendered; where the installation needs them, apply them from Google's own bundle."
)

OPERATOR = "apigee-controller-manager"
_RBAC, _CERT_MANAGER, _WEBHOOKS = (
    "rbac.authorization.k8s.io",
    "cert-manager.io",
    "admissionregistration.k8s.io",
)
_CERT_MANAGER_NAMESPACE = "cert-manager"


def init_pieces(settings: Settings) -> Iterator[Piece]:
    """Everything but the certificate authority."""
    runtime, operator = settings.namespace, settings.operator_namespace
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
        ObjectRef(_WEBHOOKS, "MutatingWebhookConfiguration", "", "apigee-mutating-webhook-configuration"),
        ObjectRef(_WEBHOOKS, "ValidatingWebhookConfiguration", "", "apigee-validating-webhook-configuration"),
    )
    yield _piece("ca-issuer", ObjectRef(_CERT_MANAGER, "ClusterIssuer", "", "apigee-ca-issuer"))


def ca_pieces() -> Iterator[Piece]:
    """The certificate authority itself: every certificate hangs on it, so it is made once and never again."""
    yield _piece(
        "ca",
        ObjectRef(_CERT_MANAGER, "ClusterIssuer", "", "apigee-root-certificate-issuer"),
        ObjectRef(_CERT_MANAGER, "Certificate", _CERT_MANAGER_NAMESPACE, "apigee-ca"),
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
    yield from _cluster_role("apigee-manager-role", "apigee-manager-rolebinding")
    yield from _cluster_role("apigee-proxy-role", "apigee-proxy-rolebinding")


def _cluster_role(role: str, binding: str) -> Iterator[ObjectRef]:
    yield ObjectRef(_RBAC, "ClusterRole", "", role)
    yield ObjectRef(_RBAC, "ClusterRoleBinding", "", binding)


def _values(inputs: Inputs) -> Mapping[str, Any]:
    settings = inputs.settings
    ao, proxy = settings.section("ao"), settings.section("kubeRBACProxy")
    return {
        "namespace": settings.namespace,
        "namespaces": list(dict.fromkeys((settings.operator_namespace, settings.namespace))),
        "webhooks": _WEBHOOK_KINDS,
        "operator_namespace": settings.operator_namespace,
        "operator_account": settings.release.operator_service_account,
        "version": settings.version,
        "has_issues": settings.release.has_issue_scanning,
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


_WEBHOOK_KINDS = [
    {"kind": kind, "version": version, "resource": resource, "validated": ["CREATE", "UPDATE", *more]}
    for kind, version, resource, more in (
        ("apigeedatastore", "v1alpha1", "apigeedatastores", ["DELETE"]),
        ("apigeeredis", "v1alpha1", "apigeeredis", []),
        ("apigeeroute", "v1alpha1", "apigeeroutes", []),
        ("apigeeenvironment", "v1alpha2", "apigeeenvironments", []),
        ("apigeeorganization", "v1alpha2", "apigeeorganizations", []),
        ("apigeetelemetry", "v1alpha2", "apigeetelemetrys", []),  # sic: Google's name, which never matches
        ("apigeedeployment", "v1alpha3", "apigeedeployments", []),
    )
]


def _arguments(settings: Settings, written: Mapping[str, Any]) -> list[str]:
    """The operator's command line."""
    arguments = [
        "--metrics-addr=127.0.0.1:8080",
        "--enable-leader-election",
        "--apigee-runtime-type=hybrid",
        f"--log-level={text(written['loglevel'])}",
        f"--enable-webhooks={text(written['enableWebhooks'])}",
        f"--enable-controllers={text(written['enableControllers'])}",
        f"--enable-api-client={text(written['enableAPIClient'])}",
        *settings.release.operator_arguments,
        f"--disable-istio-config-in-apiserver={text(written['disableIstioConfigInAPIServer'])}",
    ]
    if settings.release.has_operator_limits:
        arguments.append(f"--disable-fluentd-size-limit={text(written['disableFluentdSizeLimit'])}")
        arguments.append(f"--disable-managed-clusterroles={text(written['disableManagedClusterRoles'])}")
    return arguments
