"""Switching Apigee Connect on and off for an organization: never before the door is open, never losing anything."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apigeectl.actions.connect_waiting import pauses
from apigeectl.actions.undo import undo_file
from apigeectl.checks.site import AGENT, CONNECT_PROPERTY, Site, ending
from apigeectl.checks.streams import denial, held_streams
from apigeectl.errors import InstallerError, Refused, WaitTimeout

GOODBYE_SECONDS = 720.0
"""Agents let open connections expire, for up to seven minutes; other pods have ten minutes of grace."""

_LONGEST_PAUSE = 5.0


@dataclass(frozen=True)
class Switch:
    """The organization's property before and after; None stands for absent.

    `undo` is where the organization stands as it was, `others` what somebody else changed at the same time.
    """

    organization: str
    before: str | None
    after: str | None
    changed: bool
    undo: Path | None = None
    others: tuple[str, ...] = ()


def enable(site: Site, *, yes: bool = False) -> Switch:
    """Switch the property on. Without `yes` Refused while no agent of this cluster holds a stream."""
    if not yes and site.property(CONNECT_PROPERTY) != "true":
        _require_streams(site)
    return switch(site, "true")


def disable(site: Site, *, yes: bool = False) -> Switch:
    """Switch the property off; an organization that has no such property is off already.

    Without `yes` Refused while the file sets no MART ingress up, which the management plane then needs.
    """
    before = site.property(CONNECT_PROPERTY)
    if before in (None, "false"):
        return Switch(site.overrides.org, before, before, changed=False)
    if not yes:
        require_way_in(site)
    return switch(site, "false")


def served_elsewhere(site: Site) -> tuple[str, ...]:
    """Other clusters that hold streams, which the one property of the organization is about, too; none when unseen."""
    try:
        found = [each for each in site.connections() if each.streams and not site.is_ours(each)]
    except InstallerError:
        return ()
    return tuple(f"{each.cluster}/{each.region}" for each in found)


def is_relied_on(site: Site) -> bool:
    """Google comes through the agent of this cluster, as far as others can be seen. Raises InstallerError when the property
    cannot be."""
    return site.property(CONNECT_PROPERTY) == "true" and not served_elsewhere(site)


def switch(site: Site, value: str) -> Switch:
    """Write the one property, and keep the organization as it was in a file."""
    kept: list[Path] = []
    write = undo_file(site.overrides.file, site.overrides.org)

    def keep(body: Mapping[str, Any]) -> None:
        kept.append(write(body))

    try:
        change = site.google.organizations.set_property(site.overrides.org, CONNECT_PROPERTY, value, keep)
    except InstallerError as error:
        if kept:
            error.details = (*error.details, f"the organization as it was is kept in {kept[-1]}")
        raise
    undo = kept[-1] if kept else None
    return Switch(site.overrides.org, change.before, change.after, change.changed, undo, change.others)


@dataclass(frozen=True)
class Leaving:
    """Agents on their way out."""

    pods: tuple[str, ...]
    seconds: float


def goodbye(
    site: Site,
    *,
    taken_down: bool = False,
    wait: float = GOODBYE_SECONDS,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Leaving]:
    """Wait for agents that are going, never hurrying them: requests in flight would be lost. WaitTimeout in the end.

    Those that were `taken_down` go as soon as the operator has seen it.
    """
    begun, pause = clock(), pauses(_LONGEST_PAUSE)
    while pods := [pod for pod in site.pods(AGENT) if taken_down or ending(pod)]:
        leaving = tuple(str(pod["metadata"]["name"]) for pod in pods)
        passed = clock() - begun
        yield Leaving(leaving, passed)
        if passed >= wait:
            raise WaitTimeout(
                f"after {wait:g} s {', '.join(leaving)} {'is' if len(leaving) == 1 else 'are'} still there",
                hint=_UNUSUAL if all(map(ending, pods)) else _untouched(site),
            )
        sleep(min(next(pause), wait - passed))
        site = site.fresh()


_UNUSUAL = "longer than seven minutes is unusual; look with: kubectl get pods -l app=apigee-connect-agent"


def _untouched(site: Site) -> str:
    namespace = site.overrides.namespace
    return (
        "the operator has not taken the agent away; when it runs and still does not, delete what it made: "
        f"kubectl -n {namespace} get apigeedeployments -l app={AGENT}"
    )


def _require_streams(site: Site) -> None:
    try:
        held = held_streams(site)
    except InstallerError as error:
        raise Refused(
            f"whether an agent of this cluster holds a stream cannot be seen: {error.message}",
            hint="--yes switches it all the same",
        ) from error
    if not held.streams:
        line = denial(site)
        raise Refused(
            f"no agent of cluster {site.overrides.cluster_name} holds a stream (by {held.source})",
            details=[f"Apigee Connect refuses the agent: {line}"] if line else (),
            hint="apply with --org and look at connect status first; --yes switches it all the same",
        )


def require_way_in(site: Site) -> None:
    """Raise Refused when the property is to be switched off and the file sets no MART ingress up."""
    if site.property(CONNECT_PROPERTY) in (None, "false"):
        return
    mart = site.overrides.get("mart") or {}
    has_certificate = mart.get("sslSecret") or (mart.get("sslCertPath") and mart.get("sslKeyPath"))
    if mart.get("hostAlias") and has_certificate:
        return
    raise Refused(
        "the overrides file sets no MART ingress up: without Apigee Connect the management plane could not reach MART",
        details=["it needs mart.hostAlias, and mart.sslCertPath with mart.sslKeyPath, or mart.sslSecret"],
        hint="set it up and apply first; --yes switches Apigee Connect off all the same",
    )
