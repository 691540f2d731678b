"""Rules between properties: those that exclude each other, belong together, or bound each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from apigeectl.overrides.findings import Case, Entry, Finding, error, warning
from apigeectl.overrides.position import Path, dotted, parse_dotted


def exclusive(case: Case) -> Iterator[Finding]:
    """A warning: for every such pair the original took one of the two, and installed."""
    reported: set[frozenset[Path]] = set()
    for entry in case.entries:
        for written in entry.property.exclusive_with if entry.property else ():
            one, other = _whole(entry.path), _beside(entry.path, written)
            if other is None or not (_counts(case, one) and _counts(case, other)):
                continue
            pair = frozenset({one, other})
            if pair in reported:
                continue
            reported.add(pair)
            message = f"{dotted(one)} and {dotted(other)} exclude each other."
            yield warning(one, message, _winner(one, other), at_key=True, related=(other,))


def incomplete(case: Case) -> Iterator[Finding]:
    """Half of a pair that is used as a pair only."""
    for entry in case.entries:
        if not isinstance(entry.value, Mapping) or entry.property is None:
            continue
        for left, right, unless in _PAIRS:
            given = [name for name in (left, right) if case.has((*entry.path, name))]
            if len(given) != 1 or (unless and case.has((*entry.path, unless))):
                continue
            if left == "name" and not _is_secret_reference(entry):
                continue
            if left == "sslCertPath" and (
                entry.path[0] != "virtualhosts" or not case.scope.wants_virtualhosts()
            ):
                continue
            absent = right if given == [left] else left
            yield error(
                entry.path, f"{dotted(entry.path)} has {given[0]} without {absent}.", f"Add {absent}."
            )


def min_above_max(case: Case) -> Iterator[Finding]:
    for entry in case.entries:
        if not isinstance(entry.value, Mapping):
            continue
        low, high = entry.value.get("replicaCountMin"), entry.value.get("replicaCountMax")
        if type(low) is int and type(high) is int and low > high:
            place = (*entry.path, "replicaCountMin")
            message = f"{dotted(place)} is {low}, more than replicaCountMax, which is {high}."
            yield error(place, message, related=((*entry.path, "replicaCountMax"),))
        yield from _tls_versions(entry)


def _tls_versions(entry: Entry) -> Iterator[Finding]:
    low = _VERSIONS.get(str(entry.value.get("minTLSProtocolVersion")))
    high = _VERSIONS.get(str(entry.value.get("maxTLSProtocolVersion")))
    if low and high and low > high:
        place = (*entry.path, "minTLSProtocolVersion")
        message = f"{dotted(place)} is above maxTLSProtocolVersion."
        yield error(place, message, related=((*entry.path, "maxTLSProtocolVersion"),))


_VERSIONS = {"1.0": 1, "1.1": 2, "1.2": 3, "1.3": 4}

_PAIRS = (
    ("sslCertPath", "sslKeyPath", "sslSecret"),
    ("name", "key", None),
)
"""Two properties of one map, and the third that makes both unnecessary."""


def _is_secret_reference(entry: Entry) -> bool:
    return str(entry.path[-1]).endswith("EncryptionSecret")


def _counts(case: Case, path: Path) -> bool:
    """Switches exclude each other only when both are on."""
    value = case.at(path)
    return value is not False and case.has(path)


def _whole(path: Path) -> Path:
    """The name and the key of a Secret are one property here."""
    return path[:-1] if len(path) > 1 and str(path[-2]).endswith("EncryptionSecret") else path


def _beside(path: Path, written: str) -> Path | None:
    """The path that a catalogue path with [] means for this entry; None when it names no single place."""
    indexes = [part for part in path if isinstance(part, int)]
    if written.count("[]") > len(indexes):
        return None
    for index in indexes:
        written = written.replace("[]", f"[{index}]", 1)
    return parse_dotted(written)


def _winner(one: Path, other: Path) -> str:
    names = {str(one[-1]), str(other[-1])} | {str(part) for part in (*one, *other)}
    for name in ("sslSecret", "serviceAccountRef", "serviceAccountSecretRefs"):
        if name in names:
            return f"{name} wins; remove the other."
    return "Keep one of the two."
