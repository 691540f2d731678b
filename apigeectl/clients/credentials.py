"""Who we are at Google: a token, a key file, a login, a workload's identity, and whom we act as."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import threading
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apigeectl.clients.endpoints import token_host
from apigeectl.errors import NoCredentials, Unreachable

if TYPE_CHECKING:
    import requests

SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
METADATA_TIMEOUT = 1.5
TOKEN_TIMEOUT = 30.0
_HINT = "name a key file in GOOGLE_APPLICATION_CREDENTIALS, or run: gcloud auth application-default login"
_AWS_TOKEN = "urn:ietf:params:aws:token-type:aws4_request"  # noqa: S105 (a type, not a token)


class Identity:
    """Gives tokens, refreshing them when needed; threads may share it. Shows none of them."""

    def __init__(self, credentials: Any, http: requests.Session, source: str, *, account: str = "") -> None:
        from google.auth.transport.requests import Request

        self.source = source
        self.account = account
        self._credentials = credentials
        self._request = functools.partial(Request(http), timeout=TOKEN_TIMEOUT)
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

    def _refresh(self) -> None:
        from google.auth.exceptions import GoogleAuthError, TransportError

        if self._credentials.valid and getattr(self._credentials, "refresh_token", "") is None:
            return  # a plain token: there is nothing to get a new one with
        try:
            self._credentials.refresh(self._request)
        except TransportError:
            # `from None`: these errors carry requests and answers of the token endpoint.
            raise Unreachable(f"{self.source}: the token endpoint does not answer", hint=_PROXY) from None
        except (GoogleAuthError, ValueError) as error:
            words = _words(error)
            cause, hint = next((why for sign, *why in _REFUSALS if sign in words.lower()), ("", _HINT))
            message = f"{self.source}: no token for Google: {words}"
            raise NoCredentials(message, details=[cause] if cause else (), hint=hint) from None


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
)
"""What the token endpoint says, in lower case, and what it means and asks for."""

_PROXY = "is a proxy needed (HTTPS_PROXY), or a CA of your own (REQUESTS_CA_BUNDLE)?"


def find_identity(
    http: requests.Session,
    environ: Mapping[str, str],
    *,
    access_token_file: Path | None = None,
    key_file: Path | None = None,
    impersonate: str | None = None,
    iam_credentials_url: str | None = None,
) -> Identity:
    """The first source that there is, in gcloud's order; NoCredentials when there is none.

    `impersonate` (else CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT) lists service accounts with commas: the
    last is the one to act as, those before it are delegates.
    """
    identity = _source(http, environ, access_token_file, key_file)
    chain = impersonate or environ.get("CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT") or ""
    accounts = [account.strip() for account in chain.split(",") if account.strip()]
    return _impersonated(identity, http, accounts, iam_credentials_url) if accounts else identity


def _source(  # noqa: PLR0911 (a list of sources)
    http: requests.Session, environ: Mapping[str, str], access_token_file: Path | None, key_file: Path | None
) -> Identity:
    if access_token_file:
        return _plain(_read(access_token_file), http, f"access token file {access_token_file}")
    if key_file:
        return _from_file(key_file, http, "key file", environ)
    if environ.get("CLOUDSDK_AUTH_ACCESS_TOKEN"):
        return _plain(environ["CLOUDSDK_AUTH_ACCESS_TOKEN"], http, "variable CLOUDSDK_AUTH_ACCESS_TOKEN")
    if environ.get("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE"):
        file = Path(environ["CLOUDSDK_AUTH_ACCESS_TOKEN_FILE"])
        return _plain(_read(file), http, f"access token file {file}")
    if environ.get("GOOGLE_APPLICATION_CREDENTIALS"):
        return _from_file(Path(environ["GOOGLE_APPLICATION_CREDENTIALS"]), http, "key file", environ)
    login = _login_file(environ)
    if login.is_file():
        return _from_file(login, http, "application default login", environ)
    if _on_google_cloud(http, environ):
        from google.auth import compute_engine

        credentials: Any = compute_engine.Credentials
        return Identity(credentials(scopes=SCOPES), http, "metadata server")
    raise NoCredentials("no credentials for Google's APIs", hint=_HINT)


def _plain(token: str, http: requests.Session, source: str) -> Identity:
    from google.oauth2.credentials import Credentials

    credentials: Any = Credentials
    token = token.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise NoCredentials(f"{source}: not an access token")
    return Identity(credentials(token), http, source)


def _from_file(file: Path, http: requests.Session, source: str, environ: Mapping[str, str]) -> Identity:
    source = f"{source} {file}"
    try:
        info = json.loads(_read(file))
    except ValueError:
        info = None
    if not isinstance(info, dict) or info.get("type") not in _LOADERS:
        raise NoCredentials(f"{source}: not a Google credentials file (JSON with a known type)", hint=_HINT)
    if info["type"] == "service_account" and (host := token_host(environ)):
        info["token_uri"] = host
    try:
        credentials = _LOADERS[info["type"]](info)
    except Exception as error:
        # `from None`: whatever the libraries say about a broken key may hold parts of it.
        raise NoCredentials(
            f"{source}: a {info['type']} file that cannot be used ({type(error).__name__})", hint=_HINT
        ) from None
    return Identity(
        credentials, http, source, account=str(info.get("client_email") or info.get("account") or "")
    )


def _service_account(info: Mapping[str, Any]) -> Any:
    from google.oauth2 import service_account

    credentials: Any = service_account.Credentials
    return credentials.from_service_account_info(info, scopes=SCOPES)


def _user(info: Mapping[str, Any]) -> Any:
    from google.oauth2.credentials import Credentials

    credentials: Any = Credentials
    return credentials.from_authorized_user_info(info)


def _external(info: Mapping[str, Any]) -> Any:
    # Not by google-auth's general loader: that asks Google for the pool's project on the way.
    from google.auth import aws, identity_pool, pluggable

    kind: Any = identity_pool.Credentials
    if info.get("subject_token_type") == _AWS_TOKEN:
        kind = aws.Credentials
    elif "executable" in (info.get("credential_source") or {}):
        kind = pluggable.Credentials
    return kind.from_info(info, scopes=SCOPES)


def _other(info: Mapping[str, Any]) -> Any:
    import google.auth

    load: Any = google.auth.load_credentials_from_dict
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # meant for files of unknown origin
        return load(info, scopes=SCOPES)[0]


_LOADERS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "service_account": _service_account,
    "authorized_user": _user,
    "external_account": _external,
    "external_account_authorized_user": _other,
    "impersonated_service_account": _other,
    "gdch_service_account": _other,
}


def _impersonated(
    source: Identity, http: requests.Session, accounts: list[str], iam_credentials_url: str | None
) -> Identity:
    from google.auth import impersonated_credentials

    acting: Any = impersonated_credentials.Credentials
    *delegates, target = accounts
    path = f"/v1/projects/-/serviceAccounts/{target}:generateAccessToken"
    credentials = acting(
        source._credentials,
        target_principal=target,
        target_scopes=list(SCOPES),
        delegates=delegates,
        iam_endpoint_override=iam_credentials_url + path if iam_credentials_url else None,
    )
    return Identity(credentials, http, f"impersonated by {source}", account=target)


def _login_file(environ: Mapping[str, str]) -> Path:
    home = Path(environ.get("APPDATA", "~")) / "gcloud" if os.name == "nt" else Path("~/.config/gcloud")
    return Path(environ.get("CLOUDSDK_CONFIG") or home).expanduser() / "application_default_credentials.json"


def _on_google_cloud(http: requests.Session, environ: Mapping[str, str]) -> bool:
    # google-auth's own probe takes ten seconds and more where packets to the address are dropped.
    import requests as library

    if environ.get("NO_GCE_CHECK") == "true":
        return False
    address = environ.get("GCE_METADATA_IP") or environ.get("GCE_METADATA_HOST") or "169.254.169.254"
    try:
        answer = http.get(
            f"http://{address}/",
            headers={"Metadata-Flavor": "Google"},
            timeout=METADATA_TIMEOUT,
            allow_redirects=False,
            proxies={"http": "", "https": ""},
        )
    except library.RequestException:
        return False
    return answer.headers.get("Metadata-Flavor") == "Google"


def _read(file: Path) -> str:
    try:
        return file.expanduser().read_text()
    except OSError as error:
        raise NoCredentials(f"{file} cannot be read: {error.strerror}", hint=_HINT) from error
    except UnicodeDecodeError:
        raise NoCredentials(f"{file}: not text", hint=_HINT) from None


def _words(error: Exception) -> str:
    """What went wrong, from the first argument only: the others are bodies of the token endpoint."""
    first = str(error.args[0]) if error.args else type(error).__name__
    if len(error.args) > 1 and "impersonated" in first:
        with contextlib.suppress(ValueError, KeyError, TypeError):
            first = str(json.loads(error.args[1])["error"]["message"])
    first = _ASSERTION.sub("[assertion]", first)  # a server that quotes what it was sent
    return first.splitlines()[0][:200] if first else type(error).__name__


_ASSERTION = re.compile(r"eyJ[\w-]+(?:\.[\w-]*){0,2}")
"""A signed JWT, which is as good as a token."""
