"""The columns of the built-in kinds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apigeectl.manifests import LiveObject
from apigeectl.sandbox.kubernetes.cluster_columns import CLUSTER_COLUMNS
from apigeectl.sandbox.kubernetes.columns import (
    AGE,
    CREATED_AT,
    NAME,
    NONE,
    Column,
    age,
    at,
    containers,
    count,
    duration,
    field,
    joined,
    number,
    seconds,
    selector,
    text,
    written,
)
from apigeectl.sandbox.kubernetes.pod_columns import PODS

_TEMPLATE = containers("spec.template.spec.containers")
_SELECTOR = text("Selector", lambda live: selector(at(live, "spec.selector")), 1)


def _ready(live: LiveObject) -> str:
    return f"{at(live, 'status.readyReplicas') or 0}/{at(live, 'spec.replicas') or 0}"


def _numbers(**paths: str) -> tuple[Column, ...]:
    return tuple(number(name.replace("_", "-"), field(path, 0)) for name, path in paths.items())


_REPLICAS = (
    NAME,
    *_numbers(Desired="spec.replicas", Current="status.replicas", Ready="status.readyReplicas"),
    AGE,
    *_TEMPLATE,
    _SELECTOR,
)


def _job_status(job: LiveObject) -> str:
    met = {one["type"] for one in at(job, "status.conditions") or () if one.get("status") == "True"}
    for word in ("Complete", "Failed"):
        if word in met:
            return word
    if job["metadata"].get("deletionTimestamp"):
        return "Terminating"
    for word in ("Suspended", "FailureTarget", "SuccessCriteriaMet"):
        if word in met:
            return word
    return "Running"


def _completions(job: LiveObject) -> str:
    done = at(job, "status.succeeded") or 0
    wanted, parallel = at(job, "spec.completions"), at(job, "spec.parallelism") or 0
    if wanted is not None:
        return f"{done}/{wanted}"
    return f"{done}/1 of {parallel}" if parallel > 1 else f"{done}/1"


def _job_duration(job: LiveObject) -> str:
    start, end = at(job, "status.startTime"), at(job, "status.completionTime")
    if not start:
        return ""
    return duration(seconds(end) - seconds(start)) if end else age(start)


def _last_schedule(job: LiveObject) -> str:
    last = at(job, "status.lastScheduleTime")
    return age(last) if last else NONE


def _external_address(service: LiveObject) -> str:
    kind = at(service, "spec.type")
    external = at(service, "spec.externalIPs") or []
    if kind == "ExternalName":
        return str(at(service, "spec.externalName"))
    if kind != "LoadBalancer":
        return joined(external, NONE)
    ingress = at(service, "status.loadBalancer.ingress") or []
    return joined([*(one.get("ip") or one.get("hostname") for one in ingress), *external], "<pending>")


def _ports(service: LiveObject) -> str:
    shown = []
    for port in at(service, "spec.ports") or ():
        node = f":{port['nodePort']}" if port.get("nodePort") else ""
        shown.append(f"{port['port']}{node}/{port.get('protocol', 'TCP')}")
    return joined(shown, NONE)


def _endpoints(live: LiveObject) -> str:
    found = [
        f"{address['ip']}:{port['port']}"
        for subset in live.get("subsets") or ()
        for port in subset.get("ports") or ()
        for address in subset.get("addresses") or ()
    ]
    more = f" + {len(found) - 3} more..." if len(found) > 3 else ""
    return joined(found[:3], NONE) + more


def _targets(scaler: LiveObject) -> str:
    """The metrics of an autoscaler, each as current/target."""
    shown: list[str] = []
    current = at(scaler, "status.currentMetrics") or []
    for place, metric in enumerate(at(scaler, "spec.metrics") or ()):
        measured = current[place] if place < len(current) else {}
        shown.append(_target(metric, measured))
    more = f" + {len(shown) - 2} more..." if len(shown) > 2 else ""
    return (", ".join(shown[:2]) or NONE) + more


def _target(metric: dict[str, Any], measured: dict[str, Any]) -> str:
    kind = metric.get("type", "")
    source = kind[:1].lower() + kind[1:]
    if not kind.endswith("Resource"):
        target = (metric.get(source) or {}).get("target") or {}
        return f"<unknown>/{target.get('averageValue') or target.get('value')}"
    target = metric[source]["target"]
    name = metric[source]["name"]
    now = at(measured, f"{source}.current") or {}
    if "averageUtilization" in target:
        value = now.get("averageUtilization")
        return f"{name}: {'<unknown>' if value is None else f'{value}%'}/{target['averageUtilization']}%"
    return f"{name}: {now.get('averageValue', '<unknown>')}/{target.get('averageValue')}"


def _reference(scaler: LiveObject) -> str:
    return f"{at(scaler, 'spec.scaleTargetRef.kind')}/{at(scaler, 'spec.scaleTargetRef.name')}"


COLUMNS: dict[str, Sequence[Column]] = {
    **CLUSTER_COLUMNS,
    "pods": PODS,
    "replicationcontrollers": _REPLICAS,
    "replicasets.apps": _REPLICAS,
    "deployments.apps": (
        NAME,
        text("Ready", _ready),
        text("Up-to-date", field("status.updatedReplicas", 0)),
        text("Available", field("status.availableReplicas", 0)),
        AGE,
        *_TEMPLATE,
        _SELECTOR,
    ),
    "statefulsets.apps": (NAME, text("Ready", _ready), AGE, *_TEMPLATE),
    "daemonsets.apps": (
        NAME,
        *_numbers(
            Desired="status.desiredNumberScheduled",
            Current="status.currentNumberScheduled",
            Ready="status.numberReady",
        ),
        number("Up-to-date", field("status.updatedNumberScheduled", 0)),
        number("Available", field("status.numberAvailable", 0)),
        text("Node Selector", lambda live: selector(at(live, "spec.template.spec.nodeSelector"))),
        AGE,
        *_TEMPLATE,
        _SELECTOR,
    ),
    "jobs.batch": (
        NAME,
        text("Status", _job_status),
        text("Completions", _completions),
        text("Duration", _job_duration),
        AGE,
        *_TEMPLATE,
        _SELECTOR,
    ),
    "cronjobs.batch": (
        NAME,
        text("Schedule", field("spec.schedule")),
        text("Timezone", written("spec.timeZone", NONE)),
        Column("Suspend", "boolean", lambda live: str(bool(at(live, "spec.suspend")))),
        number("Active", count("status.active")),
        text("Last Schedule", _last_schedule),
        AGE,
        *containers("spec.jobTemplate.spec.template.spec.containers"),
        text("Selector", lambda live: selector(at(live, "spec.jobTemplate.spec.selector")), 1),
    ),
    "services": (
        NAME,
        text("Type", field("spec.type")),
        text("Cluster-IP", written("spec.clusterIP", NONE)),
        text("External-IP", _external_address),
        text("Port(s)", _ports),
        AGE,
        text("Selector", lambda live: selector(at(live, "spec.selector")), 1),
    ),
    "endpoints": (NAME, text("Endpoints", _endpoints), AGE),
    "horizontalpodautoscalers.autoscaling": (
        NAME,
        text("Reference", _reference),
        text("Targets", _targets),
        text("MinPods", written("spec.minReplicas", "<unset>")),
        text("MaxPods", field("spec.maxReplicas", 0)),
        text("Replicas", field("status.currentReplicas", 0)),
        AGE,
    ),
    "poddisruptionbudgets.policy": (
        NAME,
        text("Min Available", written("spec.minAvailable", "N/A")),
        text("Max Unavailable", written("spec.maxUnavailable", "N/A")),
        number("Allowed Disruptions", field("status.disruptionsAllowed", 0)),
        AGE,
    ),
    "roles.rbac.authorization.k8s.io": (NAME, CREATED_AT),
    "clusterroles.rbac.authorization.k8s.io": (NAME, CREATED_AT),
    "limitranges": (NAME, CREATED_AT),
    "customresourcedefinitions.apiextensions.k8s.io": (NAME, CREATED_AT),
}
