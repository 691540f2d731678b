"""Where pods may run, and how many of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apigeectl.components.piece import Inputs
from apigeectl.components.settings import Settings
from apigeectl.components.values import mapping, text, whole

RUNTIME_POOL, DATA_POOL = "apigeeRuntime", "apigeeData"
_WEIGHT = 100


def node_affinity(settings: Settings, *pools: str, own: Any = None) -> dict[str, Any]:
    """The nodes of one of the pools: as a must, as a wish, or as both, as the file and the release say.

    A component's own `nodeSelector` takes the place of its pool.
    """
    selectors = [mapping(settings.section("nodeSelector")[pool]) for pool in pools]
    if mapping(own).get("key"):
        selectors = [mapping(own)]
    terms = [_term(selector) for selector in selectors]
    affinity: dict[str, Any] = {}
    if node_affinity_required(settings):
        affinity["requiredDuringSchedulingIgnoredDuringExecution"] = {"nodeSelectorTerms": terms}
    if not affinity or settings.release.affinity_always_required:
        preferred = [{"weight": _WEIGHT, "preference": term} for term in terms]
        affinity["preferredDuringSchedulingIgnoredDuringExecution"] = preferred
    return affinity


def node_affinity_required(settings: Settings) -> bool:
    """Whether pods must stay pending when no node has the labels of their pool."""
    written = settings.overrides.get("nodeSelector.requiredForScheduling")
    return settings.release.affinity_always_required if written is None else written is True


def autoscaler(
    inputs: Inputs, section: Mapping[str, Any], replicas: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """How many pods of a component; `replicas` may say it for one environment."""
    metrics = _cpu(inputs, section.get("targetCPUUtilizationPercentage"))
    return _bounds(section, replicas) | _if_any(metrics=metrics)


def with_own_maximum(section: Mapping[str, Any], written: Mapping[str, Any]) -> Mapping[str, Any]:
    """The section with a minimum by default that gives way to a lower maximum of the file."""
    least, most = whole(section.get("replicaCountMin")), whole(written.get("replicaCountMax"))
    if written.get("replicaCountMin") is None and isinstance(most, int) and least > most:
        return {**section, "replicaCountMin": most}
    return section


def replica_bounds(section: Mapping[str, Any], replicas: Mapping[str, Any] | None = None) -> tuple[Any, Any]:
    """The fewest and the most pods. A file may raise the one and leave the other to its default: that one follows."""

    def count(key: str) -> Any:
        return whole(mapping(replicas).get(key) or section.get(key))

    least, most = count("replicaCountMin"), count("replicaCountMax")
    return least, max(least, most) if isinstance(least, int) and isinstance(most, int) else most


def runtime_autoscaler(
    inputs: Inputs, section: Mapping[str, Any], replicas: Mapping[str, Any]
) -> dict[str, Any]:
    """The runtime also scales with the time its tasks wait."""
    hpa = mapping(section.get("hpaMetrics"))
    percentage = section.get("targetCPUUtilizationPercentage", hpa.get("targetCPUUtilizationPercentage"))
    cpu = _cpu(inputs, percentage)
    if not inputs.settings.release.has_runtime_scaling:
        return _bounds(section, replicas) | _if_any(metrics=cpu)
    waits = [
        _pods_metric("server_main_task_wait_time", hpa.get("serverMainTaskWaitTime")),
        _pods_metric("server_nio_task_wait_time", hpa.get("serverNioTaskWaitTime")),
    ]
    behavior = {
        direction: _policy(mapping(rules)) for direction, rules in mapping(section.get("hpaBehavior")).items()
    }
    return _bounds(section, replicas) | {"metrics": cpu + waits, "behavior": behavior}


def _bounds(section: Mapping[str, Any], replicas: Mapping[str, Any] | None) -> dict[str, Any]:
    least, most = replica_bounds(section, replicas)
    return _if_any(minReplicas=least, maxReplicas=most)


def _if_any(**entries: Any) -> dict[str, Any]:
    return {key: value for key, value in entries.items() if value not in (None, [])}


def _cpu(inputs: Inputs, percentage: Any) -> list[dict[str, Any]]:
    if percentage is None:
        return []
    if inputs.first_dialect:
        return [
            {"type": "Resource", "resource": {"name": "cpu", "targetAverageUtilization": whole(percentage)}}
        ]
    target = {"type": "Utilization", "averageUtilization": whole(percentage)}
    return [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]


def _pods_metric(name: str, value: Any) -> dict[str, Any]:
    target = {"type": "AverageValue", "averageValue": str(value) if isinstance(value, float) else value}
    return {"type": "Pods", "pods": {"metric": {"name": name}, "target": target}}


def _policy(rules: Mapping[str, Any]) -> dict[str, Any]:
    policies = [
        {
            "type": kind,
            "value": whole(mapping(rules.get(key)).get("value")),
            "periodSeconds": whole(mapping(rules.get(key)).get("periodSeconds")),
        }
        for key, kind in (("percent", "Percent"), ("pods", "Pods"))
        if key in rules
    ]
    return _if_any(
        policies=policies,
        selectPolicy=text(rules.get("selectPolicy")),
        stabilizationWindowSeconds=whole(rules.get("stabilizationWindowSeconds")),
    )


def _term(selector: Mapping[str, Any]) -> dict[str, Any]:
    values = [text(selector.get("value")) or ""]
    return {"matchExpressions": [{"key": text(selector.get("key")), "operator": "In", "values": values}]}
