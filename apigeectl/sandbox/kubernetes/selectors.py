"""Label and field selectors of lists and watches."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from apigeectl.manifests import LiveObject
from apigeectl.sandbox.kubernetes.kinds import Kind
from apigeectl.sandbox.kubernetes.statuses import bad_request

Test = Callable[[LiveObject], bool]


def selector(kind: Kind, labels: str, fields: str) -> Test | None:
    """One test for both selectors; None when there is nothing to select."""
    tests = [*_label_tests(labels), *_field_tests(kind, fields)]
    if not tests:
        return None
    return lambda live: all(test(live) for test in tests)


def written(value: Any) -> str:
    """A label selector of an object (matchLabels and matchExpressions, or a plain map) as text."""
    if value is None or isinstance(value, str):
        return value or ""
    structured = "matchLabels" in value or "matchExpressions" in value
    labels = (value.get("matchLabels") if structured else value) or {}
    parts = [f"{name}={labels[name]}" for name in sorted(labels)]
    for expression in (value.get("matchExpressions") if structured else None) or ():
        listed = ",".join(sorted(expression.get("values") or ()))
        parts.append(_EXPRESSIONS[expression["operator"]].format(expression["key"], listed))
    return ",".join(parts)


_EXPRESSIONS = {"In": "{} in ({})", "NotIn": "{} notin ({})", "Exists": "{}", "DoesNotExist": "!{}"}


_NAME = r"[A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?"
_SET = re.compile(rf"\s*({_NAME})\s+(in|notin)\s+\(([^()]*)\)\s*")
_EQUALS = re.compile(rf"\s*({_NAME})\s*(==|=|!=)\s*({_NAME})?\s*")
_EXISTS = re.compile(rf"\s*(!?)\s*({_NAME})\s*")


def _label_tests(text: str) -> list[Test]:
    if not text.strip():
        return []
    return [_label_test(part) for part in re.split(r",(?![^()]*\))", text)]


def _label_test(part: str) -> Test:
    if match := _SET.fullmatch(part):
        name, operator, listed = match.groups()
        values = {value.strip() for value in listed.split(",")}
        if operator == "in":
            return lambda live: _labels(live).get(name) in values
        return lambda live: _labels(live).get(name) not in values
    if match := _EQUALS.fullmatch(part):
        name, operator, value = match.group(1), match.group(2), match.group(3) or ""
        if operator == "!=":
            return lambda live: _labels(live).get(name) != value
        return lambda live: _labels(live).get(name) == value
    if match := _EXISTS.fullmatch(part):
        absent, name = match.groups()
        return lambda live: (name in _labels(live)) != bool(absent)
    raise bad_request(f"unable to parse requirement: {_complaint(part)}")


def _complaint(part: str) -> str:
    for pattern, words in _COMPLAINTS:
        if match := pattern.search(part):
            return f"found '{match.group(1) or ''}'{words}"
    return f"{part.strip()!r} is not a label selector"


_COMPLAINTS = (
    (re.compile(r"(?:==|=|!=)\s*([=!(),])"), ", expected: identifier"),
    (re.compile(rf"^\s*{_NAME}\s+(?:in|notin)(?:\s+([^(\s]\S*)|\s*()$)"), " expected: '('"),
    (re.compile(rf"^\s*!?{_NAME}\s+({_NAME})"), ", expected: in, notin, =, ==, !=, gt, lt"),
)


def _labels(live: LiveObject) -> Mapping[str, str]:
    labels: Mapping[str, str] = live["metadata"].get("labels") or {}
    return labels


_FIELDS: dict[str, tuple[str, ...]] = {
    "pods": (
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.nominatedNodeName",
    ),
    "events": (
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "involvedObject.apiVersion",
        "involvedObject.resourceVersion",
        "involvedObject.fieldPath",
        "reason",
        "reportingComponent",
        "source",
        "type",
    ),
    "secrets": ("type",),
    "namespaces": ("status.phase",),
    "nodes": ("spec.unschedulable",),
    "jobs": ("status.successful",),
    "replicasets": ("status.replicas",),
    "replicationcontrollers": ("status.replicas",),
}
"""Fields that lists of built-in kinds can be narrowed by, besides name and namespace."""


def _field_tests(kind: Kind, text: str) -> list[Test]:
    return [_field_test(kind, part.strip()) for part in text.split(",") if part.strip()]


def _field_test(kind: Kind, part: str) -> Test:
    match = re.fullmatch(r"([^=!]+)(==|=|!=)(.*)", part)
    if match is None:
        raise bad_request(f"invalid selector: '{part}'; can't understand '{part}'")
    path, operator, value = match.groups()
    more = () if kind.custom else _FIELDS.get(kind.plural, ())
    if path not in ("metadata.name", "metadata.namespace", *more):
        if kind.custom or more:
            raise bad_request(f"field label not supported: {path}")
        known = 'only "metadata.name", "metadata.namespace"'
        raise bad_request(f'"{path}" is not a known field selector: {known}')
    names = path.split(".")
    if path == "source":
        names = ["source", "component"]
    wanted = operator != "!="
    return lambda live: (_text_at(live, names) == value) == wanted


def _text_at(live: LiveObject, names: list[str]) -> str:
    value: Any = live
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
