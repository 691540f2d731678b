"""The columns of everything that is not a workload."""

from __future__ import annotations

from collections.abc import Sequence

from apigeectl.manifests import LiveObject
from apigeectl.sandbox.kubernetes.columns import (
    AGE,
    NAME,
    NONE,
    Column,
    age,
    at,
    count,
    field,
    joined,
    number,
    selector,
    text,
    written,
)


def _node_status(node: LiveObject) -> str:
    words = [
        "Ready" if one.get("status") == "True" else "NotReady"
        for one in at(node, "status.conditions") or ()
        if one["type"] == "Ready"
    ]
    unschedulable = ["SchedulingDisabled"] if at(node, "spec.unschedulable") else []
    return joined([*(words or ["Unknown"]), *unschedulable])


def _node_roles(node: LiveObject) -> str:
    prefix = "node-role.kubernetes.io/"
    labels = node["metadata"].get("labels") or {}
    return joined(sorted(name[len(prefix) :] for name in labels if name.startswith(prefix)), NONE)


def _node_address(kind: str) -> Column:
    def cell(node: LiveObject) -> str:
        addresses = at(node, "status.addresses") or ()
        return next((one["address"] for one in addresses if one["type"] == kind), NONE)

    return text(kind.replace("IP", "-IP"), cell, 1)


def _involved(event: LiveObject) -> str:
    return f"{(at(event, 'involvedObject.kind') or '').lower()}/{at(event, 'involvedObject.name') or ''}"


def _source(event: LiveObject) -> str:
    component = at(event, "source.component") or event.get("reportingComponent") or ""
    host = at(event, "source.host")
    return f"{component}, {host}" if host else component


def _first_seen(event: LiveObject) -> str:
    return age(event.get("firstTimestamp") or event.get("eventTime"))


def _last_seen(event: LiveObject) -> str:
    last = at(event, "series.lastObservedTime") or event.get("lastTimestamp")
    return age(last) if last else _first_seen(event)


def _modes(path: str) -> Column:
    short = {
        "ReadWriteOnce": "RWO",
        "ReadOnlyMany": "ROX",
        "ReadWriteMany": "RWX",
        "ReadWriteOncePod": "RWOP",
    }
    return text("Access Modes", lambda live: joined(short[mode] for mode in at(live, path) or ()))


def _bound(cell: str) -> Column:
    """Facts about a claim's volume, shown once it is bound."""
    return text(
        cell, lambda live: written("status.capacity.storage")(live) if at(live, "spec.volumeName") else ""
    )


def _claim_status(live: LiveObject) -> str:
    return "Terminating" if live["metadata"].get("deletionTimestamp") else at(live, "status.phase") or ""


def _class_name(live: LiveObject) -> str:
    marks = live["metadata"].get("annotations") or {}
    is_default = marks.get("storageclass.kubernetes.io/is-default-class") == "true"
    return f"{live['metadata']['name']} (default)" if is_default else str(live["metadata"]["name"])


def _claim(volume: LiveObject) -> str:
    claim = at(volume, "spec.claimRef")
    return f"{claim['namespace']}/{claim['name']}" if claim else ""


def _named_subjects(kind: str, title: str) -> Column:
    def cell(binding: LiveObject) -> str:
        subjects = [one for one in binding.get("subjects") or () if one["kind"] == kind]
        if kind == "ServiceAccount":
            return ", ".join(f"{one.get('namespace', '')}/{one['name']}" for one in subjects)
        return ", ".join(one["name"] for one in subjects)

    return text(title, cell, 1)


def _available(service: LiveObject) -> str:
    for one in at(service, "status.conditions") or ():
        if one["type"] == "Available":
            return "True" if one["status"] == "True" else f"{one['status']} ({one.get('reason', '')})"
    return "Unknown"


def _served_by(service: LiveObject) -> str:
    backend = at(service, "spec.service")
    return f"{backend['namespace']}/{backend['name']}" if backend else "Local"


def _hosts(ingress: LiveObject) -> str:
    hosts = [rule["host"] for rule in at(ingress, "spec.rules") or () if rule.get("host")]
    more = f" + {len(hosts) - 3} more..." if len(hosts) > 3 else ""
    return joined(hosts[:3], "*") + more


def _address(ingress: LiveObject) -> str:
    return joined(
        one.get("ip") or one.get("hostname") for one in at(ingress, "status.loadBalancer.ingress") or ()
    )


_BINDING = (
    NAME,
    text("Role", lambda live: f"{at(live, 'roleRef.kind')}/{at(live, 'roleRef.name')}"),
    AGE,
    _named_subjects("User", "Users"),
    _named_subjects("Group", "Groups"),
    _named_subjects("ServiceAccount", "ServiceAccounts"),
)
_WEBHOOKS = (NAME, number("Webhooks", count("webhooks")), AGE)
_UNSET_CLASS = text("VolumeAttributesClass", written("spec.volumeAttributesClassName", "<unset>"))

