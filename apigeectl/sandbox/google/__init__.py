"""Google's side on loopback: tokens, the Apigee API, Apigee Connect, Service Usage, Resource Manager, IAM."""

from __future__ import annotations

import itertools
import json
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

from apigeectl.sandbox.faults import Faults
from apigeectl.sandbox.google.accounts import ACCOUNTS, ADMIN, AGENT_ROLE, Project
from apigeectl.sandbox.google.connect import Connections, Stream
from apigeectl.sandbox.google.organizations import CONNECT_PROPERTY, Organizations
from apigeectl.sandbox.google.services import CONNECT_SERVICE, Services
from apigeectl.sandbox.google.tokens import Tokens
from apigeectl.sandbox.google.wire import Asked, GoogleError, Handler, Route, json_body

__all__ = ["ACCOUNTS", "ADMIN", "CONNECT_PROPERTY", "GoogleServer", "Project", "RuntimePlane"]

PROJECT_NUMBER = "123456789012"
_TOKEN_PATH = "/token"  # noqa: S105  # a path, no secret


class RuntimePlane(Protocol):
    """What the management plane knows of the runtime plane: its streams, and that requests get through."""

    def streams(self) -> Sequence[Stream]: ...
    def serve(self, organization: str, path: str) -> bool: ...


@dataclass(frozen=True)
class Exchange:
    """One request and how it was answered."""

    method: str
    path: str
    caller: str
    status: int


class GoogleServer:
    """One plain HTTP server on loopback that plays every host: their paths do not overlap."""

    def __init__(
        self,
        runtime: RuntimePlane,
        *,
        organization: str = "hybrid-demo",
        project: str = "hybrid-demo",
        region: str = "us-central1",
        environments: Sequence[str] = ("test",),
        groups: Sequence[str] = ("test-group",),
        faults: Faults | None = None,
        speed: float = 1.0,
    ) -> None:
        self._faults = faults or Faults()
        self.project = Project.standard(project, PROJECT_NUMBER)
        if "connect-agent=permission-denied" in self._faults:
            self.project.revoke(AGENT_ROLE)
        off = frozenset({CONNECT_SERVICE}) if "connect-api=disabled" in self._faults else frozenset[str]()
        self._services = Services(self.project, speed=speed, disabled=off)
        self._connections = Connections(self.project, self._services, runtime.streams)
        self.organizations = Organizations(
            organization,
            self.project,
            region=region,
            environments=environments,
            groups=groups,
            runtime=runtime,
            forbidden="org=forbidden" in self._faults,
        )
        self._tokens = Tokens(lambda: {self.project.email(account) for account in ACCOUNTS})
        subjects = (self.organizations, self._services, self.project, self._connections)
        self._routes = tuple(route for subject in subjects for route in subject.routes())
        self.requests: deque[Exchange] = deque(maxlen=10_000)
        self._counter = itertools.count(1)
        handler = type("_BoundHandler", (_Handler,), {"google": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._tokens.audience = self.token_uri
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Where every API is, without a final slash."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def token_uri(self) -> str:
        """The token endpoint, as key files name it."""
        return self.url + _TOKEN_PATH

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and free the port."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def refusal(self, project: str, account: str) -> str | None:
        """Why Apigee Connect turns an agent away, None when it does not."""
        return self._connections.refusal(project, account)

    def answer(self, method: str, target: str, authorization: str, data: bytes) -> tuple[int, Any]:
        """Status and JSON body for one request."""
        url = urlsplit(target)
        if url.path == _TOKEN_PATH and method == "POST":
            return self._tokens.exchange(dict(parse_qsl(data.decode(errors="replace"))))
        query = parse_qs(url.query, keep_blank_values=True)
        caller = self._tokens.caller(authorization) or ""
        try:
            status, body = 200, self._call(method, url.path, query, data, caller)
        except GoogleError as error:
            status, body = error.code, error.body(old_format=query.get("$.xgafv") == ["1"])
        self.requests.append(Exchange(method, target, caller, status))
        return status, body

    def _call(self, method: str, path: str, query: Mapping[str, list[str]], data: bytes, caller: str) -> Any:
        if not caller:
            message = (
                "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or "
                "other valid authentication credential."
            )
            raise GoogleError(401, message)
        if "google=http-503" in self._faults and next(self._counter) % 3 == 0:
            raise GoogleError(503, "The service is currently unavailable.")
        route, parameters = self._find(method, path)
        if route.service:
            self._services.require(route.service)
        self._permit(route, parameters, caller)
        route.refuse_unknown(query)
        handler: Handler = route.handler
        return handler(Asked(parameters, query, json_body(data), caller))

    def _find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        for route in self._routes:
            if route.verb == method and (found := route.match(path)) is not None:
                return route, {name: unquote(value) for name, value in found.items()}
        raise GoogleError(404, f"The requested URL {path} was not found on this server.")

    def _permit(self, route: Route, parameters: Mapping[str, str], caller: str) -> None:
        named = parameters.get("project", self.project.identifier)
        if named not in {self.project.identifier, self.project.number}:
            raise GoogleError(403, f"Permission denied on resource project {named}.")
        if route.permission and not self.project.may(caller, route.permission):
            resource = "/".join(["", *(f"{key}s/{value}" for key, value in parameters.items())]).lstrip("/")
            message = (
                f'Permission "{route.permission}" denied on resource "{resource}" (or it may not exist).'
            )
            raise GoogleError(403, message)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    google: GoogleServer

    def _serve(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        authorization = self.headers.get("Authorization", "")
        status, body = self.google.answer(self.command, self.path, authorization, data)
        encoded = json.dumps(body, indent=2).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=UTF-8")
        self.send_header("Content-Length", str(len(encoded)))
        self.end_headers()
        self.wfile.write(encoded)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass
