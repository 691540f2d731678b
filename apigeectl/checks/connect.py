"""The questions about Apigee Connect, in the order in which one answer rests on another."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

from apigeectl.checks.agent_log import last_call_by_agent
from apigeectl.checks.hints import Hint
from apigeectl.checks.model import Check, Outcome, failed, passed, skipped, warned
from apigeectl.checks.site import AGENT, CONNECT_PROPERTY, MART, MISSPELT_PROPERTY, Connection, Site, ending
from apigeectl.checks.streams import denial, held_streams
from apigeectl.errors import Forbidden, InstallerError, Unauthorized
from apigeectl.manifests import LiveObject
from apigeectl.readiness.status import readiness

AGENT_ROLE = "roles/apigeeconnect.Agent"
_PODS = "the rights to list pods and to read their logs in the namespace"

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
        return failed(error.message, hint=Hint.GOOGLE_CREDENTIALS, details=_advice(error))
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


def agent_is_wanted(site: Site) -> Outcome:
    if site.overrides.get("connectAgent") is None:
        return warned("absent, and so on by default", hint=Hint.CONNECT_AGENT_OFF)
    if is_switched_off(site):
        return failed("enabled is false", hint=Hint.CONNECT_AGENT_OFF)
    return passed("enabled")


def is_switched_off(site: Site) -> bool:
    """The file says that it wants no Connect agent."""
    return site.overrides.get("connectAgent.enabled", True) is False


def agent_pods_are_ready(site: Site) -> Outcome:
    running = [pod for pod in site.pods(AGENT) if not ending(pod)]
    leaving = len(site.pods(AGENT)) - len(running)
    details = [f"{leaving} more on the way out (up to seven minutes is normal)"] if leaving else []
    if not running:
        return failed("none", hint=Hint.CONNECT_AGENT_MISSING, details=details)
    if line := denial(site):
        remedy = _remedy(site)
        return failed(
            "Apigee Connect refuses the agent", hint=Hint.CONNECT_AGENT_DENIED, details=[line, *remedy]
        )
    behind = [f"{pod['metadata']['name']}: {why}" for pod in running if (why := _not_ready(site, pod))]
    if behind:
        words = f"{len(behind)} of {len(running)} not ready"
        return failed(words, hint=Hint.CONNECT_AGENT_NOT_READY, details=[*behind, *details])
    return passed(f"{len(running)} ready", details=details)


def _not_ready(site: Site, pod: LiveObject) -> str | None:
    found = readiness(pod)
    if found.ready:
        return None
    return site.agent_log(pod).fatal or found.message or found.reason or "not ready"


def _remedy(site: Site) -> Iterator[str]:
    project = site.project() or "PROJECT"
    yield f"the agent's account lacks {AGENT_ROLE} (a fresh grant takes minutes), the API is off, or key or "
    yield "project is another one:"
    member = f"--member serviceAccount:{site.agent_account() or 'ACCOUNT'}"
    yield f"gcloud projects add-iam-policy-binding {project} {member} --role {AGENT_ROLE}"
    yield f"gcloud services enable apigeeconnect.googleapis.com --project {project}"


def _advice(error: InstallerError) -> tuple[str, ...]:
    return (error.hint,) if error.hint else ()


def agent_holds_streams(site: Site) -> Outcome:
    try:
        held = held_streams(site)
    except Forbidden as error:
        if error.reason != "SERVICE_DISABLED":
            raise
        return failed(error.message, hint=Hint.CONNECT_API_DISABLED, details=_advice(error))
    others = [_line(connection) for connection in held.others]
    if held.refusal is not None:
        needs = "needs apigeeconnect.connections.list: " if isinstance(held.refusal, Forbidden) else ""
        others = [f"Apigee Connect's own list: {needs}{held.refusal}"]
    if held.streams:
        return passed(f"{held.streams} by {held.source}", details=others)
    ours = "/".join(part for part in (site.overrides.cluster_name, site.overrides.cluster_region) if part)
    if held.others:
        words = f"{held.source} knows other clusters, but not {ours}"
        return failed(words, hint=Hint.CONNECT_OTHER_CLUSTER, details=others)
    return failed(f"none by {held.source}", hint=Hint.CONNECT_NO_STREAMS, details=others)


def _line(connection: Connection) -> str:
    return f"{connection.cluster}/{connection.region} holds {connection.streams}"


def mart_is_called_by_the_agent(site: Site) -> Outcome:
    pods = [pod for pod in site.pods(MART) if not ending(pod)]
    if not pods:
        return failed("there is no MART pod", hint=Hint.CONNECT_MART_MISSING)
    lines = [line for pod in pods if (line := last_call_by_agent(site.log(pod, MART)))]
    if lines:
        return passed("in MART's log", details=[max(lines)])
    return warned("none in MART's log yet", hint=Hint.CONNECT_MART_NOT_CALLED)


CHECKS: tuple[Check[Site], ...] = (
    Check("credentials for Google", credentials_are_usable, Hint.GOOGLE_CREDENTIALS),
    Check(
        "the organization",
        organization_is_readable,
        Hint.ORGANIZATION_UNREADABLE,
        essential="organization",
    ),
    Check("state of the organization", organization_is_active, Hint.ORGANIZATION_NOT_ACTIVE),
    Check(
        "runtimeType of the organization",
        organization_is_hybrid,
        Hint.ORGANIZATION_NOT_HYBRID,
        fatal=True,
    ),
    Check("project of the organization", project_is_the_files, Hint.ORGANIZATION_PROJECT),
    Check(CONNECT_PROPERTY, connect_is_switched_on, Hint.CONNECT_PROPERTY_OFF, essential="property"),
    Check("connectAgent in the file", agent_is_wanted, Hint.CONNECT_AGENT_OFF),
    Check(
        "pods of the Connect agent",
        agent_pods_are_ready,
        Hint.CONNECT_AGENT_NOT_READY,
        needs=_PODS,
        essential="agent",
    ),
    Check(
        "streams of the Connect agent",
        agent_holds_streams,
        Hint.CONNECT_NO_STREAMS,
        needs=f"the permission apigeeconnect.connections.list, or {_PODS}",
        essential="agent",
    ),
    Check(
        "calls of MART by the Connect agent",
        mart_is_called_by_the_agent,
        Hint.CONNECT_MART_NOT_CALLED,
        needs=_PODS,
    ),
)
