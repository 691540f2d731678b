"""Charts from an OCI registry, without logging in: a manifest by tag, then the one blob that is the chart.

Nothing that a registry says is believed: sizes are bounded, digests are computed, redirects stay on https, and only
the registry that was named learns the token it gave.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from apigeectl.clients.registry_answers import Challenge, layer_of, refusal
from apigeectl.clients.registry_errors import RegistryError, no_answer
from apigeectl.errors import UsageError

if TYPE_CHECKING:
    import requests

DEFAULT = "oci://us-docker.pkg.dev/apigee-release/apigee-hybrid-helm-charts"
"""Where Google publishes the charts of Apigee hybrid."""

LARGEST_MANIFEST = 4 << 20
LARGEST_CHART = 32 << 20
"""The published charts have less than one megabyte."""
_REPEATS = 3
_REDIRECTS = 5
_LONGEST_PAUSE = 30.0
_TRANSIENT = frozenset({429, 500, 502, 503, 504})
_ACCEPT = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Chart:
    """The packed chart and the digest that it was checked against."""

    data: bytes
    digest: str


class Registry:
    """One registry, and the folder in it that holds the charts."""

    def __init__(
        self,
        address: str = DEFAULT,
        *,
        environ: Mapping[str, str] = os.environ,
        timeout: float = 30.0,
        longest: float = 120.0,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`timeout` bounds the silence of the other side, `longest` the whole of one answer, in seconds."""
        self.address = address.rstrip("/")
        self._root, self._folder = _parts(self.address)
        self._environ = environ
        self._timeout = timeout
        self._longest = longest
        self._sleep = sleep
        self._clock = clock
        self._token = ""

    def pull(self, chart: str, version: str) -> Chart:
        """The chart of a version; NotFound when there is none, RegistryError when an answer cannot be trusted."""
        subject = f"{self.address}/{chart}:{version}"
        repository = f"{self._folder}/{chart}".lstrip("/")
        base = f"{self._root}/v2/{repository}"
        answer = self._get(f"{base}/manifests/{version}", subject, LARGEST_MANIFEST, accept=_ACCEPT)
        said = answer.headers.get("Docker-Content-Digest", "")
        if said.startswith("sha256:"):
            _check_digest(answer.data, said, f"{subject}: the manifest")
        layer = layer_of(answer.data, answer.headers.get("Content-Type", ""), subject)
        if layer.size > LARGEST_CHART:
            raise RegistryError(f"{subject}: the chart has {layer.size} bytes, more than {LARGEST_CHART}")
        blob = self._get(f"{base}/blobs/{layer.digest}", subject, LARGEST_CHART)
        if len(blob.data) != layer.size:
            raise RegistryError(
                f"{subject}: {len(blob.data)} bytes came, and the manifest says {layer.size}",
                hint="the download was cut off, or something on the way changed it: run again",
            )
        _check_digest(blob.data, layer.digest, f"{subject}: the chart")
        return Chart(blob.data, layer.digest)

    def answers(self) -> None:
        """Ask whether a registry is there at all, without logging in; raises Unreachable or RegistryError when not."""
        answer = self._patiently(f"{self._root}/v2/", self.address, LARGEST_MANIFEST, "application/json")
        if answer.status not in (200, 401, 403):
            raise refusal(answer.status, answer.data, self.address)

    def _get(self, url: str, subject: str, largest: int, *, accept: str = "*/*") -> _Answer:
        answer = self._patiently(url, subject, largest, accept)
        if answer.status == 401 and not self._token:
            self._token = self._new_token(answer.headers.get("WWW-Authenticate", ""), subject)
            answer = self._patiently(url, subject, largest, accept)
        if answer.status >= 300:
            raise refusal(answer.status, answer.data, subject)
        return answer

    def _new_token(self, challenge: str, subject: str) -> str:
        """The token that everybody gets who asks; nothing of ours is shown for it."""
        asked = Challenge.parse(challenge, subject)
        self._check_safe(asked.realm, subject)
        answer = self._patiently(asked.url, subject, LARGEST_MANIFEST, "application/json", token=False)
        if answer.status >= 300:
            raise refusal(answer.status, answer.data, subject)
        try:
            body = json.loads(answer.data)
            token = body.get("token") or body.get("access_token")
        except (ValueError, AttributeError):
            token = None
        if not isinstance(token, str) or not token.isprintable():
            raise RegistryError(f"{subject}: {urlsplit(asked.realm).netloc} gave no token")
        return token

    def _patiently(self, url: str, subject: str, largest: int, accept: str, *, token: bool = True) -> _Answer:
        import requests

        for repeat in range(_REPEATS + 1):
            pause = ""
            try:
                answer = self._following(url, subject, largest, accept, token=token)
            except (requests.RequestException, OSError) as error:
                if repeat == _REPEATS or isinstance(error, requests.exceptions.SSLError):
                    raise no_answer(error, urlsplit(url).netloc, self._timeout) from None
            else:
                if repeat == _REPEATS or answer.status not in _TRANSIENT:
                    return answer
                pause = answer.headers.get("Retry-After", "")
            self._sleep(min(float(pause) if pause.isdecimal() else 2.0**repeat, _LONGEST_PAUSE))
        raise AssertionError("unreachable")

    def _following(self, url: str, subject: str, largest: int, accept: str, *, token: bool) -> _Answer:
        """The answer at the end of the redirects; the token stays with the registry."""
        home = urlsplit(url).netloc
        for _ in range(_REDIRECTS):
            headers = {"Accept": accept, "Accept-Encoding": "identity"}
            if token and self._token and urlsplit(url).netloc == home:
                headers["Authorization"] = f"Bearer {self._token}"
            answer = self._once(url, headers, subject, largest)
            if answer.status not in {301, 302, 303, 307, 308}:
                return answer
            url = urljoin(url, answer.headers.get("Location", ""))
            self._check_safe(url, subject)
        raise RegistryError(f"{subject}: {home} redirects without end")

    def _once(self, url: str, headers: Mapping[str, str], subject: str, largest: int) -> _Answer:
        deadline = self._clock() + self._longest
        with self._http().get(
            url,
            auth=_Headers(headers),
            timeout=(min(10.0, self._timeout), self._timeout),
            allow_redirects=False,
            stream=True,
        ) as response:
            data = bytearray()
            for piece in response.iter_content(1 << 16):
                data += piece
                if len(data) > largest:
                    raise RegistryError(f"{subject}: the answer has more than {largest} bytes")
                if self._clock() > deadline:
                    raise RegistryError(f"{subject}: the answer was not complete after {self._longest:.0f} s")
            return _Answer(response.status_code, response.headers, bytes(data))

    def _http(self) -> requests.Session:
        import requests

        from apigeectl import __version__

        http = requests.Session()
        http.headers["User-Agent"] = f"apigeectl/{__version__}"
        http.proxies = {f"{scheme}://{host}": "" for scheme in ("http", "https") for host in _LOOPBACK}
        authorities = self._environ.get("CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE")
        if authorities:
            http.verify = authorities
        return http

    def _check_safe(self, url: str, subject: str) -> None:
        """Only a registry on loopback may speak plainly, or send us to loopback."""
        parts = urlsplit(url)
        if parts.scheme == "https" and not _is_loopback(parts.hostname or ""):
            return
        ours = urlsplit(self._root)
        if parts.scheme in {"http", "https"} and _is_loopback(ours.hostname or ""):
            return
        raise RegistryError(
            f"{subject}: the registry sends us to {parts.scheme}://{parts.netloc}, which is refused"
        )


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    data: bytes


