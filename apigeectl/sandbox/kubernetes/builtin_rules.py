"""What the API server refuses in built-in kinds, as far as a wrong manifest is likely to meet it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from apigeectl.sandbox.kubernetes.builtin_kinds import TYPE
from apigeectl.sandbox.kubernetes.structure import Node
from apigeectl.sandbox.kubernetes.validation import Cause, duplicate, invalid, required, unsupported

Object = dict[str, Any]
Rule = Callable[[Object, str], Iterator[Cause]]


def rule_causes(node: Node, value: Any, path: str = "") -> Iterator[Cause]:
    """What the rules of the types in an object have against it."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from rule_causes(node.items, item, f"{path}[{index}]")
    if not isinstance(value, dict):
        return
    yield from _own_causes(node.spec.get(TYPE, ""), value, path)
    for name, inner in value.items():
        child = node.field(name)
        if child and name != "status":
            yield from rule_causes(child, inner, _below(path, name))


def _own_causes(own: str, value: Object, path: str) -> Iterator[Cause]:
    for name in _REQUIRED.get(own, ()):
        if not value.get(name):
            yield required(_below(path, name))
    for name, supported in _SUPPORTED.get(own, {}).items():
        if value.get(name) not in (None, *supported):
            yield unsupported(_below(path, name), value[name], list(supported))
    if own in _RULES:
        yield from _RULES[own](value, path)


def label_causes(metadata: Object) -> Iterator[Cause]:
    """Labels that no kind may have."""
    for key, value in (metadata.get("labels") or {}).items():
        if not re.fullmatch(_LABEL_NAME, key.rpartition("/")[2]) or len(key.rpartition("/")[2]) > 63:
            yield invalid("metadata.labels", key, f"name part {_LABEL_NAME_WORDS}")
        if len(value) > 63 or (value and not re.fullmatch(_LABEL_NAME, value)):
            yield invalid("metadata.labels", value, _LABEL_VALUE_WORDS)


def finalizer_causes(metadata: Object) -> Iterator[Cause]:
    """Finalizers that no built-in kind may have; for a custom resource they are a matter of taste."""
    for index, finalizer in enumerate(metadata.get("finalizers") or []):
        if "/" not in finalizer and finalizer not in _STANDARD_FINALIZERS:
            words = "name is neither a standard finalizer name nor is it fully qualified"
            yield invalid(f"metadata.finalizers[{index}]", finalizer, words)


def _workload(spec: Object, path: str) -> Iterator[Cause]:
    wanted = (spec.get("selector") or {}).get("matchLabels") or {}
    template = spec.get("template") or {}
    labels = (template.get("metadata") or {}).get("labels") or {}
    expressions = (spec.get("selector") or {}).get("matchExpressions")
    if not expressions and (not wanted or not wanted.items() <= labels.items()):
        words = "`selector` does not match template `labels`"
        shown = ", ".join(f'"{name}":"{labels[name]}"' for name in sorted(labels))
        message = f"Invalid value: map[string]string{{{shown}}}: {words}"
        yield Cause(f"{path}.template.metadata.labels", "FieldValueInvalid", message)
    policy = (template.get("spec") or {}).get("restartPolicy", "Always")
    if policy != "Always":
        yield unsupported(f"{path}.template.spec.restartPolicy", policy, ["Always"])
    if (spec.get("replicas") or 0) < 0:
        yield invalid(f"{path}.replicas", spec["replicas"], "must be greater than or equal to 0")


def _pod(spec: Object, path: str) -> Iterator[Cause]:
    volumes = {volume.get("name") for volume in spec.get("volumes") or []}
    seen: set[str] = set()
    for kind in ("initContainers", "containers"):
        for index, container in enumerate(spec.get(kind) or []):
            where = f"{path}.{kind}[{index}]"
            name = container.get("name")
            if name and name in seen:
                yield duplicate(f"{where}.name", name)
            seen.add(name)
            for number, mount in enumerate(container.get("volumeMounts") or []):
                if mount.get("name") and mount["name"] not in volumes:
                    words = f'Not found: "{mount["name"]}"'
                    yield Cause(f"{where}.volumeMounts[{number}].name", "FieldValueNotFound", words)


