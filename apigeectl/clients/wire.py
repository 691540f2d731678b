"""HTTP for requests, tokens and probes alike: every answer has an end, and one CA counts for all."""

from __future__ import annotations

import http.client
import io
import socket
import time
from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from apigeectl import __version__

CONNECTIONS = 32
"""As many threads may ask at once without a connection being thrown away."""

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_CA_VARIABLE = "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE"


def wire(environ: Mapping[str, str]) -> requests.Session:
    """A session whose timeout is for all of an answer, not for each piece of it."""
    made = requests.Session()
    adapter = _Adapter(environ.get(_CA_VARIABLE) or None)
    made.mount("https://", adapter)
    made.mount("http://", adapter)
    made.headers["User-Agent"] = f"apigeectl/{__version__}"
    # Loopback is never asked through a proxy, whatever NO_PROXY says; a key's token endpoint included.
    made.proxies = {f"{scheme}://{host}": "" for scheme in ("http", "https") for host in LOOPBACK}
    return made


class _Adapter(HTTPAdapter):
    def __init__(self, ca_file: str | None) -> None:
        self._ca_file = ca_file
        super().__init__(pool_maxsize=CONNECTIONS)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        manager = super().proxy_manager_for(*args, **options)
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        # Here at last, because REQUESTS_CA_BUNDLE would be stronger than what the session says.
        return super().send(request, **options | ({"verify": self._ca_file} if self._ca_file else {}))


class _Answer(http.client.HTTPResponse):
    """One that is over, or given up, when the time for reading has passed since it was asked for."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_Ending(sock, self.fp.detach()))


class _Ending(io.RawIOBase):
    def __init__(self, sock: socket.socket, raw: io.RawIOBase) -> None:
        self._sock, self._raw = sock, raw
        timeout = sock.gettimeout()
        self._deadline = None if timeout is None else time.monotonic() + timeout

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._deadline is not None:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("the answer does not end")
            self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Plain(HTTPConnection):
    response_class = _Answer


class _Secure(HTTPSConnection):
    response_class = _Answer


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


_POOLS = {"http": _PlainPool, "https": _SecurePool}
