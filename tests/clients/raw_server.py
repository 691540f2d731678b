"""A server on loopback that writes whatever bytes it likes, at whatever pace."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable

Writing = Callable[[socket.socket], object]


class RawServer:
    """Each connection is one request, answered by the function."""

    def __init__(self, write: Writing) -> None:
        self.requests: list[bytes] = []
        self._write = write
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> RawServer:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            self.requests.append(connection.recv(65536))
            self._write(connection)


def answering(answer: bytes) -> Writing:
    """All at once."""
    return lambda connection: connection.sendall(answer)


def dripping(start: bytes, drop: bytes) -> Writing:
    """The start, then drop after drop, each of them in time."""

    def write(connection: socket.socket) -> None:
        connection.sendall(start)
        for _ in range(200):
            connection.sendall(drop)
            time.sleep(0.02)

    return write
