"""The links of the chain in the file and in the cluster: stanza, Secret, pods, flags, streams, MART's log."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping

from apigeectl.checks.agent_log import AgentLog, last_call_by_agent
from apigeectl.checks.google_side import advice
from apigeectl.checks.hints import Hint
from apigeectl.checks.model import Outcome, failed, passed, skipped, warned
from apigeectl.checks.site import AGENT, KEY_NAME, MART, Site, ending
from apigeectl.checks.sources import Connection
from apigeectl.checks.streams import denial, held_streams
from apigeectl.errors import Forbidden, InstallerError, NoCredentials, Unreachable
from apigeectl.manifests import LiveObject
from apigeectl.readiness.status import readiness

_Question = Callable[[Site], Outcome]


def agent_is_wanted(site: Site) -> Outcome:
    if site.overrides.get("connectAgent") is None:
        return warned("there is no connectAgent, and it is on by default", hint=Hint.CONNECT_AGENT_OFF)
    if is_switched_off(site):
        return failed("connectAgent.enabled is false", hint=Hint.CONNECT_AGENT_OFF)
    return passed("connectAgent")


def is_switched_off(site: Site) -> bool:
    """The file says that it wants no Connect agent."""
    return site.overrides.get("connectAgent.enabled", True) is False


def cluster_answers(site: Site) -> Outcome:
    try:
        site.pods(AGENT)
    except (NoCredentials, Unreachable) as error:
        return failed(error.message, details=[*error.details, *advice(error)])
    except InstallerError:
        pass  # it answers, though not to this: the next questions tell what they lack
    return passed(f"namespace {site.overrides.namespace}")


def _in_cluster(question: _Question) -> _Question:
    """Without a cluster, of which one question tells, there is nothing to look at."""

    @functools.wraps(question)
    def ask(site: Site) -> Outcome:
        try:
            site.pods(AGENT)
        except (NoCredentials, Unreachable):
            return skipped("the cluster does not answer")
        except InstallerError:
            pass
        return question(site)

    return ask


@_in_cluster
def secret_is_the_files_key(site: Site) -> Outcome:
    if site.overrides.workload_identity:
        return skipped("with Workload Identity there is no key")
    ref = site.agent_secret()
    if site.stored_secret() is None:
        return failed(f"{ref} does not exist", hint=Hint.CONNECT_STORED_KEY)
    stored = site.stored_key()
    if stored is None:
        return failed(f"{ref} holds no key under {KEY_NAME}", hint=Hint.CONNECT_STORED_KEY)
    written = site.file_key()
    if written is None:
        return passed(f"{ref.name} holds a key of {stored.email}; there is no file to compare with")
    if written.fingerprint == stored.fingerprint:
        return passed(f"fingerprint {stored.fingerprint} in {ref.name}")
    return failed(
        f"{ref.name} holds key {stored.short_id} of {stored.email}, the file {written.short_id} of {written.email}",
        hint=Hint.CONNECT_STORED_KEY,
        details=[f"fingerprints {stored.fingerprint} and {written.fingerprint}"],
    )


@_in_cluster
def agent_pods_are_ready(site: Site) -> Outcome:
    running = _running(site)
    leaving = len(site.pods(AGENT)) - len(running)
    details = [f"{leaving} more on the way out (up to seven minutes is normal)"] if leaving else []
    if not running:
        return failed("there are none", hint=Hint.CONNECT_AGENT_MISSING, details=details)
    if line := denial(site):
        return failed("Apigee Connect refuses the agent", hint=Hint.CONNECT_AGENT_DENIED, details=[line])
    if line := next((log.no_token for log in _logs(site) if log.no_token), None):
        words = "Google gives the agent no token"
        return failed(words, hint=Hint.CONNECT_AGENT_KEY, details=[line])
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


@_in_cluster
def agent_runs_for_this_site(site: Site) -> Outcome:
    """By the flags in the agents' logs, which may be cut off; else by what was applied."""
    if not _running(site):
        return skipped("there are no pods")
    wanted = {
        "cluster_name": site.overrides.cluster_name,
        "cluster_region": site.overrides.cluster_region,
        "project": f"projects/{site.project()}",
    }
    flags = [log.flags for log in _logs(site) if "cluster_name" in log.flags]
    source = "by its log" if flags else "by what was applied"
    applied = _applied_flags(site)
    if not flags and not applied:
        return skipped("neither its log nor the cluster tells")
    wrong = [line for each in flags or [applied] for line in _differing(each, wanted)]
    if wrong:
        waits = flags and applied and not _differing(applied, wanted)
        hint = Hint.CONNECT_AGENT_STALE if waits else Hint.CONNECT_AGENT_FLAGS
        first, *others = dict.fromkeys(wrong)
        return failed(first, hint=hint, details=[*others, source])
    return passed(f"{wanted['cluster_name']}, {wanted['cluster_region']}, {wanted['project']}, {source}")


