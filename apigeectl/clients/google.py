"""Requests to Google's APIs: JSON in, JSON out, with our token, bounded in time, repeated where safe."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from apigeectl.clients.credentials import TOKEN_TIMEOUT, find_identity
from apigeectl.clients.endpoints import Endpoint, Endpoints, Service
from apigeectl.clients.google_errors import (
    USER_PROJECT_DENIED,
    google_error,
    no_answer,
    no_object,
    redirected,
    too_large,
)
from apigeectl.clients.identity import Identity
from apigeectl.clients.retrying import TRANSIENT, passing, pause
from apigeectl.errors import Forbidden, NoCredentials

if TYPE_CHECKING:
    import requests

__all__ = ["Account", "Endpoints", "Identity", "Service", "Session"]

REPEATS = 3
TOTAL_SECONDS = 150.0
"""The longest that one call may take with all its repetitions and pauses."""

CONNECT_TIMEOUT = 10.0
LARGEST_ANSWER = 64 * 2**20


@dataclass(frozen=True)
class Account:
    """What flags say about who we are; all else comes from the environment."""

    access_token_file: Path | None = None
    key_file: Path | None = None
    impersonate: str | None = None
    quota_project: str | None = None
    only_service_account: bool = False
    """The key file was named by an overrides file: one that says where to send what is not heeded."""


@dataclass(frozen=True)
class _Call:
    method: str
    service: Service
    path: str
    params: Mapping[str, str]
    body: Any = field(repr=False)
    subject: str
    idempotent: bool

    @property
    def writes(self) -> bool:
        """A POST that may be repeated only asks for a report."""
        return self.method != "GET" and not (self.method == "POST" and self.idempotent)


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def without(self, token: str) -> _Answer:
        """The same, should a server or a proxy have quoted the token that it was given."""
        return replace(self, body=self.body.replace(token.encode(), b"[token]")) if token else self


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
        total: float = TOTAL_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        pace: Callable[[bool], None] = lambda writes: None,
    ) -> None:
        """`timeout` is for one answer, `total` for one call with its repetitions.

        `pace` is called before every single request, repetitions included, with whether it writes; it may wait.
        """
        self._endpoints = endpoints
        self._account = account
        self._environ = environ
        self._timeout = timeout
        self._total = total
        self._sleep = sleep
        self._clock = clock
        self._pace = pace
        self._own_quota_denied = False
        self._looking = threading.Lock()
        self._found: Identity | NoCredentials | None = None

    def get(
        self, service: Service, path: str, params: Mapping[str, str] | None = None, *, subject: str
    ) -> dict[str, Any]:
        """The JSON at a path; `subject` is what it is about, for the words of an error."""
        return self._call(_Call("GET", service, path, params or {}, None, subject, idempotent=True))

    def put(self, service: Service, path: str, body: Mapping[str, Any], *, subject: str) -> dict[str, Any]:
        """Write a whole resource. Not repeated after a failure: somebody else may have written meanwhile."""
        return self._call(_Call("PUT", service, path, {}, body, subject, idempotent=False))

    def post(
        self,
        service: Service,
        path: str,
        body: Mapping[str, Any] | None,
        params: Mapping[str, str] | None = None,
        *,
        subject: str,
        idempotent: bool = False,
    ) -> dict[str, Any]:
        """Ask for something to be done; repeated after a failure only when doing it twice does no harm."""
        return self._call(_Call("POST", service, path, params or {}, body, subject, idempotent))

    def delete(
        self, service: Service, path: str, params: Mapping[str, str] | None = None, *, subject: str
    ) -> dict[str, Any]:
        """Take something away; a repetition may find it gone (NotFound)."""
        return self._call(_Call("DELETE", service, path, params or {}, None, subject, idempotent=True))

    @property
    def identity(self) -> Identity:
        """Who we are; NoCredentials when we are nobody. Looked for once, because looking may take seconds."""
        with self._looking:
            if self._found is None:
                try:
                    self._found = self._find()
                except NoCredentials as error:
                    self._found = error
        if isinstance(found := self._found, NoCredentials):
            raise NoCredentials(found.message, details=found.details, hint=found.hint)
        return found

    def _find(self) -> Identity:
        return find_identity(
            self._http,
            self._environ,
            access_token_file=self._account.access_token_file,
            key_file=self._account.key_file,
            only_service_account=self._account.only_service_account,
            impersonate=self._account.impersonate,
            iam_credentials=lambda: self._endpoints.of(Service.IAM_CREDENTIALS).url,
            timeout=min(self._timeout, TOKEN_TIMEOUT),
        )

    @cached_property
    def _http(self) -> requests.Session:
        from apigeectl.clients.wire import wire

        return wire(self._environ)

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
        deadline = self._clock() + self._total
        token = self.identity.token()
        answer = self._patiently(endpoint, call, token, quota_project, deadline)
        if answer.status == 401:
            renewed = self.identity.token(refused=token)
            if renewed != token:
                answer = self._patiently(endpoint, call, renewed, quota_project, deadline)
                token = renewed
        answer = answer.without(token)
        if 300 <= answer.status < 400:
            raise redirected(answer.status, answer.headers.get("Location", ""), call.subject)
        if answer.status >= 400:
            raise google_error(answer.status, answer.body, call.subject)
        return _object(answer, call.subject)

    def _patiently(
        self, endpoint: Endpoint, call: _Call, token: str, quota_project: str, deadline: float
    ) -> _Answer:
        import requests

        host = urlsplit(endpoint.url).netloc
        for repeat in range(REPEATS + 1):
            self._pace(call.writes)
            timeout = max(1.0, min(self._timeout, deadline - self._clock()))
            try:
                answer = self._send(endpoint, call, token, quota_project, timeout)
            except (requests.RequestException, OSError) as error:
                wait = pause(repeat, None)
                # `from None`: the library's errors carry the request, and with it the token.
                if self._is_last(repeat, wait, deadline) or not call.idempotent or not passing(error):
                    raise no_answer(error, host, timeout) from None
            else:
                wait = pause(repeat, answer.headers.get("Retry-After"))
                worth_it = answer.status == 429 or (call.idempotent and answer.status in TRANSIENT)
                if self._is_last(repeat, wait, deadline) or not worth_it:
                    return answer
            self._sleep(wait)
        raise AssertionError("unreachable")

    def _is_last(self, repeat: int, wait: float, deadline: float) -> bool:
        return repeat == REPEATS or self._clock() + wait >= deadline

    def _send(
        self, endpoint: Endpoint, call: _Call, token: str, quota_project: str, timeout: float
    ) -> _Answer:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        if quota_project:
            headers["x-goog-user-project"] = quota_project
        answer = self._http.request(
            call.method,
            endpoint.url + call.path,
            params=dict(call.params),
            json=call.body,
            auth=_Bearer(headers),
            timeout=(min(CONNECT_TIMEOUT, timeout), timeout),
            allow_redirects=False,  # a token goes to the host that was checked, and to no other
            stream=True,
        )
        with answer:
            return _Answer(answer.status_code, answer.headers, _body(answer, call.subject))

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


def _body(answer: requests.Response, subject: str) -> bytes:
    body = bytearray()
    for chunk in answer.iter_content(2**16):
        body += chunk
        if len(body) > LARGEST_ANSWER:
            raise too_large(answer.status_code, LARGEST_ANSWER, subject)
    return bytes(body)


def _object(answer: _Answer, subject: str) -> dict[str, Any]:
    try:
        decoded = json.loads(answer.body) if answer.body.strip() else {}
    except (ValueError, RecursionError):
        decoded = None
    if not isinstance(decoded, dict):
        raise no_object(answer.status, answer.body, subject)
    return decoded
