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
        "stackdriver_endpoint": text(address),
        **(_metrics(inputs) if _enabled(settings, "metrics") else {}),
        **({"logger": _logger(inputs)} if _enabled(settings, "logger") else {}),
    }


def _enabled(settings: Settings, half: str) -> bool:
    return settings.section(half)["enabled"] is True


def _identity(settings: Settings, half: str) -> Identity:
    account = settings.release.metrics_service_account if half == "metrics" else _LOGGER_ACCOUNT
    return identity(settings, half, workload=f"apigee-{half}", account=account)


def _metrics(inputs: Inputs) -> dict[str, Any]:
    section = inputs.settings.section("metrics")
    app, proxy = mapping(section["appStackdriverExporter"]), mapping(section["proxyStackdriverExporter"])
    adapter = mapping(section["adapter"])
    return {
        "prometheus": _plain(inputs, mapping(section["prometheus"]), "apigee-prom-prometheus"),
        "exporter": _plain(inputs, mapping(section["sdSidecar"]), "apigee-stackdriver-prometheus-sidecar"),
        "app_resources": quantities(app.get("resources")),
        "proxy_resources": quantities(proxy.get("resources")),
        "metricsApp": _plain(inputs, _with_annotations(section, app), "apigee-prom-prometheus"),
        "metricsProxy": _plain(inputs, _with_annotations(section, proxy), "apigee-prom-prometheus"),
        "metricsAdapter": _plain(
            inputs, merged(_with_annotations(section, adapter), adapter), "apigee-prometheus-adapter"
        ),
    }


def _with_annotations(section: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    """What holds for all metrics pods, with the annotations of one of them."""
    common = {key: section.get(key) for key in ("annotations", "tolerations", "hostNetwork", "nodeSelector")}
    return common | {
        "annotations": {**mapping(section.get("annotations")), **mapping(part.get("annotations"))}
    }


def _plain(inputs: Inputs, section: Mapping[str, Any], image: str) -> Workload:
    own = _identity(inputs.settings, "metrics")
    return workload(
        inputs.settings,
        inputs.sources,
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
        settings,
        inputs.sources,
        section | {"nodeSelector": None},
        "apigee-fluent-bit",
        identity=_identity(settings, "logger"),
        pools=(scheduling.RUNTIME_POOL, scheduling.DATA_POOL),
        node_affinity_required=None,
        auto_scaler=None,
        own={"env": [{"name": name, "value": value} for name, value in variables.items()] or None},
    )
