"""Requests to one Kubernetes API server: bounded in time, repeated where safe, answered in our own errors."""

from __future__ import annotations

import contextlib
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from apigeectl.clients.apiserver_errors import Dropped, answer_error, is_lasting, no_answer
from apigeectl.clients.kubeconfig import Access
from apigeectl.errors import InstallerError, ServiceFailure

if TYPE_CHECKING:
    from kubernetes.client.rest import RESTResponse

REPEATS = 5
"""How often a request is repeated, over some six seconds, before its failure is told."""
OUTAGE_REPEATS = 10
OUTAGE_SECONDS = 30.0
"""How long a server that has answered before may be away: what the restart of a control plane takes."""
CONNECT_TIMEOUT = 10.0
LONGEST_PAUSE = 10.0
_LONGEST_OWN_PAUSE = 4.0
JSON = "application/json"
APPLY = "application/apply-patch+yaml"


@dataclass(frozen=True)
class Request:
    """One request; `subject` is what it is about, for the words of an error."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: Any = field(default=None, repr=False)  # it may be a Secret
    content_type: str = JSON
    accept: str = JSON
    subject: str = ""

    @property
    def repeatable(self) -> bool:
        """Doing it twice is the same as doing it once."""
        # A JSON patch or a PUT carries its resource version: done already, it is answered by a conflict.
        return self.method != "POST"


@dataclass(frozen=True)
class Answer:
    """A successful answer."""

    headers: Any
    data: bytes = field(repr=False)
    subject: str = ""

    def json(self) -> dict[str, Any]:
        """The decoded body; ServiceFailure when it is something else, as a proxy's page is."""
        with contextlib.suppress(ValueError):
            decoded = json.loads(self.data)
            if isinstance(decoded, dict):
                return decoded
        raise ServiceFailure(
            f"{self.subject}: the answer is not what an API server says",
            status=200,
            hint="does a proxy or a log-in page answer in its place? kubectl get --raw /version shows it",
        )


class ApiServer:
    """Shared by threads. `log_in` gives fresh access; a 401 calls it again, once for all threads."""

    def __init__(
        self,
        log_in: Callable[[], Access],
        *,
        timeout: float,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.access = log_in()
        self._log_in = log_in
        self._timeout = timeout
        self._sleep = sleep
        self._clock = clock
        self._met = False
        self._login = threading.Lock()
        self._login_failure: InstallerError | None = None

    def request(self, request: Request) -> Answer:
        """The answer to a request; an error of ours for every status that is not a success."""
        response = self._respond(request, self._timeout, stream=False)
        if response.status >= 300:
            raise answer_error(response.status, response.data or b"", request.subject, self.access)
        return Answer(response.headers, response.data or b"", request.subject)

    def lines(self, request: Request, timeout: float) -> Iterator[bytes]:
        """The lines of an answer as they come; ends when the server, the network or `timeout` ends it."""
        response = self._respond(request, timeout, stream=True)
        try:
            if response.status >= 300:
                raise answer_error(response.status, response.response.data, request.subject, self.access)
            yield from _lines(response)
        finally:
            response.response.close()

    def _respond(self, request: Request, timeout: float, *, stream: bool) -> RESTResponse:
        begun, repeats, logged_in_again = self._clock(), 0, False
        while True:
            access = self.access
            try:
                response = _send(access, request, timeout, stream=stream)
            except Dropped as dropped:
                away = self._clock() - begun
                if repeats >= self._repeats_of(request, dropped) or away > OUTAGE_SECONDS:
                    self._met = False  # whoever asks next is told at once
                    raise dropped.unreachable from None
                pause = _pause(repeats, None)
            else:
                self._met = True
                if response.status == 401 and not logged_in_again:
                    logged_in_again = True
                    response.response.close()
                    self._log_in_again(access)
                    continue
                if repeats >= REPEATS or not _worth_repeating(request, response):
                    return response
                pause = _pause(repeats, response.headers.get("Retry-After"))
                response.response.close()
            repeats += 1
            self._sleep(pause)

    def _repeats_of(self, request: Request, dropped: Dropped) -> int:
        if dropped.arrived and not request.repeatable:
            return 0
        if self._met:
            return OUTAGE_REPEATS
        return REPEATS if dropped.arrived else 0

    def _log_in_again(self, used: Access) -> None:
        with self._login:
            if self.access is not used:  # another thread has just done it
                return
            if self._login_failure:
                raise self._login_failure
            try:
                self.access = self._log_in()
            except InstallerError as failure:
                self._login_failure = failure
                raise


def _send(access: Access, request: Request, timeout: float, *, stream: bool) -> RESTResponse:
    from kubernetes.client.exceptions import OpenApiException
    from urllib3.exceptions import HTTPError

    if not access.verified:
        _allow_unverified()
    try:
        serialized = access.client.param_serialize(
            request.method,
            request.path,
            query_params=list(request.query),
            header_params=_headers(request),
            body=request.body,
            auth_settings=["BearerToken"],
        )
        response = access.client.call_api(
            *serialized, _request_timeout=(min(CONNECT_TIMEOUT, timeout), timeout)
        )
        if not stream:
            response.read()  # type: ignore[no-untyped-call]
    except (HTTPError, OpenApiException, OSError, ValueError) as error:
        # `from None`: the libraries quote headers and bodies, and with them tokens and Secrets.
        raise no_answer(error, access, timeout) from None
    return response


def _headers(request: Request) -> dict[str, str]:
    headers = {"Accept": request.accept}
    if request.body is not None:
        headers["Content-Type"] = request.content_type
    return headers


def _allow_unverified() -> None:
    # The kubeconfig asked for it; a warning at each request would bury what we say. Renewed each time,
    # because others (test runners, libraries) reset the filters.
    import warnings

    from urllib3.exceptions import InsecureRequestWarning

    warnings.filterwarnings("ignore", category=InsecureRequestWarning)


def _worth_repeating(request: Request, response: RESTResponse) -> bool:
    # 429 is said before anything was done, so every method may try again.
    if response.status == 429:
        return True
    passing = response.status in {502, 503, 504} or (
        response.status == 500 and not is_lasting(response.data or b"")
    )
    return passing and request.repeatable


def _pause(repeats: int, retry_after: str | None) -> float:
    if retry_after and retry_after.isdigit():
        return min(float(retry_after), LONGEST_PAUSE)
    spread = random.uniform(0.8, 1.2)  # noqa: S311 (spreads threads, protects nothing)
    return spread * min(0.2 * float(2**repeats), _LONGEST_OWN_PAUSE)


def _lines(response: RESTResponse) -> Iterator[bytes]:
    from urllib3.exceptions import HTTPError

    rest = b""
    try:
        for chunk in response.response.stream(amt=None, decode_content=False):
            *lines, rest = (rest + chunk).split(b"\n")
            yield from (line for line in lines if line.strip())
    except (HTTPError, OSError):
        return  # the caller looks again anyway, and hears then why the server cannot be reached
    if rest.strip():
        yield rest
