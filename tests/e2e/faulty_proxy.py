"""A TLS proxy on loopback in front of an API server, in memory or real, that does to each request what a test says."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NoReturn
from urllib.parse import parse_qs, urlsplit

from apigeectl.sandbox.kubernetes.certificates import loopback_identity
from apigeectl.sandbox.operator import APIServer
from tests.ports import hold

_HOP = frozenset({"authorization", "connection", "transfer-encoding", "content-length", "keep-alive", "host"})


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: Mapping[str, str]
    token: str

    @property
    def writes(self) -> bool:
        """It changes something; a dry run does not."""
        return self.method not in {"GET"} and "dryRun" not in self.query

    @property
    def watches(self) -> bool:
        return self.query.get("watch") == "true"


@dataclass(frozen=True)
class Answer:
    """Said in the server's place."""

    status: int
    body: Any = field(default_factory=dict)
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Reset:
    """The connection is reset: before the server hears of it, or in the middle of its answer."""

    carried_out: bool


@dataclass(frozen=True)
class Delay:
    """The answer takes longer."""

    seconds: float


@dataclass(frozen=True)
class Silence:
    """The answer begins, and no more comes."""


Fault = Answer | Reset | Delay | Silence


def status(code: int, reason: str, message: str, *, retry_after: int = 0) -> Answer:
    """A refusal in an API server's own form."""
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "message": message}
    headers = (("Retry-After", str(retry_after)),) if retry_after else ()
    return Answer(code, {**body, "code": code}, headers)


class FaultyProxy:
    """Passes on what `fault` gives None for; `tokens` are exchanged for others on the way."""

    def __init__(self, upstream: APIServer) -> None:
        self.upstream = urlsplit(upstream.url)
        self.upstream_tls = ssl.create_default_context(cadata=upstream.ca_pem)
        self.fault: Callable[[Asked], Fault | None] = lambda _: None
        self.tokens: dict[str, str] = {}
        self.asked: list[Asked] = []
        self.handshakes = True
        self.closing = threading.Event()
        self._identity = loopback_identity()
        self.tls = self._identity.server_context()
        self._port = 0
        self._listener: _Listener | None = None
        self._holder: socket.socket | None = None

    @property
    def server(self) -> APIServer:
        """What a kubeconfig says of it."""
        return APIServer(f"https://127.0.0.1:{self._port}", "", self._identity.ca)

    def start(self) -> None:
        self.closing.clear()
        self._listener = _Listener(("127.0.0.1", self._port), _Handler)
        self._listener.proxy = self
        self._port = self._listener.server_address[1]
        self._let_go()
        threading.Thread(target=self._listener.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        """Gone, with every connection that was open."""
        listener, self._listener = self._listener, None
        if listener:
            self.closing.set()
            listener.shutdown()
            listener.server_close()
            self._holder = hold(self._port)
            listener.drop()

    def __enter__(self) -> FaultyProxy:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._let_go()

    def _let_go(self) -> None:
        holder, self._holder = self._holder, None
        if holder:
            holder.close()

    def writes(self) -> list[Asked]:
        return [one for one in self.asked if one.writes]


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    proxy: FaultyProxy

    def finish_request(self, request: Any, client_address: Any) -> None:
        if not self.proxy.handshakes:
            self.proxy.closing.wait(10)
            return
        encrypted = self.proxy.tls.wrap_socket(request, server_side=True)
        self._open.append(encrypted)
        try:
            super().finish_request(encrypted, client_address)
        finally:
            encrypted.close()

    def __init__(self, *args: Any) -> None:
        self._open: list[ssl.SSLSocket] = []
        super().__init__(*args)

    def drop(self) -> None:
        for connection in self._open:
            with contextlib.suppress(OSError):
                # A handler may sit in it and must wake up; the method of SSLSocket would let it go on in plain text.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections that break are what this is for."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Listener

    def setup(self) -> None:
        super().setup()
        proxy = self.server.proxy
        self._upstream = http.client.HTTPSConnection(
            str(proxy.upstream.hostname), proxy.upstream.port, context=proxy.upstream_tls, timeout=60
        )

    def finish(self) -> None:
        self._upstream.close()
        super().finish()

    def _serve(self) -> None:
        proxy, parts = self.server.proxy, urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        token = str(self.headers.get("Authorization", "")).removeprefix("Bearer ")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = Asked(self.command, parts.path, query, token)
        proxy.asked.append(asked)
        match proxy.fault(asked):
            case Answer() as answer:
                self._say(answer)
            case Reset(carried_out=False):
                _reset(self.connection)
            case Reset():
                self._pass_on(body, token, cut=True)
            case Silence():
                self._head(200, [("Transfer-Encoding", "chunked")])
                proxy.closing.wait(10)
            case Delay(seconds):
                time.sleep(seconds)
                self._pass_on(body, token)
            case None:
                self._pass_on(body, token)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815

    def _say(self, answer: Answer) -> None:
        data = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        self._head(answer.status, [*answer.headers, ("Content-Length", str(len(data)))])
        self.wfile.write(data)

    def _pass_on(self, body: bytes, token: str, *, cut: bool = False) -> None:
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
        headers["Authorization"] = f"Bearer {self.server.proxy.tokens.get(token, token)}"
        self._upstream.request(self.command, self.path, body or None, headers)
        response = self._upstream.getresponse()
        kept = [(name, value) for name, value in response.getheaders() if name.lower() not in _HOP]
        if response.chunked:
            self._head(response.status, [*kept, ("Transfer-Encoding", "chunked")])
            while data := response.read1(65536):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            self.wfile.write(b"0\r\n\r\n")
            return
        data = response.read()
        self._head(response.status, [*kept, ("Content-Length", str(len(data)))])
        self.wfile.write(data[: len(data) // 2] if cut else data)
        if cut:
            _reset(self.connection)

    def _head(self, code: int, headers: list[tuple[str, str]]) -> None:
        self.send_response(code)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


def _reset(connection: socket.socket) -> NoReturn:
    """Leave the handler; the connection is closed then, and the other side hears `connection reset by peer`."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise ConnectionAbortedError
