"""Whoever we are at Google gives tokens; why one was not given is said in words without secrets."""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from apigeectl.clients.endpoints import is_in_the_clear
from apigeectl.clients.google_errors import no_answer, redirected
from apigeectl.errors import InstallerError, NoCredentials, Refused, Unreachable

if TYPE_CHECKING:
    import requests

HINT = "name a key file in GOOGLE_APPLICATION_CREDENTIALS, or run: gcloud auth application-default login"

Asking = Callable[..., Any]
"""How google-auth makes its requests."""


class Identity:
    """Gives tokens, refreshing them when needed; threads may share it. Shows none of them."""

    def __init__(self, credentials: Any, asking: Asking, source: str, *, account: str = "") -> None:
        self.source = source
        self.account = account
        self._credentials = credentials
        self._asking = asking
        self._lock = threading.Lock()

    def __str__(self) -> str:
        return f"{self.account} ({self.source})" if self.account else self.source

    @property
    def quota_project(self) -> str:
        """The project that a login file names for quota, "" for none."""
        return str(getattr(self._credentials, "quota_project_id", None) or "")

    def token(self, refused: str | None = None) -> str:
        """A valid token; with `refused` a newer one than that, where the source can give one."""
        with self._lock:
            if not self._credentials.valid or (refused is not None and self._credentials.token == refused):
                self._refresh()
            return str(self._credentials.token)

    def as_source_of(self, make: Callable[[Any], Any], account: str) -> Identity:
        """Another one, whose credentials are made from these."""
        return Identity(make(self._credentials), self._asking, f"impersonated by {self}", account=account)

    def _refresh(self) -> None:
        from google.auth.exceptions import GoogleAuthError, TransportError

        if self._credentials.valid and getattr(self._credentials, "refresh_token", "") is None:
            return  # a plain token: there is nothing to get a new one with
        # `from None`: the libraries' errors carry requests and answers of the token endpoint.
        try:
            self._credentials.refresh(self._asking)
        except Unreachable as error:
            raise Unreachable(f"{self.source}: no token: {error.message}", hint=error.hint) from None
        except InstallerError:
            raise
        except TransportError:
            raise Unreachable(
                f"{self.source}: the server that gives tokens does not answer", hint=HINT
            ) from None
        except (GoogleAuthError, ValueError) as error:
            raise self._none(error) from None
        except Exception as error:
            raise self._odd(type(error).__name__) from None
        if not is_token(str(self._credentials.token or "")):
            raise self._odd("it holds no token")

    def _none(self, error: Exception) -> NoCredentials:
        words = _words(error)
        cause, hint = next((why for sign, *why in _REFUSALS if sign in words.lower()), ("", HINT))
        message = f"{self.source}: no token for Google: {words}"
        return NoCredentials(message, details=[cause] if cause else (), hint=hint)

    def _odd(self, what: str) -> NoCredentials:
        return NoCredentials(
            f"{self.source}: the answer of the token endpoint is not understood ({what})",
            hint="is that the right address? A proxy in between may be at fault",
        )


def asking(http: requests.Session, seconds: float) -> Asking:
    """Requests for tokens: what is secret goes nowhere in the clear, nor to where an answer points."""
    from google.auth.exceptions import TransportError
    from google.auth.transport.requests import Request

    send = Request(http)

    def ask(
        url: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Any = None,
        timeout: float | None = None,
        **options: Any,
    ) -> Any:
        host = urlsplit(url).hostname or ""
        if method == "POST" and is_in_the_clear(url):  # a cloud's own metadata are a GET, and always plain
            raise Refused(f"token endpoint {host}: no key or token is sent over plain http")
        try:
            answer = send(url, method, body, headers, timeout or seconds, allow_redirects=False, **options)
        except (TransportError, OSError) as error:
            if method == "GET" and isinstance(error, TransportError):
                raise  # the library asks a metadata server again
            raise no_answer(error.__cause__ or error, host, timeout or seconds) from None
        if 300 <= answer.status < 400:
            raise redirected(answer.status, answer.headers.get("Location", ""), f"token endpoint {host}")
        return answer

    return ask


def is_token(text: str) -> bool:
    """It can stand in a header."""
    return bool(text) and text.isascii() and text.isprintable() and " " not in text


_REFUSALS = (
    (
        "invalid jwt signature",
        "the key was deleted or replaced in Google Cloud, or the file was edited",
        "make a new key for the account and name that file",
    ),
    (
        "account not found",
        "the service account was deleted, or is disabled",
        "look with: gcloud iam service-accounts list",
    ),
    (
        "account has been disabled",
        "the service account is disabled",
        "gcloud iam service-accounts enable ACCOUNT, or use another key",
    ),
    (
        "short-lived token",
        "the clock of this machine is off by minutes, and Google refuses tokens that were made with it",
        "set the clock (NTP), then try again",
    ),
    (
        "expired or revoked",
        "the login has ended or was revoked",
        "log in again: gcloud auth application-default login",
    ),
    (
        "reauth",
        "the login is too old for the rules of its organization (session control)",
        "log in again: gcloud auth application-default login; for pipelines use a key file or a workload identity",
    ),
    (
        "getaccesstoken",
        "the account that acts may not act as this one, or there is no such account",
        "grant it roles/iam.serviceAccountTokenCreator on the account that it acts as",
    ),
    (
        "executables need to be explicitly allowed",
        "the file names a program that gives tokens, and such programs run only when that is allowed",
        "read the file; if you trust the program, set GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1",
    ),
)
"""What google-auth or a token endpoint says, in lower case, and what it means and asks for."""


def _words(error: Exception) -> str:
    """What went wrong, from the first argument only: the others are bodies of the token endpoint."""
    first = str(error.args[0]) if error.args else type(error).__name__
    if len(error.args) > 1 and "impersonated" in first:
        with contextlib.suppress(ValueError, KeyError, TypeError):
            first = str(json.loads(error.args[1])["error"]["message"])
    if first.lstrip()[:1] == "<":
        return "the token endpoint answers with a web page"
    first = _QUOTED.sub(r"\1[secret]", _ASSERTION.sub("[assertion]", first))
    return first.splitlines()[0][:200] if first.strip() else type(error).__name__


_ASSERTION = re.compile(r"eyJ[\w-]+(?:\.[\w-]*){0,2}")
"""A signed JWT, which is as good as a token."""

_QUOTED = re.compile(
    r"((?:refresh_token|client_secret|subject_token|assertion|access_token|id_token|private_key)\b\W{1,8})[^&\s\"',}]+"
)
"""What a server quotes of a request that it was sent, as a form or as JSON."""
