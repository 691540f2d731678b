"""Rules about keys: whether the catalogue, and the release, know them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from apigeectl.overrides import catalogue
from apigeectl.overrides.catalogue import Property, Suggestion, release_number
from apigeectl.overrides.findings import Case, Entry, Finding, info, warning
from apigeectl.overrides.position import Path, dotted

_MOST_GUESSES = 100
"""Guessing compares a key with all that is known; a file of nothing but unknown keys has to end, too."""


def unknown(case: Case) -> Iterator[Finding]:
    """Warnings only: the original ignored what it did not know, and installed."""
    guesses: dict[tuple[str, ...], str | None] = {}
    for entry in case.entries:
        if entry.property is not None:
            continue
        way = tuple("[]" if isinstance(part, int) else part for part in entry.path)
        if way not in guesses and len(guesses) < _MOST_GUESSES:
            guesses[way] = _guess(entry.path)
        message = f"{dotted(entry.path)} is no known property; it has no effect"
        yield warning(entry.path, message, guesses.get(way), at_key=True)


def undocumented(case: Case) -> Iterator[Finding]:
    known: Path | None = None
    for entry in case.entries:
        if entry.property is None or entry.property.documented:
            continue
        if known is not None and entry.path[: len(known)] == known:
            continue
        known = entry.path
        yield info(
            entry.path,
            f"{dotted(entry.path)} is not documented; it reaches the cluster as it is",
            at_key=True,
        )


def of_other_releases(case: Case) -> Iterator[Finding]:
    """What the release judged for has no longer, or has not yet; a group is reported once."""
    if case.release is None:
        return
    reported: Path | None = None
    release = "{}.{}".format(*case.release)
    for index, entry in enumerate(case.entries):
        if entry.property is None or (reported and entry.path[: len(reported)] == reported):
            continue
        until, since = entry.property.until, entry.property.since
        if until and release_number(until) < case.release:
            reported = entry.path
            message = f"{dotted(entry.path)} is known up to hybrid {until}; {release} ignores it"
            inside = (case.entries[place] for place in range(index + 1, len(case.entries)))
            moved = _successors_inside(entry.path, inside, case.release)
            hint = _successor(entry.property) or moved or "remove it"
            yield warning(entry.path, message, hint, at_key=True)
        elif since and release_number(since) > case.release:
            reported = entry.path
            message = f"{dotted(entry.path)} is documented from hybrid {since} on; {release} may ignore it"
            yield info(entry.path, message, _predecessor(entry.property, case.release), at_key=True)


def deprecated(case: Case) -> Iterator[Finding]:
    for entry in case.entries:
        found = entry.property
        if found is None or not found.replaced_by or found.until:
            continue
        if found.sure and not found.deprecated_in:
            continue  # two names of equal rank
        if case.release and found.deprecated_in and release_number(found.deprecated_in) > case.release:
            continue
        since = f", deprecated since hybrid {found.deprecated_in}" if found.deprecated_in else ""
        message = f"{dotted(entry.path)} is an older spelling{since}"
        yield info(entry.path, message, _successor(found), at_key=True)


def _guess(path: Path) -> str | None:
    parent, key = path[:-1], str(path[-1])
    if "." in key and (meant := catalogue.find((*parent, *key.split(".")))):
        group, _, name = meant.path.rpartition(".")
        return f"dots do not nest keys: write {group}: and, indented below it, {name}:"
    suggestion = catalogue.suggest(path)
    if suggestion is None:
        return None
    if suggestion.spelling:
        return f"did you mean {_meant(path, suggestion)}?"
    if suggestion.others:
        homes = [_at(each) for each in _places(suggestion)]
        return f"such a key belongs {_listed(homes)}"
    return f"there is a property {suggestion.path}; this key belongs {_at(suggestion.path)}"


def _meant(path: Path, suggestion: Suggestion) -> str:
    """The key alone when it is one of this place, else where it stands as well."""
    beside = catalogue.find(path[:-1]) if len(path) > 1 else None
    home = _home(suggestion.path)
    if not suggestion.others and home == (beside.path if beside else ""):
        return suggestion.path.rpartition(".")[2]
    return _listed(list(_places(suggestion)), "or")


def _places(suggestion: Suggestion) -> tuple[str, ...]:
    return (suggestion.path, *suggestion.others)


def _at(path: str) -> str:
    home = _home(path)
    return f"under {home}" if home else "at the top of the file"


def _home(path: str) -> str:
    return path.rpartition(".")[0]


def _listed(words: list[str], last: str = "or") -> str:
    """`a`, `a or b`, `a, b or c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def _successor(found: Property) -> str | None:
    return f"it was replaced by {found.replaced_by}" if found.replaced_by else None


def _successors_inside(group: Path, rest: Iterator[Entry], release: tuple[int, int]) -> str | None:
    """Of a group that is gone, what became of the keys that the file has in it: the first of the rest."""
    moved: dict[str, str] = {}
    for entry in takewhile(lambda each: each.path[: len(group)] == group, rest):
        found = entry.property
        if found and found.type not in ("map", "list") and _is_of_use(found.replaced_by, release):
            moved[found.path.removeprefix(f"{group[-1]}.")] = found.replaced_by
    words = [f"{old} was replaced by {new}" for old, new in moved.items()]
    return f"of it, {_listed(words, 'and')}" if words else None


def _is_of_use(successor: str, release: tuple[int, int]) -> bool:
    found = catalogue.find(successor) if successor else None
    return found is not None and _is_known(found, release)


def _predecessor(found: Property, release: tuple[int, int]) -> str | None:
    """What the release has under an older name."""
    for path in catalogue.predecessors(found.path):
        older = catalogue.find(path)
        if older and older.sure and _is_known(older, release):
            return f"there it is called {path}"
    return None


def _is_known(found: Property, release: tuple[int, int]) -> bool:
    is_there = not found.since or release_number(found.since) <= release
    return is_there and (not found.until or release_number(found.until) >= release)