def _applied_flags(site: Site) -> dict[str, str]:
    """What the ApigeeOrganization gives an agent that is started now; empty when that cannot be seen."""
    try:
        spec = site.applied()
    except InstallerError:
        return {}
    if not spec:
        return {}
    return {
        "cluster_name": str(spec.get("clusterName", "")),
        "cluster_region": str(spec.get("clusterRegion", "")),
        "project": f"projects/{spec.get('gcpProjectID', '')}",
    }


def _differing(flags: Mapping[str, str], wanted: Mapping[str, str]) -> list[str]:
    return [
        f'{name} is "{flags.get(name, "")}", the file says "{value}"'
        for name, value in wanted.items()
        if value and flags.get(name, "") != value
    ]


@_in_cluster
def agent_holds_streams(site: Site) -> Outcome:
    """By the agents' own logs, a line a pod."""
    running = _running(site)
    if not running:
        return skipped("there are no pods")
    logs = {str(pod["metadata"]["name"]): site.agent_log(pod) for pod in running}
    details = [f"{name}: {log.streams}{_last_error(log.fatal)}" for name, log in logs.items()]
    total = sum(log.streams for log in logs.values())
    if total:
        return passed(f"{total} in {len(running)} pod{'s' if len(running) > 1 else ''}", details=details)
    cut_off = next((log.cut_off for log in logs.values() if log.cut_off), None)
    if cut_off:
        words = f"the agent cannot reach Google: {cut_off}"
        return failed(words, hint=Hint.CONNECT_AGENT_CUT_OFF, details=details)
    return failed("none", hint=Hint.CONNECT_NO_STREAMS, details=details)


def _last_error(fatal: str | None) -> str:
    return f", ended with: {fatal}" if fatal else ""


def this_cluster_is_listed(site: Site) -> Outcome:
    """What Apigee Connect itself sees; where we may not ask it, the agents' logs have to do."""
    try:
        held = held_streams(site)
    except NoCredentials:
        return skipped("neither Google nor the cluster can be asked")
    except Forbidden as error:
        if error.reason != "SERVICE_DISABLED":
            raise
        return failed(error.message, hint=Hint.CONNECT_API_DISABLED, details=advice(error))
    others = [_line(connection) for connection in held.others]
    if held.refusal is not None:
        needs = "needs apigeeconnect.connections.list: " if isinstance(held.refusal, Forbidden) else ""
        others = [f"Apigee Connect's own list: {needs}{held.refusal}"]
    if held.streams:
        return passed(f"{held.streams} streams by {held.source}", details=others)
    if held.others:
        words = f"{held.source} knows other clusters, but not {_ours(site)}"
        return failed(words, hint=Hint.CONNECT_OTHER_CLUSTER, details=others)
    return failed(f"no streams by {held.source}", hint=Hint.CONNECT_NO_STREAMS, details=others)


def _ours(site: Site) -> str:
    return "/".join(part for part in (site.overrides.cluster_name, site.overrides.cluster_region) if part)


def _line(connection: Connection) -> str:
    return f"{connection.cluster}/{connection.region} holds {connection.streams}"


@_in_cluster
def mart_is_called_by_the_agent(site: Site) -> Outcome:
    pods = [pod for pod in site.pods(MART) if not ending(pod)]
    if not pods:
        return failed("there is no MART pod", hint=Hint.CONNECT_MART_MISSING)
    lines = [line for pod in pods if (line := last_call_by_agent(site.log(pod, MART)))]
    if lines:
        return passed(max(lines)[:23].strip('" '), details=[max(lines)])
    details = list(_bad_answers(site))
    return warned("no line of MART's log does yet", hint=Hint.CONNECT_MART_NOT_CALLED, details=details)


def mart_is_ready(site: Site) -> bool:
    """A pod of MART is there that can answer."""
    try:
        return any(readiness(pod).ready for pod in site.pods(MART) if not ending(pod))
    except InstallerError:
        return False


def _bad_answers(site: Site) -> Iterator[str]:
    try:
        logs = _logs(site)
    except InstallerError:
        return
    yield from (f"the agent's log: {log.bad_answer}" for log in logs if log.bad_answer)


def _running(site: Site) -> list[LiveObject]:
    return [pod for pod in site.pods(AGENT) if not ending(pod)]


def _logs(site: Site) -> list[AgentLog]:
    return [site.agent_log(pod) for pod in _running(site)]
