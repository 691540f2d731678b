"""Requests no faster than Google advises: 6,000 calls a minute and, for what changes deployments, one write a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

READS_PER_SECOND = 89.0
WRITES_PER_SECOND = 1.0


class Pace:
    """Called right before each request; waits until its turn has come. Threads may share it."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._free = {True: 0.0, False: 0.0}  # when the next write, or read, may go

    def __call__(self, writes: bool) -> None:
        with self._lock:
            now = self._clock()
            turn = max(now, self._free[writes])
            self._free[writes] = turn + 1 / (WRITES_PER_SECOND if writes else READS_PER_SECOND)
        if turn > now:
            self._sleep(turn - now)
