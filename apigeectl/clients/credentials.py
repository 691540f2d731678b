"""Who we are at Google: a token, a key file, a login, a workload's identity, and whom we act as."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from apigeectl.clients.endpoints import token_host
from apigeectl.clients.identity import HINT, Asking, Identity, asking, is_token
from apigeectl.errors import NoCredentials, Refused

if TYPE_CHECKING:
    import requests

SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
METADATA_TIMEOUT = 1.5
TOKEN_TIMEOUT = 30.0
_AWS_TOKEN = "urn:ietf:params:aws:token-type:aws4_request"  # noqa: S105 (a type, not a token)


def find_identity(
    http: requests.Session,
    environ: Mapping[str, str],
    *,
    access_token_file: Path | None = None,
    key_file: Path | None = None,
    only_service_account: bool = False,
    impersonate: str | None = None,
    iam_credentials: Callable[[], str | None] = lambda: None,
    timeout: float = TOKEN_TIMEOUT,
) -> Identity:
    """The first source that there is, in gcloud's order; NoCredentials when there is none.

    `impersonate` (else CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT) lists service accounts with commas: the
    last is the one to act as, those before it are delegates. `iam_credentials` tells the base URL of the API that
    gives tokens for others, Google's unless told. With `only_service_account` a key file of another type is Refused:
    such a file names other files, and the host that their content is sent to. `timeout` is for one answer with a token, in seconds.
    """
    finding = _Finding(http, environ, asking(http, timeout), iam_credentials, only_service_account)
    identity = finding.source(access_token_file, key_file)
    chain = impersonate or environ.get("CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT") or ""
    accounts = [account.strip() for account in chain.split(",") if account.strip()]
    if not accounts:
        return identity
    return identity.as_source_of(lambda source: finding.acting(source, accounts), accounts[-1])


@dataclass(frozen=True)
class _Finding:
    http: requests.Session
    environ: Mapping[str, str]
    asking: Asking
    iam_credentials: Callable[[], str | None]
    only_service_account: bool

    def source(  # noqa: PLR0911 (a list of sources)
        self, access_token_file: Path | None, key_file: Path | None
    ) -> Identity:
        """Flags, then variables, then the login, then the machine we run on."""
        named = self.environ.get
        if access_token_file:
            return self._plain_of(access_token_file)
        if key_file:
            return self._from_file(key_file, "key file")
        if token := named("CLOUDSDK_AUTH_ACCESS_TOKEN"):
            return self._plain(token, "variable CLOUDSDK_AUTH_ACCESS_TOKEN")
        if file := named("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE"):
            return self._plain_of(Path(file))
        if file := named("GOOGLE_APPLICATION_CREDENTIALS"):
            return self._from_file(Path(file), "key file")
        login = _login_file(self.environ)
        if login.is_file():
            return self._from_file(login, "application default login")
        if _on_google_cloud(self.http, self.environ):
            from google.auth import compute_engine

            credentials: Any = compute_engine.Credentials
            return Identity(credentials(scopes=SCOPES), self.asking, "metadata server")
        raise NoCredentials("no credentials for Google's APIs", hint=HINT)

    def acting(self, source: Any, accounts: list[str]) -> Any:
        """Credentials of the last account, got by those of the source, through the accounts before it."""
        from google.auth import impersonated_credentials

        kind: Any = impersonated_credentials.Credentials
        *delegates, target = accounts
        url = self.iam_credentials()
        path = f"/v1/projects/-/serviceAccounts/{quote(target, safe='@')}:generateAccessToken"
        return kind(
            source,
            target_principal=target,
            target_scopes=list(SCOPES),
            delegates=delegates,
            iam_endpoint_override=url + path if url else None,
        )

    def _plain_of(self, file: Path) -> Identity:
        return self._plain(_read(file), f"access token file {file}")

    def _plain(self, token: str, source: str) -> Identity:
        from google.oauth2.credentials import Credentials

        credentials: Any = Credentials
        if not is_token(token.strip()):
            raise NoCredentials(f"{source}: not an access token")
        return Identity(credentials(token.strip()), self.asking, source)

    def _from_file(self, file: Path, source: str) -> Identity:
        source = f"{source} {file}"
        try:
            info = json.loads(_read(file))
        except (ValueError, RecursionError):
            info = None
        kind = info.get("type") if isinstance(info, dict) else None
        if not isinstance(info, dict) or not isinstance(kind, str) or kind not in _REQUIRED:
            raise NoCredentials(
                f"{source}: not a Google credentials file (JSON with a known type)", hint=HINT
            )
        if self.only_service_account and kind != "service_account":
            raise Refused(
                f"{source}: of type {kind}, no service account's key; nothing is asked with it, because such a file "
                "says where what it names is sent",
                hint="name it in GOOGLE_APPLICATION_CREDENTIALS if you trust it, or a service account's key here",
            )
        if lacking := [name for name in _REQUIRED[kind] if not info.get(name)]:
            raise NoCredentials(f"{source}: of type {kind}, without {', '.join(lacking)}", hint=HINT)
        try:
            credentials = self._loaded(info)
        except NoCredentials:
            raise
        except Exception as error:
            # `from None`: whatever the libraries say about a broken key may hold parts of it.
            what = "its private_key is none" if kind == "service_account" else "it cannot be used"
            raise NoCredentials(
                f"{source}: of type {kind}, {what} ({type(error).__name__})", hint=HINT
            ) from None
        account = str(info.get("client_email") or info.get("account") or "")
        return Identity(credentials, self.asking, source, account=account)

    def _loaded(self, info: Mapping[str, Any]) -> Any:
        host = token_host(self.environ)
        match info["type"]:
            case "service_account":
                return _service_account({**info, "token_uri": host} if host else info)
            case "authorized_user":
                login = _user(info)
                return login.with_token_uri(host) if host else login
            case "external_account":
                return _external(info)
            case "impersonated_service_account":
                return self._impersonated(info)
        return _other(info)

    def _impersonated(self, info: Mapping[str, Any]) -> Any:
        # Not by google-auth: that would always ask Google's own host, whatever the variables name.
        source = self._loaded(info["source_credentials"])
        target = str(info["service_account_impersonation_url"]).rpartition("/")[2].partition(":")[0]
        credentials = self.acting(source, [*(info.get("delegates") or ()), target])
        quota_project = info.get("quota_project_id")
        return credentials.with_quota_project(quota_project) if quota_project else credentials


_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "service_account": ("client_email", "private_key", "token_uri"),
    "authorized_user": ("client_id", "client_secret", "refresh_token"),
    "external_account": ("audience", "subject_token_type", "token_url", "credential_source"),
    "external_account_authorized_user": (),
    "impersonated_service_account": ("service_account_impersonation_url", "source_credentials"),
    "gdch_service_account": (),
}
"""The types of credentials files, and what each must hold."""


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
    elif "executable" in info["credential_source"]:
        kind = pluggable.Credentials
    return kind.from_info(info, scopes=SCOPES)


def _other(info: Mapping[str, Any]) -> Any:
    import google.auth

    load: Any = google.auth.load_credentials_from_dict
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # meant for files of unknown origin
        return load(info, scopes=SCOPES)[0]


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
        return file.expanduser().read_text(encoding="utf-8")
    except OSError as error:
        raise NoCredentials(f"{file} cannot be read: {error.strerror}", hint=HINT) from error
    except UnicodeDecodeError:
        raise NoCredentials(f"{file}: not text", hint=HINT) from None
