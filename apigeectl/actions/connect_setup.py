"""Setting Apigee Connect up: what is missing of the chain, done in the one order that never breaks anything.

API and role first, then the agent until it holds streams, then the organization's property: the management plane is
never told to use a door that is not open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from apigeectl.actions.connect import said_along
from apigeectl.actions.connect_switch import enable
from apigeectl.actions.connect_waiting import Patience, until
from apigeectl.checks.connect import CHECKS
from apigeectl.checks.hints import Hint
from apigeectl.checks.model import Check, Outcome, Result, outcomes
from apigeectl.checks.site import AGENT_ROLE, CONNECT_API, CONNECT_PROPERTY, Site
from apigeectl.checks.streams import held_streams, hindrance
from apigeectl.errors import Forbidden, InstallerError

_NOT_OURS = frozenset(
    {
        Hint.GOOGLE_CREDENTIALS,
        Hint.ORGANIZATION_UNREADABLE,
        Hint.ORGANIZATION_NOT_ACTIVE,
        Hint.ORGANIZATION_NOT_HYBRID,
        Hint.ORGANIZATION_PROJECT,
        Hint.CLOCKS,
        Hint.CONNECT_ACCOUNT,
        Hint.CONNECT_ACCOUNT_MISSING,
        Hint.CONNECT_KEY,
    }
)
"""Links that somebody else has to repair."""

_OFF = "SERVICE_DISABLED"


class Part(Enum):
    """A part of the way; the order is that in which they are done."""

    API = "api"
    ROLE = "role"
    FILE = "file"
    APPLY = "apply"
    STREAMS = "streams"
    PROPERTY = "property"


@dataclass(frozen=True)
class Asked:
    """A request that a step makes: of which service, and what with."""

    service: str
    method: str
    path: str
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """One thing that is missing."""

    part: Part
    title: str
    requests: tuple[Asked, ...] = ()


@dataclass(frozen=True)
class Told:
    """What was done, or what is waited for."""

    part: Part
    message: str
    waiting: bool = False


@dataclass(frozen=True)
class Unseen:
    """A part that could not be looked at: what takes which right, and what was answered."""

    part: Part
    message: str
    details: tuple[str, ...] = ()


def obstacles(site: Site) -> tuple[tuple[Check[Site], Outcome], ...]:
    """The links at Google that do not hold, or do not answer, and that nobody can repair from here."""
    chain = [check for check in CHECKS if check.hint in _NOT_OURS]
    return tuple(
        (check, found)
        for check, found in outcomes(chain, site)
        if found.result is Result.FAILED and (found.hint is None or found.hint in _NOT_OURS)
    )


def steps(site: Site, *, file: str | None, applies: str | None) -> tuple[Step, ...]:
    """What is missing, in the order in which it is done; `file` and `applies` say what the caller found to do there."""
    missing = [*_api(site), *_role(site)]
    if file:
        missing.append(Step(Part.FILE, file))
    if applies:
        missing.append(Step(Part.APPLY, applies))
    if missing or not _streams(site):
        missing.append(Step(Part.STREAMS, "wait until an agent of this cluster holds a stream"))
    if site.property(CONNECT_PROPERTY) != "true":
        missing.append(_property(site))
    return tuple(missing)


def unseen(site: Site) -> tuple[Unseen, ...]:
    """What the steps leave out because it may not be seen."""
    return (*_unseen_role(site), *_unseen_streams(site))


def switch_api_on(site: Site, patience: Patience) -> Iterator[Told]:
    """Enable the API, wait for the operation, and then until Apigee Connect itself answers."""
    project, services = site.project(), site.google.services
    operation = None if site.api_is_on() else services.enable(project, CONNECT_API)
    if operation:
        yield from _waited(Part.API, lambda: services.is_over(operation), f"for {operation}", patience)
    words = f"for {CONNECT_API} to answer, which takes minutes at times"
    yield from _waited(Part.API, lambda: _answers(site.fresh()), words, patience)
    yield Told(Part.API, f"{CONNECT_API} is on in project {project}")


def grant_role(site: Site, patience: Patience) -> Iterator[Told]:
    """Add the one binding, and wait until the agent's account itself has the permission."""
    project, account = site.project(), _account(site)
    granted = site.google.policies.grant(project, AGENT_ROLE, f"serviceAccount:{account}")
    yield Told(Part.ROLE, f"{account} {'has' if granted else 'had'} {AGENT_ROLE} on project {project}")
    if site.agent_key_file():
        words = "for the role to become true, which takes two minutes as a rule and seven or more at times"
        yield from _waited(Part.ROLE, lambda: site.fresh().agent_may_connect(), words, patience)


def wait_for_streams(site: Site, patience: Patience) -> Iterator[Told]:
    """Until an agent of this cluster holds a stream; says what refuses it meanwhile."""
    cluster = site.overrides.cluster_name
    streams = 0

    def held() -> bool:
        nonlocal site, streams
        site = site.fresh()
        try:
            streams = held_streams(site).streams
        except Forbidden as error:
            if error.reason != _OFF:  # switched on moments ago, and not known everywhere
                raise
        return streams > 0

    def words() -> str:
        why = hindrance(site)
        return f"for a stream of cluster {cluster}{f'; {why}' if why else ''}"

    yield from (Told(Part.STREAMS, line, waiting=True) for line in until(held, words, patience))
    yield Told(Part.STREAMS, f"{streams} streams of cluster {cluster}")


