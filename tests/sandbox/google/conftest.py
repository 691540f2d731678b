"""A management plane of the test's own, and callers with tokens."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from apigeectl.sandbox.faults import Faults
from apigeectl.sandbox.google import ADMIN, GoogleServer
from apigeectl.sandbox.keys import service_account_key
from tests.sandbox.google.calls import Caller


@dataclass
class FakeRuntime:
    """A runtime plane: what is connected, and what was asked of it."""

    connected: list[Any] = field(default_factory=list)
    served: list[tuple[str, str, int]] = field(default_factory=list)

    def streams(self) -> Sequence[Any]:
        return self.connected

    def serve(
        self,
        organization: str,
        path: str,
        method: str = "GET",
        caller: str = "",
        act: Callable[[], int] = lambda: 200,
    ) -> bool:
        if self.connected:
            self.served.append((method, path, act()))
        return bool(self.connected)

    def runtime_pods(self, environment: str) -> Sequence[str]:
        return ()


@pytest.fixture
def runtime() -> FakeRuntime:
    return FakeRuntime()


Start = Callable[..., GoogleServer]


@pytest.fixture
def start(runtime: FakeRuntime) -> Iterator[Start]:
    """Starts servers with faults or other names; all end with the test."""
    servers: list[GoogleServer] = []

    def begin(*faults: str, **options: Any) -> GoogleServer:
        servers.append(GoogleServer(runtime, faults=Faults.parse(faults), speed=0, **options))
        servers[-1].start()
        return servers[-1]

    yield begin
    for server in servers:
        server.stop()


@pytest.fixture
def google(start: Start) -> GoogleServer:
    return start()


@pytest.fixture
def caller(google: GoogleServer) -> Callable[[str], Caller]:
    """Somebody with a key file."""
    return lambda account: caller_of(google, account)


@pytest.fixture
def admin(google: GoogleServer) -> Caller:
    return caller_of(google, ADMIN)


def caller_of(google: GoogleServer, account: str) -> Caller:
    """A caller with the key of one of the project's accounts."""
    text = service_account_key(google.project.email(account), google.project.identifier, google.token_uri)
    return Caller.with_key(google, json.loads(text))
