"""From a path to what it names."""

from __future__ import annotations

from apigeectl.sandbox.kubernetes.kinds import NAMESPACES, Kinds
from apigeectl.sandbox.kubernetes.messages import Target


def target(kinds: Kinds, path: str) -> Target | None:
    """The object, collection or subresource that a path names; None when nothing is served there."""
    parts = [part for part in path.split("/") if part]
    if parts[:1] == ["api"] and len(parts) > 2:
        group, version, rest = "", parts[1], parts[2:]
    elif parts[:1] == ["apis"] and len(parts) > 3:
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        return None
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 2 and not _subresource_of_namespace(rest):
        namespace, rest = rest[1], rest[2:]
    kind = kinds.at(group, version, rest[0])
    if kind is None or len(rest) > 3 or (namespace and not kind.namespaced):
        return None
    name, subresource = (*rest[1:], "", "")[:2]
    if kind.namespaced and name and not namespace:
        return None
    return Target(kind, version, namespace, name, subresource)


def served(path: str, kinds: Kinds) -> bool:
    """Whether a group and version of this path exist; elsewhere the answer is plain text."""
    parts = path.strip("/").split("/")
    return (
        parts[:2] == ["api", "v1"]
        or (parts[0] == "apis" and len(parts) > 2 and kinds.serves_group(parts[1]))
        or (parts[0] == "api" and len(parts) > 1)
    )


def _subresource_of_namespace(rest: list[str]) -> bool:
    return len(rest) == 3 and rest[2] in ("status", *(name for name, _ in NAMESPACES.subresources))
