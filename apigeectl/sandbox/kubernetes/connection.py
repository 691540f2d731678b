"""HTTP: one thread a connection, bytes to Calls and Answers to bytes."""

from __future__ import annotations

import hmac
import logging
import select
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any

from apigeectl.sandbox.kubernetes.messages import Answer, Call, Stream
from apigeectl.sandbox.kubernetes.statuses import Refusal, failure, not_implemented, unauthorized

Respond = Callable[[Call], Answer | Stream]
Record = Callable[[Call, int], None]

log = logging.getLogger(__name__)


class Listener(ThreadingTCPServer):
    """Accepts connections on loopback; closing it closes them all."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, port: int, context: ssl.SSLContext, *, token: str, respond: Respond, record: Record
    ) -> None:
        super().__init__(("127.0.0.1", port), _Connection)
        self.context = context
        self.token = token
        self.respond = respond
        self.record = record
        self._open: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()

    def get_request(self) -> tuple[socket.socket, Any]:
        plain, address = super().get_request()
        # The handshake waits for the first read, so a slow client holds up nobody else.
        return self.context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False), address

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open[request] = threading.current_thread()
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._open.pop(request, None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no event."""

    def close(self) -> None:
        self.shutdown()
        self.server_close()
        with self._lock:
            connections = dict(self._open)
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in connections.values():
            thread.join(timeout=5)


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16  # headers and body in one write
    server: Listener

    def setup(self) -> None:
        super().setup()
        self.request.do_handshake()

    def do_GET(self) -> None:
        try:
            call = Call.read(self.command, self.path, self.headers, self._body())
        except Refusal as refusal:
            self.close_connection = True
            self._send(Answer(refusal.body, refusal.code))
            return
        answer = self._answer(call)
        self.server.record(call, answer.status)
        if isinstance(answer, Stream):
            self._stream(answer)
        else:
            self._send(answer)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_GET

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Quiet."""

    def _answer(self, call: Call) -> Answer | Stream:
        try:
            if not self._authorized():
                raise unauthorized()
            return self.server.respond(call)
        except Refusal as refusal:
            return Answer(refusal.body, refusal.code, headers=_retry_after(refusal.body))
        except Exception as surprise:
            log.exception("%s %s", call.method, call.path)
            message = f"Internal error occurred: {type(surprise).__name__}"
            return Answer(failure(500, "InternalError", message, {}), 500)

    def _authorized(self) -> bool:
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(token.strip(), self.server.token)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding"):
            raise not_implemented("request bodies without Content-Length")
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _send(self, answer: Answer) -> None:
        body = b"" if answer.status in (204, 304) else answer.encoded()
        self.send_response_only(answer.status)
        if body or answer.status != 304:
            self.send_header("Content-Type", answer.content_type)
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def _stream(self, stream: Stream) -> None:
        self.send_response_only(stream.status)
        self.send_header("Content-Type", stream.content_type)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        try:
            for piece in stream.pieces:
                if piece:
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                    self.wfile.flush()
                elif self._client_left():
                    break
            self.wfile.write(b"0\r\n\r\n")
            self.wfile.flush()
        except OSError:
            self.close_connection = True
        finally:
            close = getattr(stream.pieces, "close", None)
            if close:
                close()

    def _client_left(self) -> bool:
        """Clients do not speak during a stream: what can be read is the end of the connection."""
        readable, _, _ = select.select([self.connection], [], [], 0)
        if readable:
            self.close_connection = True
        return bool(readable)


def _retry_after(status: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    seconds = status.get("details", {}).get("retryAfterSeconds")
    return (("Retry-After", str(seconds)),) if seconds else ()
