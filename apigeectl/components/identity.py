"""How a workload proves to Google who it is: a key file, a Secret of the user's, or Workload Identity."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apigeectl.components import names
from apigeectl.components.settings import Settings
from apigeectl.components.sources import Sources
from apigeectl.components.values import mapping, text

KEY_CHECKSUM = "apigee.cloud.google.com/sa-config-checksum"
_REFERENCES = ("serviceAccountRef", "serviceAccountSecretRef", "serviceAccountSecret")


@dataclass(frozen=True)
class KeyFile:
    """A key file: the property that names it, and the name it has there."""

    path: str
    written: str


@dataclass(frozen=True)
class Identity:
    """One of the three ways; at most one of `secret` and `account` is set."""

    secret: str | None = None
    """The Secret with the key: ours when there is a key file, else the user's."""
    key_file: KeyFile | None = None
    account: str | None = None
    """The Kubernetes ServiceAccount under Workload Identity."""
    google_account: str | None = None

    def annotations(self, settings: Settings, sources: Sources) -> dict[str, str]:
        """A changed key must restart the pods, so they carry its checksum."""
        if self.key_file is None or not settings.release.has_key_checksum:
            return {}
        key = sources.file(self.key_file.path, self.key_file.written)
        return {KEY_CHECKSUM: hashlib.sha256(key or b"").hexdigest()}


def identity(
    settings: Settings,
    section: str,
    *,
    workload: str,
    identifier: str = "",
    account: str = "",
    secret: str = "",
) -> Identity:
    """The identity that a component's own section of the file gives it; account and Secret under the usual names."""
    component = mapping(settings.overrides.get(section))
    if settings.overrides.workload_identity:
        account = account or names.service_account(workload, identifier)
        return Identity(account=account, google_account=_google_account(settings, component.get("gsa")))
    return _key_identity(component, section, secret or names.key_secret(workload, identifier))


def env_identity(settings: Settings, env: Mapping[str, Any], index: int, component: str) -> Identity:
    """The identity of a component of an environment; where that gives none, the component's own."""
    env_id = names.env_id(settings.org, text(env.get("name")) or "")
    workload = f"apigee-{component}"
    if settings.overrides.workload_identity:
        google_account = _google_account(settings, mapping(env.get("gsa")).get(component))
        return Identity(account=names.service_account(workload, env_id), google_account=google_account)
    secret = names.key_secret(workload, env_id)
    if reference := text(mapping(env.get("serviceAccountSecretRefs")).get(component)):
        return Identity(secret=reference)
    if written := text(mapping(env.get("serviceAccountPaths")).get(component)):
        return Identity(secret, KeyFile(f"envs[{index}].serviceAccountPaths.{component}", written))
    return _key_identity(mapping(settings.overrides.get(component)), component, secret)


def bare_identity(settings: Settings, account: str) -> Identity:
    """The identity of a workload that has no key: a ServiceAccount under Workload Identity, else nothing."""
    return Identity(account=account) if settings.overrides.workload_identity else Identity()


def _key_identity(component: Mapping[str, Any], section: str, secret: str) -> Identity:
    for key in _REFERENCES:
        if reference := text(component.get(key)):
            return Identity(secret=reference)
    if written := text(component.get("serviceAccountPath")):
        return Identity(secret, KeyFile(f"{section}.serviceAccountPath", written))
    return Identity()


def _google_account(settings: Settings, own: Any) -> str | None:
    return text(own) or settings.overrides.string("gcp.workloadIdentity.gsa") or None
