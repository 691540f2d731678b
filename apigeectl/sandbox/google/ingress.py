"""The ingress of the runtime plane on loopback: requests to base paths, answered by the revision that serves them."""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from apigeectl.sandbox.google.control_plane import ControlPlane


class Server(ThreadingHTTPServer):
    """Many clients at once; one that hangs up is no news."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Ingress:
    """Plain HTTP: no host names, no certificates."""

    def __init__(self, plane: ControlPlane) -> None:
        handler = type("_BoundHandler", (_Handler,), {"plane": plane})
        self._server = Server(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """Where base paths are answered, without a final slash."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and free the port."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    plane: ControlPlane

    def _serve(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urlsplit(self.path).path
        served = self.plane.serve(path)
        if served:
            body: dict[str, Any] = {
                "proxy": served.proxy.name,
                "revision": served.revision,
                "environment": served.environment,
                "pod": served.pod,
            }
            self._send(200, body)
            return
        host = self.headers.get("Host", "")
        words = f"Unable to identify proxy for host: {host} and url: {path}"
        code = "messaging.adaptors.http.flow.ApplicationNotFound"
        self._send(404, {"fault": {"faultstring": words, "detail": {"errorcode": code}}})

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def _send(self, status: int, body: dict[str, Any]) -> None:
        encoded = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(encoded)))
        self.end_headers()
        self.wfile.write(encoded)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass
