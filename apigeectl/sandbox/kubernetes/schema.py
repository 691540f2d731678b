"""What the API server knows about one kind: its structure, its defaults, its rules."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from apigeectl.sandbox.kubernetes import builtin_defaults, builtin_kinds, builtin_rules
from apigeectl.sandbox.kubernetes.field_sets import Path
from apigeectl.sandbox.kubernetes.structure import FREE, Fragment, Node
from apigeectl.sandbox.kubernetes.validation import Cause, validate_node

__all__ = [
    "ANYTHING",
    "Cause",
    "Schema",
    "builtin_schema",
    "crd_schema",
    "default",
    "empty_object",
    "prune",
    "validate",
]


@dataclass(frozen=True)
class Schema:
    """Structure knowledge for one kind."""

    root: Node = field(compare=False)
    group: str = ""
    kind: str = ""
    custom: bool = False
    status_subresource: bool = True

    def reset(self, subresource: str) -> tuple[Path, ...]:
        """The trees that a write through this subresource ("" is the object itself) cannot own."""
        if self.custom and not self.status_subresource:
            return ()
        return builtin_kinds.reset_fields(self.group, self.kind, subresource)


ANYTHING = Schema(Node(FREE))
"""For kinds that we have no table of: everything is accepted, lists are whole."""


def crd_schema(open_api_v3_schema: Mapping[str, Any], *, status_subresource: bool = True) -> Schema:
    """The schema of a custom resource, read as far as objects ask for it."""
    own = dict(open_api_v3_schema.get("properties") or {})
    properties = {**own, **_TYPE_META, "metadata": _METADATA}
    root = {**open_api_v3_schema, "type": "object", "properties": properties}
    if not own and "additionalProperties" not in root:
        root["additionalProperties"] = True
    return Schema(Node(root, builtin_kinds.type_fragment), custom=True, status_subresource=status_subresource)


def builtin_schema(group: str, kind: str) -> Schema | None:
    """The schema of a built-in kind, None for one that we have no table of."""
    node = builtin_kinds.kind_node(group, kind)
    return Schema(node, group, kind) if node else None


def prune(obj: dict[str, Any], schema: Schema) -> tuple[dict[str, Any], list[str]]:
    """The object without the fields that its kind does not have, and the dotted paths of those."""
    unknown: list[str] = []
    return _prune(schema.root, obj, "", unknown), sorted(unknown) if schema.custom else unknown


def default(obj: dict[str, Any], schema: Schema) -> dict[str, Any]:
    """The object with everything filled in that the API server fills in while decoding it."""
    body = copy.deepcopy(obj)
    if schema.custom:
        _fill(schema.root, body)
        return body
    return builtin_defaults.fill(schema.root, body) if schema is not ANYTHING else body


def validate(obj: dict[str, Any], schema: Schema) -> list[Cause]:
    """What is wrong with the object by its kind, as the causes of a Status; not its name."""
    metadata = obj.get("metadata") or {}
    causes = list(builtin_rules.label_causes(metadata))
    if schema.custom:
        body = {name: value for name, value in obj.items() if name != "metadata"}
        return [*causes, *validate_node(schema.root, body)]
    return [*causes, *builtin_rules.finalizer_causes(metadata), *builtin_rules.rule_causes(schema.root, obj)]


def empty_object(schema: Schema, like: Mapping[str, Any]) -> dict[str, Any]:
    """What a create is compared with: nothing for a custom resource, the zero value of a built-in kind."""
    names = {key: like[key] for key in ("apiVersion", "kind") if key in like}
    zero = {} if schema.custom or schema is ANYTHING else builtin_defaults.zero(schema.root)
    return {**names, "metadata": {}, **zero}


def _prune(node: Node, value: Any, path: str, unknown: list[str]) -> Any:
    if isinstance(value, dict):
        kept = {}
        for name, inner in value.items():
            below = f"{path}.{name}" if path else name
            child = node.field(name) or _embedded(node, name)
            if child is None:
                unknown.append(below)
            else:
                kept[name] = _prune(child, inner, below, unknown)
        return kept
    if isinstance(value, list):
        return [_prune(node.items, item, f"{path}[{index}]", unknown) for index, item in enumerate(value)]
    return value


def _embedded(node: Node, name: str) -> Node | None:
    if node.spec.get("x-kubernetes-embedded-resource") and name in ("apiVersion", "kind", "metadata"):
        fragment = _METADATA if name == "metadata" else FREE
        return Node(fragment, builtin_kinds.type_fragment)
    return None


def _fill(node: Node, value: Any) -> None:
    """Defaults of a CRD's schema, in place."""
    if isinstance(value, list):
        for item in value:
            _fill(node.items, item)
    if not isinstance(value, dict):
        return
    for name, child in _known(node, value):
        if value[name] is None and not child.spec.get("nullable") and not child.open and child.spec:
            del value[name]
    for name, spec in node.properties.items():
        if "default" in spec and name not in value:
            value[name] = copy.deepcopy(spec["default"])
    for name, child in _known(node, value):
        if child.spec.get(builtin_kinds.TYPE):
            builtin_defaults.fill(child, value[name])
        else:
            _fill(child, value[name])


def _known(node: Node, value: Mapping[str, Any]) -> Iterator[tuple[str, Node]]:
    for name in tuple(value):
        child = node.field(name)
        if child:
            yield name, child


_TYPE_META: dict[str, Fragment] = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}}
_METADATA: Fragment = {"$ref": "ObjectMeta"}
