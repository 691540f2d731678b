"""Rules between properties: those that exclude each other, belong together, or bound each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from apigeectl.overrides import catalogue
from apigeectl.overrides.findings import Case, Entry, Finding, error, info, warning
from apigeectl.overrides.position import Path, dotted, parse_dotted
from apigeectl.overrides.problems import Severity


@dataclass(frozen=True)
class Rival:
    """Two names for one thing below the same place; what both together do is known from the charts."""

    place: str
    winner: str
    loser: str


RIVALS: tuple[Rival, ...] = (
    Rival("cassandra.storage", "capacity", "storageSize"),
    Rival("cassandra.storage", "storageclass", "storageClass"),
    Rival("cassandra.backup", "keyFile", "keyfile"),
    Rival("cassandra.restore", "keyFile", "keyfile"),
    Rival("", "axHashSaltSecret", "axHashSalt"),
)


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
            message = f"{dotted(one)} and {dotted(other)} exclude each other"
            yield warning(one, message, _winner(one, other), at_key=True, related=(other,))
    for rival in RIVALS:
        place = parse_dotted(rival.place)
        one, other = (*place, rival.loser), (*place, rival.winner)
        if case.has(one) and case.has(other):
            message = f"{dotted(one)} and {dotted(other)} name the same thing"
            hint = f"{rival.winner} wins; remove the other"
            yield warning(one, message, hint, at_key=True, related=(other,))


def incomplete(case: Case) -> Iterator[Finding]:
    """Half of a pair that is used as a pair only, unless the other half has a default."""
    for entry in case.entries:
        for written in entry.property.required_with if entry.property else ():
            other = _beside(entry.path, written)
            if other is None or not case.has(entry.path) or case.has(other):
                continue
            absent = catalogue.find(other)
            if (absent and absent.default is not None) or not _is_used(case, entry.path):
                continue
            holder, one, another = _around(entry.path, other)
            severity = Severity.ERROR if _is_decisive(entry.path) else Severity.WARNING
            message = f"{dotted(holder)} has {dotted(one)} without {dotted(another)}"
            yield Finding(severity, holder, message, f"add {dotted(another)}")
    storage: Path = ("cassandra", "storage")
    for name in ("storageClass", "storageclass"):
        sizes = ((*storage, "storageSize"), (*storage, "capacity"))
        if case.has((*storage, name)) and not any(map(case.has, sizes)):
            yield warning(storage, f"cassandra.storage has {name} without storageSize", "add storageSize")


def min_above_max(case: Case) -> Iterator[Finding]:
    """Only a remark where one of the two is a default: pages and charts do not agree about all of them."""
    for entry in (*case.named("replicaCountMin"), *case.named("replicaCountMax")):
        yield from _replicas(case, entry)
    for entry in case.named("minTLSProtocolVersion"):
        highest = (*entry.path[:-1], "maxTLSProtocolVersion")
        low, high = _VERSIONS.get(str(entry.value)), _VERSIONS.get(str(case.at(highest)))
        if low and high and low > high:
            message = f"{dotted(entry.path)} is above maxTLSProtocolVersion"
            yield error(entry.path, message, "exchange the two", related=(highest,))


def _replicas(case: Case, entry: Entry) -> Iterator[Finding]:
    is_min = entry.path[-1] == "replicaCountMin"
    name = "replicaCountMax" if is_min else "replicaCountMin"
    place = (*entry.path[:-1], name)
    here, other = entry.value, case.at(place)
    if type(here) is not int or (other is not None and not is_min):
        return
    if type(other) is int and here > other:
        message = f"{dotted(entry.path)} is {here}, more than replicaCountMax, which is {other}"
        yield error(entry.path, message, "raise replicaCountMax", related=(place,))
    elif other is None:
        default = _default(case, place)
        if type(default) is int and (here > default if is_min else here < default):
            comparison = "more" if is_min else "less"
            message = (
                f"{dotted(entry.path)} is {here}, {comparison} than {name}, which is {default} by default"
            )
            yield info(entry.path, message, f"add {name}")


def _default(case: Case, place: Path) -> Any:
    """What counts where nothing is given: another property's value, or the default of the documentation."""
    found = catalogue.find(place)
    if found and found.default_from:
        source = catalogue.find(found.default_from)
        given = case.at(parse_dotted(found.default_from)) if "[]" not in found.default_from else None
        return source.default if given is None and source else given
    return found.default if found else None


_VERSIONS = {"1.0": 1, "1.1": 2, "1.2": 3, "1.3": 4}


def _is_used(case: Case, path: Path) -> bool:
    """Certificates count where a Secret does not stand for them, and something is served with them."""
    if path[-1] not in ("sslCertPath", "sslKeyPath"):
        return True
    if case.has((*path[:-1], "sslSecret")):
        return False
    if path[0] == "virtualhosts":
        return case.scope.wants_virtualhosts()
    if path[0] == "mart":
        return not case.connect_is_on
    return path[0] != "envs" or case.up_to((1, 1))


def _is_decisive(path: Path) -> bool:
    """Without the other half nothing can be rendered."""
    return path[0] == "virtualhosts" or (len(path) > 1 and str(path[-2]).endswith("EncryptionSecret"))


def _around(one: Path, other: Path) -> tuple[Path, Path, Path]:
    """What holds both, and the way from there to each."""
    shared = next(place for place, (left, right) in enumerate(zip(one, other, strict=False)) if left != right)
    return one[:shared], one[shared:], other[shared:]


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
            return f"{name} wins; remove the other"
    return "keep one of the two"
