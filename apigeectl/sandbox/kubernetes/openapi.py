"""OpenAPI: an empty v2 document, and v3 documents with the schemas that CRDs bring along.

A half schema is worse than none, so built-in kinds have none: their documents only say that the server
validates fields, which is what kubectl looks for.
"""

from __future__ import annotations

from typing import Any

from apigeectl.sandbox.kubernetes.builtin_kinds import type_fragment
from apigeectl.sandbox.kubernetes.control_plane import ControlPlane
from apigeectl.sandbox.kubernetes.kinds import Kind
from apigeectl.sandbox.kubernetes.messages import Answer, Call
from apigeectl.sandbox.kubernetes.statuses import method_not_allowed


def respond(plane: ControlPlane, call: Call) -> Answer | None:
    """The OpenAPI document at a path; None when the path is something else."""
    parts = [part for part in call.path.split("/") if part]
    if parts[:1] != ["openapi"]:
        return None
    if call.method != "GET":
        raise method_not_allowed()
    if parts == ["openapi", "v2"]:
        # Zero bytes are a valid empty protobuf document: kubectl then leaves validation to the server.
        return Answer(b"", content_type="application/com.github.proto-openapi.spec.v2.v1.0+protobuf")
    if parts == ["openapi", "v3"]:
        return Answer({"paths": _index(plane)})
    if parts[:2] != ["openapi", "v3"]:
        return None
    kinds = [kind for kind in plane.kinds for version in kind.versions if _place(kind, version) == parts[2:]]
    return Answer(_document(plane, kinds, parts[-1])) if kinds else None


def _place(kind: Kind, version: str) -> list[str]:
    return ["apis", kind.group, version] if kind.group else ["api", version]


def _index(plane: ControlPlane) -> dict[str, Any]:
    places: dict[str, list[Kind]] = {}
    for kind in plane.kinds:
        for version in kind.versions:
            places.setdefault("/".join(_place(kind, version)), []).append(kind)
    return {
        place: {"serverRelativeURL": f"/openapi/v3/{place}?hash={_state(plane, kinds)}"}
        for place, kinds in places.items()
    }


def _state(plane: ControlPlane, kinds: list[Kind]) -> str:
    """What changes when the document does."""
    versions = [
        plane.definition(kind)["metadata"].get("resourceVersion", "") for kind in kinds if kind.custom
    ]
    return "-".join(["SANDBOX", *versions])


def _document(plane: ControlPlane, kinds: list[Kind], version: str) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {_METADATA: _metadata()} if any(kind.custom for kind in kinds) else {}
    for kind in kinds:
        if kind.verbs == ("create",):
            continue
        names = {"group": kind.group, "version": version, "kind": kind.kind}
        base = "/" + "/".join(_place(kind, version))
        home = "/namespaces/{namespace}" if kind.namespaced else ""
        model = ".".join([*reversed(kind.group.split(".")), version, kind.kind])
        operations: dict[str, Any] = {"patch": _writes(names)}
        if kind.custom:
            schemas[model] = _schema(plane, kind, version, names)
            answer = {"schema": {"$ref": f"#/components/schemas/{model}"}}
            operations["get"] = {
                "x-kubernetes-action": "get",
                "x-kubernetes-group-version-kind": names,
                "responses": {"200": {"description": "OK", "content": {"application/json": answer}}},
            }
        paths[f"{base}{home}/{kind.plural}/{{name}}"] = operations
    info = {"title": "Kubernetes", "version": "v1.32.4"}
    return {"openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": schemas}}


def _writes(names: dict[str, str]) -> dict[str, Any]:
    parameter = {"name": "fieldValidation", "in": "query", "schema": {"type": "string"}}
    return {
        "x-kubernetes-action": "patch",
        "x-kubernetes-group-version-kind": names,
        "parameters": [parameter],
        "responses": {"200": {"description": "OK"}},
    }


def _schema(plane: ControlPlane, kind: Kind, version: str, names: dict[str, str]) -> dict[str, Any]:
    entry = plane.definition_version(kind, version)
    schema = (entry.get("schema") or {}).get("openAPIV3Schema") or {"type": "object"}
    properties = {**(schema.get("properties") or {}), **_HEAD}
    return {**schema, "properties": properties, "x-kubernetes-group-version-kind": [names]}


def _metadata() -> dict[str, Any]:
    fields = type_fragment("ObjectMeta")["properties"]
    return {
        "type": "object",
        "properties": {name: {"type": field.get("type", "object")} for name, field in fields.items()},
    }


_CONVENTIONS = "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md"
_METADATA = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_HEAD: dict[str, Any] = {
    "apiVersion": {
        "type": "string",
        "description": "APIVersion defines the versioned schema of this representation of an object. Servers "
        "should convert recognized schemas to the latest internal value, and may reject unrecognized values. "
        f"More info: {_CONVENTIONS}#resources",
    },
    "kind": {
        "type": "string",
        "description": "Kind is a string value representing the REST resource this object represents. Servers "
        "may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. "
        f"More info: {_CONVENTIONS}#types-kinds",
    },
    "metadata": {
        "description": f"Standard object's metadata. More info: {_CONVENTIONS}#metadata",
        "allOf": [{"$ref": f"#/components/schemas/{_METADATA}"}],
    },
}
"""What every custom resource has, in the words of every API server."""
