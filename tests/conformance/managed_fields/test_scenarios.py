"""Every history leaves the same object, owners and conflicts behind as on a real API server."""

from __future__ import annotations

import copy
import os
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from apigeectl.sandbox.kubernetes.managed_fields import ApplyConflict, ApplyInvalid, Writer
from apigeectl.sandbox.kubernetes.patch import PatchError
from apigeectl.sandbox.kubernetes.schema import Schema, builtin_schema, crd_schema, validate
from tests.conformance.comparison import differences
from tests.conformance.google_definitions import google_definitions
from tests.conformance.managed_fields import pure_server
from tests.conformance.managed_fields.scenarios import SCENARIOS, Scenario, Step
from tests.conformance.real_server import KUBECONFIG, RealServer

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(KUBECONFIG not in os.environ, reason=f"{KUBECONFIG} names no kubeconfig"),
]


@pytest.fixture(scope="module")
def server() -> RealServer:
    return RealServer()


@pytest.fixture(scope="module")
def namespace(server: RealServer) -> Iterator[str]:
    with server.namespace() as name:
        yield name


@pytest.fixture(scope="module")
def definitions(server: RealServer) -> dict[str, Schema]:
    """The CRDs of Google, established on the server; schemas by plural name."""
    schemas = {}
    for definition in google_definitions("apigeeorganizations", "apigeedeployments"):
        plural = definition["spec"]["names"]["plural"]
        server.establish(definition)
        (version,) = (version for version in definition["spec"]["versions"] if version["name"] == "v1alpha2")
        schemas[plural] = crd_schema(
            version["schema"]["openAPIV3Schema"],
            status_subresource="status" in version.get("subresources", {}),
        )
    return schemas


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: f"{scenario.kind}: {scenario.title}")
def test_leaves_the_same_behind_as_a_real_server(
    scenario: Scenario, server: RealServer, namespace: str, request: pytest.FixtureRequest
) -> None:
    schema = builtin_schema(scenario.group, scenario.kind)
    if schema is None:
        schema = request.getfixturevalue("definitions")[scenario.plural]
    name = f"x{uuid.uuid4().hex[:10]}"
    prefix = "/api/v1" if not scenario.group else f"/apis/{scenario.api_version}"
    collection = f"{prefix}/namespaces/{namespace}/{scenario.plural}"
    live: dict[str, Any] | None = None
    for number, step in enumerate(scenario.steps):
        if step.verb == "create" and live:
            continue
        if step.wait:
            time.sleep(1.1)
        body = _body(step, scenario, name, namespace, live)
        real = server.send(*_request(step, collection, name), body, _content_type(step))
        ours = _ours(live, step, body, scenario, schema, real[1])
        found = list(differences(ours, _comparable(real)))
        assert not found, "\n".join([f"step {number}: {step}", *found])
        live = real[1] if real[0] < 300 else live
        assert live or len(scenario.steps) == 1, real
    assert server.send("DELETE", f"{collection}/{name}")[0] in (200, 404)


def _body(step: Step, scenario: Scenario, name: str, namespace: str, live: Any) -> Any:
    if not isinstance(step.body, dict):
        return step.body
    body = copy.deepcopy(step.body)
    if step.verb in ("apply", "create", "replace"):
        body = {"apiVersion": scenario.api_version, "kind": scenario.kind, **body}
        body["metadata"] = {"name": name, "namespace": namespace, **body.get("metadata", {})}
    if step.verb == "replace" and live:
        body["metadata"]["resourceVersion"] = live["metadata"]["resourceVersion"]
    return body


def _request(step: Step, collection: str, name: str) -> tuple[str, str]:
    query = f"fieldManager={step.manager}"
    if step.verb == "apply":
        query += f"&force={str(step.force).lower()}"
    item = f"{collection}/{name}" + (f"/{step.subresource}" if step.subresource else "")
    if step.verb == "create":
        return "POST", f"{collection}?{query}"
    return ("PUT" if step.verb == "replace" else "PATCH"), f"{item}?{query}"


def _content_type(step: Step) -> str:
    return step.verb if step.verb not in ("create", "replace") else "json"


def _ours(live: Any, step: Step, body: Any, scenario: Scenario, schema: Schema, real: Any) -> tuple[int, Any]:
    times = [entry.get("time", "") for entry in real.get("metadata", {}).get("managedFields", [])]
    writer = Writer(
        step.manager, "", scenario.api_version, step.subresource, max(times, default="2100-01-01T00:00:00Z")
    )
    try:
        result = pure_server.write(live, step.verb, body, writer, schema, force=step.force)
    except ApplyConflict as conflict:
        return _comparable((409, {"message": conflict.message, "causes": conflict.causes}))
    except ApplyInvalid as invalid:
        return 500, {"message": invalid.message}
    except PatchError as refused:
        return 422, {"message": refused.message}
    causes = validate(result, schema)
    if causes:
        words = [f"{cause.field}: {cause.message}" for cause in causes]
        kind = f"{scenario.kind}.{scenario.group}" if scenario.group else scenario.kind
        name = result["metadata"]["name"]
        listed = words[0] if len(words) == 1 else f"[{', '.join(words)}]"
        return 422, {"message": f'{kind} "{name}" is invalid: {listed}'}
    return _comparable((200, result))


def _comparable(answer: tuple[int, Any]) -> tuple[int, Any]:
    """What both sides must agree on."""
    status, body = copy.deepcopy(answer)
    if status >= 300:
        kept = {"message": body["message"]}
        if status != 409:
            return status, kept
        causes = sorted(body.get("causes") or body["details"]["causes"], key=lambda cause: cause["message"])
        return status, {**kept, "causes": causes}  # managers come in any order there
    for volatile in ("uid", "resourceVersion", "creationTimestamp", "generation", "selfLink"):
        body["metadata"].pop(volatile, None)
    for allocated in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
        if body["kind"] == "Service":
            body["spec"].pop(allocated, None)
    if body["kind"] == "Service":
        for port in body["spec"].get("ports") or []:
            port.pop("nodePort", None)
    body["metadata"].pop("annotations", None) if body["metadata"].get("annotations") == {} else None
    return 200, body
