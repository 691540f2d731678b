"""The in-memory Kubernetes API on loopback."""

from __future__ import annotations

import base64
import secrets
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from apigeectl.sandbox.kubernetes import api, bootstrap
from apigeectl.sandbox.kubernetes.certificates import loopback_identity
from apigeectl.sandbox.kubernetes.connection import Listener
from apigeectl.sandbox.kubernetes.control_plane import ControlPlane, Logs
from apigeectl.sandbox.kubernetes.controllers import Controllers
from apigeectl.sandbox.kubernetes.messages import Answer, Call, Request, Stream

REMEMBERED = 20_000
"""Requests kept for those who want to see what was asked."""

Fault = Callable[[Request], "tuple[int, dict[str, Any]] | None"]


class KubernetesServer:
    """An API server with its own CA and bearer token, and the controllers a cluster cannot be without."""

    def __init__(self, *, port: int = 0, crds: Iterable[Mapping[str, Any]] = ()) -> None:
        self.token = secrets.token_urlsafe(24)
        self.requests: deque[Request] = deque(maxlen=REMEMBERED)
        self.fault: Fault | None = None
        """Asked before every request; what it returns is the answer."""
        self._plane = ControlPlane()
        self._identity = loopback_identity()
        self._controllers = Controllers(self._plane)
        bootstrap.fill(self._plane, crds)
        self._listener = Listener(
            port,
            self._identity.server_context(),
            token=self.token,
            respond=self._respond,
            record=self._record,
        )
        self._thread = threading.Thread(
            target=self._listener.serve_forever, args=(0.05,), name="sandbox-kubernetes", daemon=True
        )

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self._listener.server_address[1]}"

    @property
    def ca_pem(self) -> str:
        return self._identity.ca

    @property
    def logs(self) -> Logs | None:
        """Where the text of `pods/log` comes from: set by whoever plays the kubelet."""
        return self._plane.logs

    @logs.setter
    def logs(self, source: Logs | None) -> None:
        self._plane.logs = source

    def start(self) -> None:
        self._controllers.start()
        self._thread.start()

    def stop(self) -> None:
        self._plane.stopping.set()
        self._plane.store.close()
        if self._thread.is_alive():
            self._listener.close()
            self._thread.join()
        else:
            self._listener.server_close()
        self._controllers.stop()

    def __enter__(self) -> KubernetesServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def kubeconfig(self) -> dict[str, Any]:
        """A kubeconfig that reaches this server and no other."""
        name = "apigeectl-sandbox"
        authority = base64.b64encode(self.ca_pem.encode()).decode()
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {"name": name, "cluster": {"server": self.url, "certificate-authority-data": authority}}
            ],
            "users": [{"name": name, "user": {"token": self.token}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "current-context": name,
        }

    def _respond(self, call: Call) -> Answer | Stream:
        refused = self.fault(_remembered(call, 0)) if self.fault else None
        if refused:
            status, body = refused
            seconds = body.get("details", {}).get("retryAfterSeconds")
            return Answer(body, status, headers=(("Retry-After", str(seconds)),) if seconds else ())
        return api.respond(self._plane, call)

    def _record(self, call: Call, status: int) -> None:
        self.requests.append(_remembered(call, status))


def _remembered(call: Call, status: int) -> Request:
    return Request(call.method, call.path, call.query, call.user_agent, status, call.dry_run)
