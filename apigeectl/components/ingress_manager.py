"""The ingress manager: istiod and an operator beside it, which configure the ingress gateways. Since hybrid 1.8."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from apigeectl.components.piece import Inputs, Piece
from apigeectl.components.release_table import Release
from apigeectl.components.scheduling import replica_bounds, with_own_maximum
from apigeectl.components.settings import Settings, pull_policy
from apigeectl.components.values import merged, quantities, text, text_map, whole
from apigeectl.manifests import ObjectRef
from apigeectl.yaml import dump

MANAGER, GATEWAY = "apigee-ingressgateway-manager", "apigee-ingressgateway"
MESH_CONFIG = "apigee-istio-mesh-config"
_RBAC = "rbac.authorization.k8s.io"
_SCALED_SINCE = (1, 9)
_DEFAULTS: Mapping[str, Any] = {
    "accessLogFile": "/dev/stdout",
    "replicaCountMin": 2,
    "replicaCountMax": 10,
    "targetCPUUtilizationPercentage": 75,
    "resources": {
        "requests": {"cpu": "200m", "memory": "512Mi"},
        "limits": {"cpu": "1000m", "memory": "1024Mi"},
    },
}


def has_ingress_manager(settings: Settings) -> bool:
    """Where a mesh of the customer's may still be the ingress, only a file with gateways wants Apigee's own."""
    release = settings.release
    gateways = settings.overrides.get("ingressGateways")
    return release.has_ingress_gateways and (bool(gateways) or not release.anthos_service_mesh)


def envoy_filters(release: Release, namespace: str) -> ObjectRef:
    """The ConfigMap with Google's EnvoyFilters, which the ingress manager mounts when it is there."""
    name = "apigee-envoyfilter-1.11" if release.minor < _SCALED_SINCE else "apigee-envoyfilters"
    return ObjectRef("", "ConfigMap", namespace, name)


def ingress_manager_pieces(component: str, settings: Settings) -> Iterator[Piece]:
    """The accounts and rights of manager and gateways, what istiod reads, and the manager itself."""
    if not has_ingress_manager(settings):
        return
    namespace, suffix = settings.namespace, cluster_suffix(settings)
    yield Piece(
        component,
        "init/ingress-access.yaml.j2",
        (
            ObjectRef("", "ServiceAccount", namespace, MANAGER),
            ObjectRef("", "ServiceAccount", namespace, GATEWAY),
            ObjectRef(_RBAC, "ClusterRole", "", MANAGER + suffix),
            ObjectRef(_RBAC, "ClusterRoleBinding", "", MANAGER + suffix),
            ObjectRef(_RBAC, "Role", namespace, f"{GATEWAY}-sds{suffix}"),
            ObjectRef(_RBAC, "RoleBinding", namespace, f"{GATEWAY}-sds{suffix}"),
        ),
        _values,
    )
    yield Piece(
        component, "init/mesh-config.yaml.j2", (ObjectRef("", "ConfigMap", namespace, MESH_CONFIG),), _values
    )
    scaled = [ObjectRef("autoscaling", "HorizontalPodAutoscaler", namespace, MANAGER)]
    yield Piece(
        component,
        "init/ingress-manager.yaml.j2",
        (
            ObjectRef("", "Service", namespace, MANAGER),
            ObjectRef("cert-manager.io", "Certificate", namespace, "apigee-istiod"),
            ObjectRef("apps", "Deployment", namespace, MANAGER),
            *(scaled if _is_scaled(settings.release) else []),
        ),
        _values,
    )


def cluster_suffix(settings: Settings) -> str:
    """What ends the names of cluster-wide objects, since several installations may share a cluster."""
    return f"-{settings.namespace}" if settings.release.cluster_name_suffix else ""


def _is_scaled(release: Release) -> bool:
    return release.minor >= _SCALED_SINCE


