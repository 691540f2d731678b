"""The smallest client of the API: http.client, JSON, and nothing else."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from apigeectl.sandbox.kubernetes import KubernetesServer

APPLY, MERGE = "application/apply-patch+yaml", "application/merge-patch+json"
JSON_PATCH, STRATEGIC = "application/json-patch+json", "application/strategic-merge-patch+json"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
MAPS = "/api/v1/namespaces/default/configmaps"
PODS = "/api/v1/namespaces/default/pods"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any
    headers: dict[str, str]

    @property
    def message(self) -> str:
        return str(self.body["message"])

    @property
    def names(self) -> list[str]:
        return [item["metadata"]["name"] for item in self.body["items"]]


class Client:
    def __init__(self, server: KubernetesServer) -> None:
        self.server = server
        self._context = ssl.create_default_context(cadata=server.ca_pem)
        self._connection = self._connect()

    def close(self) -> None:
        self._connection.close()

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        kind: str = "application/json",
        accept: str = "application/json",
        token: str | None = None,
        headers: dict[str, str] | None = None,
        **query: Any,
    ) -> Reply:
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        named = {
            "Authorization": f"Bearer {self.server.token if token is None else token}",
            "Accept": accept,
            "Content-Type": kind,
            "User-Agent": "tester/1.0",
        }
        url = f"{path}?{urlencode(query)}" if query else path
        self._connection.request(method, url, sent, {**named, **(headers or {})})
        response = self._connection.getresponse()
        text = response.read()
        parsed = json.loads(text) if text.startswith((b"{", b"[")) else text.decode()
        return Reply(response.status, parsed, dict(response.getheaders()))

    def get(self, path: str, **more: Any) -> Reply:
        return self.ask("GET", path, **more)

    def post(self, path: str, body: Any, **more: Any) -> Reply:
        return self.ask("POST", path, body, **more)

    def put(self, path: str, body: Any, **more: Any) -> Reply:
        return self.ask("PUT", path, body, **more)

    def merge(self, path: str, body: Any, **more: Any) -> Reply:
        return self.ask("PATCH", path, body, MERGE, **more)

    def apply(self, path: str, body: Any, manager: str = "me", **more: Any) -> Reply:
        return self.ask("PATCH", path, body, APPLY, fieldManager=manager, **more)

    def delete(self, path: str, body: Any = None, **more: Any) -> Reply:
        return self.ask("DELETE", path, body, **more)

    @contextmanager
    def watch(self, path: str, accept: str = "application/json", **query: Any) -> Iterator[Iterator[Any]]:
        """The events of a watch, on a connection of its own."""
        connection = self._connect()
        headers = {"Authorization": f"Bearer {self.server.token}", "Accept": accept}
        try:
            connection.request("GET", f"{path}?{urlencode({'watch': 'true', **query})}", headers=headers)
            response = connection.getresponse()
            yield (json.loads(line) for line in iter(response.readline, b""))
        finally:
            connection.close()

    def lines(self, path: str, **query: Any) -> list[str]:
        """A streamed text, to its end."""
        connection = self._connect()
        headers = {"Authorization": f"Bearer {self.server.token}"}
        connection.request("GET", f"{path}?{urlencode(query)}", headers=headers)
        text = connection.getresponse().read().decode()
        connection.close()
        return text.splitlines()

    def _connect(self) -> http.client.HTTPSConnection:
        address = urlsplit(self.server.url)
        return http.client.HTTPSConnection(
            address.hostname or "", address.port, context=self._context, timeout=10
        )


def eventually(claim: Callable[[], Any]) -> Any:
    """Wait until the controllers made a claim true."""
    deadline = time.monotonic() + 5
    while not (result := claim()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.005)
    return result


def named(name: str, **more: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, **more}


def config_map(name: str = "a", **more: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", **named(name, **more)}


def owned_by(owner: dict[str, Any], name: str) -> dict[str, Any]:
    """A ConfigMap that belongs to another object."""
    reference = {
        "apiVersion": owner.get("apiVersion", "v1"),
        "kind": owner.get("kind", "ConfigMap"),
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
    }
    return {"metadata": {"name": name, "ownerReferences": [reference]}}


def pod(name: str = "p", node: str = "", **more: Any) -> dict[str, Any]:
    spec = {"containers": [{"name": "c", "image": "i:1"}], **({"nodeName": node} if node else {})}
    return named(name, spec=spec, **more)


def deployment(name: str = "d", replicas: int = 1) -> dict[str, Any]:
    template = {
        "metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [{"name": "c", "image": "i:1"}]},
    }
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", **named(name, spec=spec)}


def definition(plural: str = "widgets", **version: Any) -> dict[str, Any]:
    """A CRD with status and scale."""
    schema = {
        "type": "object",
        "properties": {
            "spec": {
                "type": "object",
                "properties": {
                    "size": {"type": "integer", "minimum": 1},
                    "replicas": {"type": "integer", "default": 1},
                },
            },
            "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        },
    }
    scale = {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}
    entry = {
        "name": "v1",
        "served": True,
        "storage": True,
        "subresources": {"status": {}, "scale": scale},
        "schema": {"openAPIV3Schema": schema},
        **version,
    }
    names = {"plural": plural, "kind": plural[:-1].title(), "shortNames": [plural[:2]]}
    spec = {"group": "example.com", "scope": "Namespaced", "names": names, "versions": [entry]}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        **named(f"{plural}.example.com", spec=spec),
    }


CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
WIDGETS = "/apis/example.com/v1/namespaces/default/widgets"


def widget(name: str = "w", **more: Any) -> dict[str, Any]:
    return {"apiVersion": "example.com/v1", "kind": "Widget", **named(name, **more)}
