"""Whether there is room for the pods, and a place for their volumes."""

from __future__ import annotations

from apigeectl.checks.capacity import ANY_NODE, Demand, demands, offered, placed, too_large
from apigeectl.checks.fitness import Fitness
from apigeectl.checks.hints import Hint
from apigeectl.checks.model import Outcome, failed, passed, warned
from apigeectl.manifests import LiveObject


def storage_class_exists(site: Fitness) -> Outcome:
    classes = {
        str(one["metadata"]["name"]): one for one in site.cluster.list("storage.k8s.io", "StorageClass")
    }
    if site.storage_class:
        if site.storage_class in classes:
            return passed(site.storage_class)
        have = ", ".join(sorted(classes)) or "none"
        return failed(f"there is no {site.storage_class}; the cluster has {have}", hint=Hint.STORAGE_CLASS)
    defaults = [name for name, one in classes.items() if _is_default(one)]
    if len(defaults) == 1:
        return passed(f"{defaults[0]}, the default")
    if not defaults:
        return failed("the file names none, and the cluster has no default", hint=Hint.STORAGE_CLASS)
    return warned(f"several claim to be the default: {', '.join(sorted(defaults))}", hint=Hint.STORAGE_CLASS)


def nodes_fit(site: Fitness) -> Outcome:
    if not site.nodes:
        return failed("no node takes pods", hint=Hint.NODES)
    wanted = demands(site.manifests)
    missing = [demand for demand in wanted if not offered(site.nodes, demand.label)[0]]
    short, fine = [], []
    for demand in placed(wanted, site.nodes):
        found, cpu, memory = offered(site.nodes, demand.label)
        if not found:
            continue
        for size in too_large(demand, found):
            short.append(f"{_named(demand)}: a pod needs {_amount(*size)}, more than one node has")
        if cpu < demand.cpu or memory < demand.memory:
            has = "1 node has" if len(found) == 1 else f"{len(found)} nodes have"
            short.append(f"{_named(demand)}: {_needs(demand)}, {has} {_amount(cpu, memory)}")
        else:
            fine.append(f"{_named(demand)}: {_needs(demand)} of {_amount(cpu, memory)}")
    required = [f"no node has the label {_named(one)}" for one in missing if one.required]
    if required:
        return failed(required[0], hint=Hint.NODES, details=(*required[1:], *short))
    preferred = [f"no node has the label {_named(one)}: pods go to any node" for one in missing]
    worries = [*short, *preferred]
    if worries:
        return warned(worries[0], hint=Hint.NODES, details=tuple(worries[1:]))
    return passed(f"{len(site.nodes)}", details=tuple(fine))


def _is_default(storage_class: LiveObject) -> bool:
    annotations = storage_class["metadata"].get("annotations") or {}
    return annotations.get("storageclass.kubernetes.io/is-default-class") == "true"


def _named(demand: Demand) -> str:
    return "any node" if demand.label == ANY_NODE else "=".join(demand.label)


def _needs(demand: Demand) -> str:
    pods = "1 pod needs" if demand.pods == 1 else f"{demand.pods} pods need"
    return f"{pods} {_amount(demand.cpu, demand.memory)}"


def _amount(cpu: float, memory: float) -> str:
    return f"{cpu:.1f} cores and {memory / 1024**3:.1f} GiB"
