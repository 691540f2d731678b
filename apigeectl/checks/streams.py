"""Whether the agents of this cluster hold streams to Apigee Connect: by its list, else by their own logs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apigeectl.checks.site import AGENT, Site, ending
from apigeectl.checks.sources import Connection
from apigeectl.errors import APIError, InstallerError


@dataclass(frozen=True)
class Held:
    """The streams of this cluster, who says so, and which other clusters are connected."""

    streams: int
    source: str
    others: tuple[Connection, ...] = ()
    refusal: InstallerError | None = None
    """Why the list could not be asked."""


def held_streams(site: Site) -> Held:
    """Count them; raises what Apigee Connect said when the agents' logs cannot be read either."""
    try:
        listed = site.connections()
    except InstallerError as refusal:
        if isinstance(refusal, APIError) and refusal.reason == "SERVICE_DISABLED":
            raise
        return _by_logs(site, refusal)
    ours = [connection for connection in listed if site.is_ours(connection)]
    others = tuple(connection for connection in listed if not site.is_ours(connection))
    return Held(sum(connection.streams for connection in ours), "Apigee Connect", others)


def denial(site: Site) -> str | None:
    """The line with which a refused agent ended; None when none was refused, or none can be asked."""
    try:
        logs = [site.agent_log(pod) for pod in _agents(site)]
    except InstallerError:
        return None
    return next((log.fatal or "permission denied" for log in logs if log.denied), None)


def hindrance(site: Site) -> str | None:
    """What keeps the agents of this cluster from a stream, as far as their logs and Apigee Connect's list tell."""
    if line := denial(site):
        return f"still refused, and tried again with pauses of up to five minutes: {line}"
    try:
        logs = [site.agent_log(pod) for pod in _agents(site)]
        if line := next((log.cut_off or log.fatal for log in logs if log.cut_off or log.fatal), None):
            return f"the agent's log says: {line}"
        others = held_streams(site).others
    except InstallerError:
        return None
    found = ", ".join(f"{each.cluster}/{each.region}" for each in others if each.streams)
    return f"Apigee Connect lists {found} only" if found else None


def _by_logs(site: Site, refusal: InstallerError) -> Held:
    try:
        streams = sum(site.agent_log(pod).streams for pod in _agents(site))
    except InstallerError as error:
        raise refusal from error
    return Held(streams, "the agents' logs", refusal=refusal)


def _agents(site: Site) -> Sequence[dict[str, object]]:
    return [pod for pod in site.pods(AGENT) if not ending(pod)]
