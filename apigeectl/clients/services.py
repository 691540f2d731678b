"""Service Usage: which of Google's APIs are on in a project, and switching one on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import quote

from apigeectl.clients.endpoints import Service
from apigeectl.clients.http import Getting, Posting
from apigeectl.errors import APIError


class Http(Getting, Posting, Protocol):
    """What is needed of a session."""


class Services:
    """The APIs of projects."""

    def __init__(self, session: Http) -> None:
        self._session = session

    def is_enabled(self, project: str, api: str) -> bool:
        """The API is on in the project."""
        body = self._session.get(Service.SERVICE_USAGE, _path(project, api), subject=_subject(project, api))
        return bool(body.get("state") == "ENABLED")

    def enable(self, project: str, api: str) -> str | None:
        """Switch it on; the name of the operation to wait for, None when there is nothing to wait for."""
        answer = self._session.post(
            Service.SERVICE_USAGE,
            f"{_path(project, api)}:enable",
            {},
            subject=_subject(project, api),
            idempotent=True,
        )
        return None if _over(answer, _subject(project, api)) else str(answer["name"])

    def is_over(self, operation: str) -> bool:
        """Whether an operation came to its end; raises APIError when that was a bad one."""
        path = f"/v1/{quote(operation)}"
        return _over(self._session.get(Service.SERVICE_USAGE, path, subject=operation), operation)


def _over(operation: Mapping[str, Any], subject: str) -> bool:
    if error := operation.get("error"):
        raise APIError(f"{subject}: {error.get('message', 'failed')}", status=int(error.get("code", 0)))
    return bool(operation.get("done")) or not operation.get("name")


def _path(project: str, api: str) -> str:
    return f"/v1/projects/{quote(project, safe='')}/services/{quote(api, safe='')}"


def _subject(project: str, api: str) -> str:
    return f"{api} in project {project}"
