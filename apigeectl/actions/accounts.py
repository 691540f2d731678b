"""Whether the service accounts of the file may do what their components do, asked as these accounts themselves.

The lines and the order are the original's, because scripts match them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Protocol

from apigeectl.actions.preparation import Prepared
from apigeectl.checks.key_file import client_email
from apigeectl.components.identity import Identity, env_identity, identity
from apigeectl.components.settings import Settings
from apigeectl.components.values import mapping
from apigeectl.errors import InstallerError, NoCredentials, Unreachable
from apigeectl.overrides.paths import resolve
from apigeectl.overrides.position import parse_dotted

_AT_ONCE = 8
_OFF = (
    "a fresh grant takes some minutes; validateServiceAccounts: false in the overrides file skips this check"
)


class Permissions(Protocol):
    """What one account may do, out of the permissions that are wanted."""

    def on_project(self, project: str, wanted: Collection[str]) -> frozenset[str]: ...
    def on_environment(self, org: str, environment: str, wanted: Collection[str]) -> frozenset[str]: ...


@dataclass(frozen=True)
class Said:
    """A line about a check: what is looked at, or a warning of what could not be."""

    text: str
    warning: bool = False


@dataclass(frozen=True)
class _Need:
    role: str
    permissions: tuple[str, ...]


_NEEDS = {
    "ConnectAgent": _Need("roles/apigeeconnect.Agent", ("apigeeconnect.endpoints.connect",)),
    "UDCA": _Need("roles/apigee.analyticsAgent", ("apigee.environments.getDataLocation",)),
    "Apigee Runtime Agent": _Need(
        "roles/apigee.runtimeAgent",
        (
            "apigee.instances.reportStatus",
            "apigee.ingressconfigs.get",
            "apigee.canaryevaluations.create",
            "apigee.canaryevaluations.get",
            "apigee.operations.get",
            "apigee.operations.list",
        ),
    ),
    "Synchronizer": _Need(
        "roles/apigee.synchronizerManager", ("apigee.environments.get", "apigee.environments.manageRuntime")
    ),
    "Metrics": _Need("roles/monitoring.metricWriter", ("monitoring.timeSeries.create",)),
}
"""By the names that the original's messages give the components: the usual role and what is needed of it."""


@dataclass(frozen=True)
class _Account:
    component: str
    key: Path
    environments: tuple[str, ...] = ()
    """Where its role may be granted instead of on the project: in all of them, then."""

    @property
    def need(self) -> _Need:
        return _NEEDS[self.component]

    @property
    def email(self) -> str:
        return client_email(self.key) or self.key.name


_Lacking = tuple[str, ...] | InstallerError
"""The permissions that an account lacks, or why it could not be asked."""


def validate(prepared: Prepared, probe: Callable[[Path], Permissions], cwd: Path) -> Iterator[Said]:
    """Ask for each account whose key file the scope deploys; warns of those that could not be asked.

    Raises InstallerError when an account lacks a permission, unless the file switches this off.
    """
    if prepared.overrides.string("validateServiceAccounts") == "false":
        return
    project = prepared.overrides.project_id
    accounts = tuple(_accounts(prepared, cwd))
    for account in accounts:
        yield Said(f'Validating "{account.component}" IAM permissions against project "{project}"')
    found = _ask_all(accounts, prepared, probe)
    yield from (Said(line, warning=True) for line in _not_asked(found))
    wrong = {account: gone for account, gone in found.items() if gone and not _is_unknown(gone)}
    refusals = dict.fromkeys(_refusal(account, gone, project) for account, gone in wrong.items())
    if refusals:
        first, *others = refusals
        commands = dict.fromkeys(_repair(account, gone, project) for account, gone in wrong.items())
        raise InstallerError(first, details=[*others, _OFF], hint=" && ".join(commands))


def synchronizer_accounts(prepared: Prepared, cwd: Path) -> tuple[str, ...]:
    """The Google accounts of the synchronizers in scope, as far as the file tells them."""
    emails = [account.email for account in _accounts(prepared, cwd) if account.component == "Synchronizer"]
    gsas = [
        who.google_account
        for component, _, who in _identities(prepared)
        if component == "Synchronizer" and who.google_account
    ]
    return tuple(dict.fromkeys(email for email in (*emails, *gsas) if "@" in email))


def _accounts(prepared: Prepared, cwd: Path) -> Iterator[_Account]:
    """Those that the scope deploys with a key file, in the order in which the original named them."""
    for component, environments, who in _identities(prepared):
        if who.key_file:
            file = prepared.overrides.file_of(parse_dotted(who.key_file.path))
            key = resolve(file, who.key_file.written, cwd).found
            if key:  # one that is missing has been complained of
                yield _Account(component, key, environments)


