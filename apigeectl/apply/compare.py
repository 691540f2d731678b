"""Which fields differ between a live object and what a dry run made of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from apigeectl.manifests import LiveObject

_SERVERS_OWN = frozenset(
    {"managedFields", "resourceVersion", "generation", "creationTimestamp", "uid", "selfLink"}
)
"""Metadata that the API server writes, and that differ with every request."""

_PLAIN = re.compile(r"[A-Za-z0-9_-]+\Z")


@dataclass(frozen=True)
class Difference:
    """One field before and after; None where it is absent. The values may be secret, so no repr shows them."""

    path: str
    before: Any = field(default=None, repr=False)
    after: Any = field(default=None, repr=False)


def changed_fields(live: LiveObject, result: LiveObject) -> tuple[str, ...]:
    """The paths that would change, like spec.components.mart.containers[apigee-mart].image."""
    return tuple(difference.path for difference in differences(live, result))


def differences(live: LiveObject, result: LiveObject) -> tuple[Difference, ...]:
    """What would change, field by field, without what the API server and controllers keep for themselves.

    The operator sets release.forceUpdate back after every change, so it says nothing about a difference.
    """
    return tuple(_differences(_comparable(live), _comparable(result), ""))


def _comparable(found: LiveObject) -> dict[str, Any]:
    kept = {key: value for key, value in found.items() if key not in {"status", "apiVersion", "kind"}}
    kept["metadata"] = {key: value for key, value in found["metadata"].items() if key not in _SERVERS_OWN}
    kept["release"] = {
        key: value for key, value in (found.get("release") or {}).items() if key != "forceUpdate"
    }
    return kept


def _differences(old: Any, new: Any, path: str) -> Iterator[Difference]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            yield from _differences(old.get(key), new.get(key), joined(path, str(key)))
    elif isinstance(old, list) and isinstance(new, list) and _names(old) == _names(new):
        for number, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _differences(one, other, f"{path}[{_names(old)[number]}]")
    elif old != new:
        yield Difference(path, old, new)


def _names(items: list[Any]) -> list[str]:
    """What each item is called in a path: its name when all have one, else its number."""
    names = [str(item["name"]) for item in items if isinstance(item, Mapping) and "name" in item]
    return names if len(names) == len(items) else [str(number) for number in range(len(items))]


def joined(path: str, key: str) -> str:
    """The path of a key below another, quoted where it holds dots or slashes."""
    if not _PLAIN.match(key):
        return f'{path}["{key}"]'
    return f"{path}.{key}" if path else key
