"""The ApigeeTelemetry: metrics and logger. A disabled half keeps its switch and loses its components."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from apigeectl.components import names, scheduling
from apigeectl.components.identity import Identity, identity
from apigeectl.components.piece import Inputs, Piece, custom_resource, identity_pieces
from apigeectl.components.settings import Settings
from apigeectl.components.values import mapping, merged, quantities, text, text_map
from apigeectl.components.workload import Workload, workload

_LOGGER_ACCOUNT = "apigee-logger-apigee-telemetry"


def telemetry_pieces(settings: Settings) -> Iterator[Piece]:
    """The keys of the halves that are on, then the ApigeeTelemetry."""
    for half in ("metrics", "logger"):
        if _enabled(settings, half):
            yield from identity_pieces(half, settings, _identity(settings, half))
    if _has_adapter(settings):
        yield from identity_pieces("metrics", settings, _adapter_identity(settings))
    several = settings.overrides.get("multiOrgCluster") is True
    name = settings.org_id if several else names.TELEMETRY
    yield custom_resource("telemetry", "ApigeeTelemetry", settings, name, _values)


def _values(inputs: Inputs) -> Mapping[str, Any]:
    settings = inputs.settings
    overrides = settings.overrides
    address = mapping(settings.section("metrics")["sdSidecar"])["stackdriverApiAddress"]
    return {
        "organization_name": settings.org if settings.release.has_telemetry_organization else None,
        "cluster_name": overrides.cluster_name or None,
        "cluster_region": overrides.cluster_region or None,
        "project": overrides.project_id or None,
        "proxy": asdict(settings.forward_proxy) if settings.forward_proxy else None,
        "metrics_enabled": _enabled(settings, "metrics"),
        "logger_enabled": _enabled(settings, "logger"),
        "metrics": None,
        "stackdriver_endpoint": text(address),
        **(_metrics(inputs) if _enabled(settings, "metrics") else {}),
        **({"logger": _logger(inputs)} if _enabled(settings, "logger") else {}),
    }


def _has_adapter(settings: Settings) -> bool:
    return _enabled(settings, "metrics") and settings.release.has_metrics_adapter


def _enabled(settings: Settings, half: str) -> bool:
    return settings.section(half)["enabled"] is True


def _identity(settings: Settings, half: str) -> Identity:
    if half == "logger":
        return identity(settings, half, workload="apigee-logger", account=_LOGGER_ACCOUNT)
    release = settings.release
    account, secret = release.metrics_service_account, release.metrics_key_secret
    return identity(settings, half, workload="apigee-metrics", account=account, secret=secret)


def _adapter_identity(settings: Settings) -> Identity:
    """The adapter may have an account of its own."""
    adapter = mapping(settings.section("metrics")["adapter"])
    if settings.overrides.workload_identity or not any(
        adapter.get(key) for key in ("serviceAccountPath", "serviceAccountRef")
    ):
        return _identity(settings, "metrics")
    return identity(settings, "metrics.adapter", workload="apigee-metrics-adapter")


def _metrics(inputs: Inputs) -> dict[str, Any]:
    settings = inputs.settings
    section = settings.section("metrics")
    parts = {part: mapping(section[part]) for part in _RESOURCED}
    adapter, own = mapping(section["adapter"]), _identity(settings, "metrics")
    pods = (
        {"metricsApp": "appStackdriverExporter", "metricsProxy": "proxyStackdriverExporter"}
        if settings.release.has_split_metrics
        else {"metrics": ""}
    )
    return {
        "prometheus": _plain(inputs, mapping(section["prometheus"]), _PROMETHEUS, own),
        "exporter": _plain(
            inputs, mapping(section["sdSidecar"]), "apigee-stackdriver-prometheus-sidecar", own
        ),
        "resources": {part: quantities(body.get("resources")) for part, body in parts.items()},
        **{
            pod: _plain(inputs, _with_annotations(section, parts.get(part, {})), _PROMETHEUS, own)
            for pod, part in pods.items()
        },
        "metricsAdapter": _plain(
            inputs,
            merged(_with_annotations(section, adapter), adapter),
            "apigee-prometheus-adapter",
            _adapter_identity(settings),
        )
        if _has_adapter(settings)
        else None,
    }


_PROMETHEUS = "apigee-prom-prometheus"
_RESOURCED = (
    *("appStackdriverExporter", "proxyStackdriverExporter"),
    *("app", "proxy", "aggregator", "stackdriverExporter"),
)
"""Parts of `metrics` that have nothing but resources: today's two, and those of the time before they came."""


def _with_annotations(section: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    """What holds for all metrics pods, with the annotations of one of them."""
    shared = ("annotations", "tolerations", "hostNetwork", "nodeSelector", "securityContext")
    common = {key: section.get(key) for key in shared}
    return common | {
        "annotations": {**mapping(section.get("annotations")), **mapping(part.get("annotations"))}
    }


def _plain(inputs: Inputs, section: Mapping[str, Any], image: str, own: Identity) -> Workload:
    return workload(
        inputs,
        section,
        image,
        identity=own,
        node_affinity_required=None,
        auto_scaler=None,
    )


def _logger(inputs: Inputs) -> Workload:
    settings = inputs.settings
    section = settings.section("logger")
    variables = text_map(section.get("envVars")) or {}
    return workload(
        inputs,
        section,
        settings.release.logger_image,
        identity=_identity(settings, "logger"),
        pools=(scheduling.RUNTIME_POOL, scheduling.DATA_POOL),
        node_affinity_required=None,
        auto_scaler=None,
        own={"env": [{"name": name, "value": value} for name, value in variables.items()] or None},
    )
