"""What the clients of Google's APIs need of a session, as small as each of them can have it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from apigeectl.clients.endpoints import Service


class Getting(Protocol):
    """Reads."""

    def get(
        self, service: Service, path: str, params: Mapping[str, str] | None = None, *, subject: str
    ) -> dict[str, Any]: ...


class Putting(Protocol):
    """Writes a whole resource."""

    def put(
        self, service: Service, path: str, body: Mapping[str, Any], *, subject: str
    ) -> dict[str, Any]: ...


class Posting(Protocol):
    """Asks for something to be done."""

    def post(
        self,
        service: Service,
        path: str,
        body: Mapping[str, Any] | None,
        params: Mapping[str, str] | None = None,
        *,
        subject: str,
        idempotent: bool = False,
    ) -> dict[str, Any]: ...


class Deleting(Protocol):
    """Takes away."""

    def delete(
        self, service: Service, path: str, params: Mapping[str, str] | None = None, *, subject: str
    ) -> dict[str, Any]: ...
