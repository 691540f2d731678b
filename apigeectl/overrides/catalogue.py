"""Every property of an overrides file, hybrid 1.1 to 1.16, as data: what it is called, takes and became."""

from __future__ import annotations

import difflib
import json
import pathlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

from apigeectl.overrides.position import Path


@dataclass(frozen=True)
class Property:
    """One property, or a group of them (type map or list, documented by its children only)."""

    path: str
    type: str
    default: Any = None
    required: bool = False
    since: str = ""
    until: str = ""
    deprecated_in: str = ""
    replaced_by: str = ""
    values: tuple[str, ...] = ()
    min: int | None = None
    max: int | None = None
    max_length: int | None = None
    pattern: str = ""
    exclusive_with: tuple[str, ...] = ()
    free_form: bool = False
    sure: bool = True
    """Read in the documentation of some release; otherwise known by hearsay: warn at most."""
    documented: bool = True
    """False for what Kubernetes knows and the catalogue does not: a probe's handler, for example."""


@dataclass(frozen=True)
class Suggestion:
    """Where an unknown key probably belongs."""

    path: str
    spelling: bool
    """The key is misspelt here; otherwise it is a right word in the wrong place."""


def properties() -> tuple[Property, ...]:
    """All of them, in the order of the reference, groups left out."""
    return tuple(_property(entry) for entry in _entries())


def find(path: Path | str) -> Property | None:
    """What stands at a path: a property, a group, something inside a free-form map or a Kubernetes object.

    Both `("envs", 0, "name")` and `envs[].name` are understood. None when nothing does.
    """
    return _find(_parts(path))


@lru_cache(maxsize=8192)
def _find(parts: tuple[str, ...]) -> Property | None:
    node = _tree()
    for depth, part in enumerate(parts):
        below = node.children.get(part)
        if below is None:
            return _undocumented(node, parts, depth)
        node = below
    return node.property()


def children(prefix: Path | str) -> tuple[str, ...]:
    """The keys that may stand below a path; `[]` when it is a list."""
    node = _node(prefix)
    return tuple(node.children) if node else ()


def suggest(path: Path | str) -> Suggestion | None:
    """The best guess at what an unknown key was meant to be."""
    parts = _parts(path)
    parent, key = parts[:-1], parts[-1]
    node = _node_at(parent)
    siblings = [name for name in node.children if name != "[]"] if node else []
    same = next((name for name in siblings if name.lower() == key.lower()), None)
    elsewhere = _elsewhere(parts)
    near = same or (None if elsewhere else _nearest(key, siblings))
    if near:
        return Suggestion(_joined((*parent, near)), spelling=True)
    return Suggestion(elsewhere, spelling=False) if elsewhere else None


def is_secret(path: Path | str) -> bool:
    """Whether the value at this path must never be shown: passwords, keys, salts."""
    parts = _parts(path)
    return any(SECRET_NAME.search(part) for part in parts)


SECRET_NAME = re.compile(
    r"(?:password|passwd|passphrase|salt|token|(?:encryption|private|secret)_?key)$", re.I
)
"""How a key ends whose value is a secret. `...Path` and `...Secret` only name where one is kept."""


def release_number(text: str) -> tuple[int, int]:
    """`1.10.3` and `v1.10` as (1, 10)."""
    numbers = re.findall(r"\d+", text)[:2]
    return (int(numbers[0]), int(numbers[1])) if len(numbers) == 2 else (0, 0)


@dataclass
class _Node:
    """A key in the tree of all paths; a list's items stand below `[]`."""

    path: str = ""
    entry: dict[str, Any] | None = None
    children: dict[str, _Node] = field(default_factory=dict)

    def property(self) -> Property:
        if self.entry:
            return _property(self.entry)
        leaves = list(self._leaves())
        sinces = [leaf.get("since", "") for leaf in leaves]
        untils = [leaf.get("until", "") for leaf in leaves]
        successors = {leaf["replacedBy"] for leaf in leaves if "replacedBy" in leaf}
        return Property(
            self.path,
            "list" if "[]" in self.children else "map",
            since=min(sinces, key=release_number) if all(sinces) else "",
            until=max(untils, key=release_number) if all(untils) else "",
            replaced_by=successors.pop() if len(successors) == 1 and all(untils) else "",
            sure=any(leaf.get("confidence") != "low" for leaf in leaves),
        )

    def _leaves(self) -> Iterator[dict[str, Any]]:
        if self.entry:
            yield self.entry
        for child in self.children.values():
            yield from child._leaves()