CLUSTER_COLUMNS: dict[str, Sequence[Column]] = {
    "namespaces": (NAME, text("Status", field("status.phase")), AGE),
    "secrets": (NAME, text("Type", field("type")), text("Data", count("data")), AGE),
    "configmaps": (NAME, text("Data", count("data", "binaryData")), AGE),
    "serviceaccounts": (NAME, text("Secrets", count("secrets")), AGE),
    "events": (
        text("Last Seen", _last_seen),
        text("Type", field("type")),
        text("Reason", field("reason")),
        text("Object", _involved),
        text("Subobject", written("involvedObject.fieldPath"), 1),
        text("Source", _source, 1),
        text("Message", lambda live: (live.get("message") or "").strip()),
        text("First Seen", _first_seen, 1),
        text("Count", field("count", 1), 1),
        Column("Name", "string", lambda live: live["metadata"]["name"], 1, "name"),
    ),
    "nodes": (
        NAME,
        text("Status", _node_status),
        text("Roles", _node_roles),
        AGE,
        text("Version", written("status.nodeInfo.kubeletVersion")),
        _node_address("InternalIP"),
        _node_address("ExternalIP"),
        text("OS-Image", written("status.nodeInfo.osImage", "<unknown>"), 1),
        text("Kernel-Version", written("status.nodeInfo.kernelVersion", "<unknown>"), 1),
        text("Container-Runtime", written("status.nodeInfo.containerRuntimeVersion", "<unknown>"), 1),
    ),
    "persistentvolumeclaims": (
        NAME,
        text("Status", _claim_status),
        text("Volume", written("spec.volumeName")),
        _bound("Capacity"),
        _modes("status.accessModes"),
        text("StorageClass", written("spec.storageClassName")),
        _UNSET_CLASS,
        AGE,
        text("VolumeMode", written("spec.volumeMode", "<unset>"), 1),
    ),
    "persistentvolumes": (
        NAME,
        text("Capacity", written("spec.capacity.storage")),
        _modes("spec.accessModes"),
        text("Reclaim Policy", written("spec.persistentVolumeReclaimPolicy")),
        text("Status", _claim_status),
        text("Claim", _claim),
        text("StorageClass", written("spec.storageClassName")),
        _UNSET_CLASS,
        text("Reason", written("status.reason")),
        AGE,
        text("VolumeMode", written("spec.volumeMode", "<unset>"), 1),
    ),
    "resourcequotas": (
        NAME,
        AGE,
        text("Request", lambda live: _quota(live, limits=False)),
        text("Limit", lambda live: _quota(live, limits=True)),
    ),
    "leases.coordination.k8s.io": (NAME, text("Holder", written("spec.holderIdentity")), AGE),
    "rolebindings.rbac.authorization.k8s.io": _BINDING,
    "clusterrolebindings.rbac.authorization.k8s.io": _BINDING,
    "priorityclasses.scheduling.k8s.io": (
        NAME,
        number("Value", field("value", 0)),
        Column("Global-Default", "boolean", field("globalDefault", missing=False)),
        AGE,
        text("PreemptionPolicy", written("preemptionPolicy")),
    ),
    "storageclasses.storage.k8s.io": (
        Column("Name", "string", _class_name, format="name"),
        text("Provisioner", field("provisioner")),
        text("ReclaimPolicy", written("reclaimPolicy", "Delete")),
        text("VolumeBindingMode", written("volumeBindingMode", "Immediate")),
        text("AllowVolumeExpansion", field("allowVolumeExpansion", missing=False)),
        AGE,
    ),
    "mutatingwebhookconfigurations.admissionregistration.k8s.io": _WEBHOOKS,
    "validatingwebhookconfigurations.admissionregistration.k8s.io": _WEBHOOKS,
    "apiservices.apiregistration.k8s.io": (
        NAME,
        text("Service", _served_by),
        text("Available", _available),
        AGE,
    ),
    "ingresses.networking.k8s.io": (
        NAME,
        text("Class", written("spec.ingressClassName", NONE)),
        text("Hosts", _hosts),
        text("Address", _address),
        text("Ports", lambda live: "80, 443" if at(live, "spec.tls") else "80"),
        AGE,
    ),
    "networkpolicies.networking.k8s.io": (
        NAME,
        text("Pod-Selector", lambda live: selector(at(live, "spec.podSelector"))),
        AGE,
    ),
}


def _quota(live: LiveObject, *, limits: bool) -> str:
    """Used and hard of every resource, limits apart from everything else."""
    hard, used = at(live, "status.hard") or {}, at(live, "status.used") or {}
    names = [name for name in sorted(hard) if name.startswith("limits") == limits]
    return ", ".join(f"{name}: {used.get(name, 0)}/{hard[name]}" for name in names)
