"""Third-party images and their tags, as data: by the version that was seen with them, ascending.

A blank means: as in the row above. Every other image has the hybrid version for its tag.
"""

from __future__ import annotations

from collections.abc import Mapping

THIRD_PARTY_TAGS: Mapping[str, Mapping[str, str]] = {
    "1.4.0": {
        "apigee-prom-prometheus": "v2.9.2",
        "apigee-stackdriver-prometheus-sidecar": "0.7.5",
        "apigee-kube-rbac-proxy": "v0.4.1",
    },
    "1.5.0": {
        "apigee-stackdriver-prometheus-sidecar": "0.7.5",
        "apigee-stackdriver-logging-agent": "1.8.4",
        "apigee-kube-rbac-proxy": "v0.8.0",
    },
    "1.6.3": {
        "apigee-prom-prometheus": "v2.25.0",
        "apigee-stackdriver-prometheus-sidecar": "0.9.0",
        "apigee-stackdriver-logging-agent": "1.8.9",
        "apigee-kube-rbac-proxy": "v0.8.0",
        "apigee-envoy": "v1.19.1",
    },
    "1.6.9": {
        "apigee-kube-rbac-proxy": "v0.11.0",
        "apigee-envoy": "v1.19.1",
        "apigee-fluent-bit": "1.8.10",
    },
    "1.7.0": {"apigee-fluent-bit": "1.8.10"},
    "1.7.6": {
        "apigee-prom-prometheus": "v2.25.0",
        "apigee-kube-rbac-proxy": "v0.11.0",
        "apigee-envoy": "v1.21.0",
        "apigee-fluent-bit": "1.9.9",
    },
    "1.8.0": {
        "apigee-prom-prometheus": "v2.33.5",
        "apigee-stackdriver-prometheus-sidecar": "0.9.0",
        "apigee-stackdriver-logging-agent": "1.8.9",
        "apigee-kube-rbac-proxy": "v0.8.0",
        "apigee-envoy": "v1.21.0",
        "apigee-fluent-bit": "1.8.10",
        "apigee-prometheus-adapter": "v0.9.1",
        "apigee-asm-ingress": "1.12.6-asm.2-distroless",
        "apigee-asm-istiod": "1.12.6-asm.2",
    },
    "1.8.1": {"apigee-kube-rbac-proxy": "v0.11.0", "apigee-asm-istiod": "1.12.6-asm.2"},
    "1.8.3": {
        "apigee-prom-prometheus": "v2.39.1",
        "apigee-kube-rbac-proxy": "v0.13.0",
        "apigee-envoy": "v1.22.2",
        "apigee-fluent-bit": "1.9.9",
        "apigee-prometheus-adapter": "v0.10.0",
        "apigee-asm-ingress": "1.12.9-asm.3-distroless",
        "apigee-asm-istiod": "1.12.9-asm.3",
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
        "apigee-asm-istiod": "1.17.2-asm.8-distroless",
    },
    "1.12.4": {"apigee-asm-ingress": "1.18.7-asm.4-distroless"},
    "1.13.3": {"apigee-asm-ingress": "1.18.7-asm.4-distroless"},
    "1.14.0": {
        "apigee-asm-ingress": "1.22.6-asm.2-distroless",
        "apigee-stackdriver-prometheus-sidecar": "0.10.0",
    },
}

TAG_SOURCES: Mapping[str, str] = {
    "1.4.0": "output-1.4 images-page",
    "1.5.0": "output-1.5",
    "1.6.3": "output-1.6",
    "1.6.9": "images-page",
    "1.7.0": "api-reference-1.8",
    "1.7.6": "images-page",
    "1.8.0": "pull-push-page images-page",
    "1.8.1": "kustomize-1.8",
    "1.8.3": "kustomize-1.8.3",
    "1.10.3": "charts-1.10",
    "1.12.4": "images-page",
    "1.13.3": "images-page",
    "1.14.0": "images-page",
}
"""Where the tags of a row were seen."""

UNIFIED = (1, 14, 2)
"""From here on third-party images have the hybrid version for their tag, too; source: `pull-push-page`."""