@cache
def _entries() -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads(
        pathlib.Path(__file__).with_name("catalogue.json").read_bytes()
    )
    return entries


@cache
def _tree() -> _Node:
    root = _Node()
    for entry in _entries():
        node = root
        for part in _parts(entry["path"]):
            below = node.children.get(part)
            if below is None:
                below = node.children[part] = _Node(_joined((node.path, part)) if node.path else part)
            node = below
        node.entry = entry
    return root


def _property(entry: Mapping[str, Any]) -> Property:
    return Property(
        entry["path"],
        entry["type"],
        entry.get("default"),
        entry.get("required") is True,
        entry.get("since", ""),
        entry.get("until", ""),
        entry.get("deprecatedIn", ""),
        entry.get("replacedBy", ""),
        tuple(entry.get("values", ())),
        entry.get("min"),
        entry.get("max"),
        entry.get("maxLength"),
        entry.get("pattern", ""),
        tuple(entry.get("exclusiveWith", ())),
        entry.get("freeForm", False),
        entry.get("confidence") != "low",
    )


def _undocumented(node: _Node, parts: tuple[str, ...], depth: int) -> Property | None:
    """What lies below the last documented key on the way: free choice, Kubernetes' business, or nothing."""
    path = _joined(parts)
    if node.entry and node.entry.get("freeForm"):
        return Property(path, "any", free_form=True)
    owner = next((part for part in reversed(parts[:depth]) if part in _KUBERNETES_SUBTREES), None)
    return Property(path, "any", documented=False) if owner else None


_KUBERNETES_SUBTREES = frozenset(
    {
        "resources",
        "livenessProbe",
        "readinessProbe",
        "tolerations",
        "nodeSelector",
        "securityContext",
        "affinity",
    }
)
"""Copied to the cluster as they are, so that every key which Kubernetes knows has its effect."""


def _parts(path: Path | str) -> tuple[str, ...]:
    if isinstance(path, str):
        return tuple(part for part in path.replace("[]", ".[]").split(".") if part)
    return tuple("[]" if isinstance(part, int) else part for part in path)


def _joined(parts: Iterable[str]) -> str:
    return ".".join(parts).replace(".[]", "[]")


def _node(path: Path | str) -> _Node | None:
    return _node_at(_parts(path))


def _node_at(parts: tuple[str, ...]) -> _Node | None:
    node: _Node | None = _tree()
    for part in parts:
        node = node.children.get(part) if node else None
    return node


def _nearest(key: str, names: list[str]) -> str | None:
    by_folded = {name.lower(): name for name in names}
    near = difflib.get_close_matches(key.lower(), by_folded, n=1, cutoff=0.75)
    return by_folded[near[0]] if near else None


def _elsewhere(parts: tuple[str, ...]) -> str | None:
    """The one place where this very word is known, those of the same component first."""
    places = [path for path in _places().get(parts[-1].lower(), ()) if path != _joined(parts)]
    current = [path for path in places if not _is_replaced(path)]
    kin = [path for path in current if _parts(path)[0] == parts[0]]
    for candidates in (kin, current, places):
        if len(candidates) == 1:
            return candidates[0]
    return None


def _is_replaced(path: str) -> bool:
    found = find(path)
    return found is not None and bool(found.replaced_by)


@cache
def _places() -> dict[str, list[str]]:
    """Every word of the catalogue, in lower case, with the paths that end in it."""
    places: dict[str, list[str]] = {}

    def visit(node: _Node) -> None:
        for name, child in node.children.items():
            if name != "[]":
                places.setdefault(name.lower(), []).append(child.path)
            visit(child)

    visit(_tree())
    return places