def _container(container: Object, path: str) -> Iterator[Cause]:
    name = container.get("name")
    if name and (len(name) > 63 or not re.fullmatch(_LABEL, name)):
        yield invalid(f"{path}.name", name, _LABEL_WORDS)


def _service(spec: Object, path: str) -> Iterator[Cause]:
    ports = spec.get("ports") or []
    if not ports and spec.get("type") != "ExternalName" and spec.get("clusterIP") != "None":
        yield required(f"{path}.ports")
    for index, port in enumerate(ports):
        where = f"{path}.ports[{index}]"
        if len(ports) > 1 and not port.get("name"):
            yield required(f"{where}.name")
        for name in ("port", "targetPort"):
            number = port.get(name)
            if isinstance(number, int) and not 1 <= number <= 65535:
                yield invalid(f"{where}.{name}", number, "must be between 1 and 65535, inclusive")


def _policy(rule: Object, path: str) -> Iterator[Cause]:
    if not rule.get("verbs"):
        yield required(f"{path}.verbs", "verbs must contain at least one value")
    if rule.get("nonResourceURLs"):
        return
    if not rule.get("apiGroups"):
        yield required(f"{path}.apiGroups", "resource rules must supply at least one api group")
    if not rule.get("resources"):
        yield required(f"{path}.resources", "resource rules must supply at least one resource")


def _config_map(body: Object, path: str) -> Iterator[Cause]:
    del path
    for field in ("data", "binaryData"):
        for key in body.get(field) or {}:
            if not re.fullmatch(r"[-._a-zA-Z0-9]+", key):
                yield invalid(f"{field}[{key}]", key, _CONFIG_KEY_WORDS)
    for key in body.get("data") or {}:
        if body.get("type") is None and key in (body.get("binaryData") or {}):
            yield invalid(f"data[{key}]", key, "duplicate of key present in binaryData")
    if body.get("type") == "kubernetes.io/tls":
        for key in ("tls.crt", "tls.key"):
            if key not in (body.get("data") or {}):
                yield required(f"data[{key}]")


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


_REQUIRED: dict[str, tuple[str, ...]] = {
    "Container": ("name", "image"),
    "ContainerPort": ("containerPort",),
    "DaemonSetSpec": ("selector",),
    "DeploymentSpec": ("selector",),
    "EnvVar": ("name",),
    "PodSpec": ("containers",),
    "ReplicaSetSpec": ("selector",),
    "RoleRef": ("name",),
    "StatefulSetSpec": ("selector",),
    "Subject": ("name",),
    "Volume": ("name",),
    "VolumeMount": ("name", "mountPath"),
}

_SUPPORTED: dict[str, dict[str, tuple[str, ...]]] = {
    "Container": {"imagePullPolicy": ("Always", "IfNotPresent", "Never")},
    "PodSpec": {"dnsPolicy": ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")},
    "RoleRef": {"kind": ("Role", "ClusterRole")},
    "ServiceSpec": {"type": ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")},
}

_RULES: dict[str, Rule] = {
    "ConfigMap": _config_map,
    "Container": _container,
    "DaemonSetSpec": _workload,
    "DeploymentSpec": _workload,
    "PodSpec": _pod,
    "PolicyRule": _policy,
    "ReplicaSetSpec": _workload,
    "Secret": _config_map,
    "ServiceSpec": _service,
    "StatefulSetSpec": _workload,
}

_STANDARD_FINALIZERS = (
    "kubernetes",
    "orphan",
    "foregroundDeletion",
    "customresourcecleanup.apiextensions.k8s.io",  # on definitions only, which are not of the core
)

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_LABEL_NAME = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_WORDS = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and"
    f" end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '{_LABEL}')"
)
_LABEL_NAME_WORDS = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric"
    " character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is"
    f" '{_LABEL_NAME}')"
)
_LABEL_VALUE_WORDS = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must"
    " start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used"
    " for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
_CONFIG_KEY_WORDS = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or"
    " 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
)
