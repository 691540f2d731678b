"""Google's HTTP conventions: routes, JSON bodies, errors, pages."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

COMMON_QUERY = frozenset(
    {"alt", "fields", "key", "prettyPrint", "quotaUser", "$.xgafv", "access_token", "oauth_token", "callback"}
)

_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
}


class GoogleError(Exception):
    """An answer that is an error."""

    def __init__(self, code: int, message: str, *details: Mapping[str, Any], status: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details
        self.status = status or _STATUS.get(code, HTTPStatus(code).phrase)

    def body(self, *, old_format: bool = False) -> dict[str, Any]:
        """The JSON; the old format (v1) has no details."""
        error: dict[str, Any] = {"code": self.code, "message": self.message, "status": self.status}
        if old_format:
            words = self.status.lower().split("_")
            reason = words[0] + "".join(word.title() for word in words[1:])
            error["errors"] = [{"message": self.message, "domain": "global", "reason": reason}]
        elif self.details:
            request = {"@type": "type.googleapis.com/google.rpc.RequestInfo", "requestId": str(uuid.uuid4())}
            error["details"] = [*self.details, request]
        return {"error": error}


def error_info(reason: str, **metadata: str) -> dict[str, Any]:
    """The detail that tells one 403 from another."""
    kind = "type.googleapis.com/google.rpc.ErrorInfo"
    return {"@type": kind, "reason": reason, "domain": "googleapis.com", "metadata": metadata}


@dataclass(frozen=True)
class Asked:
    """A request that found its route."""

    path: Mapping[str, str]
    query: Mapping[str, list[str]]
    body: Any
    caller: str  # the e-mail of the account, "" before it is known

    def first(self, name: str, default: str = "") -> str:
        """A query parameter's (first) value."""
        return self.query.get(name, [default])[0]


Handler = Callable[[Asked], Any]


@dataclass(frozen=True)
class Route:
    """A method of a service: verb and path as discovery writes it, the permission it needs, its parameters."""

    verb: str
    pattern: str
    handler: Handler
    permission: str = ""
    query: tuple[str, ...] = ()
    service: str = ""  # the API that must be enabled in the project
    matcher: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # a path parameter is one segment and holds no colon: that begins a custom verb
        expression = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/:]+)", re.escape(self.pattern))
        object.__setattr__(self, "matcher", re.compile(expression))

    def match(self, path: str) -> dict[str, str] | None:
        """The path parameters, None when the path is another one."""
        found = self.matcher.fullmatch(path)
        return found.groupdict() if found else None

    def refuse_unknown(self, query: Mapping[str, list[str]]) -> None:
        """Google answers 400 to a parameter that the method does not have."""
        for name in query:
            if name not in COMMON_QUERY and name not in self.query:
                message = (
                    f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter.'
                )
                raise GoogleError(400, message)


def json_body(data: bytes) -> Any:
    """The request's body; an empty one is {}."""
    try:
        return json.loads(data) if data.strip() else {}
    except ValueError as error:
        raise GoogleError(400, f"Invalid JSON payload received. {error}") from error


def only_fields(body: Any, names: Sequence[str]) -> dict[str, Any]:
    """The body as an object with no other fields than these."""
    if not isinstance(body, dict):
        raise GoogleError(400, "Invalid JSON payload received. Root element must be a message.")
    for name in body:
        if name not in names:
            raise GoogleError(
                400, f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.'
            )
    return body


def page(asked: Asked, key: str, items: Sequence[Any], *, size: int, most: int) -> dict[str, Any]:
    """One page of a list; a list with nothing in it is {}."""
    try:
        start = int(asked.first("pageToken", "0") or 0)
        length = min(int(asked.first("pageSize", "0") or 0) or size, most)
    except ValueError as error:
        raise GoogleError(400, "Request contains an invalid argument.") from error
    body: dict[str, Any] = {key: list(items[start : start + length])} if items[start : start + length] else {}
    if start + length < len(items):
        body["nextPageToken"] = str(start + length)
    return body