def _values(inputs: Inputs) -> Mapping[str, Any]:
    settings = inputs.settings
    written = settings.section("istiod")
    section = with_own_maximum(merged(_DEFAULTS, written), written)
    least, most = replica_bounds(section)
    operator, proxy = settings.section("ao"), settings.section("kubeRBACProxy")
    return {
        "namespace": settings.namespace,
        "suffix": cluster_suffix(settings),
        "address": f"{MANAGER}.{settings.namespace}.svc",
        "mesh": dump([_mesh(settings, section)]).removeprefix("---\n"),
        "envoy_filters": envoy_filters(settings.release, settings.namespace).name,
        "scaled": _is_scaled(settings.release),
        "image_pull_secrets": settings.image_pull_secrets,
        "security_context": {
            key: value for key, value in settings.security_context.items() if key != "privileged"
        },
        "discovery": {
            "image": settings.image(section, "apigee-asm-istiod"),
            "pull_policy": pull_policy(section),
            "resources": quantities(section["resources"]),
            "annotations": text_map(section.get("annotations")),
            "tolerations": section.get("tolerations") or None,
            "replicas": least,
            "most_replicas": most,
            "cpu": whole(section["targetCPUUtilizationPercentage"]),
        },
        "manager": {
            "image": settings.image(operator, "apigee-operators"),
            "pull_policy": pull_policy(operator),
            "resources": quantities(operator.get("resources")),
            "arguments": list(_MANAGER_ARGUMENTS),
        },
        "proxy": {
            "image": settings.image(proxy, "apigee-kube-rbac-proxy"),
            "pull_policy": pull_policy(proxy),
            "resources": quantities(proxy.get("resources")),
        },
    }


_MANAGER_ARGUMENTS = (
    "--enable-leader-election=false",
    "--apigee-runtime-type=hybrid",
    "--log-level=info",
    "--enable-webhooks=false",
    "--enable-controllers=true",
    *(
        f"--disable-{controller}-controller=true"
        for controller in (
            *("apigee-environment", "apigee-organization", "apigee-datastore", "apigee-deployment"),
            *("apigee-telemetry", "apigee-redis", "cassandra-data-replication", "apigee-route"),
        )
    ),
    "--metrics-addr=0",
    "--istio-config-dir=/var/lib/istio/configurations",
    "--apigee-service-name=production",
    "--enable-api-client=true",
    "--disable-istio-config-in-apiserver=true",
    "--disable-remove-old-version-crd-status=true",
)
"""Everything is off but turning routes and gateways into configuration files, which istiod reads."""


def _mesh(settings: Settings, section: Mapping[str, Any]) -> dict[str, Any]:
    """Istio's mesh configuration. Without a format of the user's, the access log is JSON in Istio's own words."""
    log_format, details = text(section.get("accessLogFormat")), text(section.get("forwardClientCertDetails"))
    log = {"accessLogFormat": log_format} if log_format else {}
    topology = {"gatewayTopology": {"forwardClientCertDetails": details}} if details else {}
    return {
        "accessLogEncoding": "JSON" if not log_format or _is_json(log_format) else "TEXT",
        "accessLogFile": text(section["accessLogFile"]) or "",
        **log,
        "defaultConfig": {
            "concurrency": 2,
            "discoveryAddress": f"{MANAGER}.{settings.namespace}.svc:15012",
            "drainDuration": "45s",
            "proxyAdminPort": 15000,
            "serviceCluster": "istio-proxy",
            **topology,
        },
        "enableAutoMtls": False,
        "enablePrometheusMerge": False,
        "ingressClass": "istio",
        "ingressControllerMode": "DEFAULT",
        "ingressService": "istio-ingressgateway",
        "localityLbSetting": {"enabled": False},
        "protocolDetectionTimeout": "0s",
        "rootNamespace": settings.namespace,
        "trustDomain": "cluster.local",
    }


def _is_json(written: str) -> bool:
    try:
        return isinstance(json.loads(written), dict)
    except ValueError:
        return False
