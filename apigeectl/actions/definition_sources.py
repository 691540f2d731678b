"""Where definitions that the cluster lacks come from: a named bundle, ./plugins, the cache, the public chart."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from apigeectl.actions.bundle import Bundle, archive, open_bundle
from apigeectl.actions.bundled import definitions_in
from apigeectl.actions.preparation import uncollected
from apigeectl.components.release_table import Release
from apigeectl.errors import InstallerError
from apigeectl.manifests import LiveObject

CHART = "apigee-operator"
FIRST_CHART = (1, 10)
"""Google publishes charts since this release."""


class Chart(Protocol):
    """A packed chart, and the digest that it was checked against."""

    @property
    def data(self) -> bytes: ...
    @property
    def digest(self) -> str: ...


class Registry(Protocol):
    """What pulling asks of a registry."""

    @property
    def address(self) -> str: ...
    def pull(self, chart: str, version: str) -> Chart: ...


class Cache(Protocol):
    """Charts that were pulled before."""

    def get(self, registry: str, chart: str, version: str) -> Chart | None: ...
    def put(self, registry: str, chart: str, version: str, data: bytes, digest: str) -> None: ...


@dataclass(frozen=True)
class Offer:
    """A bundle and the definitions in it."""

    bundle: Bundle
    definitions: dict[str, LiveObject]


@dataclass(frozen=True)
class Found:
    """The first offer, None when there is none, and what was looked at in vain before it."""

    offer: Offer | None
    tried: tuple[str, ...]


@dataclass(frozen=True)
class Sources:
    """Everything beside the cluster. A bundle that was named is the only one that counts."""

    named: Path | None
    plugins: Path
    registry: Registry | None = None
    cache: Cache | None = None

    def find(self, release: Release) -> Found:
        """The first source that has definitions; a named bundle that cannot be read is an InstallerError."""
        if self.named:
            offer = _offer(open_bundle(self.named))
            return Found(offer, () if offer.definitions else (f"--bundle {self.named} holds none",))
        tried: list[str] = []
        for source in (self._plugins, self._chart):
            offered = source(release)
            if isinstance(offered, Offer):
                return Found(offered, tuple(tried))
            tried.append(offered)
        return Found(None, tuple(tried))

    def _plugins(self, release: Release) -> Offer | str:
        """The original kept its own beside itself, for the release that it was."""
        if not self.plugins.is_dir():
            return f"{self.plugins} does not exist"
        offer = _offer(open_bundle(self.plugins))
        return offer if offer.definitions else f"{self.plugins} holds none"

    def _chart(self, release: Release) -> Offer | str:
        """The offer, or why there is none: a registry that does not answer is no reason to stop."""
        if self.registry is None:
            return "no chart is looked for: there is no --chart-registry"
        if release.minor < FIRST_CHART:
            return f"hybrid {release.version} has no chart; the first one is that of 1.10"
        key = (self.registry.address, CHART, release.version)
        name = f"{self.registry.address}/{CHART}:{release.version}"
        try:
            cached = self.cache.get(*key) if self.cache else None
            if cached:
                return _from_chart(cached, f"{name} (cached)")
            pulled = self.registry.pull(CHART, release.version)
            offer = _from_chart(pulled, name)
        except InstallerError as error:
            return ", ".join([error.message, *error.details])
        if self.cache and isinstance(offer, Offer):
            self.cache.put(*key, pulled.data, pulled.digest)
        return offer


def _from_chart(chart: Chart, name: str) -> Offer | str:
    offer = _offer(archive(io.BytesIO(chart.data), f"{name}@{chart.digest[:19]}"))
    return offer if offer.definitions else f"{name} holds none"


def _offer(bundle: Bundle) -> Offer:
    with uncollected():
        return Offer(bundle, definitions_in(bundle))
