"""Apigee Connect: which clusters hold streams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from apigeectl.clients.endpoints import Service
from apigeectl.clients.http import Getting, pages

MART = "apigee_mart"
"""The endpoint that MART's agents connect to; logs print it in upper case."""

_LARGEST_PAGE = 1000


@dataclass(frozen=True)
class Connection:
    """The streams of one cluster to one endpoint. The endpoint holds the project's number, never its id."""

    endpoint: str
    cluster: str
    region: str
    streams: int


class Connections:
    """The connections of a project."""

    def __init__(self, session: Getting) -> None:
        self._session = session

    def list(self, project: str) -> tuple[Connection, ...]:
        """All connections to MART, of every cluster."""
        path = f"/v1/projects/{quote(project, safe='')}/endpoints/{MART}/connections"
        subject = f"connections of project {project}"
        found = pages(self._session, Service.APIGEE_CONNECT, path, _LARGEST_PAGE, subject=subject)
        return tuple(_connection(entry) for page in found for entry in page.get("connections") or ())


def _connection(entry: Mapping[str, Any]) -> Connection:
    cluster = entry.get("cluster") or {}
    return Connection(
        str(entry.get("endpoint", "")),
        str(cluster.get("name", "")),
        str(cluster.get("region", "")),
        int(entry.get("streamCount") or 0),
    )
