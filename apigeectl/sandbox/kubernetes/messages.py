"""A request as the server remembers it, the answers it can get, and the query parameters of both."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from apigeectl.sandbox.kubernetes.kinds import Kind
from apigeectl.sandbox.kubernetes.statuses import Refusal, bad_request, invalid_option, unsupported_value

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Request:
    """One request and how it was answered (status 0 while it is not)."""

    method: str
    path: str
    query: Mapping[str, str]
    user_agent: str
    status: int = 0
    dry_run: bool = False


@dataclass(frozen=True)
class Call:
    """A request with everything that answering it needs."""

    method: str
    path: str
    query: Mapping[str, str]
    user_agent: str = ""
    accept: str = ""
    content_type: str = ""
    body: bytes = b""
    if_none_match: str = ""

    @classmethod
    def read(cls, method: str, target: str, headers: Message, body: bytes) -> Call:
        url = urlsplit(target)
        return cls(
            method=method,
            path=url.path,
            query=dict(parse_qsl(url.query, keep_blank_values=True)),
            user_agent=headers.get("User-Agent", ""),
            accept=headers.get("Accept", ""),
            content_type=headers.get("Content-Type", "").partition(";")[0].strip(),
            body=body,
            if_none_match=headers.get("If-None-Match", ""),
        )

    def flag(self, name: str) -> bool:
        return self.query.get(name, "").lower() in ("1", "true")

    def number(self, name: str) -> int | None:
        text = self.query.get(name, "")
        if not text:
            return None
        try:
            return int(text)
        except ValueError:
            raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None

    @property
    def dry_run(self) -> bool:
        """Asked for in the query, or in the DeleteOptions of a DELETE."""
        if "dryRun" in self.query:
            return self.query["dryRun"] == "All"
        return self.method == "DELETE" and re.search(rb'"dryRun":\s*\[\s*"All"', self.body) is not None


@dataclass(frozen=True)
class Answer:
    """A whole answer; a body that is not bytes is sent as JSON."""

    body: Any
    status: int = 200
    content_type: str = "application/json"
    headers: Headers = ()

    def encoded(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


@dataclass(frozen=True)
class Stream:
    """An answer that comes in pieces; an empty piece only asks whether the client is still there."""

    pieces: Iterator[bytes]
    content_type: str = "application/json"
    status: int = field(default=200, init=False)


@dataclass(frozen=True)
class Target:
    """What the path of a request names."""

    kind: Kind
    version: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""

    @property
    def api_version(self) -> str:
        return self.kind.api_version(self.version)


@dataclass(frozen=True)
class WriteOptions:
    """The query parameters of a write."""

    manager: str
    dry_run: bool = False
    validation: str = "Warn"
    force: bool = False

    @classmethod
    def read(cls, call: Call) -> WriteOptions:
        options = _OPTIONS[call.method]
        apply = call.content_type == APPLY_PATCH
        problem = _problem(call.query, options, apply=apply)
        if problem:
            raise problem
        return cls(
            manager=call.query.get("fieldManager") or call.user_agent.partition("/")[0] or "unknown",
            dry_run=call.query.get("dryRun") == "All",
            validation=call.query.get("fieldValidation") or "Warn",
            force=call.flag("force"),
        )


APPLY_PATCH = "application/apply-patch+yaml"

_OPTIONS = {
    "POST": "CreateOptions",
    "PUT": "UpdateOptions",
    "PATCH": "PatchOptions",
    "DELETE": "DeleteOptions",
}


def _problem(query: Mapping[str, str], options: str, *, apply: bool) -> Refusal | None:
    dry_run, validation = query.get("dryRun", "All"), query.get("fieldValidation", "")
    if apply and not query.get("fieldManager"):
        message = "Required value: is required for apply patch"
        return invalid_option(options, "fieldManager", "FieldValueRequired", message)
    if "force" in query and options == "PatchOptions" and not apply:
        message = "Forbidden: may not be specified for non-apply patch"
        return invalid_option(options, "force", "FieldValueForbidden", message)
    if dry_run != "All":
        return unsupported_value(options, "dryRun", f'[]string{{"{dry_run}"}}', ["All"])
    if validation not in _VALIDATIONS:
        return unsupported_value(options, "fieldValidation", f'"{validation}"', _VALIDATIONS)
    return None


_VALIDATIONS = ("", "Ignore", "Strict", "Warn")
