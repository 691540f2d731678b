"""What containers wrote, at once or as they write it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from apigeectl.clients.apiserver import ApiServer, Request
from apigeectl.clients.discovery import Resource

_PODS = Resource("", "v1", "Pod", "pods", namespaced=True)


@dataclass(frozen=True)
class LogRequest:
    """The last `tail` lines, of the last `since` seconds or from a moment on, of the present or the previous run."""

    namespace: str
    pod: str
    container: str
    tail: int | None = None
    since: int | None = None
    since_time: str | None = None
    previous: bool = False
    timestamps: bool = False

    def request(self, *, follow: bool = False) -> Request:
        """The same for the API server."""
        given = (
            ("tailLines", self.tail),
            ("sinceSeconds", self.since),
            ("sinceTime", self.since_time),
            ("previous", "true" if self.previous else None),
            ("timestamps", "true" if self.timestamps else None),
            ("follow", "true" if follow else None),
        )
        query = [("container", self.container)]
        query += [(name, str(value)) for name, value in given if value is not None]
        path = _PODS.path(self.namespace, self.pod, "log")
        subject = f"log of Pod/{self.namespace}/{self.pod}"
        return Request("GET", path, tuple(query), accept="*/*", subject=subject)


def follow(server: ApiServer, log: LogRequest, timeout: float) -> Iterator[str]:
    """Its lines as they come, until the pod ends or nothing came for `timeout` seconds."""
    for line in server.lines(log.request(follow=True), timeout):
        yield line.decode("utf-8", "replace")
