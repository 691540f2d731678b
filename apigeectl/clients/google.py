"""Requests to Google's APIs: JSON in, JSON out, with our token, bounded in time, repeated where safe."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from apigeectl import __version__
from apigeectl.clients.credentials import Identity, find_identity
from apigeectl.clients.endpoints import Endpoint, Endpoints, Service
from apigeectl.clients.google_errors import USER_PROJECT_DENIED, google_error, no_answer
from apigeectl.errors import Forbidden, ServiceFailure

if TYPE_CHECKING:
    import requests

__all__ = ["Account", "Endpoints", "Identity", "Service", "Session"]

REPEATS = 3
LONGEST_PAUSE = 30.0
CONNECT_TIMEOUT = 10.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Account:
    """What flags say about who we are; all else comes from the environment."""

    access_token_file: Path | None = None
    key_file: Path | None = None
    impersonate: str | None = None
    quota_project: str | None = None


@dataclass(frozen=True)
class _Call:
    method: str
    service: Service
    path: str
    params: Mapping[str, str]
    body: Any = field(repr=False)
    subject: str
    idempotent: bool


@dataclass
class _Bearer:
    """Sets the headers itself: the library would prefer a .netrc entry to ours."""

    headers: dict[str, str] = field(repr=False)

    def __call__(self, request: Any) -> Any:
        request.headers.update(self.headers)
        return request


class Session:
    """Threads may share it. Credentials are looked for when the first request needs them."""

    def __init__(
        self,
        endpoints: Endpoints,
        account: Account = Account(),
        *,
        environ: Mapping[str, str] = os.environ,
        timeout: float = 30.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._endpoints = endpoints
        self._account = account
        self._environ = environ
        self._timeout = timeout
        self._sleep = sleep
        self._own_quota_denied = False

    def get(
        self, service: Service, path: str, params: Mapping[str, str] | None = None, *, subject: str
    ) -> dict[str, Any]:
        """The JSON at a path; `subject` is what it is about, for the words of an error."""
        return self._call(_Call("GET", service, path, params or {}, None, subject, idempotent=True))

    def put(self, service: Service, path: str, body: Mapping[str, Any], *, subject: str) -> dict[str, Any]:
        """Write a whole resource."""
        return self._call(_Call("PUT", service, path, {}, body, subject, idempotent=True))

    def post(
        self,
        service: Service,
        path: str,
        body: Mapping[str, Any],
        *,
        subject: str,
        idempotent: bool = False,
    ) -> dict[str, Any]:
        """Ask for something to be done; repeated after a failure only when doing it twice does no harm."""
        return self._call(_Call("POST", service, path, {}, body, subject, idempotent))

    @cached_property
    def identity(self) -> Identity:
        """Who we are; NoCredentials when we are nobody."""
        account = self._account
        impersonates = account.impersonate or self._environ.get("CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT")
        return find_identity(
            self._http,
            self._environ,
            access_token_file=account.access_token_file,
            key_file=account.key_file,
            impersonate=account.impersonate,
            iam_credentials_url=self._endpoints.of(Service.IAM_CREDENTIALS).url if impersonates else None,
        )

    @cached_property
    def _http(self) -> requests.Session:
        import requests

        http = requests.Session()
        http.headers["User-Agent"] = f"apigeectl/{__version__}"
        # Loopback is never asked through a proxy, whatever NO_PROXY says; a key's token endpoint included.
        http.proxies = {f"{scheme}://{host}": "" for scheme in ("http", "https") for host in _LOOPBACK}
        verify = self._environ.get("CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE")
        if verify:
            http.verify = verify
        return http

    def _call(self, call: _Call) -> dict[str, Any]:
        endpoint = self._endpoints.of(call.service)
        try:
            return self._with_token(endpoint, call, self._quota_project(call.service))
        except Forbidden as refused:
            if (
                refused.reason != USER_PROJECT_DENIED
                or self._explicit_quota_project
                or self._own_quota_denied
            ):
                raise
            self._own_quota_denied = True  # a login's quota project is a default, not a wish
            return self._with_token(endpoint, call, "")

    def _with_token(self, endpoint: Endpoint, call: _Call, quota_project: str) -> dict[str, Any]:
        token = self.identity.token()
        status, body = self._patiently(endpoint, call, token, quota_project)
        if status == 401:
            renewed = self.identity.token(refused=token)
            if renewed != token:
                status, body = self._patiently(endpoint, call, renewed, quota_project)
        if status >= 300:
            raise google_error(status, body, call.subject)
        return _object(body, call.subject, status)

    def _patiently(
        self, endpoint: Endpoint, call: _Call, token: str, quota_project: str
    ) -> tuple[int, bytes]:
        import requests

        host = urlsplit(endpoint.url).netloc
        for repeat in range(REPEATS + 1):
            last = repeat == REPEATS
            retry_after = None
            try:
                answer = self._send(endpoint, call, token, quota_project)
            except (requests.RequestException, OSError) as error:
                # `from None`: the library's errors carry the request, and with it the token.
                if last or not call.idempotent or not _passing(error):
                    raise no_answer(error, host, self._timeout) from None
            else:
                worth_it = answer.status_code == 429 or (call.idempotent and answer.status_code in _TRANSIENT)
                if last or not worth_it:
                    return answer.status_code, answer.content
                retry_after = answer.headers.get("Retry-After")
            self._sleep(_pause(repeat, retry_after))
        raise AssertionError("unreachable")

    def _send(self, endpoint: Endpoint, call: _Call, token: str, quota_project: str) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        if quota_project:
            headers["x-goog-user-project"] = quota_project
        return self._http.request(
            call.method,
            endpoint.url + call.path,
            params=dict(call.params),
            json=call.body,
            auth=_Bearer(headers),
            timeout=(min(CONNECT_TIMEOUT, self._timeout), self._timeout),
            allow_redirects=False,  # a token goes to the host that was checked, and to no other
            verify=self._http.verify if self._http.verify is not True else None,
        )

    @property
    def _explicit_quota_project(self) -> str:
        environ = self._environ
        named = self._account.quota_project or environ.get("GOOGLE_CLOUD_QUOTA_PROJECT")
        return named or environ.get("CLOUDSDK_BILLING_QUOTA_PROJECT") or ""

    def _quota_project(self, service: Service) -> str:
        if self._explicit_quota_project:
            return self._explicit_quota_project
        # Service Usage may be what enables the API there: it goes without, unless somebody asked.
        if service is Service.SERVICE_USAGE or self._own_quota_denied:
            return ""
        return self.identity.quota_project


def _object(body: bytes, subject: str, status: int) -> dict[str, Any]:
    try:
        decoded = json.loads(body) if body.strip() else {}
    except ValueError:
        decoded = None
    if not isinstance(decoded, dict):
        raise ServiceFailure(f"{subject}: the answer is no JSON object", status=status)
    return decoded


def _passing(error: Exception) -> bool:
    """A failure that may be over in a moment: not one of names, certificates or proxies."""
    import requests

    wire = requests.exceptions
    hopeless = (wire.SSLError, wire.ProxyError, wire.ConnectTimeout)
    if isinstance(error, hopeless) or "Failed to resolve" in str(error) or "refused" in str(error):
        return False
    return isinstance(error, (wire.ConnectionError, wire.Timeout))


def _pause(repeat: int, retry_after: str | None) -> float:
    if retry_after and retry_after.isdigit():
        return min(float(retry_after), LONGEST_PAUSE)
    return float(2**repeat * random.uniform(0.8, 1.2))  # noqa: S311 (spreads callers, protects nothing)
