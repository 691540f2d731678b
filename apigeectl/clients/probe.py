"""Requests to a base path while something is switched: plain ones, without any token."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from apigeectl.errors import UsageError

PAUSE = 0.2
_TIMEOUT = 5.0
_READ = 65536


@dataclass(frozen=True)
class Miss:
    """A request that nothing served: seconds since the start, and what came instead."""

    seconds: float
    cause: str


class Probe:
    """Asks the URL in a thread of its own. While nothing has served yet, nothing can be missed."""

    def __init__(
        self, url: str, *, pause: float = PAUSE, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.shown = _shown(url)
        """The address without what may be secret: user, password and query."""
        self.asked = 0
        self.misses: list[Miss] = []
        self.served = False
        """Whether any request was served at all."""
        self.cause: str | None = None
        """What the last request met; None when it was served."""
        self._url = url
        self._pause = pause
        self._clock = clock
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="probe", daemon=True)

    def __enter__(self) -> Probe:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        from apigeectl.clients.wire import wire

        begun = self._clock()
        with wire(os.environ) as http:
            http.trust_env = urlsplit(self._url).hostname not in {"127.0.0.1", "localhost"}
            while True:
                self.cause = _asked(http, self._url)
                self.asked += 1
                if self.cause is None:
                    self.served = True
                elif self.served:
                    self.misses.append(Miss(self._clock() - begun, self.cause))
                if self._stop.wait(self._pause):
                    return


def _shown(url: str) -> str:
    """Raise UsageError for what cannot be requested."""
    try:
        parts = urlsplit(url)
        possible = parts.hostname and parts.port != 0 and parts.scheme in {"http", "https"}
    except ValueError:
        possible = False
    if not possible:
        raise UsageError("--probe: that is no address", hint="write https://HOST/BASEPATH")
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _asked(http: Any, url: str) -> str | None:
    """None when a proxy answered, with whatever verdict of its own; else what came instead."""
    import requests

    try:
        with http.get(url, timeout=_TIMEOUT, allow_redirects=False, stream=True) as answer:
            answer.raw.read(_READ)  # a body that is left unread costs the connection
            status = int(answer.status_code)
    except (requests.RequestException, OSError) as error:
        return type(error).__name__  # its words hold the URL
    return f"HTTP {status}" if status == 404 or status >= 500 else None
