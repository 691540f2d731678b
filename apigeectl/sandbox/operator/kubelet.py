"""A kubelet's HTTPS door, for a real API server: it fetches the logs of pods from here."""

from __future__ import annotations

import os
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

from apigeectl.sandbox.keys import self_signed
from apigeectl.sandbox.operator.logbook import Container, LogOptions

ReadLog = Callable[[Container, LogOptions], Iterator[bytes]]


class KubeletDoor:
    """Serves GET /containerLogs/NAMESPACE/POD/CONTAINER on loopback."""

    def __init__(self, read: ReadLog) -> None:
        handler = type("_LogHandler", (_LogHandler,), {"read": staticmethod(read)})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._server.socket = _tls().wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _LogHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    read: ReadLog

    def do_GET(self) -> None:
        target = urlsplit(self.path)
        parts = [unquote(part) for part in target.path.split("/")[1:]]
        if len(parts) != 4 or parts[0] != "containerLogs":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        options = LogOptions.parse(dict(parse_qsl(target.query)))
        try:
            for line in filter(None, self.read((parts[1], parts[2], parts[3]), options)):
                self.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.close_connection = True  # whoever followed has gone

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


def _tls() -> ssl.SSLContext:
    made = self_signed("apigeectl sandbox kubelet")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    descriptor, name = tempfile.mkstemp(suffix=".pem")  # ssl reads keys from files only
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(made.key + made.certificate)
        context.load_cert_chain(name)
    finally:
        os.unlink(name)
    return context
