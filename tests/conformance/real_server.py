"""A real API server, spoken to with nothing but HTTPS and JSON."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import ssl
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from apigeectl import yaml

KUBECONFIG = "APIGEECTL_TEST_KUBECONFIG"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


class RealServer:
    """Answers are (status, body); nothing is interpreted."""

    def __init__(self) -> None:
        (config,) = yaml.load_all(pathlib.Path(os.environ[KUBECONFIG]).read_text(encoding="utf-8"))
        self.url = config["clusters"][0]["cluster"]["server"]
        self._token = config["users"][0]["user"]["token"]
        self._tls = ssl.create_default_context()
        self._tls.check_hostname = False
        self._tls.verify_mode = ssl.CERT_NONE

    def send(self, method: str, path: str, body: Any = None, kind: str = "json") -> tuple[int, Any]:
        request = urllib.request.Request(self.url + path, method=method)
        request.add_header("Authorization", f"Bearer {self._token}")
        request.add_header("Content-Type", CONTENT_TYPES[kind])
        data = None if body is None else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, data, timeout=30, context=self._tls) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                text = error.read()
            return error.code, json.loads(text) if text.startswith(b"{") else text.decode()

    @classmethod
    def named(cls) -> RealServer:
        """The server that APIGEECTL_TEST_KUBECONFIG names; skips the test when it names none."""
        if not os.environ.get(KUBECONFIG):
            pytest.skip(f"{KUBECONFIG} names no real API server")
        return cls()

    def refusals(self, body: dict[str, Any]) -> dict[str, str]:
        """What the server has against an object that is created or applied, strictly; dry runs."""
        options = "fieldManager=apigeectl&fieldValidation=Strict&dryRun=All"
        collection = self._collection(body)
        item = f"{collection}/{body['metadata']['name']}"
        answers = {
            "create": self.send("POST", f"{collection}?{options}", body),
            "apply": self.send("PATCH", f"{item}?{options}&force=true", body, "apply"),
        }
        return {
            how: answer["message"] for how, (status, answer) in answers.items() if status not in (200, 201)
        }

    def establish(self, *definitions: dict[str, Any]) -> None:
        """Create CRDs and wait until every version of them is served and explained."""
        for definition in definitions:
            status, answer = self.send("POST", DEFINITIONS, definition)
            if status == 409:
                status, answer = self._put_definition(definition)
            assert status in (200, 201), answer
        models: dict[str, set[str]] = {}
        for spec in (definition["spec"] for definition in definitions):
            for version in spec["versions"]:
                place = f"apis/{spec['group']}/{version['name']}"
                model = f"{'.'.join(reversed(spec['group'].split('.')))}.{version['name']}.{spec['names']['kind']}"
                models.setdefault(place, set()).add(model)
                self._until(f"/{place}/{spec['names']['plural']}", lambda _: True)
        for place, names in models.items():
            self._until(f"/openapi/v3/{place}", names.issubset)

    def _until(self, path: str, satisfied: Callable[[Any], bool]) -> None:
        """Wait for a path to be served, an OpenAPI document with what is wanted among its schemas."""
        deadline = time.monotonic() + 60
        while True:
            status, answer = self.send("GET", path)
            if status == 200 and satisfied(answer.get("components", {}).get("schemas", {})):
                return
            assert time.monotonic() < deadline, f"{path} is not served: {status}"
            time.sleep(0.2)

    def _put_definition(self, definition: dict[str, Any]) -> tuple[int, Any]:
        path = f"{DEFINITIONS}/{definition['metadata']['name']}"
        version = self.send("GET", path)[1]["metadata"]["resourceVersion"]
        metadata = {**definition["metadata"], "resourceVersion": version}
        return self.send("PUT", path, {**definition, "metadata": metadata})

    def _collection(self, body: dict[str, Any]) -> str:
        api_version, namespace = body["apiVersion"], body["metadata"].get("namespace", "")
        place = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        kinds = self.send("GET", place)[1]["resources"]
        (plural,) = (one["name"] for one in kinds if one["kind"] == body["kind"] and "/" not in one["name"])
        return f"{place}/namespaces/{namespace}/{plural}" if namespace else f"{place}/{plural}"

    @contextlib.contextmanager
    def namespace(self) -> Iterator[str]:
        """A namespace of one's own; emptied and finalized at the end, for no controller does it here."""
        name = f"conformance-{uuid.uuid4().hex[:8]}"
        status, answer = self.send("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
        assert status == 201, answer
        try:
            yield name
        finally:
            for collection in self._collections():
                self._empty(collection.format(name))
            self.send("DELETE", f"/api/v1/namespaces/{name}")
            body = {"metadata": {"name": name}, "spec": {"finalizers": []}}
            self.send("PUT", f"/api/v1/namespaces/{name}/finalize", body)

    def _collections(self) -> Iterator[str]:
        """Every namespaced kind whose objects can be deleted together."""
        groups = self.send("GET", "/apis")[1]["groups"]
        places = ["api/v1", *(f"apis/{group['preferredVersion']['groupVersion']}" for group in groups)]
        for place in places:
            for kind in self.send("GET", f"/{place}")[1].get("resources", ()):
                if kind["namespaced"] and "deletecollection" in kind["verbs"]:
                    yield f"/{place}/namespaces/{{}}/{kind['name']}"

    def _empty(self, collection: str) -> None:
        for item in self.send("DELETE", f"{collection}?gracePeriodSeconds=0")[1].get("items") or ():
            if item["metadata"].get("finalizers"):
                patch = {"metadata": {"finalizers": None}}
                self.send("PATCH", f"{collection}/{item['metadata']['name']}", patch, "merge-patch")


CONTENT_TYPES = {
    "json": "application/json",
    "apply": "application/apply-patch+yaml",
    "merge-patch": "application/merge-patch+json",
    "json-patch": "application/json-patch+json",
    "strategic": "application/strategic-merge-patch+json",
}
