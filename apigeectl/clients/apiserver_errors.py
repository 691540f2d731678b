"""What an API server's refusals, and its silence, mean in our own errors."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from apigeectl.clients.kubeconfig import Access
from apigeectl.errors import (
    APIError,
    Conflict,
    FieldConflict,
    Forbidden,
    InstallerError,
    Invalid,
    NoCredentials,
    NotFound,
    Unauthorized,
    Unreachable,
    api_error_class,
)

__all__ = [
    "Dropped",
    "Expired",
    "KindNotServed",
    "answer_error",
    "is_lasting",
    "no_answer",
    "status_error",
]


class KindNotServed(NotFound):
    """The API server does not know the kind, or not in this version."""


class Expired(APIError):
    """410: the resource version is too old; list again."""


class Dropped(InstallerError):
    """No connection, or a broken one: worth another try. `unreachable` is what the user hears in the end.

    `arrived` says that the request may have reached the server, and may have been carried out.
    """

    def __init__(self, unreachable: Unreachable, *, arrived: bool) -> None:
        super().__init__(unreachable.message)
        self.unreachable = unreachable
        self.arrived = arrived


def answer_error(status: int, data: bytes, subject: str, access: Access) -> APIError:
    """The error that an HTTP answer stands for; a body that is no Status counts for its first words only."""
    try:
        body = json.loads(data)
    except ValueError:
        body = None
    if not isinstance(body, dict) or body.get("kind") != "Status":
        # Not the API server's own words (a proxy, an unknown path), or an object we must not quote.
        text = data.decode("utf-8", "replace").strip() if body is None else ""
        body = {"message": " ".join(text.split())[:200] or f"HTTP {status}"}
    return status_error({**body, "code": status}, subject, access)


def status_error(status: Mapping[str, Any], subject: str, access: Access) -> APIError:
    """The error that a Status object stands for, with the server's own message."""
    code = int(status.get("code") or 500)
    reason = str(status.get("reason") or "")
    causes = [cause for cause in (status.get("details") or {}).get("causes") or () if isinstance(cause, dict)]
    conflicts = tuple(
        _field_conflict(cause) for cause in causes if cause.get("reason") == "FieldManagerConflict"
    )
    kind = Expired if code == 410 else api_error_class(code)
    message = str(status.get("message") or reason or f"HTTP {code}")
    if kind is Unauthorized:
        return _unauthorized(message, access)
    if code == 500 and message.startswith(_REFUSED_AS_500):
        kind = Invalid
    unknown = _UNKNOWN_FIELD.findall(message)
    if unknown:
        details = []
        fields = [(typed or strict).lstrip(".") for typed, strict in unknown]
        message = f"{', '.join(fields)}: field not declared in schema"
    elif conflicts:
        one = len(conflicts) == 1
        message = "a field belongs to another manager" if one else f"{len(conflicts)} fields belong to others"
        details = [f"{conflict.field} belongs to {conflict.manager}" for conflict in conflicts]
    else:
        details = [f"{cause.get('field', '')}: {cause.get('message', '')}".strip(": ") for cause in causes]
        if details:  # the message repeats them all in one line
            message = re.sub(r" is invalid: .*", " is invalid", message, flags=re.DOTALL)
    error = kind(
        f"{subject}: {message}" if subject else message,
        status=code,
        reason=reason,
        details=details,
        hint=_right_needed(message, access) if kind is Forbidden else _BUSY.get(code),
    )
    if isinstance(error, Conflict):
        error.conflicts = conflicts
    return error


_BUSY = dict.fromkeys(
    (429, 502, 503, 504),
    "the API server is busy, or starting again (kubectl get --raw '/readyz?verbose'): run again in a minute",
)
"""The next step after an answer that was asked for several times."""

_REFUSED_AS_500 = ("failed to create typed patch object", "failed to convert new object")
"""What an apply with a wrong field or value is told; no failure of the server, and no use to repeat."""


_UNKNOWN_FIELD = re.compile(r'(\.\S+): field not declared in schema|unknown field "([^"]+)"')
"""How the two checks of the API server name a field that its definition lacks."""


def is_lasting(data: bytes) -> bool:
    """A 500 that the next try would hear again: the object is wrong, or a webhook has been waited for."""
    return any(words.encode() in data for words in (*_REFUSED_AS_500, "failed calling webhook"))


