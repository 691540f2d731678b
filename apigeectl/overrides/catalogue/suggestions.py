"""Where an unknown key probably belongs."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cache, lru_cache

from apigeectl.overrides.catalogue.tree import Node, find, joined, node_at, parts, root
from apigeectl.overrides.position import Path


@dataclass(frozen=True)
class Suggestion:
    """The known property that was meant."""

    path: str
    spelling: bool
    """The key is misspelt here; otherwise it is a right word in the wrong place."""
    others: tuple[str, ...] = ()
    """More places that know this very word."""


def suggest(path: Path | str) -> Suggestion | None:
    """The best guess at what an unknown key was meant to be."""
    way = parts(path)
    return _suggest(way) if way and len(way[-1]) <= _LONGEST else None


_LONGEST = 64
"""No key of the catalogue is half as long, and comparing texts takes time that grows with their lengths."""
_MOST_PLACES = 3


@lru_cache(maxsize=1024)
def _suggest(way: tuple[str, ...]) -> Suggestion | None:
    parent, key = way[:-1], way[-1]
    node = node_at(parent)
    siblings = [name for name in node.children if name != "[]"] if node else []
    same = next((name for name in siblings if name.lower() == key.lower()), None)
    elsewhere = _elsewhere(way)
    near = same or (None if elsewhere else _nearest(key, siblings, 0.75))
    if near:
        return Suggestion(joined((*parent, near)), spelling=True)
    if elsewhere:
        return Suggestion(elsewhere[0], spelling=False, others=elsewhere[1:])
    word = _nearest(key, list(_places()), 0.85)
    places = _ranked(_places()[word], way) if word else ()
    return Suggestion(places[0], spelling=True, others=places[1:]) if places else None


def _nearest(key: str, names: list[str], cutoff: float) -> str | None:
    by_folded = {name.lower(): name for name in names}
    near = difflib.get_close_matches(key.lower(), by_folded, n=1, cutoff=cutoff)
    return by_folded[near[0]] if near else None


def _elsewhere(way: tuple[str, ...]) -> tuple[str, ...]:
    """The places where this very word is known."""
    return _ranked([path for path in _places().get(way[-1].lower(), ()) if path != joined(way)], way)


def _ranked(places: list[str], way: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the same component, else those still in use, else all; none when they are too many to help."""
    current = [path for path in places if not _is_past(path)]
    kin = [path for path in current if parts(path)[0] == way[0]]
    best = next((found for found in (kin, current, places) if found), [])
    return tuple(best) if len(best) <= _MOST_PLACES else ()


def _is_past(path: str) -> bool:
    found = find(path)
    return found is not None and bool(found.replaced_by or found.until)


@cache
def _places() -> dict[str, list[str]]:
    """Every word of the catalogue, in lower case, with the paths that end in it."""
    places: dict[str, list[str]] = {}

    def visit(node: Node) -> None:
        for name, child in node.children.items():
            if name != "[]":
                places.setdefault(name.lower(), []).append(child.path)
            visit(child)

    visit(root())
    return places
