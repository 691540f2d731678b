"""What Google's APIs say when they refuse, in our own errors."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from apigeectl.errors import APIError, Forbidden, Unauthorized, Unreachable, api_error_class

USER_PROJECT_DENIED = "USER_PROJECT_DENIED"
SERVICE_DISABLED = "SERVICE_DISABLED"
_PREFIX = re.compile(r"^generic::[a-z_]+:\s*")


def google_error(status: int, body: bytes, subject: str) -> APIError:
    """The error of an answer that is no success: Google's JSON in either form, or anything else."""
    error = _error_object(body)
    if error is None:
        text = " ".join(re.sub(rb"<[^>]*>", b" ", body).decode("utf-8", "replace").split())[:200]
        error = {"message": text or f"HTTP {status}"}
    details = [detail for detail in error.get("details") or () if isinstance(detail, dict)]
    info = next((d for d in details if _type(d) == "ErrorInfo"), {})
    kind = api_error_class(status)
    reason = str(info.get("reason") or error.get("status") or _first_reason(error) or "")
    message = _PREFIX.sub("", str(error.get("message") or reason or f"HTTP {status}"))
    return kind(
        f"{subject}: {message}",
        status=status,
        reason=reason,
        details=[line for detail in details for line in _lines(detail)],
        hint=_hint(kind, reason, info.get("metadata") or {}),
    )


def _error_object(body: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(body)
    except ValueError:
        return None
    if isinstance(document, list):
        document = document[0] if document else None
    if not isinstance(document, dict):
        return None
    error = document.get("error")
    if isinstance(error, str):  # as OAuth endpoints say it
        return {"message": document.get("error_description") or error, "status": error}
    return error if isinstance(error, dict) else None


def _first_reason(error: Mapping[str, Any]) -> str | None:
    for entry in error.get("errors") or ():
        if isinstance(entry, dict) and entry.get("reason"):
            return str(entry["reason"])
    return None


def _type(detail: Mapping[str, Any]) -> str:
    return str(detail.get("@type") or "").rpartition("/")[2].rpartition(".")[2]


def _lines(detail: Mapping[str, Any]) -> Iterator[str]:
    """What a person wants to read of one detail."""
    for violation in detail.get("violations") or detail.get("fieldViolations") or ():
        where = violation.get("subject") or violation.get("field") or ""
        yield ": ".join(str(part) for part in (where, violation.get("description")) if part)
    for link in detail.get("links") or ():
        yield " ".join(str(part) for part in (link.get("description"), link.get("url")) if part)
    if detail.get("requestId"):
        yield f"request id {detail['requestId']}"
    if _type(detail) == "LocalizedMessage" and detail.get("message"):
        yield str(detail["message"])


def _hint(kind: type[APIError], reason: str, metadata: Mapping[str, Any]) -> str | None:
    if reason == SERVICE_DISABLED:
        service = metadata.get("service") or "the API"
        project = str(metadata.get("consumer") or "").removeprefix("projects/") or "PROJECT"
        return f"gcloud services enable {service} --project {project}, then wait some minutes"
    if reason == USER_PROJECT_DENIED:
        return "use another quota project, or none"
    if kind is Unauthorized:
        return "log in again: gcloud auth application-default login, or name another key file"
    if kind is Forbidden:
        return "use an account that has this permission, or ask for it; the name may also be wrong"
    return None


def no_answer(error: Exception, host: str, timeout: float) -> Unreachable:
    """Why a request to `host` got no answer; not in the library's own words: they hold URLs and headers."""
    return Unreachable(
        f"{host}: {_cause(error, timeout)}",
        hint="is a proxy needed (HTTPS_PROXY), or a CA of your own (REQUESTS_CA_BUNDLE)?",
    )


def _cause(error: Exception, timeout: float) -> str:  # noqa: PLR0911 (a table of exceptions)
    from requests import exceptions as wire

    words = str(error)
    match error:
        case wire.SSLError():
            found = re.search(r"certificate verify failed: [^(\"']*", words)
            return f"TLS failed: {found[0].strip() if found else 'no secure connection'}"
        case wire.ProxyError():
            return "cannot connect to the proxy"
        case wire.ConnectTimeout():
            return "connection timed out"
        case wire.Timeout():
            return f"no answer within {timeout:g} s (request timed out)"
        case wire.ConnectionError():
            return _connection_cause(words)
        case OSError() if "CA certificate" in words:
            return "the CA file that REQUESTS_CA_BUNDLE or custom_ca_certs_file names cannot be read"
    return f"the request failed ({type(error).__name__})"


def _connection_cause(words: str) -> str:
    if "Connection refused" in words:
        return "connection refused"
    if "NameResolutionError" in words or "Failed to resolve" in words:
        return "no such host"
    if "Read timed out" in words:
        return "no answer (request timed out)"
    return "the connection broke"
