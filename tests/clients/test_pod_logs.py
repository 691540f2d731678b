from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from apigeectl.clients.apiserver import Request
from apigeectl.clients.pod_logs import LogRequest, follow


def test_only_what_is_asked_for_is_in_the_query():
    bare = LogRequest("ns", "pod-1", "main").request()
    full = LogRequest("ns", "pod-1", "main", 5, 60, "2026-01-01T00:00:00Z", previous=True, timestamps=True)

    assert (bare.path, bare.query) == ("/api/v1/namespaces/ns/pods/pod-1/log", (("container", "main"),))
    assert dict(full.request(follow=True).query) == {
        "container": "main",
        "tailLines": "5",
        "sinceSeconds": "60",
        "sinceTime": "2026-01-01T00:00:00Z",
        "previous": "true",
        "timestamps": "true",
        "follow": "true",
    }


class Server:
    def __init__(self) -> None:
        self.asked: list[tuple[Request, float]] = []

    def lines(self, request: Request, timeout: float) -> Iterator[bytes]:
        self.asked.append((request, timeout))
        yield from (b"2026-01-01T00:00:00.1Z one", b"2026-01-01T00:00:01Z tw\xc3\xb6", b"\xff")


def test_lines_come_as_they_are_written_whatever_bytes_they_hold():
    server: Any = Server()
    found = list(follow(server, LogRequest("ns", "p", "c", timestamps=True), 60))

    assert found == ["2026-01-01T00:00:00.1Z one", "2026-01-01T00:00:01Z tw\u00f6", "\ufffd"]
    ((request, timeout),) = server.asked
    assert dict(request.query)["follow"] == "true"
    assert timeout == 60
