"""What Google's APIs say when they refuse, in our own errors."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from apigeectl.errors import (
    APIError,
    Conflict,
    Forbidden,
    NotFound,
    ServiceFailure,
    Unauthorized,
    Unreachable,
    api_error_class,
)

USER_PROJECT_DENIED = "USER_PROJECT_DENIED"
SERVICE_DISABLED = "SERVICE_DISABLED"
_LONGEST = 2000
_MOST = 100
"""More characters of a line, and more lines, than any of these services sends."""

_PREFIX = re.compile(r"^generic::[a-z_]+:\s*")
_MISSING = re.compile(r"Permission ['\"]?([a-z]+(?:\.[a-zA-Z]+){2,})['\"]? denied")


def google_error(status: int, body: bytes, subject: str) -> APIError:
    """The error of an answer that is no success: Google's JSON in either form, or anything else.

    Its details begin with the reason and one sentence of cause, where they add to the message.
    """
    error = _error_object(body)
    if error is None:
        words = _plain(body)[:200]
        error = {"message": words if re.search(r"\w", words) else f"HTTP {status}"}
    details = _objects(error.get("details"))
    info = next((d for d in details if _type(d) == "ErrorInfo"), {})
    kind = api_error_class(status)
    reason = str(info.get("reason") or error.get("status") or _first_reason(error) or "")
    message = _PREFIX.sub("", str(error.get("message") or reason or f"HTTP {status}")).rstrip(".")[:_LONGEST]
    cause = _cause_of(kind, reason, message, info.get("metadata"))
    lines = [line[:_LONGEST] for detail in details for line in _lines(detail) if line][:_MOST]
    return kind(
        f"{subject}: {message}",
        status=status,
        reason=reason,
        details=[*([f"{reason}: {cause.words}" if reason else cause.words] if cause.words else []), *lines],
        hint=cause.hint,
    )


def redirected(status: int, location: str, subject: str) -> APIError:
    """The error of an answer that points elsewhere; only the host is shown, the rest may hold secrets."""
    host = urlsplit(location).hostname or "another place"
    return ServiceFailure(
        f"{subject}: HTTP {status} points to {host}, and a token goes to no other host than the one it is for",
        status=status,
        hint="is a proxy or a login page in between? Name the right address in CLOUDSDK_API_ENDPOINT_OVERRIDES_...",
    )


def no_object(status: int, body: bytes, subject: str) -> APIError:
    """The error of a success without the JSON object that belongs to it."""
    start = body.lstrip()[:1]
    if start == b"<":
        what = f'the answer is a web page, not JSON ("{_plain(body)[:60]}")'
        hint = (
            "is a proxy or a login page in between? HTTPS_PROXY and NO_PROXY say which hosts go through one"
        )
        return ServiceFailure(f"{subject}: {what}", status=status, hint=hint)
    what = "the answer is cut off or damaged" if start == b"{" else "the answer is no JSON object"
    return ServiceFailure(
        f"{subject}: {what}", status=status, hint="try again; a proxy in between may be at fault"
    )


def too_large(status: int, limit: int, subject: str) -> APIError:
    """The error of an answer with more bytes than any of Google's has."""
    what = f"the answer is larger than {limit // 2**20} MiB; the rest was not read"
    hint = "is that Google's API? A proxy in between may be at fault"
    return ServiceFailure(f"{subject}: {what}", status=status, hint=hint)


@dataclass(frozen=True)
class _Cause:
    words: str = ""
    hint: str | None = None


def _cause_of(kind: type[APIError], reason: str, message: str, metadata: Any) -> _Cause:
    """One sentence, and what to do; 403 has four meanings and more."""
    if kind is Unauthorized:
        return _Cause(
            "the token is expired, revoked or not one for Google's APIs; a wrong clock looks the same",
            "log in again: gcloud auth application-default login, or name another key file",
        )
    if kind is not Forbidden:
        return _Cause(_BY_KIND.get(kind, ""))
    if reason == SERVICE_DISABLED:
        metadata = metadata if isinstance(metadata, dict) else {}
        service = metadata.get("service") or "the API"
        project = str(metadata.get("consumer") or "").removeprefix("projects/") or "PROJECT"
        return _Cause(
            f"{service} is off in project {project}, or was switched on only minutes ago",
            f"gcloud services enable {service} --project {project}, then wait some minutes",
        )
    return _REFUSALS.get(reason) or _of_permission(message)


def _of_permission(message: str) -> _Cause:
    advice = "use an account that has this permission, or ask for it; the name may also be wrong"
    if missing := _MISSING.search(message):
        return _Cause(f"the account lacks the permission {missing[1]}, or there is no such resource", advice)
    if "may not exist" in message:
        return _Cause(
            "no such resource, or none that this account may see; Google does not tell which",
            "compare the name with gcloud apigee organizations list; data that resides in another region has its own "
            "address (contractProvider)",
        )
    return _Cause("the account lacks a permission", advice)