def switch_property_on(site: Site) -> Iterator[Told]:
    """The last step; refused should the streams have gone again."""
    done = enable(site.fresh())
    was = "absent" if done.before is None else done.before
    yield Told(Part.PROPERTY, f"{CONNECT_PROPERTY} of organization {done.organization} was {was} and is true")
    yield from (Told(Part.PROPERTY, line) for line in said_along(done))


def _api(site: Site) -> Iterator[Step]:
    project = site.project()
    try:
        if site.api_is_on():
            if not _answers(site, unless=True):
                title = f"wait until {CONNECT_API}, which is on in project {project}, answers"
                yield Step(Part.API, title)
            return
    except Forbidden as error:
        if _answers(site, unless=True):  # the state may not be seen, but the API works
            return
        words = "to see and to change that takes serviceusage.services.get and serviceusage.services.enable"
        error.details = (f"{CONNECT_API} is off in project {project}; {words}", *error.details)
        error.hint = f"ask somebody who may: gcloud services enable {CONNECT_API} --project {project}"
        raise
    path = f"/v1/projects/{project}/services/{CONNECT_API}:enable"
    yield Step(Part.API, f"enable {CONNECT_API} in project {project}", (Asked("serviceusage", "POST", path),))


def _role(site: Site) -> Iterator[Step]:
    try:
        if site.agent_account() is None or site.agent_may_connect():
            return
    except Forbidden:
        return  # it may not be seen, which is said; the agent will tell
    project, account = site.project(), _account(site)
    body = _planned_policy(site, account)
    if body is None:
        if not _streams(site):
            title = f"wait until {AGENT_ROLE}, which {account} was given on project {project}, becomes true"
            yield Step(Part.ROLE, title)
        return
    asked = Asked("cloudresourcemanager", "POST", f"/v1/projects/{project}:setIamPolicy", body)
    yield Step(Part.ROLE, f"grant {AGENT_ROLE} to {account} on project {project}", (asked,))


def _planned_policy(site: Site, account: str) -> Mapping[str, Any] | None:
    project, member = site.project(), f"serviceAccount:{account}"
    try:
        return site.google.policies.planned(project, AGENT_ROLE, member)
    except Forbidden as error:
        words = "to grant it takes resourcemanager.projects.getIamPolicy and resourcemanager.projects.setIamPolicy"
        error.details = (f"{account} lacks {AGENT_ROLE} on project {project}; {words}", *error.details)
        error.hint = (
            f"ask somebody who may: gcloud projects add-iam-policy-binding {project} --member {member} "
            f"--role {AGENT_ROLE}"
        )
        raise


def _unseen_role(site: Site) -> Iterator[Unseen]:
    account = site.agent_account()
    if account is None:
        yield Unseen(Part.ROLE, f"as whom the agent speaks is not known, so {AGENT_ROLE} is not looked for")
        return
    try:
        site.agent_may_connect()
    except Forbidden as error:
        about = f"whether {account} holds {AGENT_ROLE} cannot be seen"
        needs = f"takes the permission resourcemanager.projects.getIamPolicy on project {site.project()}"
        message = about if site.agent_key_file() else f"{about}: it {needs}"
        yield Unseen(Part.ROLE, message, (error.message, *((error.hint,) if error.hint else ())))


def _unseen_streams(site: Site) -> Iterator[Unseen]:
    try:
        held_streams(site)
    except Forbidden as error:
        if error.reason != _OFF:
            needs = "the permission apigeeconnect.connections.list, or the rights to list pods and to read their logs"
            message = f"whether an agent of this cluster holds a stream cannot be seen: it takes {needs}"
            yield Unseen(Part.STREAMS, message, (error.message,))
    except InstallerError:
        return


def _property(site: Site) -> Step:
    org = site.overrides.org
    body = site.google.organizations.planned(org, CONNECT_PROPERTY, "true")
    title = f"set {CONNECT_PROPERTY} of organization {org} to true"
    return Step(Part.PROPERTY, title, (Asked("apigee", "PUT", f"/v1/organizations/{org}", body),))


def _account(site: Site) -> str:
    account = site.agent_account()
    if account is None:
        raise InstallerError(
            "as whom the agent speaks is not known: the file names neither a key file that is here nor an account",
            hint="name a key file in connectAgent.serviceAccountPath, or an account in connectAgent.gsa",
        )
    return account


def _streams(site: Site) -> bool:
    try:
        return held_streams(site).streams > 0
    except InstallerError:
        return False


def _answers(site: Site, *, unless: bool | None = None) -> bool:
    """Apigee Connect does not say that it is off; `unless` is the answer when something else is in the way."""
    try:
        site.connections()
    except Forbidden as error:
        return error.reason != _OFF
    except InstallerError:
        if unless is None:
            raise
        return unless
    return True


def _waited(part: Part, true: Callable[[], bool], words: str, patience: Patience) -> Iterator[Told]:
    return (Told(part, line, waiting=True) for line in until(true, lambda: words, patience))
