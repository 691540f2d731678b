"""What everything rendered from one file has in common: the file over its defaults, and the release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from apigeectl.components import names
from apigeectl.components.defaults import DEFAULTS
from apigeectl.components.protected import env_indices
from apigeectl.components.release_table import Release, version_numbers
from apigeectl.components.values import mapping, merged, text, whole
from apigeectl.overrides import catalogue
from apigeectl.overrides.document import Overrides

APIGEE_ENDPOINT = "https://apigee.googleapis.com"

_ONCE_FIXED = ("synchronizer", "udca")
"""Up to 1.1 these had one `replicaCount`; today that is a minimum and a maximum."""


@dataclass(frozen=True)
class ForwardProxy:
    """The proxy on the way to Google."""

    scheme: str
    host: str
    port: Any
    username: str | None
    password: str | None = field(repr=False)


@dataclass(frozen=True)
class Settings:
    """An overrides file as one release reads it."""

    overrides: Overrides
    release: Release

    def section(self, name: str) -> dict[str, Any]:
        """A top-level map of the file, merged over its defaults. It is the same map for every caller."""
        if name not in self._sections:
            written = mapping(self.overrides.get(name))
            if name in _ONCE_FIXED and written.get("replicaCount") is not None:
                count = written["replicaCount"]
                written = merged({"replicaCountMin": count, "replicaCountMax": count}, written)
            self._sections[name] = merged(DEFAULTS.get(name, {}), written)
        return self._sections[name]

    @cached_property
    def _sections(self) -> dict[str, dict[str, Any]]:
        return {}

    def knows(self, path: str) -> bool:
        """Whether the release has a property of the catalogue, by the version that introduced it."""
        since = getattr(catalogue.find(path), "since", "")
        return version_numbers(self.release.version) >= version_numbers(since or "0")

    @property
    def org(self) -> str:
        return self.overrides.org

    @property
    def namespace(self) -> str:
        return self.overrides.namespace

    @property
    def has_connect_agent(self) -> bool:
        """On by default in every release that is rendered; false means neither the agent nor the organization's switch."""
        return self.overrides.get("connectAgent.enabled") is not False

    @cached_property
    def org_id(self) -> str:
        return names.org_id(self.org)

    @cached_property
    def env_indices(self) -> dict[str, int]:
        return env_indices(self.overrides)

    @property
    def operator_namespace(self) -> str:
        return self.overrides.string("controllerNamespace") or self.release.operator_namespace

    @property
    def cert_manager_namespace(self) -> str:
        """Where cert-manager runs, and where it looks for the Secret of the certificate authority."""
        return self.overrides.string("certManager.namespace") or "cert-manager"

    @property
    def endpoint(self) -> str:
        return self.overrides.string("contractProvider") or APIGEE_ENDPOINT

    @cached_property
    def version(self) -> str:
        """The version label of every component: a changed one makes the operator roll them all."""
        return (self.overrides.string("revision") or self.release.version).lower().replace(".", "")

    @property
    def image_pull_secrets(self) -> list[dict[str, str]] | None:
        secrets = self.overrides.get("imagePullSecrets")
        found = (text(mapping(item).get("name")) for item in (secrets if isinstance(secrets, list) else ()))
        return [{"name": name} for name in found if name] or None

    def image(self, section: Mapping[str, Any], name: str) -> str:
        """Where an image is pulled from. `hub` moves all of them at once; only the tag remains to choose."""
        image = mapping(section.get("image"))
        hub = self.overrides.string("hub").rstrip("/")
        place = f"{hub}/{name}" if hub else text(image.get("url")) or f"{self.release.registry}/{name}"
        return f"{place}:{text(image.get('tag')) or self.release.tag(name)}"

    @cached_property
    def security_context(self) -> dict[str, Any]:
        """Of the components that run as Apigee's own user."""
        return {
            "runAsNonRoot": True,
            "runAsUser": whole(self.overrides.get("apigeeUserID", 999)),
            "runAsGroup": whole(self.overrides.get("apigeeGroupID", 998)),
            "privileged": False,
        }

    def seccomp_profile(self, *sections: Mapping[str, Any]) -> dict[str, str] | None:
        """The profile that the first of the sections has, else the one of the whole file."""
        if not self.knows("securityContext.seccompProfile.type"):
            return None
        for section in (*sections, self.overrides.data):
            profile = mapping(mapping(section.get("securityContext")).get("seccompProfile"))
            if kind := text(profile.get("type")):
                return {"type": kind}
        return None

    @cached_property
    def forward_proxy(self) -> ForwardProxy | None:
        return forward_proxy(self.overrides.get("httpProxy"))


def pull_policy(section: Mapping[str, Any]) -> str:
    return text(mapping(section.get("image")).get("pullPolicy")) or "IfNotPresent"


def forward_proxy(written: Any) -> ForwardProxy | None:
    """The proxy that a `httpProxy` map describes; None without a host."""
    proxy = mapping(written)
    host = text(proxy.get("host"))
    if not host:
        return None
    scheme = (text(proxy.get("scheme")) or "HTTP").upper()
    port = whole(proxy.get("port")) or (443 if scheme == "HTTPS" else 80)
    return ForwardProxy(scheme, host, port, text(proxy.get("username")), text(proxy.get("password")))
