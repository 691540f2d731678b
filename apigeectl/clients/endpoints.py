"""Which host answers for each Google service, and whether our token may go there."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from urllib.parse import SplitResult, urlsplit

from apigeectl.errors import Refused, UsageError

VARIABLE_PREFIX = "CLOUDSDK_API_ENDPOINT_OVERRIDES_"
TOKEN_HOST = "CLOUDSDK_AUTH_TOKEN_HOST"  # noqa: S105 (a variable)


class Service(Enum):
    """A Google API; the value is its host's first name and, in upper case, the end of its variable."""

    APIGEE = "apigee"
    APIGEE_CONNECT = "apigeeconnect"
    SERVICE_USAGE = "serviceusage"
    RESOURCE_MANAGER = "cloudresourcemanager"
    IAM = "iam"
    IAM_CREDENTIALS = "iamcredentials"

    @property
    def variable(self) -> str:
        return VARIABLE_PREFIX + self.value.upper()


class Origin(Enum):
    """Who named an endpoint; the value is how a message names it."""

    FLAG = "a flag"
    VARIABLE = "a variable"
    OVERRIDES = "contractProvider of the overrides file"
    DEFAULT = "the default"


@dataclass(frozen=True)
class Endpoint:
    """The base URL of a service and who named it."""

    service: Service
    url: str
    origin: Origin


@dataclass(frozen=True)
class Endpoints:
    """Flag before variable before `contractProvider` (the Apigee API only) before default."""

    environ: Mapping[str, str]
    flags: Mapping[Service, str]
    contract_provider: str | None = None

    def of(self, service: Service) -> Endpoint:
        """Where requests go; Refused when a token must not go there."""
        endpoint = self._chosen(service)
        reason = _why_not(endpoint)
        if reason:
            raise Refused(
                f"{endpoint.url} is named by {endpoint.origin.value}: {reason}",
                hint=f"if you trust this host, name it in the variable {service.variable}",
            )
        return endpoint

    def named(self, service: str) -> str:
        """The base URL of the service with this first name of its host."""
        return self.of(Service(service)).url

    def _chosen(self, service: Service) -> Endpoint:
        named = (
            (self.flags.get(service), Origin.FLAG),
            (self.environ.get(service.variable), Origin.VARIABLE),
            (self.contract_provider if service is Service.APIGEE else None, Origin.OVERRIDES),
            (f"https://{service.value}.googleapis.com", Origin.DEFAULT),
        )
        return next(Endpoint(service, _base(url, origin.value), origin) for url, origin in named if url)


def token_host(environ: Mapping[str, str]) -> str | None:
    """The token endpoint that stands in for the one of every key file, as gcloud's property auth/token_host."""
    url = environ.get(TOKEN_HOST)
    if not url:
        return None
    if is_in_the_clear(_base(url, TOKEN_HOST)):
        raise Refused(f"{_base(url, TOKEN_HOST)} is named by {TOKEN_HOST}: no token comes over plain http")
    return url.strip()


def is_in_the_clear(url: str) -> bool:
    """What is sent there can be read on the way."""
    parts = urlsplit(url)
    return parts.scheme == "http" and not _is_loopback(parts.hostname or "")


def _base(url: str, origin: str) -> str:
    # As gcloud: scheme, host and port only.
    parts = _split(url, origin)
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"} or not _is_host(host) or parts.username is not None:
        raise UsageError(f"{origin}: not the address of a Google API: {url.rpartition('@')[2]}", hint=_FORM)
    return f"{parts.scheme}://{parts.netloc}"


_FORM = "write https://HOST or https://HOST:PORT, in plain letters and without user and password"


def _split(url: str, origin: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
    except ValueError:
        raise UsageError(f"{origin}: not the address of a Google API", hint=_FORM) from None
    return parts


def _is_host(host: str) -> bool:
    # Before a backslash, the HTTP library sees the end of the host where urlsplit sees none.
    return bool(_NAME.fullmatch(host)) or (":" in host and _is_address(host))


_NAME = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _why_not(endpoint: Endpoint) -> str | None:
    parts = urlsplit(endpoint.url)
    host = parts.hostname or ""
    typed = endpoint.origin in {Origin.FLAG, Origin.VARIABLE}
    if is_in_the_clear(endpoint.url):
        return "no token is sent over plain http"
    if not typed and (parts.scheme == "http" or not _is_google(host)):
        return "no token is sent outside googleapis.com on the word of a file"
    return None


def _is_google(host: str) -> bool:
    return host == "googleapis.com" or host.endswith(".googleapis.com")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
