"""What the clients of Google's APIs need of a session, as small as each of them can have it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from apigeectl.clients.endpoints import Service
from apigeectl.errors import ServiceFailure


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


def pages(
    session: Getting, service: Service, path: str, size: int, *, subject: str
) -> Iterator[dict[str, Any]]:
    """Every page of a list. Raises ServiceFailure for a list that comes back to a page that was there."""
    params, seen = {"pageSize": str(size)}, {""}
    while True:
        page = session.get(service, path, params, subject=subject)
        yield page
        token = str(page.get("nextPageToken") or "")
        if not token:
            return
        if token in seen:
            raise ServiceFailure(f"{subject}: the pages of the list do not end", status=200, hint="try again")
        seen.add(token)
        params = {**params, "pageToken": token}
