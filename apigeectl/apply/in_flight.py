"""The writes that have begun and not ended, so that an interrupt can wait for just these."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError

from apigeectl.apply.changes import Change, Event


class InFlight:
    """Carries out changes for a pool's threads until it is closed; after that it raises CancelledError.

    It closes by itself with the first error that every other change would meet, too.
    The pool cannot tell by itself: an interrupt while it starts a thread leaves it without a trace of it.
    """

    def __init__(self, do: Callable[[Change], Event], closing: tuple[type[Exception], ...] = ()) -> None:
        self.events: list[Event] = []
        self._do = do
        self._closing = closing
        self._ended = threading.Condition()
        self._running = 0
        self._closed = False

    def __call__(self, change: Change) -> Event:
        """The event of one change."""
        with self._ended:
            if self._closed:
                raise CancelledError
            self._running += 1
        try:
            event = self._do(change)
            self.events.append(event)
            return event
        except self._closing:
            self.close()
            raise
        finally:
            with self._ended:
                self._running -= 1
                self._ended.notify_all()

    def close(self) -> None:
        """Let nothing more begin."""
        with self._ended:
            self._closed = True

    def finish(self) -> None:
        """Let nothing more begin, and wait for what has."""
        with self._ended:
            self._closed = True
            self._ended.wait_for(lambda: not self._running)
