"""The links of the chain at Google: organization, API, account, key, role, property."""

from __future__ import annotations

import functools
from collections.abc import Callable

from apigeectl.checks.hints import Hint
from apigeectl.checks.model import Outcome, failed, passed, skipped, warned
from apigeectl.checks.site import (
    AGENT_ROLE,
    CONNECT_API,
    CONNECT_PERMISSION,
    CONNECT_PROPERTY,
    MISSPELT_PROPERTY,
    Site,
)
from apigeectl.errors import Forbidden, InstallerError, NoCredentials, NotFound, Unauthorized, Unreachable

_Question = Callable[[Site], Outcome]


def _of_organization(question: _Question) -> _Question:
    """Without the organization, of which another question tells, there is nothing to look at."""

    @functools.wraps(question)
    def ask(site: Site) -> Outcome:
        try:
            site.organization()
        except InstallerError:
            return skipped("the organization could not be read")
        return question(site)

    return ask


def _with_token(question: _Question) -> _Question:
    """Without a token, of which the first question tells, Google is not asked."""

    @functools.wraps(question)
    def ask(site: Site) -> Outcome:
        try:
            site.who()
        except InstallerError:
            return skipped("there is no token for Google")
        return question(site)

    return ask


def credentials_are_usable(site: Site) -> Outcome:
    return passed(site.who())


@_with_token
def organization_is_readable(site: Site) -> Outcome:
    try:
        body = site.organization()
    except Unauthorized as error:
        return failed(error.message, hint=Hint.GOOGLE_CREDENTIALS, details=advice(error))
    return passed(f"{site.overrides.org}, project {body.get('projectId') or site.project()}")


@_of_organization
def organization_is_active(site: Site) -> Outcome:
    state = str(site.organization().get("state", "ACTIVE"))
    return passed(state) if state == "ACTIVE" else failed(state, hint=Hint.ORGANIZATION_NOT_ACTIVE)


@_of_organization
def organization_is_hybrid(site: Site) -> Outcome:
    runtime = str(site.organization().get("runtimeType") or "unknown")
    if runtime == "HYBRID":
        return passed(runtime)
    return failed(f"{runtime}, not HYBRID", hint=Hint.ORGANIZATION_NOT_HYBRID)


@_of_organization
def project_is_the_files(site: Site) -> Outcome:
    body, written = site.organization(), site.overrides.project_id
    mapped = str(body.get("projectId") or site.project())
    if written in ("", mapped):
        return passed(mapped)
    return failed(f"the file says {written}, Apigee says {mapped}", hint=Hint.ORGANIZATION_PROJECT)


@_of_organization
def connect_is_switched_on(site: Site) -> Outcome:
    value, misspelt = site.property(CONNECT_PROPERTY), site.property(MISSPELT_PROPERTY)
    details = []
    if misspelt is not None:
        details = [f'{MISSPELT_PROPERTY} is "{misspelt}": an older name, which switches nothing']
    if value == "true":
        return passed(value, details=details)
    found = "absent" if value is None else value or "empty"
    return failed(found, hint=Hint.CONNECT_PROPERTY_OFF, details=details)


@_with_token
def api_is_on(site: Site) -> Outcome:
    if site.api_is_on():
        return passed(CONNECT_API)
    return failed(f"{CONNECT_API} is off in project {site.project()}", hint=Hint.CONNECT_API_DISABLED)


@_with_token
def account_is_usable(site: Site) -> Outcome:
    email = site.agent_account()
    if email is None:
        return skipped(
            "the file does not tell whose key the agent has, and the cluster's Secret does not either"
        )
    try:
        account = site.google.accounts.get(email)
    except NotFound:
        return failed(f"{email} does not exist", hint=Hint.CONNECT_ACCOUNT)
    if account.get("disabled"):
        return failed(f"{email} is disabled", hint=Hint.CONNECT_ACCOUNT)
    return passed(email)


def key_is_valid(site: Site) -> Outcome:
    """Valid is what Google gives a token for; whose project it is of is said along."""
    file = site.agent_key_file()
    if file is None:
        return skipped("the file names no key file of the agent that is here")
    key = site.agent_key()
    if key is None:
        return failed(f"{file} is no service account key", hint=Hint.CONNECT_KEY)
    try:
        site.agent_may_connect()
    except (NoCredentials, Unauthorized) as error:
        return failed(error.message, hint=Hint.CONNECT_KEY, details=[*error.details, *advice(error)])
    except Forbidden:
        pass  # the token was good: what it may do is the next question
    details = []
    if key.project and key.project != site.project():
        details = [f"a key of project {key.project}, not of {site.project()}; it needs the role there"]
    return passed(f"{file.name}, key {key.short_id} of {key.email}", details=details)


def agent_may_connect(site: Site) -> Outcome:
    email = site.agent_account()
    if email is None:
        return skipped(
            "the file does not tell whose key the agent has, and the cluster's Secret does not either"
        )
    by_policy = site.agent_key_file() is None
    try:
        held = site.agent_may_connect()
    except (NoCredentials, Unauthorized, Unreachable) as error:
        if by_policy:
            return skipped(f"the project's policy could not be read: {error.message}")
        return skipped("there is no token for this account")
    how = "by the project's policy" if by_policy else "asked as this account"
    if held:
        return passed(f"{email} holds {CONNECT_PERMISSION}, {how}")
    words = f"{email} lacks {CONNECT_PERMISSION} on project {site.project()}, {how}"
    if by_policy:
        return warned(
            words, hint=Hint.CONNECT_ROLE, details=["a grant by a folder or a group would not show"]
        )
    return failed(
        words, hint=Hint.CONNECT_ROLE, details=[f"{AGENT_ROLE} has it; a fresh grant takes minutes"]
    )


def mart_answers(site: Site, clock: Callable[[], float]) -> Outcome:
    """Developers live in the runtime plane, so an answer has come from MART."""
    begun = clock()
    count = site.google.organizations.developers(site.overrides.org)
    took = f"in {clock() - begun:.1f} s"
    many = "10 or more developers" if count >= 10 else f"{count} developer{'' if count == 1 else 's'}"
    return passed(f"{many} {took}")


def advice(error: InstallerError) -> tuple[str, ...]:
    """What an error itself says is to be done."""
    return (error.hint,) if error.hint else ()
