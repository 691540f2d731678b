"""What the containers have written: lines by pod and container, to be read and followed."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

_KEPT_LINES = 2000
_IDLE_SECONDS = 0.5

Container = tuple[str, str, str]  # namespace, pod, container


@dataclass(frozen=True)
class LogOptions:
    """The query parameters of a log request."""

    follow: bool = False
    tail: int | None = None
    since: float | None = None  # seconds back from now
    timestamps: bool = False
    previous: bool = False
    limit_bytes: int | None = None

    @classmethod
    def parse(cls, query: dict[str, str]) -> LogOptions:
        """From `follow=true&tailLines=5...`; what is absent or empty is not set."""
        number = {
            key: int(query[key]) for key in ("tailLines", "sinceSeconds", "limitBytes") if query.get(key)
        }
        since: float | None = number.get("sinceSeconds")
        if since is None and query.get("sinceTime"):
            since = time.time() - _parse_time(query["sinceTime"])
        return cls(
            follow=query.get("follow") in {"true", "1"},
            tail=number.get("tailLines"),
            since=since,
            timestamps=query.get("timestamps") in {"true", "1"},
            previous=query.get("previous") in {"true", "1"},
            limit_bytes=number.get("limitBytes"),
        )


@dataclass
class _Book:
    lines: deque[tuple[float, str]] = field(default_factory=lambda: deque(maxlen=_KEPT_LINES))
    previous: deque[tuple[float, str]] = field(default_factory=lambda: deque(maxlen=_KEPT_LINES))
    written: int = 0
    closed: bool = False


class LogBook:
    """All log lines; written by the kubelet's pods, read through the API server."""

    def __init__(self) -> None:
        self._books: dict[Container, _Book] = {}
        self._news = threading.Condition()
        self._stopped = False

    def write(self, container: Container, *lines: str) -> None:
        """Append lines, as of now."""
        now = time.time()
        with self._news:
            book = self._books.setdefault(container, _Book())
            book.lines.extend((now, line) for line in lines)
            book.written += len(lines)
            self._news.notify_all()

    def restart(self, container: Container) -> None:
        """The container starts again: what it wrote becomes the log of the previous one."""
        with self._news:
            book = self._books.setdefault(container, _Book())
            book.previous, book.lines = book.lines, deque(maxlen=_KEPT_LINES)

    def close(self, namespace: str, pod: str) -> None:
        """The pod is gone: followers end, and the lines with it."""
        with self._news:
            for container in [key for key in self._books if key[:2] == (namespace, pod)]:
                self._books.pop(container).closed = True
            self._news.notify_all()

    def stop(self) -> None:
        """End every follower."""
        with self._news:
            self._stopped = True
            self._news.notify_all()

    def read(self, container: Container, options: LogOptions) -> Iterator[bytes]:
        """The lines that were asked for, and with `follow` those to come until the pod is gone; b"" while
        there is nothing new, so that the reader can look whether anybody still listens."""
        budget = options.limit_bytes
        for line in self._lines(container, options):
            if budget is not None:
                line = line[:budget]
                budget -= len(line)
            yield line
            if budget == 0:
                return

    def _lines(self, container: Container, options: LogOptions) -> Iterator[bytes]:
        with self._news:
            book = self._books.setdefault(container, _Book())
            seen = book.written
            chosen = list(book.previous if options.previous else book.lines)
        if options.since is not None:
            chosen = [entry for entry in chosen if entry[0] >= time.time() - options.since]
        if options.tail is not None:
            chosen = chosen[len(chosen) - min(options.tail, len(chosen)) :]
        for entry in chosen:
            yield _rendered(entry, options)
        while options.follow and not options.previous:
            yield b""
            with self._news:
                if book.written == seen and not book.closed and not self._stopped:
                    self._news.wait(_IDLE_SECONDS)
                fresh = list(book.lines)[seen - book.written :] if book.written > seen else []
                seen = book.written
                over = book.closed or self._stopped
            for entry in fresh:
                yield _rendered(entry, options)
            if over:
                return


def _rendered(entry: tuple[float, str], options: LogOptions) -> bytes:
    moment, line = entry
    if options.timestamps:
        whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment))
        line = f"{whole}.{int(moment % 1 * 1e9):09d}Z {line}"
    return f"{line}\n".encode()


def _parse_time(text: str) -> float:
    import calendar

    return float(calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")))
