"""What a registry's answers say: challenges, manifests, refusals."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from apigeectl.clients.registry_errors import RegistryError
from apigeectl.errors import APIError, api_error_class

CHART_LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True)
class Challenge:
    """Where the token is given that a registry wants to see, and what to ask for there."""

    realm: str
    query: Mapping[str, str]

    @classmethod
    def parse(cls, header: str, subject: str) -> Challenge:
        """From `Bearer realm="...",service="...",scope="..."`."""
        kind, _, rest = header.partition(" ")
        found = dict(_PARAMETER.findall(rest))
        if kind.lower() != "bearer" or not urlsplit(found.get("realm", "")).netloc:
            raise RegistryError(
                f"{subject}: the registry wants a login, and only public charts are pulled",
                hint="pull the chart with helm, and give its folder or archive with --bundle",
            )
        return cls(found["realm"], {key: found[key] for key in ("service", "scope") if key in found})

    @property
    def url(self) -> str:
        joint = "&" if urlsplit(self.realm).query else "?"
        return f"{self.realm}{joint}{urlencode(self.query)}"


@dataclass(frozen=True)
class Layer:
    """A blob that a manifest lists."""

    digest: str
    size: int


def layer_of(data: bytes, content_type: str, subject: str) -> Layer:
    """The layer of a manifest that is the chart."""
    try:
        manifest = json.loads(data)
    except ValueError:
        manifest = None
    if not isinstance(manifest, dict) or not isinstance(manifest.get("layers"), list):
        kind = content_type.partition(";")[0].strip() or "something else"
        raise RegistryError(
            f"{subject}: instead of a manifest came {kind}",
            hint="is there a proxy or a sign-in page in between, and is the address right?",
        )
    layers = [one for one in manifest["layers"] if isinstance(one, dict)]
    charts = [one for one in layers if one.get("mediaType") == CHART_LAYER]
    if len(charts) != 1:
        listed = ", ".join(str(one.get("mediaType")) for one in layers) or "none"
        raise RegistryError(f"{subject} is no Helm chart", details=[f"its layers: {listed}"])
    digest, size = charts[0].get("digest"), charts[0].get("size")
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest) or not isinstance(size, int) or size < 1:
        raise RegistryError(f"{subject}: the manifest names no chart with a sha256 digest and a size")
    return Layer(digest, size)


def refusal(status: int, data: bytes, subject: str) -> APIError:
    """The error that an HTTP status stands for, with the registry's own words when it has some."""
    words = _words(data) or _STATUS_WORDS.get(status, f"HTTP {status}")
    return api_error_class(status)(f"{subject}: {words}", status=status)


_STATUS_WORDS = {
    401: "the registry does not let us in",
    403: "the registry does not let us in",
    404: "there is no such chart",
    429: "the registry has too much to do",
}


def _words(data: bytes) -> str:
    try:
        errors = json.loads(data).get("errors")
        return " ".join(str(errors[0].get("message") or "").split())[:200]
    except (ValueError, AttributeError, LookupError, TypeError):
        return ""