def _field_conflict(cause: Mapping[str, Any]) -> FieldConflict:
    message = str(cause.get("message") or "")
    manager = re.search(r'conflict with "((?:[^"\\]|\\.)*)"', message)
    # The server names the version and time of a manager only when it did not apply.
    operation = "Update" if " using " in message else "Apply"
    return FieldConflict(str(cause.get("field") or ""), manager[1] if manager else message, operation)


def _unauthorized(message: str, access: Access) -> Unauthorized:
    # About no object: whatever is asked next is answered the same.
    return Unauthorized(
        f'context "{access.context}" ({access.server}): the credentials are not accepted (401 Unauthorized)',
        status=401,
        reason="Unauthorized",
        details=() if message == "Unauthorized" else (message,),
        hint="they may have expired: log in again, or choose another --context",
    )


def _right_needed(message: str, access: Access) -> str | None:
    if not re.search(r'User "[^"]*" cannot ', message):  # a quota, a webhook, or a namespace that is going
        return None
    return f'ask for this right, or use another account than that of context "{access.context}"'


def no_answer(error: Exception, access: Access, timeout: float) -> InstallerError:
    """Why no answer came: Dropped when repeating may help, else Unreachable or NoCredentials."""
    from urllib3 import exceptions as wire

    if (
        isinstance(error, ValueError)
        and not isinstance(error, wire.HTTPError)
        and "header value" in str(error)
    ):
        return NoCredentials(
            f'context "{access.context}": its token holds characters that no header may contain',
            hint="write the token again, as one line",
        )
    cause = _cause(error, timeout)
    unreachable = Unreachable(
        f'context "{access.context}" ({access.server}): {cause}',
        hint=next(hint for words, hint in _HINTS if words in cause),
    )
    if isinstance(error, wire.ProtocolError) or "EOF occurred" in cause:
        return Dropped(unreachable, arrived=True)
    never_sent = cause in _NEVER_SENT and not isinstance(error, wire.NameResolutionError)
    return Dropped(unreachable, arrived=False) if never_sent else unreachable


_HANDSHAKE = "TLS handshake timeout"
_REFUSED = "connection refused"
_NO_CONNECTION = "connection timed out"
_NEVER_SENT = (_HANDSHAKE, _REFUSED, _NO_CONNECTION)
"""Causes that pass when a server starts again, and before which no byte of a request went out."""


_HINTS = (
    (
        "certificate",
        "the kubeconfig trusts another authority than the server's: is this the right context, was the cluster made "
        "anew since? fetch its kubeconfig again; behind a proxy that opens TLS, add its authority",
    ),
    ("TLS failed", "does the server speak TLS at this address, or does a proxy answer in its place?"),
    ("", "is this the right context, is the cluster up, is a VPN or proxy needed? (kubectl cluster-info)"),
)
"""The next step, by words of the cause; the first that fit."""


def _cause(error: Exception, timeout: float) -> str:  # noqa: PLR0911 (a table of exceptions)
    from kubernetes.client.exceptions import ApiException
    from urllib3 import exceptions as wire

    origin = error.__cause__ or error.__context__
    # The words in Go's spelling are those that install scripts look for.
    match error:
        case wire.ReadTimeoutError() if "handshake" in str(origin):
            return _HANDSHAKE
        case wire.ReadTimeoutError():
            return f"no answer within {timeout:g} s (connection timed out)"
        case wire.NameResolutionError():
            return "no such host"
        case wire.NewConnectionError():
            return _connect_failure(origin)
        case wire.ConnectTimeoutError():
            return _NO_CONNECTION
        case wire.ProxyError():
            return "cannot connect to the proxy"
        case wire.ProtocolError():
            return "the connection broke (connection reset by peer)"
        case ApiException():  # the library's dress for a TLS error; its reason is "SSLError" and the cause
            return f"TLS failed: {str(error.reason).splitlines()[-1]}"
        case wire.LocationValueError():
            return "the server's address is not a URL"
    return f"the request failed ({type(error).__name__})"


def _connect_failure(origin: BaseException | None) -> str:
    if isinstance(origin, ConnectionRefusedError):
        return _REFUSED
    if isinstance(origin, TimeoutError):
        return _NO_CONNECTION
    if isinstance(origin, OSError) and origin.strerror:
        return origin.strerror.lower()
    return "cannot connect"
