"""How `mapping.json` is made: many properties are rendered at a time, and where the table is wrong, single ones."""

from __future__ import annotations

import fnmatch
import json
import multiprocessing
import pathlib
from collections.abc import Iterator

from apigeectl.components import mapping
from apigeectl.components.mapping import Landing, Minor, landings
from apigeectl.components.release_facts import MINORS
from apigeectl.components.releases import release
from apigeectl.overrides.catalogue import properties
from tests.components.discovery import Objects, Place, companions, differences, discover, rendered, values

TABLE = pathlib.Path(mapping.__file__).with_name("mapping.json")
PATHS = [entry.path for entry in properties()]

RIVALS = (
    "gcp.workloadIdentity*",
    "cassandra.auth.secretProviderClass",
    "*.auth.secret",
    "nodeSelector.requiredForScheduling",
    "nodeSelector.*.key",
    "nodeSelector.*",
    "*.nodeSelector.key",
    "*.nodeSelector.value",
    "metrics.enabled",
    "*.enabled",
    "*Path*",
    "*.key[fF]ile",
    "*SecretRef*",
    "*Secret*",
    "*Ref",
    "cassandra.restore.*",
    "defaults.env.kmsEncryptionKey",
)
"""Properties whose presence puts others out of effect; each pattern has batches of its own."""


def renew() -> None:
    """Write the table anew. From nothing that takes minutes."""
    with multiprocessing.Pool() as pool:
        found = dict(zip(MINORS, pool.map(_discovered, MINORS, chunksize=1), strict=True))
    TABLE.write_text(_table(found))
    mapping._table.cache_clear()


def batches(minor: Minor) -> list[list[str]]:
    """Greedy: each property joins the first batch that has its companions and none of its fields."""
    by_needs: dict[str, list[tuple[list[str], set[str]]]] = {}
    for path in PATHS:
        fields = {field for one in landings(path, minor) for field in _prefixes(one)[-1:]}
        around = {field for one in landings(path, minor) for field in _prefixes(one)}
        rival = next((pattern for pattern in RIVALS if fnmatch.fnmatchcase(path, pattern)), "")
        needs = {
            key: value
            for key, value in companions(path).items()
            if not key.endswith(("nodeSelector.key", "replicaCountMax"))
        }
        of_kind = by_needs.setdefault(json.dumps([needs, rival]), [])
        apart = [one for one in of_kind if not one[1] & around and not any(_below(f, one[1]) for f in fields)]
        paths, taken = (apart or [([], set())])[0]
        if not apart:
            of_kind.append((paths, taken))
        paths.append(path)
        taken |= fields
    return [paths for of_kind in by_needs.values() for paths, _ in of_kind]


def both(paths: list[str], minor: Minor) -> tuple[Objects, Objects]:
    """What is rendered with the first values of all these properties, and with the second."""
    one, other = ({path: values(path)[number] for path in paths} for number in (0, 1))
    return rendered(one, release(minor_text(minor))), rendered(other, release(minor_text(minor)))


def place(landing: Landing) -> Place:
    """Without its releases."""
    return landing.kind, landing.field, landing.name


def minor_text(minor: Minor) -> str:
    return f"{minor[0]}.{minor[1]}"


def _prefixes(landing: Landing) -> list[str]:
    """A field and everything around it, the outermost first."""
    steps = [f"{landing.kind} {landing.name}", *_steps(landing.field)]
    return ["/".join(steps[:end]) for end in range(1, len(steps) + 1)]


def _below(field: str, taken: set[str]) -> bool:
    return any(one.startswith(f"{field}/") for one in taken)


def _steps(field: str) -> list[str]:
    return field.replace("[", "\0[").replace(".", "\0").split("\0") if field else []


def _discovered(minor: Minor) -> dict[str, frozenset[Place]]:
    return {path: places for paths in batches(minor) for path, places in _checked(paths, minor).items()}


def _checked(paths: list[str], minor: Minor) -> dict[str, frozenset[Place]]:
    """What the table has of these properties; where that is wrong, down to single ones, what is found."""
    if len(paths) == 1:
        return {paths[0]: discover(paths[0], release(minor_text(minor)))}
    known = {path: frozenset(map(place, landings(path, minor))) for path in paths}
    if set(differences(*both(paths, minor))) == frozenset().union(*known.values()):
        return known
    half = len(paths) // 2
    return _checked(paths[:half], minor) | _checked(paths[half:], minor)


def _table(found: dict[Minor, dict[str, frozenset[Place]]]) -> str:
    rows = []
    for path in PATHS:
        by_releases: dict[str, list[Place]] = {}
        for where in sorted({where for places in found.values() for where in places[path]}):
            for releases in _spans([minor for minor in MINORS if where in found[minor][path]]):
                by_releases.setdefault(releases, []).append(where)
        if by_releases:
            rows.append(f"{json.dumps(path)}: {json.dumps(by_releases)}")
    return "{\n" + ",\n".join(rows) + "\n}\n"


def _spans(minors: list[Minor]) -> Iterator[str]:
    """Releases that follow each other become one span."""
    first = last = minors[0]
    for minor in minors[1:]:
        if minor != (last[0], last[1] + 1):
            yield f"{minor_text(first)}-{minor_text(last)}"
            first = minor
        last = minor
    yield f"{minor_text(first)}-{minor_text(last)}"
