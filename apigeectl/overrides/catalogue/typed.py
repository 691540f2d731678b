"""A property as a person types it: `envs[].name`, `envs[0].name`, `envs.name`, or nearly so."""

from __future__ import annotations

import re

from apigeectl.overrides.catalogue.suggestions import suggest
from apigeectl.overrides.catalogue.tree import find, joined, root


def understood(text: str) -> str | None:
    """The catalogue's path for what was typed; None when there is no such property."""
    way = _way(text)
    known = _known(way)
    path = joined((*known, *way[_length(known) :]))
    return path if path and find(path) else None


def corrected(text: str) -> str | None:
    """The property that a misspelt text probably means."""
    way = _way(text)
    for _ in way:
        known = _known(way)
        depth = _length(known)
        if depth == len(way):
            return joined(known)
        guess = suggest(joined((*known, way[depth])))
        if guess is None or guess.others:
            return joined(known) or None
        way = (*_way(guess.path), *way[depth + 1 :])
    return understood(joined(way))


def _way(text: str) -> tuple[str, ...]:
    """The keys alone; where items of lists stand, the catalogue says."""
    return tuple(part for part in re.sub(r"\[[^\]]*\]", "", text).strip().split(".") if part)


def _length(known: tuple[str, ...]) -> int:
    return sum(part != "[]" for part in known)


def _known(way: tuple[str, ...]) -> tuple[str, ...]:
    """The longest beginning that the catalogue knows, items of lists put in."""
    node, known = root(), list[str]()
    for part in way:
        if "[]" in node.children:
            node = node.children["[]"]
            known.append("[]")
        if part not in node.children:
            return tuple(known)
        node = node.children[part]
        known.append(part)
    return tuple(known)
