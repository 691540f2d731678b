"""Rules about names: those that become names of Kubernetes objects must be fit for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from apigeectl.overrides.findings import Case, Finding, error, items, shown
from apigeectl.overrides.position import Path, dotted
from apigeectl.overrides.problems import Severity


@dataclass(frozen=True)
class NameRule:
    """What a name may consist of, and how long it may be, counted in characters."""

    path: str
    max_length: int
    pattern: str = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
    alphabet: str = "lower-case letters, digits and hyphens, starting and ending with a letter or digit"
    severity: Severity = Severity.ERROR
    since: tuple[int, int] = (0, 0)


NAME_RULES: tuple[NameRule, ...] = (
    NameRule("org", 32),
    NameRule("envs[].name", 32),
    NameRule("virtualhosts[].name", 253),
    NameRule("ingressGateways[].name", 17, r"[a-z0-9]([-.a-z0-9]*[a-z0-9])?", since=(1, 8)),
    NameRule("namespace", 63),
    NameRule("instanceID", 63, r".*"),
    NameRule("instanceID", 62, r".*", severity=Severity.WARNING),
    NameRule("instanceID", 63, r"[-a-zA-Z0-9]+", "letters, digits and hyphens", Severity.WARNING),
    NameRule(
        "gcp.projectID", 63, r"[a-z0-9:.-]+", "lower-case letters, digits and hyphens", Severity.WARNING
    ),
    NameRule("revision", 63, r"[^A-Z]+", "lower-case letters, digits and punctuation", Severity.WARNING),
)


def bad(case: Case) -> Iterator[Finding]:
    """One problem a name: too long, else of the wrong characters; the gravest rule speaks first."""
    for path, name in _names(case):
        pattern = "".join("[]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
        verdicts = (
            _judge(rule, path, name)
            for rule in NAME_RULES
            if rule.path == pattern and case.at_least(rule.since)
        )
        yield from list(filter(None, verdicts))[:1]


def duplicate(case: Case) -> Iterator[Finding]:
    """Two environments, virtual hosts or gateways of one name would overwrite each other's objects."""
    for key, what in _NAMED_LISTS.items():
        first: dict[str, Path] = {}
        for path, item in items(case.overrides.data, key):
            here, name = (*path, "name"), item.get("name")
            if not isinstance(name, str) or not name:
                continue
            before = first.setdefault(name, here)
            if before != here:
                places = f"{dotted(before[:2])} and {dotted(path)}"
                message = f"There are two {what} with the name {shown(here, name)}: {places}."
                yield error(here, message, "Rename one, or join the two.", related=(before,))


_NAMED_LISTS = {
    "envs": "environments",
    "virtualhosts": "virtual hosts",
    "ingressGateways": "ingress gateways",
}


def _names(case: Case) -> Iterator[tuple[Path, str]]:
    wanted = {rule.path.rpartition(".")[2] for rule in NAME_RULES}
    for entry in case.entries:
        if entry.property and entry.path[-1] in wanted and isinstance(entry.value, str) and entry.value:
            yield entry.path, entry.value


def _judge(rule: NameRule, path: Path, name: str) -> Finding | None:
    if len(name) > rule.max_length:
        message = f"{dotted(path)} has {len(name)} characters; at most {rule.max_length} are allowed."
        if rule.severity is Severity.WARNING:
            message = (
                f"{dotted(path)} has {len(name)} characters; some releases accept {rule.max_length} at most."
            )
        return Finding(rule.severity, path, message)
    if not re.fullmatch(rule.pattern, name, re.DOTALL):
        message = f"{dotted(path)} may have {rule.alphabet}; {shown(path, name)} does not fit."
        return Finding(rule.severity, path, message)
    return None
