"""Whether the organization is what the file says, asked before anything is applied: project, environments, groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from apigeectl.actions.accounts import Said, synchronizer_accounts
from apigeectl.actions.preparation import Prepared
from apigeectl.errors import APIError, Forbidden, InstallerError, NoCredentials, NotFound, Unreachable

_OFF = "validateOrg: false in the overrides file skips this check"


class Group(Protocol):
    """An environment group."""

    @property
    def name(self) -> str: ...
    @property
    def hostnames(self) -> tuple[str, ...]: ...


class Organizations(Protocol):
    """Apigee organizations."""

    def names(self) -> tuple[str, ...]: ...
    def get(self, org: str) -> dict[str, Any]: ...
    def groups(self, org: str) -> tuple[Group, ...]: ...


class Synchronizers(Protocol):
    """Which accounts may fetch the configuration."""

    def authorized(self, org: str) -> tuple[str, ...]: ...


def validate(
    prepared: Prepared, organizations: Organizations, synchronizers: Synchronizers, cwd: Path
) -> Iterator[Said]:
    """Compare the file with the organization; warns of what could not be seen, and of what will not deploy.

    Raises InstallerError when organization and project, or environments, or groups, do not fit, unless the file switches
    this off; Unreachable when Google cannot be asked at all.
    """
    overrides = prepared.overrides
    if overrides.string("validateOrg") == "false":
        return
    yield Said("validating GCP and Apigee org settings")
    yield Said(f'Validating organization "{overrides.org}" exists in project "{overrides.project_id}"')
    try:
        body = organizations.get(overrides.org)
    except (NotFound, Forbidden) as error:
        yield _unseen(overrides.org, organizations, error)
        return
    except (APIError, NoCredentials) as error:
        yield _not_asked("organization", error)
        return
    problems = [*_project(prepared, body), *_environments(prepared, body)]
    for question in (_groups, _synchronizers):
        try:
            found = question(prepared, organizations, synchronizers, cwd)
            yield from (said for said in found if said.warning)
            problems += [said.text for said in found if not said.warning]
        except (APIError, Unreachable) as error:
            yield _not_asked(question.__name__.strip("_"), error)
    if problems:
        first, *others = problems
        raise InstallerError(first, details=[*others, _OFF], hint="correct the file, or Google's side")


def _unseen(org: str, organizations: Organizations, error: APIError) -> Said:
    """Google says the same of what is not there and of what may not be seen; what else may be seen tells them apart."""
    try:
        others = [name for name in organizations.names() if name != org]
    except (APIError, Unreachable, NoCredentials):
        others = []
    if isinstance(error, NotFound) or others:
        sees = f"this account sees {', '.join(others[:5])}" if others else "this account sees none"
        raise InstallerError(
            f'organization "{org}" does not exist, or this account may not see it',
            details=[error.message, sees, _OFF],
            hint="compare org in the overrides file with: gcloud apigee organizations list",
        )
    return _not_asked("organization", error)


def _not_asked(what: str, error: InstallerError) -> Said:
    advice = f" ({error.hint})" if error.hint else ""
    return Said(f"{what} not validated: {error.message}{advice}; {_OFF}", warning=True)


def _project(prepared: Prepared, body: Mapping[str, Any]) -> Iterator[str]:
    overrides, mapped = prepared.overrides, str(body.get("projectId") or "")
    if mapped and overrides.project_id and mapped != overrides.project_id:
        yield (
            f'organization "{overrides.org}" does not exist in project "{overrides.project_id}": it belongs to project '
            f'"{mapped}" (gcp.projectID)'
        )


def _environments(prepared: Prepared, body: Mapping[str, Any]) -> Iterator[str]:
    known = [str(name) for name in body.get("environments") or ()]
    for name in prepared.scope.wanted_envs(prepared.overrides):
        if name not in known:
            yield (
                f'environment "{name}" does not exist in organization "{prepared.overrides.org}", which has '
                f"{', '.join(known) or 'none'}"
            )


def _groups(
    prepared: Prepared, organizations: Organizations, synchronizers: Synchronizers, cwd: Path
) -> list[Said]:
    """A virtual host is called as its environment group, and serves its host names."""
    overrides = prepared.overrides
    if not (prepared.scope.wants_virtualhosts() and overrides.virtualhosts):
        return []
    known = {group.name: group for group in organizations.groups(overrides.org)}
    found = []
    for virtual_host in overrides.virtualhosts:
        name = str(virtual_host.get("name") or "")
        if name not in known:
            has = ", ".join(sorted(known)) or "none"
            found.append(
                Said(
                    f'virtual host "{name}" has no environment group of its name in organization "{overrides.org}", '
                    f"which has {has}"
                )
            )
            continue
        aliases = virtual_host.get("hostAliases") or ()
        lacking = [str(alias) for alias in aliases if str(alias) not in known[name].hostnames]
        if lacking:
            has = ", ".join(known[name].hostnames) or "none"
            words = f'environment group "{name}" lacks the host names {", ".join(lacking)}; it has {has}'
            found.append(Said(words, warning=True))
    return found


def _synchronizers(
    prepared: Prepared, organizations: Organizations, synchronizers: Synchronizers, cwd: Path
) -> list[Said]:
    """Without authorization the synchronizer fetches nothing, and nothing is ever deployed."""
    overrides = prepared.overrides
    wanted = synchronizer_accounts(prepared, cwd)
    if not wanted:
        return []
    authorized = {email.lower() for email in synchronizers.authorized(overrides.org)}
    return [
        Said(
            f'synchronizer account "{email}" is not authorized in organization "{overrides.org}": nothing will be '
            f"deployed; run: apigeectl sync-authorization add -f {overrides.file}",
            warning=True,
        )
        for email in wanted
        if email.lower() not in authorized
    ]
