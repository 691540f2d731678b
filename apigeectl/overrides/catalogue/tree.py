"""The catalogue as a tree of keys, and what stands at a path of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache

from apigeectl.overrides.catalogue.property import Property, from_row, release_number
from apigeectl.overrides.catalogue.rows import Row, rows
from apigeectl.overrides.position import Path


@cache
def properties() -> tuple[Property, ...]:
    """All of them, in the order of the files, groups left out."""
    return tuple(from_row(row) for row in rows() if "type" in row)


def find(path: Path | str) -> Property | None:
    """What stands at a path: a property, a group, something inside a free-form map or a Kubernetes object.

    Both `("envs", 0, "name")` and `envs[].name` are understood. None when nothing does.
    """
    return _find(parts(path))


def children(prefix: Path | str) -> tuple[str, ...]:
    """The keys that may stand below a path; `[]` when it is a list."""
    node = node_at(parts(prefix))
    return tuple(node.children) if node else ()


def predecessors(path: str) -> tuple[str, ...]:
    """The properties that this one replaced."""
    return _predecessors().get(path, ())


def paths() -> Iterator[str]:
    """Of every property and group, from the top to the leaves."""
    return (node.path for node in _below(root()))


@dataclass
class Node:
    """A key in the tree of all paths; a list's items stand below `[]`."""

    path: str = ""
    row: Row | None = None
    children: dict[str, Node] = field(default_factory=dict)

    def property(self) -> Property:
        """What the row says; for a group, what all below it have in common."""
        if self.row and "type" in self.row:
            return from_row(self.row)
        row, leaves = self.row or {}, list(self._leaves())
        sinces = [leaf.get("since", "") for leaf in leaves]
        untils = [leaf.get("until", "") for leaf in leaves]
        successors = {leaf["replacedBy"] for leaf in leaves if "replacedBy" in leaf}
        return Property(
            self.path,
            "list" if "[]" in self.children else "map",
            since=row.get("since") or (min(sinces, key=release_number) if all(sinces) else ""),
            until=max(untils, key=release_number) if all(untils) else "",
            replaced_by=successors.pop() if len(successors) == 1 and all(untils) else "",
            sure=any(leaf.get("confidence") != "low" for leaf in leaves),
            description=self._description(),
        )

    def _description(self) -> str:
        """A list of plain values has none of its own; what its items are says enough."""
        row = self.row or self.children["[]"].row or {}
        return str(row["description"])

    def _leaves(self) -> Iterator[Row]:
        if self.row and "type" in self.row:
            yield self.row
        for child in self.children.values():
            yield from child._leaves()


@cache
def root() -> Node:
    """The node above all keys of the top."""
    top = Node()
    for row in rows():
        node = top
        for part in parts(row["path"]):
            below = node.children.get(part)
            if below is None:
                below = node.children[part] = Node(joined((node.path, part)) if node.path else part)
            node = below
        node.row = row
    return top


def node_at(way: tuple[str, ...]) -> Node | None:
    """The node at a path, given in parts."""
    node: Node | None = root()
    for part in way:
        node = node.children.get(part) if node else None
    return node


def parts(path: Path | str) -> tuple[str, ...]:
    """The keys on the way to a path, `[]` for any item of a list."""
    if isinstance(path, str):
        return tuple(part for part in path.replace("[]", ".[]").split(".") if part)
    return tuple("[]" if isinstance(part, int) else part for part in path)


def joined(way: Iterable[str]) -> str:
    """The path of these parts, as the catalogue writes it."""
    return ".".join(way).replace(".[]", "[]")


def takes_any_key(path: str) -> bool:
    """Whether what stands below is copied to the cluster as it is, so that every key Kubernetes knows works."""
    return _kubernetes_owns(parts(path))


def _kubernetes_owns(way: Iterable[str]) -> bool:
    return any(part in _KUBERNETES_SUBTREES for part in way)


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


@lru_cache(maxsize=8192)
def _find(way: tuple[str, ...]) -> Property | None:
    node = root()
    for depth, part in enumerate(way):
        below = node.children.get(part)
        if below is None:
            return _undocumented(node, way, depth)
        node = below
    return node.property()


def _undocumented(node: Node, way: tuple[str, ...], depth: int) -> Property | None:
    """What lies below the last known key on the way: free choice, Kubernetes' business, or nothing."""
    if node.row and node.row.get("freeForm"):
        return Property(joined(way), "any", free_form=True)
    return Property(joined(way), "any", documented=False) if _kubernetes_owns(way[:depth]) else None


@cache
def _predecessors() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for each in properties():
        if each.replaced_by:
            found[each.replaced_by] = (*found.get(each.replaced_by, ()), each.path)
    return found


def _below(node: Node) -> Iterator[Node]:
    for child in node.children.values():
        yield child
        yield from _below(child)
