"""What the pods of an installation ask of nodes, and what the nodes have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from apigeectl.manifests import APIGEE_GROUP, LiveObject, Manifest

Label = tuple[str, str]
ANY_NODE: Label = ("", "")


@dataclass(frozen=True)
class Demand:
    """Cores and bytes that pods request of the nodes with a label; `required`: no other node will do."""

    label: Label
    required: bool
    cpu: float = 0.0
    memory: float = 0.0
    pods: int = 0
    sizes: frozenset[tuple[float, float]] = frozenset()
    """Cores and bytes of one pod, of each kind."""

    def __add__(self, other: Demand) -> Demand:
        return Demand(
            self.label,
            self.required or other.required,
            self.cpu + other.cpu,
            self.memory + other.memory,
            self.pods + other.pods,
            self.sizes | other.sizes,
        )


def demands(manifests: Iterable[Manifest]) -> tuple[Demand, ...]:
    """The least that an installation needs: each component with as many pods as its autoscaler begins with."""
    specs = [one.body.get("spec") or {} for one in manifests if one.group == APIGEE_GROUP]
    return _summed_up(demand for spec in specs for demand in _of_resource(spec))


def placed(wanted: Iterable[Demand], nodes: Sequence[LiveObject]) -> tuple[Demand, ...]:
    """The same as the scheduler takes it: where no node has a label that is only preferred, any node will do."""
    return _summed_up(
        one if one.required or offered(nodes, one.label)[0] else replace(one, label=ANY_NODE)
        for one in wanted
    )


def too_large(demand: Demand, nodes: Sequence[LiveObject]) -> list[tuple[float, float]]:
    """Cores and bytes of the pods for which none of these nodes is large enough, even when it is empty."""
    rooms = [(quantity(one.get("cpu")), quantity(one.get("memory"))) for one in map(_allocatable, nodes)]
    return sorted(
        (cpu, memory)
        for cpu, memory in demand.sizes
        if not any(cpu <= cores and memory <= room for cores, room in rooms)
    )


def offered(nodes: Sequence[LiveObject], label: Label) -> tuple[list[LiveObject], float, float]:
    """The nodes with a label, and the cores and bytes that they can give to pods."""
    matching = [node for node in nodes if label == ANY_NODE or _labels(node).get(label[0]) == label[1]]
    allocatable = [_allocatable(node) for node in matching]
    return (
        matching,
        sum(quantity(one.get("cpu")) for one in allocatable),
        sum(quantity(one.get("memory")) for one in allocatable),
    )


def quantity(value: Any) -> float:
    """A Kubernetes quantity as a number; what is none counts nothing."""
    match = _QUANTITY.fullmatch(str(value or "0"))
    return float(match[1]) * _SUFFIXES[match[2]] if match else 0.0


def _of_resource(spec: Mapping[str, Any]) -> Iterator[Demand]:
    for component in (spec.get("components") or {}).values():
        if isinstance(component, Mapping):
            yield _of_component(component, spec)


def _of_component(component: Mapping[str, Any], spec: Mapping[str, Any]) -> Demand:
    scaler = component.get("autoScaler") or {}
    pods = int(scaler.get("minReplicas") or component.get("replicas") or spec.get("replicas") or 1)
    requests = [
        (one.get("resources") or {}).get("requests") or {} for one in component.get("containers") or ()
    ]
    label, required = _affinity(component.get("nodeAffinity") or {})
    cpu = sum(quantity(one.get("cpu")) for one in requests)
    memory = sum(quantity(one.get("memory")) for one in requests)
    return Demand(label, required, pods * cpu, pods * memory, pods, frozenset({(cpu, memory)}))


def _affinity(affinity: Mapping[str, Any]) -> tuple[Label, bool]:
    required = (affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}).get("nodeSelectorTerms")
    preferred = affinity.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
    for term in (*(required or ()), *(one.get("preference") or {} for one in preferred)):
        for expression in term.get("matchExpressions") or ():
            values = list(expression.get("values") or ())
            if len(values) == 1:
                label: Label = (str(expression["key"]), str(values[0]))
                return label, bool(required)
    return ANY_NODE, False


def _summed_up(demands: Iterable[Demand]) -> tuple[Demand, ...]:
    found: dict[Label, Demand] = {}
    for one in demands:
        found[one.label] = found[one.label] + one if one.label in found else one
    return tuple(found.values())


def _allocatable(node: LiveObject) -> Mapping[str, Any]:
    return (node.get("status") or {}).get("allocatable") or {}


def _labels(node: LiveObject) -> Mapping[str, str]:
    return node["metadata"].get("labels") or {}


_QUANTITY = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(m|[kMGTPE]i?|Ki|)")
_SUFFIXES: dict[str, float] = {
    "": 1.0,
    "m": 0.001,
    **{suffix: 1000.0**power for power, suffix in enumerate("kMGTPE", 1)},
    **{f"{suffix}i": 1024.0**power for power, suffix in enumerate("KMGTPE", 1)},
}
