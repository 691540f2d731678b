"""Every body is refused in the same words, or becomes the same object, as on a real API server (dry run)."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator
from typing import Any

import pytest

from apigeectl.sandbox.kubernetes.decoding import decoding_problem
from apigeectl.sandbox.kubernetes.managed_fields import Writer, update
from apigeectl.sandbox.kubernetes.schema import Schema, builtin_schema, crd_schema, default, prune, validate
from tests.conformance.comparison import differences
from tests.conformance.real_server import DEFINITIONS, KUBECONFIG, RealServer
from tests.conformance.schemas.bodies import BUILTIN, DEFINITION, PLURALS, RULEBOOKS, SCHEMA

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(KUBECONFIG not in os.environ, reason=f"{KUBECONFIG} names no kubeconfig"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[RealServer]:
    server = RealServer()
    server.establish(DEFINITION)
    yield server
    server.send("DELETE", f"{DEFINITIONS}/{DEFINITION['metadata']['name']}")


@pytest.mark.parametrize("body", [{"kind": "Rulebook", **body} for body in RULEBOOKS], ids=str)
def test_custom_resource(body: dict[str, Any], server: RealServer) -> None:
    _compare(body, crd_schema(SCHEMA), server)


@pytest.mark.parametrize("body", BUILTIN, ids=str)
def test_builtin_kind(body: dict[str, Any], server: RealServer) -> None:
    schema = builtin_schema(PLURALS[body["kind"]][0].rpartition("/")[0], body["kind"])
    assert schema
    _compare(body, schema, server)


def _compare(body: dict[str, Any], schema: Schema, server: RealServer) -> None:
    api_version, plural, namespaced = PLURALS[body["kind"]]
    body = {"apiVersion": api_version, **body}
    prefix = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
    collection = f"{prefix}/namespaces/default/{plural}" if namespaced else f"{prefix}/{plural}"
    real = server.send("POST", f"{collection}?dryRun=All&fieldValidation=Strict&fieldManager=m", body)
    found = list(differences(_ours(copy.deepcopy(body), schema), _comparable(real)))
    assert not found, "\n".join(found)


def _ours(body: dict[str, Any], schema: Schema) -> tuple[int, Any]:
    kind, api_version = body["kind"], body["apiVersion"]
    group, _, version = api_version.rpartition("/")
    prefix = f'{kind} in version "{version}" cannot be handled as a {kind}: '
    problem = decoding_problem(body, schema)
    if problem:
        return 400, {"message": prefix + problem, "causes": []}
    known, unknown = prune(body, schema)
    if unknown:
        words = ", ".join(f'unknown field "{path}"' for path in unknown)
        return 400, {"message": f"{prefix}strict decoding error: {words}", "causes": []}
    new = default(known, schema)
    new = update(None, new, Writer("m", "Update", api_version, time="2020-01-01T00:00:00Z"), schema)
    causes = validate(new, schema)
    if causes:
        listed = [{"reason": one.reason, "message": one.message, "field": one.field} for one in causes]
        kind = f"{kind}.{group}" if group else kind
        return _comparable((422, {"details": {"causes": listed}}))
    return _comparable((201, new))


def _comparable(answer: tuple[int, Any]) -> tuple[int, Any]:
    status, body = copy.deepcopy(answer)
    if status >= 300:
        causes = sorted((body.get("details") or {}).get("causes", []), key=str)
        return status, {"causes": causes, **({"message": body["message"]} if status == 400 else {})}
    for volatile in ("uid", "resourceVersion", "creationTimestamp", "generation", "namespace"):
        body["metadata"].pop(volatile, None)
    for entry in body["metadata"].get("managedFields", []):
        entry.pop("time")
    for port in body["spec"].get("ports") or [] if body["kind"] == "Service" else ():
        port.pop("nodePort", None)
    for path in SET_LATER.get(body["kind"], ()):
        _drop(body, path.split("."))
    return status, body


def _drop(body: Any, path: list[str]) -> None:
    for name in path[:-1]:
        body = body.get(name) or {}
    body.pop(path[-1], None)


SET_LATER = {
    "APIService": ("status",),
    "CustomResourceDefinition": ("status",),
    "DaemonSet": ("metadata.annotations",),
    "Job": ("spec.selector", "spec.template.metadata.labels", "metadata.labels"),
    "Namespace": ("spec",),
    "Node": ("spec.taints",),
    "PersistentVolumeClaim": ("metadata.finalizers", "spec.storageClassName"),
    "Pod": ("spec.tolerations", "spec.priority", "spec.preemptionPolicy", "status"),
    "Service": ("spec.clusterIP", "spec.clusterIPs", "spec.ipFamilies", "spec.ipFamilyPolicy"),
}
"""What admission and the storage of a kind fill in, after ownership was worked out."""
