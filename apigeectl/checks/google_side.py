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
from apigeectl.errors import (
    Forbidden,
    InstallerError,
    NoCredentials,
    NotFound,
    ServiceFailure,
    Unauthorized,
    Unreachable,
)

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
    """Without a token that is believed, of which the first questions tell, Google is not asked."""

    @functools.wraps(question)
    def ask(site: Site) -> Outcome:
        try:
            site.who()
        except InstallerError:
            return skipped("there is no token for Google")
        try:
            site.organization()
        except Unauthorized:
            return skipped("Google does not accept the token")
        except InstallerError:
            pass
        return question(site)

    return ask


def _with_api(question: _Question) -> _Question:
    """An API that is only asked may be off in the project; that breaks nothing but the asking."""

    @functools.wraps(question)
    def ask(site: Site) -> Outcome:
        try:
            return question(site)
        except Forbidden as error:
            if error.reason != "SERVICE_DISABLED":
                raise
            return skipped(f"could not be asked: {error.message}", details=advice(error))

    return ask


def credentials_are_usable(site: Site) -> Outcome:
    return passed(site.who())


def organization_is_readable(site: Site) -> Outcome:
    try:
        site.who()
    except InstallerError:
        return skipped("there is no token for Google")
    try:
        body = site.organization()
    except Unauthorized as error:
        return failed(error.message, hint=Hint.GOOGLE_CREDENTIALS, details=advice(error))
    except Forbidden as error:
        if error.reason != "SERVICE_DISABLED":
            raise
        return failed(error.message, details=advice(error))
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
@_with_api
def api_is_on(site: Site) -> Outcome:
    if not site.api_is_on():
        return failed(f"{CONNECT_API} is off in project {site.project()}", hint=Hint.CONNECT_API_DISABLED)
    try:
        site.connections()
    except Forbidden as error:
        if error.reason == "SERVICE_DISABLED":
            words = f"{CONNECT_API} was switched on, and Apigee Connect says that it is off: that takes minutes to be known"
            return failed(words, hint=Hint.CONNECT_API_DISABLED)
    except InstallerError:
        pass  # another question asks for the connections
    return passed(CONNECT_API)


@_with_token
@_with_api
def account_is_usable(site: Site) -> Outcome:
    email = site.agent_account()
    if email is None:
        return skipped(
            "the file does not tell whose key the agent has, and the cluster's Secret does not either"
        )
    try:
        account = site.google.accounts.get(email)
    except NotFound:
        return failed(f"{email} does not exist", hint=Hint.CONNECT_ACCOUNT_MISSING)
    if account.get("disabled"):
        return failed(f"{email} is disabled", hint=Hint.CONNECT_ACCOUNT)
    return passed(email)


def key_is_valid(site: Site) -> Outcome:
    """Valid is what Google gives a token for; whose project it is of is said along."""
    file = site.agent_key_file()
    if file is None:
        return _key_elsewhere(site)
    key = site.file_key()
    if key is None:
        return failed(f"{file} is no service account key", hint=Hint.CONNECT_KEY)
    details = []
    if key.project and key.project != site.project():
        details = [f"a key of project {key.project}; it needs the role on project {site.project()}"]
    try:
        site.agent_may_connect()
    except (NoCredentials, Unauthorized) as error:
        late = any("clock" in line for line in error.details)
        return failed(
            error.message,
            hint=Hint.CLOCKS if late else Hint.CONNECT_KEY,
            details=[*error.details, *_about_keys(error), *details],
        )
    except Forbidden:
        pass  # the token was good: what it may do is the next question
    return passed(f"{file.name}, key {key.short_id} of {key.email}", details=details)


def _key_elsewhere(site: Site) -> Outcome:
    if written := site.named_key_file():
        words = f"{written} is not here, so the key can neither be tried nor compared"
        return warned(words, hint=Hint.CONNECT_KEY)
    if site.overrides.workload_identity:
        return skipped("with Workload Identity there is no key")
    return skipped("the file names no key file of the agent, and what a Secret holds is not tried")


def _about_keys(error: InstallerError) -> tuple[str, ...]:
    """The error's advice, unless that is about our own login."""
    return tuple(line for line in advice(error) if "GOOGLE_APPLICATION_CREDENTIALS" not in line)


@_with_api
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
    details = [f"{AGENT_ROLE} has it; a fresh grant takes minutes", *_other_account(site, email)]
    return failed(words, hint=Hint.CONNECT_ROLE, details=details)


def _other_account(site: Site, email: str) -> tuple[str, ...]:
    """Nobody should grant a role to an account whose key got into the agent's place by mistake."""
    try:
        stored = site.stored_key()
    except InstallerError:
        return ()
    if stored is None or stored.email == email:
        return ()
    return (f"the cluster's Secret holds a key of {stored.email}: is the file's key the right one?",)


def mart_answers(site: Site, clock: Callable[[], float]) -> Outcome:
    """Developers live in the runtime plane, so an answer has come from MART."""
    begun = clock()
    try:
        count = site.google.organizations.developers(site.overrides.org)
    except ServiceFailure as error:  # the management plane's words for a MART that it does not reach
        return failed(error.message, hint=Hint.CONNECT_MART_SILENT, details=[*error.details, *advice(error)])
    took = f"in {clock() - begun:.1f} s"
    many = "10 or more developers" if count >= 10 else f"{count} developer{'' if count == 1 else 's'}"
    return passed(f"{many} {took}")


def advice(error: InstallerError) -> tuple[str, ...]:
    """What an error itself says is to be done."""
    return (error.hint,) if error.hint else ()
