"""Rules about names: those that become names of Kubernetes objects must be fit for it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from apigeectl.overrides.findings import Case, Entry, Finding, error, items, shown, text_at, warning
from apigeectl.overrides.formats import is_placeholder
from apigeectl.overrides.position import Path, dotted
from apigeectl.overrides.problems import Severity


@dataclass(frozen=True)
class NameRule:
    """What a name may consist of, and how long it may be, counted in characters.

    The path is one of the catalogue, or the last key of several with a star before it. Length and pattern are the
    catalogue's unless they stand here: those of Kubernetes, and older or safer ones.
    """

    path: str
    max_length: int | None = None
    pattern: str | None = None
    alphabet: str = "lower-case letters, digits and hyphens, starting and ending with a letter or digit"
    severity: Severity = Severity.ERROR
    since: tuple[int, int] = (0, 0)
    until: tuple[int, int] | None = None


_SUBDOMAIN = r"[a-z0-9]([-.a-z0-9]*[a-z0-9])?"
_SUBDOMAIN_WORDS = "lower-case letters, digits, hyphens and dots, starting and ending with a letter or digit"

NAME_RULES: tuple[NameRule, ...] = (
    NameRule("org"),
    NameRule("envs[].name"),
    NameRule(
        "envs[].name", None, "[a-z0-9]+", "lower-case letters and digits", Severity.WARNING, until=(1, 1)
    ),
    NameRule("virtualhosts[].name"),
    NameRule("ingressGateways[].name", alphabet=_SUBDOMAIN_WORDS, since=(1, 8)),
    NameRule("namespace"),
    NameRule("instanceID", pattern=".*"),
    NameRule("instanceID", 62, ".*", severity=Severity.WARNING),
    NameRule("instanceID", None, "[-a-zA-Z0-9]+", "letters, digits and hyphens", Severity.WARNING),
    NameRule(
        "gcp.projectID", 63, r"[a-z0-9:.-]+", "lower-case letters, digits and hyphens", Severity.WARNING
    ),
    NameRule("revision", alphabet="lower-case letters, digits and punctuation", severity=Severity.WARNING),
    *(
        NameRule(f"*.{key}", 253, _SUBDOMAIN, _SUBDOMAIN_WORDS, Severity.WARNING)
        for key in ("serviceAccountRef", "serviceAccountSecretRef", "sslSecret", "secret", "keyFileRef")
    ),
    *(
        NameRule(f"{place}EncryptionSecret.name", 253, _SUBDOMAIN, _SUBDOMAIN_WORDS, Severity.WARNING)
        for place in ("kms", "kvm", "envs[].cache", "envs[].kvm", "envs[].kms")
    ),
    NameRule("imagePullSecrets[].name", 253, _SUBDOMAIN, _SUBDOMAIN_WORDS, Severity.WARNING),
)


def bad(case: Case) -> Iterator[Finding]:
    """One problem a name: too long, else of the wrong characters; the gravest rule speaks first."""
    reported: set[Path] = set()
    for rule in NAME_RULES:
        if not case.at_least(rule.since) or (rule.until and not case.up_to(rule.until)):
            continue
        everywhere = rule.path.startswith("*.")
        for entry in case.named(rule.path[2:]) if everywhere else case.of(rule.path):
            if not isinstance(entry.value, str) or not entry.value or entry.path in reported:
                continue
            if rule.severity is Severity.WARNING and is_placeholder(entry.value):
                continue
            finding = _judge(rule, entry, entry.value)
            if finding:
                reported.add(entry.path)
                yield finding


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
                message = f"there are two {what} with the name {shown(here, name)}: {places}"
                yield error(here, message, "rename one, or join the two", related=(before,))


def collision(case: Case) -> Iterator[Finding]:
    """Different names whose Kubernetes objects have one name all the same."""
    first: dict[str, tuple[Path, str]] = {}
    org = text_at(case, "org")
    for path, item in items(case.overrides.data, "envs"):
        here, name = (*path, "name"), item.get("name")
        if not isinstance(name, str) or not name:
            continue
        before, other = first.setdefault(_env_id(org, name), (here, name))
        if other != name:
            message = f"the environments {other} and {name} lead to the same names of Kubernetes objects"
            yield error(here, message, "one of them cannot be installed with this file", related=(before,))
    hosts = {text_at(case, *path, "name"): path for path, _ in items(case.overrides.data, "virtualhosts")}
    for name, path in hosts.items():
        owner = hosts.get(name.removesuffix("-cacert")) if name.endswith("-cacert") else None
        if owner and case.has((*owner, "caCertPath")) and not case.has((*path, "sslSecret")):
            message = (
                f"the certificate of {dotted(path)} and the client CA of {dotted(owner)} "
                "are kept in Secrets of the same name"
            )
            yield warning(
                (*path, "name"),
                message,
                "give one of the two a Secret of your own",
                related=((*owner, "name"),),
            )


_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_LABEL_LENGTH = 63
"""Of a label in the sense of RFC 1123, which most names of Kubernetes are."""

_NAMED_LISTS = {
    "envs": "environments",
    "virtualhosts": "virtual hosts",
    "ingressGateways": "ingress gateways",
}


def _env_id(org: str, env: str) -> str:
    """As in the names of the environment's objects; the organization's part is the same for all."""
    return f"{env[:15]}-{hashlib.sha256(f'{org}:{env}'.encode('utf-8', 'surrogatepass')).hexdigest()[:7]}"


def _judge(rule: NameRule, entry: Entry, name: str) -> Finding | None:
    path, found = entry.path, entry.property
    longest = rule.max_length or (found.max_length if found else None) or _LABEL_LENGTH
    pattern = rule.pattern or (found.pattern if found else "") or _LABEL
    if len(name) > longest:
        allowed = "some releases accept" if rule.severity is Severity.WARNING else "allowed are"
        message = f"{dotted(path)} has {len(name)} characters; {allowed} {longest} at most"
        return Finding(rule.severity, path, message, "shorten it")
    if not re.fullmatch(pattern, name, re.DOTALL):
        message = f"{dotted(path)} may have {rule.alphabet}; {shown(path, name)} does not fit"
        fits = re.fullmatch(pattern, name.lower(), re.DOTALL)
        return Finding(rule.severity, path, message, f"write {name.lower()}" if fits else None)
    return None
