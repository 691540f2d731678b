"""Which files the wanted part of an installation reads, by the properties that name them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from apigeectl.overrides.findings import Case, items
from apigeectl.overrides.position import Path
from apigeectl.overrides.problems import Severity

SERVICE_ACCOUNT_KEY = "service account key"
CERTIFICATE = "certificate"
PRIVATE_KEY = "private key"
ENCRYPTION_KEY = "encryption key"
OTHER = "file"


@dataclass(frozen=True)
class NamedFile:
    """A file, the property that names it, and how bad it is when the file is no good."""

    path: Path
    written: str
    kind: str
    severity: Severity = Severity.ERROR


def named_files(case: Case) -> tuple[NamedFile, ...]:
    """Every file that will be read, and none that a Secret, Workload Identity or Connect makes idle."""
    return case.once(_named_files)


def uses_key_at(case: Case, path: Path) -> bool:
    """Whether an encryption key at this path has a part in what is wanted."""
    if path[0] == "envs":
        return case.wants_env(case.at(path[:2]))
    return case.scope.wants_org() or bool(case.wanted_envs)


def _named_files(case: Case) -> tuple[NamedFile, ...]:
    keys = () if case.identity_without_keys else tuple(_service_account_keys(case))
    return (*keys, *_certificates(case), *_encryption_keys(case), *_backup_keys(case))


_KEY_HOLDERS: dict[Path, Callable[[Case], bool]] = {
    ("connectAgent",): lambda case: case.has_connect_agent,
    ("mart",): lambda case: case.scope.wants_org(),
    ("watcher",): lambda case: case.scope.wants_org() and case.at_least((1, 3)),
    ("mintTaskScheduler",): lambda case: case.scope.wants_org() and case.known_since((1, 15)),
    ("guardrails",): lambda case: case.scope.wants_org() and case.known_since((1, 16)),
    ("udca",): lambda case: case.scope.wants_org() or _some_env_relies_on(case, "udca"),
    ("synchronizer",): lambda case: _some_env_relies_on(case, "synchronizer"),
    ("logger",): lambda case: case.scope.wants_telemetry() and case.at(("logger", "enabled")) is True,
    ("metrics",): lambda case: case.scope.wants_telemetry() and case.at(("metrics", "enabled")) is not False,
    ("cassandra", "backup"): lambda case: _is_used(case, "backup"),
    ("cassandra", "restore"): lambda case: _is_used(case, "restore"),
}
"""Components with a key file of their own, and when it is read."""

_REFERENCES = ("serviceAccountRef", "serviceAccountSecretRef", "serviceAccountSecret")
_ENV_COMPONENTS = ("runtime", "synchronizer", "udca")


def _service_account_keys(case: Case) -> Iterator[NamedFile]:
    by_class = case.has(("serviceAccountSecretProviderClass",))
    for holder, is_read in () if by_class else _KEY_HOLDERS.items():
        if is_read(case) and not any(case.has((*holder, name)) for name in _REFERENCES):
            yield from _named(case, (*holder, "serviceAccountPath"), SERVICE_ACCOUNT_KEY)
    for path, item in items(case.overrides.data, "envs"):
        if not case.wants_env(item) or item.get("serviceAccountSecretProviderClass"):
            continue
        for component in _ENV_COMPONENTS:
            if not case.has((*path, "serviceAccountSecretRefs", component)):
                yield from _named(case, (*path, "serviceAccountPaths", component), SERVICE_ACCOUNT_KEY)


def _certificates(case: Case) -> Iterator[NamedFile]:
    for path, item in items(case.overrides.data, "virtualhosts"):
        if case.scope.wants_virtualhosts() and not item.get("sslSecret"):
            yield from _named(case, (*path, "sslCertPath"), CERTIFICATE)
            yield from _named(case, (*path, "sslKeyPath"), PRIVATE_KEY)
            yield from _named(case, (*path, "caCertPath"), CERTIFICATE)
    for path, item in items(case.overrides.data, "envs") if case.up_to((1, 1)) else ():
        if case.wants_env(item) and not item.get("sslSecret"):
            yield from _named(case, (*path, "sslCertPath"), CERTIFICATE)
            yield from _named(case, (*path, "sslKeyPath"), PRIVATE_KEY)
    if case.scope.wants_org() and not case.connect_is_on and not case.has(("mart", "sslSecret")):
        yield from _named(case, ("mart", "sslCertPath"), CERTIFICATE, Severity.WARNING)
        yield from _named(case, ("mart", "sslKeyPath"), PRIVATE_KEY, Severity.WARNING)


def _encryption_keys(case: Case) -> Iterator[NamedFile]:
    places: list[tuple[Path, tuple[str, ...]]] = [((), ("kms", "kvm"))]
    places += [(path, ("cache", "kvm")) for path, _ in items(case.overrides.data, "envs")]
    for path, uses in places:
        for use in uses:
            here = (*path, f"{use}EncryptionPath")
            if uses_key_at(case, here) and not case.has((*path, f"{use}EncryptionSecret")):
                yield from _named(case, here, ENCRYPTION_KEY)


def _backup_keys(case: Case) -> Iterator[NamedFile]:
    for purpose in ("backup", "restore"):
        place = ("cassandra", purpose)
        if _is_used(case, purpose) and case.at((*place, "cloudProvider")) == "HYBRID":
            for name in ("keyFile", "keyfile"):
                if not case.has((*place, "keyFileRef")):
                    yield from _named(case, (*place, name), OTHER)


def _named(case: Case, path: Path, kind: str, severity: Severity = Severity.ERROR) -> Iterator[NamedFile]:
    written = case.at(path)
    if isinstance(written, str) and written:
        yield NamedFile(path, written, kind, severity)


def _is_used(case: Case, purpose: str) -> bool:
    return case.scope.wants_datastore() and case.at(("cassandra", purpose, "enabled")) is True


def _some_env_relies_on(case: Case, component: str) -> bool:
    """Whether a wanted environment names no key of its own, so that the component's is read."""
    return any(
        case.wants_env(item)
        and not case.has((*path, "serviceAccountPaths", component))
        and not case.has((*path, "serviceAccountSecretRefs", component))
        for path, item in items(case.overrides.data, "envs")
    )