def _identities(prepared: Prepared) -> Iterator[tuple[str, tuple[str, ...], Identity]]:
    overrides, scope = prepared.overrides, prepared.scope
    settings = Settings(overrides, prepared.release)
    if scope.wants_org():
        if overrides.get("connectAgent.enabled") is not False:
            yield "ConnectAgent", (), identity(settings, "connectAgent", workload="apigee-connect-agent")
        if overrides.get("orgScopedUDCA") is not False:
            yield "UDCA", overrides.env_names, identity(settings, "udca", workload="apigee-udca")
        yield "Apigee Runtime Agent", (), identity(settings, "watcher", workload="apigee-watcher")
    for name in scope.wanted_envs(overrides):
        index = settings.env_indices[name]
        written = mapping(overrides.get("envs", [])[index])
        for component in ("Synchronizer", "UDCA"):
            yield component, (name,), env_identity(settings, written, index, component.lower())
    if scope.wants_telemetry() and settings.section("metrics")["enabled"] is True:
        yield "Metrics", (), identity(settings, "metrics", workload="apigee-metrics")


def _ask_all(
    accounts: Sequence[_Account], prepared: Prepared, probe: Callable[[Path], Permissions]
) -> Mapping[_Account, _Lacking]:
    """Every key file once, all at the same time."""
    keys = dict.fromkeys(account.key for account in accounts)

    def ask(key: Path) -> dict[_Account, _Lacking]:
        return dict(_ask([each for each in accounts if each.key == key], prepared, probe))

    found: dict[_Account, _Lacking] = {}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for answers in pool.map(ask, keys):
            found |= answers
    return {account: found[account] for account in accounts}


def _ask(
    accounts: Sequence[_Account], prepared: Prepared, probe: Callable[[Path], Permissions]
) -> Iterator[tuple[_Account, _Lacking]]:
    """What the components that share one key file lack."""
    wanted = tuple(dict.fromkeys(each for account in accounts for each in account.need.permissions))
    try:
        permissions = probe(accounts[0].key)
        held = permissions.on_project(prepared.overrides.project_id, wanted)
    except InstallerError as error:
        yield from ((account, error) for account in accounts)
        return
    for account in accounts:
        lacking = tuple(each for each in account.need.permissions if each not in held)
        try:
            yield account, _lacking_there(account, lacking, permissions, prepared.overrides.org)
        except InstallerError as error:
            yield account, error


def _lacking_there(
    account: _Account, lacking: tuple[str, ...], permissions: Permissions, org: str
) -> tuple[str, ...]:
    if not lacking or not account.environments:
        return lacking
    held = [permissions.on_environment(org, name, lacking) for name in account.environments]
    return tuple(each for each in lacking if not all(each in there for there in held))


def _not_asked(found: Mapping[_Account, _Lacking]) -> Iterator[str]:
    """One line a reason: without a way to Google all accounts have the same."""
    reasons: dict[str, tuple[InstallerError, dict[str, None]]] = {}
    for account, error in found.items():
        if isinstance(error, InstallerError) and _is_unknown(error):
            same = "unreachable" if isinstance(error, Unreachable) else error.message
            reasons.setdefault(same, (error, {}))[1][account.component] = None
    for error, components in reasons.values():
        advice = f" ({error.hint})" if error.hint else ""
        yield f"service accounts not validated: {', '.join(components)}: {error.message}{advice}"


def _is_unknown(found: _Lacking) -> bool:
    """Nobody could be asked; a key that gets no token is an answer."""
    return isinstance(found, InstallerError) and not isinstance(found, NoCredentials)


def _refusal(account: _Account, lacking: _Lacking, project: str) -> str:
    who = f'invalid {account.component} service account. service account "{account.email}"'
    if isinstance(lacking, InstallerError):
        cause = f" ({lacking.details[0]})" if lacking.details else ""
        return f"{who} cannot be used: {lacking.message}{cause}"
    places = f"project {project}"
    if account.environments:
        places += f" and environment {', '.join(account.environments)}"
    return f"{who} lacks {', '.join(lacking)} on {places}"


def _repair(account: _Account, lacking: _Lacking, project: str) -> str:
    if isinstance(lacking, InstallerError):
        email = client_email(account.key) or "EMAIL"
        return f"gcloud iam service-accounts keys create {quote(str(account.key))} --iam-account {email}"
    member = f"--member serviceAccount:{account.email}"
    return f"gcloud projects add-iam-policy-binding {project} {member} --role {account.need.role}"
