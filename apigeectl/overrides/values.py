"""Rules about single values: their type, their set, their range, and how YAML readers take them."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from apigeectl.overrides.catalogue import Property, is_secret
from apigeectl.overrides.findings import Case, Entry, Finding, shown, warning
from apigeectl.overrides.position import dotted
from apigeectl.overrides.problems import Severity
from apigeectl.overrides.scalars import other_reading


def wrong_type(case: Case) -> Iterator[Finding]:
    """An error only where no reading could work; what the original coerced is a warning."""
    for entry in case.entries:
        if entry.property is None or entry.value is None:
            continue
        judge = _annotation if _is_annotation(entry) else _TYPES.get(entry.property.type, _anything)
        verdict = judge(entry.value)
        if verdict is None or _told_by_reading(case, entry):
            continue
        severity, expected, hint = verdict
        if not entry.property.sure or (
            entry.property.type == "list" and entry.path[-1] not in _CERTAIN_LISTS
        ):
            severity = Severity.WARNING
        message = f"{dotted(entry.path)} should be {expected}, not {shown(entry.path, entry.value)}"
        yield Finding(severity, entry.path, message, hint)


def outside_the_set(case: Case) -> Iterator[Finding]:
    for entry in case.entries:
        values = entry.property.values if entry.property else ()
        if not values or entry.value is None or isinstance(entry.value, (Mapping, list)):
            continue
        written = _written(case, entry)
        if written in values:
            continue
        message = f"{dotted(entry.path)} has the unknown value {shown(entry.path, written)}"
        yield warning(entry.path, message, _nearest(written[:_LONGEST], values))
    yield from _fixed_names(case)
    yield from _values_of_other_releases(case)


def outside_the_range(case: Case) -> Iterator[Finding]:
    """An error where Kubernetes itself refuses the number; elsewhere the limit is advice."""
    for entry in case.entries:
        found = entry.property
        limits = _limits(found) if found else ""
        number = _number(entry.value) if limits else None
        if found is None or number is None:
            continue
        low = -math.inf if found.min is None else found.min
        high = math.inf if found.max is None else found.max
        if not low <= number <= high:
            severity = Severity.ERROR if found.sure and _kubernetes_refuses(entry) else Severity.WARNING
            yield Finding(severity, entry.path, f"{dotted(entry.path)} should be {limits}, not {number:g}")
    for entry in case.of("cassandra.replicaCount"):
        number = _number(entry.value)
        if number is not None and number != 1 and (number % 3 or number < 1):
            message = f"cassandra.replicaCount should be 1 for a trial or a multiple of 3, not {number:g}"
            yield warning(entry.path, message)


def read_differently(case: Case) -> Iterator[Finding]:
    """Scalars on which the original (Go, YAML 1.1) and the readers of YAML 1.2 disagree."""
    for path, written in case.overrides.raw.items():
        other = other_reading(written.text) if written.plain else None
        if other is None:
            continue
        here = shown(path, case.at(path))
        other = "other readers take it for something else" if is_secret(path) else other
        yield warning(
            path,
            f"{dotted(path)} is read as {here}, as the original did; {other}",
            "write true, false or a decimal number, or quote it if it is meant as text",
        )


Verdict = tuple[Severity, str, "str | None"]

_LONGEST = 80
"""Longer texts are no slip of the pen for a known value."""

_QUOTE = "quote it"
_CERTAIN_LISTS = frozenset({"envs", "virtualhosts", "ingressGateways", "tolerations"})
"""Lists that a map cannot stand for; elsewhere an old page of the documentation itself wrote a map."""

_WHOLE_NUMBER = re.compile(r"[-+]?[0-9]+", re.ASCII)
_QUANTITY = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][-+]?[0-9]+)?", re.ASCII)

_FIXED_NAMES = {"admin": "admin_user", "ddl": "ddl_user", "dml": "dml_user"}
"""Users that the set-up jobs create under these names, whatever a file says."""


@lru_cache(maxsize=1024)
def _nearest(written: str, values: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(written.lower(), [value.lower() for value in values], n=1)
    best = next((value for value in values if near and value.lower() == near[0]), None)
    return f"did you mean {best}?" if best else f"known: {', '.join(values)}"


def _fixed_names(case: Case) -> Iterator[Finding]:
    for user, fixed in _FIXED_NAMES.items():
        for entry in case.of(f"cassandra.auth.{user}.username"):
            if entry.value != fixed:
                yield warning(
                    entry.path,
                    f"{dotted(entry.path)} cannot be chosen; the user is always {fixed}",
                    "remove it",
                )


def _values_of_other_releases(case: Case) -> Iterator[Finding]:
    for entry in case.of("virtualhosts[].minTLSProtocolVersion", "virtualhosts[].maxTLSProtocolVersion"):
        if entry.value == "AUTO" and case.release not in (None, (1, 10)):
            message = f"{dotted(entry.path)} is AUTO, which only the Helm charts of hybrid 1.10 know"
            yield warning(entry.path, message, 'write a version, such as "1.2", or remove it')
    for entry in case.of("cassandra.backup.cloudProvider", "cassandra.restore.cloudProvider"):
        if entry.value == "CSI" and case.up_to((1, 8)):
            yield warning(
                entry.path,
                f"{dotted(entry.path)} is CSI, which is known from hybrid 1.9 on",
                "use GCP or HYBRID",
            )


def _text(value: Any) -> Verdict | None:
    if isinstance(value, str):
        return None
    if isinstance(value, (Mapping, list)):
        return Severity.ERROR, "text", None
    return Severity.WARNING, "text", _QUOTE


def _integer(value: Any) -> Verdict | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return None
    works = (isinstance(value, float) and value.is_integer()) or (
        isinstance(value, str) and _WHOLE_NUMBER.fullmatch(value.strip()) is not None
    )
    severity = Severity.WARNING if works else Severity.ERROR
    return severity, "a whole number", "remove the quotes" if works and isinstance(value, str) else None


def _boolean(value: Any) -> Verdict | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        return Severity.WARNING, "true or false", "remove the quotes; the original took any text for true"
    severity = Severity.ERROR if isinstance(value, (Mapping, list)) else Severity.WARNING
    return severity, "true or false", None


def _quantity(value: Any) -> Verdict | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return None
    if isinstance(value, str) and _QUANTITY.fullmatch(value):
        return None
    return Severity.ERROR, "a quantity", "quantities look like 500m, 2, 512Mi or 10Gi"


def _map(value: Any) -> Verdict | None:
    return None if isinstance(value, Mapping) else (Severity.ERROR, "a map", "indent its keys below it")


def _list(value: Any) -> Verdict | None:
    if isinstance(value, list):
        return None
    return Severity.ERROR, "a list", "start every item with a dash: - name: ..."


def _annotation(value: Any) -> Verdict | None:
    verdict = _text(value)
    return (Severity.WARNING, "text", _QUOTE) if verdict else None


def _anything(_: Any) -> None:
    return None


_TYPES: dict[str, Callable[[Any], Verdict | None]] = {
    "string": _text,
    "enum": _text,
    "path": _text,
    "duration": lambda value: _text(value) if isinstance(value, (Mapping, list)) else None,
    "integer": _integer,
    "boolean": _boolean,
    "quantity": _quantity,
    "map": _map,
    "list": _list,
    "any": _anything,
}


def _is_annotation(entry: Entry) -> bool:
    return len(entry.path) > 1 and str(entry.path[-2]).endswith(("annotations", "Annotations"))


def _told_by_reading(case: Case, entry: Entry) -> bool:
    """`yes` for a text: how readers take it is the better sentence, and one is enough."""
    written = case.overrides.raw.get(entry.path)
    return written is not None and written.plain and other_reading(written.text) is not None


def _written(case: Case, entry: Entry) -> str:
    """`1.2` without quotes is a float and still means the version 1.2."""
    written = case.overrides.raw.get(entry.path)
    return written.text if written else str(entry.value)


def _number(value: Any) -> float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return value
    if isinstance(value, str) and len(value) < 20 and _WHOLE_NUMBER.fullmatch(value):
        return int(value)
    return None


def _limits(found: Property) -> str:
    if found.min is not None and found.min == found.max:
        return f"{found.min}"
    if found.min is not None and found.max is not None:
        return f"between {found.min} and {found.max}"
    return f"at least {found.min}" if found.min is not None else ""


def _kubernetes_refuses(entry: Entry) -> bool:
    name, parent = str(entry.path[-1]), str(entry.path[-2]) if len(entry.path) > 1 else ""
    return name in ("port", "containerPort") or parent.endswith("Probe")
