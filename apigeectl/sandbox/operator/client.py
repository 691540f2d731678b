"""A small Kubernetes client: JSON over one kept-alive TLS connection a thread, no discovery.

Not `clients.kubernetes`: a stand-in must start in milliseconds, and does what no installer may do
(deletes with grace period 0, status patches of pods, namespace finalizing).
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from apigeectl.errors import APIError, InstallerError, Unreachable, api_error_class
from apigeectl.manifests import LiveObject
from apigeectl.yaml import load_all

MERGE_PATCH = "application/merge-patch+json"


@dataclass(frozen=True)
class APIServer:
    """Where an API server is and how to speak to it; always on loopback."""

    url: str
    token: str = field(default="", repr=False)
    ca_pem: str = ""  # none: the certificate is not checked

    def __post_init__(self) -> None:
        if urlsplit(self.url).hostname not in {"127.0.0.1", "localhost", "::1"}:
            raise InstallerError(
                f"{self.url} is not on loopback",
                hint="the sandbox plays operator, controllers and kubelet: never against a cluster of somebody",
            )

    @classmethod
    def from_kubeconfig(cls, file: Path) -> APIServer:
        """The current context of a kubeconfig; only tokens are understood."""
        config = load_all(file.read_text(encoding="utf-8"))[0]
        context = _named(config["contexts"], config["current-context"])["context"]
        cluster = _named(config["clusters"], context["cluster"])["cluster"]
        user = _named(config["users"], context["user"])["user"]
        ca = base64.b64decode(cluster.get("certificate-authority-data", "")).decode()
        return cls(cluster["server"], user.get("token", ""), ca)


class Client:
    """Requests to one API server, as one named client; usable from many threads."""

    def __init__(self, server: APIServer, user_agent: str) -> None:
        self._url = urlsplit(server.url)
        self._headers = {"Accept": "application/json", "User-Agent": user_agent}
        if server.token:
            self._headers["Authorization"] = f"Bearer {server.token}"
        self._tls = ssl.create_default_context(cadata=server.ca_pem or None)
        if not server.ca_pem:
            self._tls.check_hostname = False
            self._tls.verify_mode = ssl.CERT_NONE
        self._local = threading.local()
        self._kept: list[http.client.HTTPSConnection] = []

    def close(self) -> None:
        """Close the connections of all threads."""
        for connection in self._kept:
            connection.close()

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        content_type: str = "application/json",
        query: Mapping[str, str] | None = None,
    ) -> LiveObject:
        """The decoded answer; an APIError or Unreachable otherwise."""
        target = f"{path}?{urlencode(query)}" if query else path
        data = None if body is None else json.dumps(body).encode()
        headers = {**self._headers, "Content-Type": content_type} if data else self._headers
        for attempt in (1, 2):
            connection = self._connection()
            try:
                connection.request(method, target, data, headers)
                response = connection.getresponse()
                return _decoded(response.status, response.read(), f"{method} {path}")
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                stale = isinstance(error, (http.client.RemoteDisconnected, ConnectionError))
                if attempt == 2 or not stale:  # an idle connection may have been closed by the server
                    raise Unreachable(f"{method} {path}: {error}") from error
        raise AssertionError("unreachable")

    def watch(self, path: str, resource_version: str, stop: Stop) -> Iterator[tuple[str, LiveObject]]:
        """Events until the server ends the stream or `stop` is set; 410 raises like any answer."""
        query = urlencode({"watch": "true", "resourceVersion": resource_version, "timeoutSeconds": "600"})
        connection = self._new_connection()
        try:
            stop.opened(connection)
            if stop.is_set():
                return
            connection.request("GET", f"{path}?{query}", headers=self._headers)
            response = connection.getresponse()
            if response.status != 200:
                _decoded(response.status, response.read(), f"WATCH {path}")
            while line := response.readline():
                event = json.loads(line)
                if event["type"] == "ERROR":
                    _decoded(event["object"].get("code", 500), json.dumps(event["object"]).encode(), path)
                yield event["type"], event["object"]
        except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
            # AttributeError: http.client, when another thread closes the socket under it
            raise Unreachable(f"WATCH {path}: {error}") from error
        finally:
            stop.closed(connection)
            connection.close()

    def _connection(self) -> http.client.HTTPSConnection:
        connection: http.client.HTTPSConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._new_connection(timeout=30)
            self._kept.append(connection)
        return connection

    def _new_connection(self, timeout: float | None = None) -> http.client.HTTPSConnection:
        host, port = self._url.hostname or "", self._url.port
        return http.client.HTTPSConnection(host, port, timeout=timeout, context=self._tls)


class Stop:
    """Ends watches: closes the sockets that threads are reading from."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._open: set[http.client.HTTPSConnection] = set()
        self._lock = threading.Lock()

    def set(self) -> None:
        """Stop now, and wake every reader."""
        self._event.set()
        with self._lock:
            for connection in self._open:
                _shut(connection)

    def is_set(self) -> bool:
        """Whether the end has come."""
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep, unless stopped meanwhile."""
        return self._event.wait(seconds)

    def opened(self, connection: http.client.HTTPSConnection) -> None:
        """A reader starts; connecting here, so that `set` always has a socket to close."""
        if not self._event.is_set():
            connection.connect()
        with self._lock:
            self._open.add(connection)
            if self._event.is_set():
                _shut(connection)

    def closed(self, connection: http.client.HTTPSConnection) -> None:
        """The reader is done."""
        with self._lock:
            self._open.discard(connection)


def _shut(connection: http.client.HTTPSConnection) -> None:
    if connection.sock is not None:
        with contextlib.suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)


def _decoded(status: int, body: bytes, what: str) -> LiveObject:
    try:
        answer = json.loads(body) if body else {}
    except ValueError:
        answer = {"message": body[:200].decode(errors="replace")}
    if status < 300:
        return dict(answer)
    message, reason = answer.get("message", ""), answer.get("reason", "")
    error: APIError = api_error_class(status)(f"{what}: {status} {message}", status=status, reason=reason)
    raise error


def _named(entries: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(entry for entry in entries if entry["name"] == name)