class _Headers:
    """Sets the headers itself: the library would prefer a .netrc entry to ours."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers

    def __call__(self, request: Any) -> Any:
        request.headers.update(self._headers)
        return request


def _parts(address: str) -> tuple[str, str]:
    """Root URL and folder of oci://HOST/FOLDER; plain http only on loopback."""
    parts = urlsplit(address)
    scheme = "https" if parts.scheme == "oci" else parts.scheme
    folder = parts.path.strip("/")
    if (
        scheme not in {"http", "https"}
        or not parts.hostname
        or parts.username
        or not _FOLDER.fullmatch(folder)
    ):
        raise UsageError(
            f"not the address of a chart registry: {address.rpartition('@')[2]}",
            hint=f"write it as {DEFAULT}, or off for none",
        )
    if scheme == "http" and not _is_loopback(parts.hostname):
        raise UsageError(f"{address}: plain http is only for loopback", hint="write oci:// or https://")
    return f"{scheme}://{parts.netloc}", folder


_FOLDER = re.compile(r"(?:[a-z0-9][a-z0-9._-]*(?:/[a-z0-9][a-z0-9._-]*)*)?")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_digest(data: bytes, digest: str, subject: str) -> None:
    found = f"sha256:{hashlib.sha256(data).hexdigest()}"
    if found != digest:
        raise RegistryError(
            f"{subject} is not what its digest says",
            details=[f"expected: {digest}", f"found: {found}"],
            hint="something on the way changed it; nothing of it was used",
        )