_BY_KIND: Mapping[type[APIError], str] = {
    NotFound: "there is no such thing, or not under this name",
    Conflict: "somebody else changed it at the same time, or it exists already",
    ServiceFailure: "Google's side could not answer now; what may be asked twice was asked several times",
}
"""The one cause that other statuses have; of a wrong request (400) the violations tell more."""

_REFUSALS = {
    USER_PROJECT_DENIED: _Cause(
        "the account may not use the quota project that was sent along; the resource itself may be open to it",
        "use another quota project, or none",
    ),
    "CONSUMER_INVALID": _Cause("the project does not exist or is being deleted", "compare gcp.projectID"),
    "BILLING_DISABLED": _Cause("billing is off in the project", "link a billing account to the project"),
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": _Cause(
        "the token was made for fewer scopes than cloud-platform",
        "make one with gcloud auth print-access-token, or use a key file",
    ),
    "SECURITY_POLICY_VIOLATED": _Cause(
        "a perimeter of VPC Service Controls stands in between", "let its administrator add a rule"
    ),
}
"""By ErrorInfo.reason."""


_QUOTED_BYTES = 2**14


def _plain(body: bytes) -> str:
    """The words of a body that may be a web page, and a long one."""
    text = re.sub(
        rb"<(script|style)\b.*?</\1>|<[^>]*>", b" ", body[:_QUOTED_BYTES], flags=re.DOTALL | re.IGNORECASE
    )
    return " ".join(text.decode("utf-8", "replace").split())


def _error_object(body: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
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
    return next(
        (str(entry["reason"]) for entry in _objects(error.get("errors")) if entry.get("reason")), None
    )


def _objects(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; what has another form than Google's says nothing, and is no reason to fail."""
    if isinstance(value, dict):
        return [value]
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _type(detail: Mapping[str, Any]) -> str:
    return str(detail.get("@type") or "").rpartition("/")[2].rpartition(".")[2]


def _lines(detail: Mapping[str, Any]) -> Iterator[str]:
    """What a person wants to read of one detail."""
    for violation in _objects(detail.get("violations") or detail.get("fieldViolations")):
        where = violation.get("subject") or violation.get("field") or ""
        yield ": ".join(str(part) for part in (where, violation.get("description")) if part)
    for link in _objects(detail.get("links")):
        yield " ".join(str(part) for part in (link.get("description"), link.get("url")) if part)
    if detail.get("requestId"):
        yield f"request id {detail['requestId']}"
    if _type(detail) == "LocalizedMessage" and detail.get("message"):
        yield str(detail["message"])


def no_answer(error: BaseException, host: str, timeout: float) -> Unreachable:
    """Why a request to `host` got no answer; not in the library's own words: they hold URLs and headers."""
    cause, hint = _cause(error, f" within {timeout:g} s")
    return Unreachable(f"{host}: {cause}", hint=hint)


def _cause(error: BaseException, within: str) -> tuple[str, str]:  # noqa: PLR0911 (a table of exceptions)
    from requests import exceptions as wire

    words = str(error)
    match error:
        case wire.SSLError():
            found = re.search(r"certificate verify failed: [^(\"']*", words)
            return f"TLS failed: {found[0].strip() if found else 'no secure connection'}", _CA
        case wire.ProxyError():
            said = re.search(r"Tunnel connection failed: (\d{3}[\w ]*)", words)
            refusal = f"the proxy refuses ({said[1].strip()})" if said else "cannot connect to the proxy"
            return refusal, "HTTPS_PROXY says which proxy is used, with user and password where it wants them"
        case wire.ConnectTimeout():
            return "connection timed out", _NETWORK
        case wire.Timeout():
            return f"no answer{within} (request timed out)", _NETWORK
        case wire.ChunkedEncodingError():
            return "the answer broke off", _NETWORK
        case wire.ContentDecodingError():
            return "the answer is damaged: it cannot be unpacked", "a proxy in between may be at fault"
        case wire.ConnectionError():
            return _connection_cause(words, within), _NETWORK
        case OSError() if "CA certificate" in words:
            named = words.rpartition("invalid path: ")[2]
            return f"the CA file {named} cannot be read", f"{_CA_VARIABLES} names it"
    return f"the request failed ({type(error).__name__})", _NETWORK


_CA_VARIABLES = "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE, REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE"
_CA = f"is a CA of your own needed? {_CA_VARIABLES} names its file; a proxy in between may be at fault, too"
_NETWORK = "is a proxy needed (HTTPS_PROXY), or a CA of your own (REQUESTS_CA_BUNDLE)?"


def _connection_cause(words: str, within: str) -> str:
    if "Connection refused" in words:
        return "connection refused"
    if "NameResolutionError" in words or "Failed to resolve" in words:
        return "no such host"
    if "Read timed out" in words:
        return f"no answer{within} (request timed out)"
    return "the connection broke"
