"""Definitions as Google keeps them, and bundles of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from apigeectl.manifests import APIGEE_GROUP
from apigeectl.yaml import dump

KINDS = {
    "ApigeeDatastore": ("apigeedatastores", ("v1alpha1",)),
    "ApigeeRedis": ("apigeeredis", ("v1alpha1",)),
    "ApigeeOrganization": ("apigeeorganizations", ("v1alpha2", "v1alpha1")),
    "ApigeeEnvironment": ("apigeeenvironments", ("v1alpha2", "v1alpha1")),
    "ApigeeTelemetry": ("apigeetelemetries", ("v1alpha2", "v1alpha1")),
    "ApigeeRouteConfig": ("apigeerouteconfigs", ("v1alpha1",)),
}


def definition(kind: str, *versions: str, fields: tuple[str, ...] = ("name",), **spec: Any) -> dict[str, Any]:
    """The first version is the stored one."""
    plural, usual = KINDS[kind]
    versions = versions or usual
    schema = {"type": "object", "properties": {"spec": _spec(fields)}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{APIGEE_GROUP}", "creationTimestamp": None},
        "spec": {
            "group": APIGEE_GROUP,
            "names": {"kind": kind, "plural": plural},
            "scope": "Namespaced",
            "versions": [
                {
                    "name": version,
                    "served": True,
                    "storage": version == versions[0],
                    "schema": {"openAPIV3Schema": schema},
                }
                for version in versions
            ],
            **spec,
        },
    }


def _spec(fields: tuple[str, ...]) -> dict[str, Any]:
    return {"type": "object", "properties": {name: {"type": "string"} for name in fields}}


def chart_files() -> dict[str, str]:
    """As the chart apigee-operator has them: whole definitions, and patches that a kustomization names."""
    root = "apigee-operator/etc/crds"
    patch = dump(
        [
            {
                "apiVersion": "apiextensions.k8s.io/v1",
                "kind": "CustomResourceDefinition",
                "metadata": {"name": f"apigeedatastores.{APIGEE_GROUP}"},
                "spec": {
                    "conversion": {"strategy": "Webhook", "webhook": {"conversionReviewVersions": ["v1"]}}
                },
            }
        ]
    )
    files = {f"{root}/bases/{KINDS[kind][0]}.yaml": dump([definition(kind)]) for kind in KINDS}
    return {
        "apigee-operator/Chart.yaml": "name: apigee-operator\nversion: 1.10.3\n",
        "apigee-operator/templates/operator.yaml": "kind: CustomResourceDefinition\n{{ if .Values.x }}\n",
        **files,
        f"{root}/patches/used.yaml": patch,
        f"{root}/patches/unused.yaml": patch.replace("apigeedatastores", "apigeeredis"),
        f"{root}/default/kustomization.yaml": dump([{"patches": [{"path": "../patches/used.yaml"}]}]),
    }


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


ENVOY_FILTERS = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: apigee-envoyfilter-1.11
  namespace: "apigee"
data:
  filter.yaml: |-
    kind: EnvoyFilter
    metadata:
      name: apigee-envoyfilter-1-11
      namespace: "apigee" # set by the installer
    spec:
      namespace: apigee-other
"""
