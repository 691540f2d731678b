"""What is in a bundle, made fit for this cluster: the operator's namespace, and nothing that others fill in."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

from apigeectl.manifests import LiveObject, Manifest, ObjectRef

RELEASE_ANNOTATION = "apigeectl.dev/release"
"""On a definition: the hybrid release for which we wrote it."""

COMPONENT = "definitions"
_INJECT = "cert-manager.io/inject-ca-from"
_CERTIFICATE = "apigee-serving-cert"
_CONVERTED = frozenset(
    {"apigeedeployments", "apigeeenvironments", "apigeeorganizations", "apigeetelemetries"}
)
"""Kinds that the operator converts between versions; without it, it never becomes ready."""
_OTHERS_FILL = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid")


def fitted_definition(body: LiveObject, *, operator_namespace: str, release: str) -> Manifest:
    """A definition as we write it. The CA of its webhook is cert-manager's to fill in."""
    fitted = _without_what_others_fill(body)
    spec, metadata = fitted["spec"], fitted["metadata"]
    annotations = {RELEASE_ANNOTATION: release}
    if "conversion" not in spec and str(spec["names"]["plural"]) in _CONVERTED:
        spec["conversion"] = _conversion()
    if (spec.get("conversion") or {}).get("strategy") == "Webhook":
        client = spec["conversion"].setdefault("webhook", {}).setdefault("clientConfig", {})
        client.pop("caBundle", None)
        client.setdefault("service", _conversion()["webhook"]["clientConfig"]["service"])
        client["service"]["namespace"] = operator_namespace
        annotations[_INJECT] = f"{operator_namespace}/{_CERTIFICATE}"
    kept = {
        key: value
        for key, value in (metadata.get("annotations") or {}).items()
        if "inject-ca-from" not in key
    }
    metadata["annotations"] = {**kept, **annotations}
    return Manifest(fitted, COMPONENT)


def fitted_envoy_filters(body: LiveObject, ref: ObjectRef) -> Manifest:
    """The EnvoyFilters under the name that the ingress manager mounts, also those inside of it in its namespace."""
    fitted = _without_what_others_fill(body)
    fitted["metadata"].update(name=ref.name, namespace=ref.namespace)
    fitted["data"] = {
        key: _NAMESPACE.sub(rf"\g<1>{ref.namespace}", str(value)) for key, value in body["data"].items()
    }
    return Manifest(fitted, COMPONENT)


_NAMESPACE = re.compile(r'^( *namespace: *)"?apigee"?(?= *(?:#.*)?$)', re.MULTILINE)


def _conversion() -> dict[str, Any]:
    service = {"name": "apigee-webhook-service", "path": "/convert", "port": 443}
    return {
        "strategy": "Webhook",
        "webhook": {"clientConfig": {"service": service}, "conversionReviewVersions": ["v1", "v1beta1"]},
    }


def _without_what_others_fill(body: Mapping[str, Any]) -> dict[str, Any]:
    fitted = {key: copy.deepcopy(value) for key, value in body.items() if key != "status"}
    fitted["metadata"] = {
        key: value
        for key, value in fitted["metadata"].items()
        if key not in _OTHERS_FILL and value is not None
    }
    return fitted
