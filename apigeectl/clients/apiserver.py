"""Requests to one Kubernetes API server: bounded in time, repeated where safe, answered in our own errors."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from apigeectl.clients.apiserver_errors import Dropped, answer_error, no_answer
from apigeectl.clients.kubeconfig import Access

if TYPE_CHECKING:
    from kubernetes.client.rest import RESTResponse

REPEATS = 3
CONNECT_TIMEOUT = 10.0
LONGEST_PAUSE = 10.0
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
        return self.method in {"GET", "DELETE"} or self.content_type == APPLY


@dataclass(frozen=True)
class Answer:
    """A successful answer."""

    headers: Any
    data: bytes

    def json(self) -> dict[str, Any]:
        """The decoded body."""
        decoded: dict[str, Any] = json.loads(self.data)
        return decoded


class ApiServer:
    """Shared by threads. `log_in` gives fresh access; a 401 calls it again, once for all threads."""

    def __init__(
        self,
        log_in: Callable[[], Access],
        *,
        timeout: float,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.access = log_in()
        self._log_in = log_in
        self._timeout = timeout
        self._sleep = sleep
        self._login = threading.Lock()

    def request(self, request: Request) -> Answer:
        """The answer to a request; an error of ours for every status that is not a success."""
        response = self._respond(request, self._timeout, stream=False)
        if response.status >= 300:
            raise answer_error(response.status, response.data or b"", request.subject, self.access)
        return Answer(response.headers, response.data or b"")

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
        repeats, logged_in_again = 0, False
        while True:
            access = self.access
            try:
                response = _send(access, request, timeout, stream=stream)
            except Dropped as dropped:
                if not request.repeatable or repeats == REPEATS:
                    raise dropped.unreachable from None
                pause = _pause(repeats, None)
            else:
                if response.status == 401 and not logged_in_again:
                    logged_in_again = True
                    response.response.close()
                    self._log_in_again(access)
                    continue
                if repeats == REPEATS or not _worth_repeating(request, response.status):
                    return response
                pause = _pause(repeats, response.headers.get("Retry-After"))
                response.response.close()
            repeats += 1
            self._sleep(pause)

    def _log_in_again(self, used: Access) -> None:
        with self._login:
            if self.access is used:  # else another thread has just done it
                self.access = self._log_in()


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


def _worth_repeating(request: Request, status: int) -> bool:
    # 429 is said before anything was done, so every method may try again.
    return status == 429 or (status == 503 and request.repeatable)


def _pause(repeats: int, retry_after: str | None) -> float:
    if retry_after and retry_after.isdigit():
        return min(float(retry_after), LONGEST_PAUSE)
    return float(0.2 * 2**repeats * random.uniform(0.8, 1.2))  # noqa: S311 (spreads threads, protects nothing)


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
