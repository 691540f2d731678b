"""Everything that can go wrong, as one family.

InstallerError                 exit 1   message, details, hint
├── UsageError                 exit 2   the command line cannot mean anything
├── OverridesError             exit 3   the overrides file is wrong; nothing was touched
├── WaitTimeout                exit 4   the deadline passed before the state was reached
├── Refused                    exit 1   a safety rule stopped us; the message names it
├── Unreachable                exit 1   no answer: refused, timed out, unknown host, TLS
├── NoCredentials              exit 1   nothing to authenticate with, or it cannot be read
└── APIError                   exit 1   the Kubernetes API or a Google API said no
    ├── Unauthorized                    401: the credentials are not accepted
    ├── Forbidden                       403: the credentials do not suffice
    ├── NotFound                        404: the object or the path does not exist
    ├── Conflict                        409: somebody else holds it, or it changed meanwhile
    ├── Invalid                         400, 422: the request itself is wrong
    └── ServiceFailure                  429, 5xx: the other side failed
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum


class ExitCode(IntEnum):
    """What a command's exit status means; the same for every command and output format."""

    OK = 0
    FAILED = 1
    USAGE = 2
    OVERRIDES = 3
    TIMEOUT = 4
    DIFFERENT = 5
    INTERRUPTED = 130


class InstallerError(Exception):
    """A failure with words for the user: what happened, to what, why, and what to do next.

    No part of it may ever carry a secret: it is printed as it is.
    """

    exit_code = ExitCode.FAILED

    def __init__(self, message: str, *, details: Sequence[str] = (), hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = tuple(details)
        self.hint = hint


class UsageError(InstallerError):
    """The command line cannot mean anything."""

    exit_code = ExitCode.USAGE


class OverridesError(InstallerError):
    """The overrides file is wrong, and nothing was touched."""

    exit_code = ExitCode.OVERRIDES


class WaitTimeout(InstallerError):
    """The deadline passed before the state was reached."""

    exit_code = ExitCode.TIMEOUT


class Refused(InstallerError):
    """A safety rule stopped the command before it could destroy something."""


class Unreachable(InstallerError):
    """No answer came: connection refused, timed out, unknown host, or TLS failed."""


class NoCredentials(InstallerError):
    """There is nothing to authenticate with, or it cannot be read."""


@dataclass(frozen=True)
class FieldConflict:
    """A field of an object that another field manager holds."""

    field: str
    manager: str
    operation: str = "Apply"


class APIError(InstallerError):
    """The Kubernetes API or a Google API answered with an error."""

    def __init__(
        self,
        message: str,
        *,
        status: int,
        reason: str = "",
        details: Sequence[str] = (),
        hint: str | None = None,
    ) -> None:
        super().__init__(message, details=details, hint=hint)
        self.status = status
        self.reason = reason


class Unauthorized(APIError):
    """401: the credentials are missing, expired or not accepted."""


class Forbidden(APIError):
    """403: the credentials do not suffice."""


class NotFound(APIError):
    """404: the object, or the path itself, does not exist."""


class Conflict(APIError):
    """409: another field manager holds fields, or the object changed meanwhile."""

    conflicts: tuple[FieldConflict, ...] = ()


class Invalid(APIError):
    """400 or 422: the request is wrong."""


class ServiceFailure(APIError):
    """429 or 5xx: the other side could not answer now."""


def api_error_class(status: int) -> type[APIError]:
    """The class of error that an HTTP status stands for."""
    if status >= 500 or status == 429:
        return ServiceFailure
    return _BY_STATUS.get(status, APIError)


_BY_STATUS: dict[int, type[APIError]] = {
    400: Invalid,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    422: Invalid,
}
