"""The stories of Apigee Connect: how it stands, switching it on and off, and what an apply ends with."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from apigeectl.actions.connect_agent import is_installed
from apigeectl.actions.connect_switch import Switch, is_relied_on, switch
from apigeectl.actions.connect_waiting import passing, pauses
from apigeectl.checks.cluster_side import is_switched_off
from apigeectl.checks.connect import CHECKS, PROBE
from apigeectl.checks.model import Check, Outcome, healthy, outcomes
from apigeectl.checks.site import CONNECT_PROPERTY, Site
from apigeectl.checks.streams import denial, held_streams
from apigeectl.errors import APIError, InstallerError, NoCredentials, Refused, Unreachable

WAIT = 120.0
_LONGEST_PAUSE = 5.0


class StepKind(Enum):
    """What happened to the property at the end of an apply."""

    WAITING = "waiting"
    SWITCHED = "switched"
    UNCHANGED = "unchanged"
    LEFT = "left"


@dataclass(frozen=True)
class Step:
    """One event of the end of an apply; `hint` is the next thing to do."""

    kind: StepKind
    message: str
    hint: str | None = None
    details: tuple[str, ...] = ()


def status(site: Site, *, probe: bool = False) -> Iterator[tuple[Check[Site], Outcome]]:
    """Every link of the chain, as far as it can be seen; with `probe` a request goes all the way to MART."""
    *chain, log = CHECKS
    yield from outcomes([*chain, *([PROBE] if probe else []), log], site)


def verdict(answers: Sequence[tuple[Check[Site], Outcome]]) -> bool:
    """Whether the answers of `status` add up to a healthy connection: what could not be seen is not healthy."""
    return healthy(CHECKS, answers)


def before_delete(site: Site) -> str | None:
    """What to say before the agent goes: the property stays on, and nothing is behind it any more.

    None when the property is off, or when agents of other clusters go on serving it.
    """
    organization = f"{CONNECT_PROPERTY} of organization {site.overrides.org}"
    try:
        if not is_relied_on(site):
            return None
    except InstallerError as error:
        return f"whether {organization} is true cannot be seen ({error.message}); if it is, {_DISABLE_FIRST}"
    return (
        f"{organization} is true and stays so: without an agent the management plane cannot reach MART; "
        f"if no other cluster has one, {_DISABLE_FIRST}"
    )


_DISABLE_FIRST = "run apigeectl connect disable first"


def after_apply(
    site: Site,
    *,
    wait: float = WAIT,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Step]:
    """Switch the property on once this cluster's agent holds a stream, or leave it and say why.

    Never off, and never before: the management plane would be pointed at a door that is not open, and
    organizations that still use the MART ingress would be cut off.
    """
    if is_switched_off(site):
        yield from _unserved(site)
        return
    try:
        yield from _switch_on(site, wait, clock, sleep)
    except NoCredentials as error:
        yield _left(site, f"there are no credentials for Google ({error.message})")
    except (APIError, Unreachable, Refused) as error:
        yield _left(site, error.message)


def _switch_on(
    site: Site, wait: float, clock: Callable[[], float], sleep: Callable[[float], None]
) -> Iterator[Step]:
    site.who()
    body = site.organization()
    if body.get("runtimeType") != "HYBRID":
        yield _left(site, f"organization {site.overrides.org} is no hybrid organization")
        return
    if site.property(CONNECT_PROPERTY) == "true":
        yield Step(StepKind.UNCHANGED, f"{CONNECT_PROPERTY} of organization {site.overrides.org} is true")
        return
    deadline, pause = clock() + wait, pauses(_LONGEST_PAUSE)
    said = None
    while not (held := _held(site)).streams:
        if line := denial(site):
            yield _left(site, f"Apigee Connect refuses the agent: {line}")
            return
        remaining = deadline - clock()
        if remaining <= 0:
            yield _left(site, f"after {wait:g} s no agent of this cluster holds a stream{held.unanswered}")
            return
        if said is None:
            said = Step(StepKind.WAITING, f"for a stream of cluster {site.overrides.cluster_name}")
            yield said
        sleep(min(next(pause), remaining))
        site = site.fresh()
    done = switch(site, "true")
    before = "absent" if done.before is None else done.before
    yield Step(
        StepKind.SWITCHED if done.changed else StepKind.UNCHANGED,
        f"{CONNECT_PROPERTY} of organization {done.organization} was {before} and is true",
        details=said_along(done),
    )


@dataclass(frozen=True)
class _Seen:
    streams: int = 0
    unanswered: str = ""


def _held(site: Site) -> _Seen:
    """What can be seen now; a side that is busy or away for a moment does not end the wait."""
    try:
        return _Seen(held_streams(site).streams)
    except InstallerError as error:
        trouble = passing(error)
        if trouble is None:
            raise
        return _Seen(unanswered=f" (the last question got no answer: {trouble.message})")


def _unserved(site: Site) -> Iterator[Step]:
    """The file wants no agent, and Google looks for one; silence where that cannot be seen."""
    organization = f"{CONNECT_PROPERTY} of organization {site.overrides.org}"
    try:
        if is_installed(site) or not is_relied_on(site):
            return
    except InstallerError:
        return
    yield Step(
        StepKind.LEFT,
        f"{organization} is true, and no agent runs: connectAgent.enabled is false, so the management plane cannot reach MART through this cluster",
        hint="remove connectAgent.enabled and apply with --org, or run apigeectl connect disable with the same file",
    )


def _left(site: Site, reason: str) -> Step:
    return Step(
        StepKind.LEFT,
        f"{CONNECT_PROPERTY} of organization {site.overrides.org} is left as it is: {reason}",
        hint="when that is settled, run apigeectl connect enable with the same file",
    )


def said_along(done: Switch) -> tuple[str, ...]:
    """What a switch of the property has to say beside its values."""
    undo = [f"the organization as it was is kept in {done.undo}"] if done.undo else []
    return (*done.others, *undo)
