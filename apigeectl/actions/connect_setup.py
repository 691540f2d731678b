"""Setting Apigee Connect up: what is missing of the chain, done in the one order that never breaks anything.

API and role first, then the agent until it holds streams, then the organization's property: the management plane is
never told to use a door that is not open.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from apigeectl.actions.connect import said_along
from apigeectl.actions.connect_switch import enable
from apigeectl.checks.connect import CHECKS
from apigeectl.checks.hints import Hint
from apigeectl.checks.model import Check, Outcome, outcomes
from apigeectl.checks.site import AGENT_ROLE, CONNECT_API, CONNECT_PROPERTY, Site
from apigeectl.checks.streams import denial, held_streams
from apigeectl.errors import APIError, Forbidden, InstallerError, WaitTimeout

WAIT_SECONDS = 600.0
"""How long each thing may take to become true; roles take two minutes as a rule, seven and more at times."""

_REMIND = 15.0
_NOT_OURS = frozenset(
    {
        Hint.GOOGLE_CREDENTIALS,
        Hint.ORGANIZATION_UNREADABLE,
        Hint.ORGANIZATION_NOT_ACTIVE,
        Hint.ORGANIZATION_NOT_HYBRID,
        Hint.ORGANIZATION_PROJECT,
        Hint.CONNECT_ACCOUNT,
        Hint.CONNECT_KEY,
    }
)
"""Links that somebody else has to repair."""


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
class Patience:
    """How long to wait, and how."""

    wait: float = WAIT_SECONDS
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def obstacles(site: Site) -> tuple[tuple[Check[Site], Outcome], ...]:
    """The links at Google that do not hold and that nobody can repair from here."""
    chain = [check for check in CHECKS if check.hint in _NOT_OURS]
    return tuple(
        (check, found)
        for check, found in outcomes(chain, site)
        if found.result.value == "failed" and found.hint in _NOT_OURS
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


def switch_api_on(site: Site, patience: Patience) -> Iterator[Told]:
    """Enable the API, wait for the operation, and then until Apigee Connect itself answers."""
    project, services = site.project(), site.google.services
    operation = services.enable(project, CONNECT_API)
    if operation:
        words = f"for {operation}"
        yield from _until(lambda: services.is_over(operation), Part.API, words, patience)
    yield from _until(
        lambda: _answers(site),
        Part.API,
        f"for {CONNECT_API} to answer, which takes minutes at times",
        patience,
    )
    yield Told(Part.API, f"{CONNECT_API} is on in project {project}")


def grant_role(site: Site, patience: Patience) -> Iterator[Told]:
    """Add the one binding, and wait until the agent's account itself has the permission."""
    project, account = site.project(), _account(site)
    granted = site.google.policies.grant(project, AGENT_ROLE, f"serviceAccount:{account}")
    yield Told(Part.ROLE, f"{account} {'has' if granted else 'had'} {AGENT_ROLE} on project {project}")
    if site.agent_key_file():
        words = "for the role to become true, which takes two minutes as a rule and seven or more at times"
        yield from _until(lambda: site.fresh().agent_may_connect(), Part.ROLE, words, patience)


def wait_for_streams(site: Site, patience: Patience) -> Iterator[Told]:
    """Until an agent of this cluster holds a stream; says what refuses it meanwhile."""
    cluster = site.overrides.cluster_name

    def held() -> bool:
        nonlocal site
        site = site.fresh()
        return _streams(site)

    def words() -> str:
        line = denial(site)
        refused = (
            f"; still refused, and tried again with pauses of up to five minutes: {line}" if line else ""
        )
        return f"for a stream of cluster {cluster}{refused}"

    yield from _until(held, Part.STREAMS, words, patience)
    yield Told(Part.STREAMS, f"{held_streams(site).streams} streams of cluster {cluster}")


def switch_property_on(site: Site) -> Iterator[Told]:
    """The last step; refused should the streams have gone again."""
    done = enable(site.fresh())
    was = "absent" if done.before is None else done.before
    yield Told(Part.PROPERTY, f"{CONNECT_PROPERTY} of organization {done.organization} was {was} and is true")
    yield from (Told(Part.PROPERTY, line) for line in said_along(done))


def _api(site: Site) -> Iterator[Step]:
    try:
        if site.api_is_on():
            return
    except Forbidden:
        if _answers(site):  # the state may not be seen, but the API works
            return
        raise
    path = f"/v1/projects/{site.project()}/services/{CONNECT_API}:enable"
    yield Step(
        Part.API, f"enable {CONNECT_API} in project {site.project()}", (Asked("serviceusage", "POST", path),)
    )


def _role(site: Site) -> Iterator[Step]:
    if site.agent_account() is None and not site.overrides.workload_identity:
        return  # the account is not known before the file is
    try:
        if site.agent_may_connect():
            return
    except Forbidden:
        return  # it may not be seen; the agent will tell
    project, member = site.project(), f"serviceAccount:{_account(site)}"
    body = site.google.policies.planned(project, AGENT_ROLE, member)
    if body is None:
        return  # it was granted, and is not true yet
    asked = Asked("cloudresourcemanager", "POST", f"/v1/projects/{project}:setIamPolicy", body)
    yield Step(Part.ROLE, f"grant {AGENT_ROLE} to {_account(site)} on project {project}", (asked,))


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
    except (APIError, InstallerError):
        return False


def _answers(site: Site) -> bool:
    try:
        site.fresh().connections()
    except Forbidden as error:
        return error.reason != "SERVICE_DISABLED"
    return True


def _until(
    true: Callable[[], bool], part: Part, words: str | Callable[[], str], patience: Patience
) -> Iterator[Told]:
    begun, said, pause = patience.clock(), -_REMIND, 1.0
    while not true():
        passed = patience.clock() - begun
        what = words if isinstance(words, str) else words()
        if passed >= patience.wait:
            raise WaitTimeout(
                f"after {patience.wait:g} s still waiting {what}",
                hint="the same command again goes on from here; apigeectl connect status shows what does not hold",
            )
        if passed >= said + _REMIND:
            said = passed
            yield Told(part, f"{what} ({passed:.0f} s)", waiting=True)
        patience.sleep(min(pause, patience.wait - passed))
        pause = min(pause * 1.4, 10.0)
