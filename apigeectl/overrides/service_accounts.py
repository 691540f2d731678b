"""Rules about the key files of service accounts. No content is ever shown but the account and its project."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apigeectl.overrides.certificates import readable_private_key
from apigeectl.overrides.files import contents
from apigeectl.overrides.findings import Case, Finding, shown, warning
from apigeectl.overrides.formats import is_placeholder
from apigeectl.overrides.named_files import SERVICE_ACCOUNT_KEY, NamedFile
from apigeectl.overrides.position import Path, dotted
from apigeectl.overrides.problems import Severity


@dataclass(frozen=True)
class KeyFile:
    """A key file: whose it is, or the end of the sentence that says what is wrong with it."""

    email: str = ""
    project: str = ""
    problem: str | None = None
    severity: Severity = Severity.ERROR


def bad_key(case: Case) -> Iterator[Finding]:
    for named, key in _keys(case):
        if key.problem:
            message = f"{dotted(named.path)}: {shown(named.path, named.written)} {key.problem}"
            yield Finding(key.severity, named.path, message, _HINT_KEY)


def foreign_account(case: Case) -> Iterator[Finding]:
    """A warning: an account of another project works where it was given the roles."""
    project = case.overrides.project_id
    if is_placeholder(project):
        return
    for named, key in _keys(case):
        if project and key.project and key.project != project:
            message = (
                f"{dotted(named.path)}: {shown(named.path, named.written)} is a key of the project "
                f"{key.project}, not of {project}"
            )
            yield warning(
                named.path, message, f"make a key in {project}, unless this one has the roles there"
            )


def unusual_account(case: Case) -> Iterator[Finding]:
    """Only accounts with the names of Google's own tool tell whose they are."""
    for named, key in _keys(case):
        account = _USUAL.fullmatch(key.email.partition("@")[0])
        component = _component(named.path)
        if account and account[1] not in _ACCOUNTS.get(component, (account[1],)):
            message = f"{dotted(named.path)}: {shown(named.path, named.written)} is the key of {key.email}"
            usual = _ACCOUNTS[component][0]
            yield warning(named.path, message, f"{component} usually acts as apigee-{usual}")


def email_at(case: Case, path: Path) -> str:
    """The account of the key file that a property names; empty when it cannot be read."""
    return case.once(_emails).get(path, "")


_HINT_KEY = "create a key for the service account, as JSON, and name that file"
_OTHER_CREDENTIALS = {
    "authorized_user": "a user's own credentials",
    "external_account": "a configuration of workload identity federation",
    "impersonated_service_account": "a configuration of impersonation",
}
_KEY_FIELDS = ("client_email", "private_key", "token_uri")

_ACCOUNTS: Mapping[str, tuple[str, ...]] = {
    "connectAgent": ("mart", "connect", "connect-agent"),
    "mart": ("mart",),
    "watcher": ("watcher",),
    "guardrails": ("guardrails",),
    "mintTaskScheduler": ("mint-task-scheduler", "mint"),
    "logger": ("logger",),
    "metrics": ("metrics",),
    "udca": ("udca",),
    "synchronizer": ("synchronizer",),
    "runtime": ("runtime",),
    "backup": ("cassandra",),
    "restore": ("cassandra",),
}
"""By component: what follows `apigee-` in its account's name, the usual one first."""

_USUAL = re.compile(
    "(?:.*-)?apigee-(" + "|".join(sorted({name for names in _ACCOUNTS.values() for name in names})) + ")"
)


def _component(path: Path) -> str:
    """`mart.serviceAccountPath`, `cassandra.backup.serviceAccountPath`, `envs[0].serviceAccountPaths.udca`."""
    return str(path[-1] if path[0] == "envs" else path[-2])


def _keys(case: Case) -> Iterator[tuple[NamedFile, KeyFile]]:
    return iter(case.once(_read_keys))


def _read_keys(case: Case) -> tuple[tuple[NamedFile, KeyFile], ...]:
    read: dict[bytes, KeyFile] = {}
    keys = []
    for named, content in contents(case, SERVICE_ACCOUNT_KEY):
        if content not in read:
            read[content] = _read(content)
        keys.append((named, read[content]))
    return tuple(keys)


def _emails(case: Case) -> dict[Path, str]:
    return {named.path: key.email for named, key in _keys(case) if key.email}


def _read(content: bytes) -> KeyFile:
    try:
        key = json.loads(content)
    except (ValueError, RecursionError):
        return KeyFile(problem="is no service account key: it is not JSON")
    kind = key.get("type") if isinstance(key, dict) else None
    if isinstance(kind, str) and kind in _OTHER_CREDENTIALS:
        problem = f"is no service account key but {_OTHER_CREDENTIALS[kind]}"
        return KeyFile(problem=problem, severity=Severity.WARNING)
    if kind != "service_account":
        return KeyFile(problem='is no service account key: its type is not "service_account"')
    absent = [name for name in _KEY_FIELDS if not _text(key, name)]
    if absent:
        return KeyFile(problem=f"is an incomplete service account key: it lacks {', '.join(absent)}")
    if not readable_private_key(key["private_key"].encode("utf-8", "replace")):
        return KeyFile(problem="is a damaged service account key: its private_key cannot be read")
    return KeyFile(_text(key, "client_email"), _text(key, "project_id"))


def _text(key: Mapping[str, Any], name: str) -> str:
    value = key.get(name)
    return value if isinstance(value, str) else ""
