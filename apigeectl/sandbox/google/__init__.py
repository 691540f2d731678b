"""Google's side on loopback: tokens, the Apigee API, Apigee Connect, Service Usage, Resource Manager, IAM."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any, Protocol
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

from apigeectl.sandbox.faults import Faults
from apigeectl.sandbox.google.accounts import ACCOUNTS, ADMIN, Project
from apigeectl.sandbox.google.connect import Connections, Stream
from apigeectl.sandbox.google.control_plane import ControlPlane
from apigeectl.sandbox.google.deployments import Deployments
from apigeectl.sandbox.google.ingress import Ingress, Server
from apigeectl.sandbox.google.mart import Act, Mart
from apigeectl.sandbox.google.organizations import CONNECT_PROPERTY, Organizations
from apigeectl.sandbox.google.proxies import Proxies
from apigeectl.sandbox.google.roles import AGENT_ROLE
from apigeectl.sandbox.google.service_accounts import ServiceAccounts
from apigeectl.sandbox.google.services import CONNECT_SERVICE, Services
from apigeectl.sandbox.google.synchronizers import EnvironmentPolicies, SyncAuthorization
from apigeectl.sandbox.google.tokens import Tokens
from apigeectl.sandbox.google.wire import Asked, GoogleError, Handler, Route, json_body

__all__ = ["ACCOUNTS", "ADMIN", "CONNECT_PROPERTY", "GoogleServer", "Project", "RuntimePlane"]

PROJECT_NUMBER = "123456789012"
CLUSTER = "demo-cluster"
"""The cluster's name in the quickstart overrides; instances are called cluster and region."""

OTHER_PROJECT = "hybrid-other"
"""Where the organization belongs when it is not in our project."""

_TOKEN_PATH = "/token"  # noqa: S105  # a path, no secret
_LATENCY_SECONDS = 0.02
_PROPAGATION_SECONDS = 20.0
_LEAST_PROPAGATION_SECONDS = 1.0
_RACES = 2
_TWIN = ("features.mart.apigee.connect.enabled", "true")
_NO_TOKEN = (
    "transport: oauth2: cannot fetch token: 400 Bad Request Response: "  # noqa: S105  # no secret
    '{"error":"invalid_grant","error_description":"Invalid JWT Signature."}'
)


class RuntimePlane(Protocol):
    """What the management plane knows of the runtime plane: its streams, and that requests get through."""

    def streams(self) -> Sequence[Stream]: ...
    def serve(
        self, organization: str, path: str, method: str = "GET", caller: str = "", act: Act = lambda: 200
    ) -> bool: ...
    def runtime_pods(self, environment: str) -> Sequence[str]: ...


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
        proxies: Proxies | None = None,
        properties: Sequence[tuple[str, str]] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._faults = faults or Faults()
        self._start_project(project, speed)
        home = OTHER_PROJECT if "org=wrong-project" in self._faults else project
        self._connections = Connections(self.project, self._services, runtime.streams, home=home)
        self.organizations = self._organization(organization, home, region, environments, groups, properties)
        proxies = proxies or Proxies(organization, clock=clock)
        self.control_plane = ControlPlane(
            proxies, runtime.runtime_pods, faults=self._faults, speed=speed, clock=clock
        )
        self.ingress = Ingress(self.control_plane)
        self._routes = (
            *self._project_routes(),
            *self.organizations.routes(),
            *self._synchronizers(organization).routes(),
            *EnvironmentPolicies(organization, environments, self.project).routes(),
            *Mart(organization, runtime, self._connect_is_on).routes(),
            *proxies.routes(),
            *Deployments(
                organization, environments, groups, self.control_plane, f"{CLUSTER}-{region}"
            ).routes(),
        )
        self._listen()

    def _listen(self) -> None:
        self.requests: deque[Exchange] = deque(maxlen=10_000)
        self._counter = itertools.count(1)
        handler = type("_BoundHandler", (_Handler,), {"google": self})
        self._server = Server(("127.0.0.1", 0), handler)
        self._tokens.audience = self._accounts.token_uri = self.token_uri
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def _project_routes(self) -> Iterator[Route]:
        for subject in (self.project, self._services, self._accounts, self._tokens, self._connections):
            yield from subject.routes()

    def _start_project(self, project: str, speed: float) -> None:
        faults = self._faults
        delay = max(_PROPAGATION_SECONDS * speed, _LEAST_PROPAGATION_SECONDS) if "iam=slow" in faults else 0.0
        self.project = Project.standard(project, PROJECT_NUMBER, delay=delay, races=self._races)
        if "connect-agent=permission-denied" in faults:
            self.project.policy.revoke(AGENT_ROLE)
        off = frozenset({CONNECT_SERVICE}) if "connect-api=disabled" in faults else frozenset[str]()
        self._services = Services(self.project, speed=speed, disabled=off, delay=delay)
        self._accounts = ServiceAccounts(self.project)
        if "mart-key=revoked" in faults:
            self._accounts.revoke_keys("apigee-mart")
        self._tokens = Tokens(self._accounts.accepts)

    def _organization(
        self,
        name: str,
        home: str,
        region: str,
        environments: Sequence[str],
        groups: Sequence[str],
        properties: Sequence[tuple[str, str]],
    ) -> Organizations:
        return Organizations(
            name,
            home,
            region=region,
            environments=environments,
            groups=groups,
            properties=(*properties, *((_TWIN,) if "org=twin-property" in self._faults else ())),
            forbidden="org=forbidden" in self._faults,
            forgetful="org=forgetful" in self._faults,
        )

    def _synchronizers(self, organization: str) -> SyncAuthorization:
        known = () if "sync=unauthorized" in self._faults else ("apigee-synchronizer",)
        identities = [f"serviceAccount:{self.project.email(account)}" for account in known]
        return SyncAuthorization(organization, identities, races=self._races)

    @property
    def _races(self) -> int:
        return _RACES if "iam=stale-etag" in self._faults else 0

    def _connect_is_on(self) -> bool:
        return self.organizations.property(CONNECT_PROPERTY) == "true"

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
        self.ingress.start()

    def stop(self) -> None:
        """Stop serving and free the port."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
        self.ingress.stop()

    def refusal(self, project: str, account: str) -> str | None:
        """Why Apigee Connect turns an agent away, None when it does not."""
        if account.endswith(self.project.email("")) and not self._accounts.has_key(account):
            return _NO_TOKEN
        return self._connections.refusal(project, account)

    def answer(self, method: str, target: str, authorization: str, data: bytes) -> tuple[int, Any]:
        """Status and JSON body for one request."""
        if "google=slow" in self._faults:
            time.sleep(_LATENCY_SECONDS)
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
        if "google=http-429" in self._faults and next(self._counter) % 3 == 0:
            raise GoogleError(429, "Quota exceeded for quota metric 'Apigee API calls'.")
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
        any_project = named == "-" and "email" in parameters  # an account is found by its address alone
        if named not in {self.project.identifier, self.project.number} and not any_project:
            raise GoogleError(403, f"Permission denied on resource project {named}.")
        if route.permission and not self.project.policy.may(caller, route.permission):
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
        encoded = json.dumps(body, indent=2, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=UTF-8")
        self.send_header("Content-Length", str(len(encoded)))
        self.end_headers()
        self.wfile.write(encoded)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass
