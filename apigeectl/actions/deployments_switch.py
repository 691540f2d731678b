"""Switching revisions without a moment in which nothing serves, and taking them down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from apigeectl.actions.deployments import Reading, command, deployed_in
from apigeectl.actions.deployments_status import Look, Site, Times, Undeployed, look, watch
from apigeectl.deployments.model import ChangeReport, Deployment, read_report
from apigeectl.deployments.revisions import NEW_REVISION, in_order
from apigeectl.errors import InstallerError, NotFound, Refused, ServiceFailure, Unreachable, WaitTimeout


class Plane(Reading, Protocol):
    """What is asked of the management plane, writing included."""

    def deploy(
        self,
        environment: str,
        name: str,
        revision: str,
        *,
        sequenced: bool = False,
        service_account: str = "",
    ) -> dict[str, Any]: ...
    def undeploy(self, environment: str, name: str, revision: str) -> None: ...
    def deploy_report(self, environment: str, name: str, revision: str) -> dict[str, Any]: ...
    def undeploy_report(self, environment: str, name: str, revision: str) -> dict[str, Any]: ...


class DeployFailed(InstallerError):
    """The new revision does not run; the message says what serves now."""


@dataclass(frozen=True)
class Plan:
    """What serves now, what will, and what the change report says of it."""

    org: str
    environment: str
    proxy: str
    revision: str
    old: Deployment | None
    report: ChangeReport
    unchanged: bool = False
    """The revision is deployed already."""


class StepKind(Enum):
    """What happened on the way."""

    DEPLOYING = "deploying"
    UNCHANGED = "unchanged"
    SERVING = "serving"
    ROLLING_BACK = "rolling back"
    UNDEPLOYING = "undeploying"
    UNDEPLOYED = "undeployed"


@dataclass(frozen=True)
class Step:
    """One event; `hint` is the next thing to do."""

    kind: StepKind
    message: str
    hint: str | None = None


def plan_deploy(plane: Plane, environment: str, proxy: str, revision: str) -> Plan:
    """What a deploy would do. Refused when the management plane would refuse it."""
    deployed = deployed_in(plane, environment, proxy)
    if any(each.revision == revision for each in deployed):
        found = next(each for each in deployed if each.revision == revision)
        return Plan(plane.org, environment, proxy, revision, found, ChangeReport(), unchanged=True)
    report = read_report(plane.deploy_report(environment, proxy, revision))
    if report.violations:
        raise Refused(
            f"{proxy} revision {revision} cannot be deployed in {environment}",
            details=report.violations,
            hint="nothing was changed; undeploy what stands against it, or change the bundle: "
            + NEW_REVISION,
        )
    return Plan(plane.org, environment, proxy, revision, _newest(deployed), report)


def deploy(
    site: Site, plane: Plane, plan: Plan, *, timeout: float, rollback: bool = True
) -> Iterator[Step | Look]:
    """Deploy and wait until all of the runtime serves it. DeployFailed when it does not, WaitTimeout.

    After a failure the old revision is put back. A wait that runs out is no failure: what serves, serves on.
    """
    name = f"{plan.proxy} revision {plan.revision} in {plan.environment}"
    if plan.unchanged:
        yield Step(StepKind.UNCHANGED, f"{name} is deployed already; nothing was written", _IMMUTABLE)
    else:
        old = f", in the place of revision {plan.old.revision}" if plan.old else ""
        yield Step(StepKind.DEPLOYING, f"{name}{old}")
        account = plan.old.service_account if plan.old else ""
        _post(plane, plan, plan.revision, account)
    last = None
    try:
        for last in watch(site, plan.environment, plan.proxy, plan.revision, timeout=timeout):
            yield last
    except WaitTimeout as error:
        raise _with_way_back(error, plan) from None
    except (Unreachable, ServiceFailure) as error:
        words = f"{name} was deployed, and whether it serves cannot be seen: {error.message}"
        raise InstallerError(words, details=error.details, hint=look_again(plan)) from None
    if last is None or last.verdict.complete:
        yield Step(StepKind.SERVING, f"{name} serves on all runtime pods")
        return
    causes = [str(cause) for cause in last.verdict.causes]
    if plan.unchanged:
        raise DeployFailed(f"{name} is deployed and does not run", details=causes, hint=_IMMUTABLE)
    if plan.old is None or not rollback:
        raise _left(plan, name, causes, site)
    yield Step(StepKind.ROLLING_BACK, f"{name} failed; putting revision {plan.old.revision} back")
    yield from _put_back(site, plane, plan, plan.old, causes, timeout)


def plan_undeploy(plane: Plane, environment: str, proxy: str, revision: str | None) -> Plan | None:
    """What an undeploy would do; None when nothing is deployed. `old` is what would still serve.

    Refused when the management plane would refuse it; a report that cannot be had is no report.
    """
    deployed = deployed_in(plane, environment, proxy)
    numbers = in_order(each.revision for each in deployed)
    if not deployed or (revision is not None and revision not in numbers):
        return None
    if revision is None and len(numbers) > 1:
        raise Refused(
            f"{proxy} has several revisions in {environment}: {', '.join(numbers)}",
            hint="say which one goes with --revision N",
        )
    goes = revision or numbers[0]
    try:
        report = read_report(plane.undeploy_report(environment, proxy, goes))
    except InstallerError:
        report = ChangeReport()
    if report.violations:
        raise Refused(
            f"{proxy} revision {goes} cannot be undeployed from {environment}", details=report.violations
        )
    stays = _newest([one for one in deployed if one.revision != goes])
    return Plan(plane.org, environment, proxy, goes, stays, report)


def undeploy(plane: Plane, plan: Plan, *, timeout: float, times: Times) -> Iterator[Step]:
    """Take a revision down and wait until the management plane has it no more. WaitTimeout."""
    name = f"{plan.proxy} revision {plan.revision}"
    yield Step(StepKind.UNDEPLOYING, f"{name} from {plan.environment}")
    with suppress(NotFound):  # gone: by somebody else, or by a request whose answer was lost
        plane.undeploy(plan.environment, plan.proxy, plan.revision)
    deadline = times.clock() + timeout
    while any(each.revision == plan.revision for each in deployed_in(plane, plan.environment, plan.proxy)):
        if times.clock() >= deadline:
            raise WaitTimeout(f"after {timeout:g} s {name} is still deployed in {plan.environment}")
        times.sleep(2.0)
    now = (
        f"revision {plan.old.revision} still serves" if plan.old else "nothing serves its base paths any more"
    )
    yield Step(StepKind.UNDEPLOYED, f"{name} is gone from {plan.environment}; {now}")


_IMMUTABLE = f"a revision that was deployed is read-only, deploying it again changes nothing: {NEW_REVISION}"


def _newest(deployed: tuple[Deployment, ...] | list[Deployment]) -> Deployment | None:
    order = in_order(each.revision for each in deployed)
    return next((each for each in deployed if each.revision == order[-1]), None) if order else None


def _post(plane: Plane, plan: Plan, revision: str, service_account: str) -> None:
    for last in (False, False, True):
        try:
            plane.deploy(
                plan.environment,
                plan.proxy,
                revision,
                sequenced=plan.report.sequenced,
                service_account=service_account,
            )
        except (Unreachable, ServiceFailure):
            # the answer may have been lost, and not the request: look before asking again
            deployed = deployed_in(plane, plan.environment, plan.proxy)
            if any(each.revision == revision for each in deployed):
                return
            if last:
                raise
        else:
            return


def _put_back(
    site: Site, plane: Plane, plan: Plan, old: Deployment, causes: list[str], timeout: float
) -> Iterator[Step | Look]:
    name, where = f"{plan.proxy} revision {plan.revision}", plan.environment
    back = None
    try:
        _post(plane, plan, old.revision, old.service_account)
        for back in watch(site, where, plan.proxy, old.revision, timeout=timeout):
            yield back
    except InstallerError as error:
        raise DeployFailed(
            f"{name} failed in {where}, and revision {old.revision} could not be put back: {error.message}",
            details=[*causes, f"serving now: {_serving(site, plan)}"],
            hint=f"try: {_command(plan, old.revision)}",
        ) from error
    if back is None or not back.verdict.complete:
        raise DeployFailed(
            f"{name} failed in {where}, and so did revision {old.revision}, which was put back",
            details=[*causes, f"serving now: {_serving(site, plan)}"],
            hint=NEW_REVISION,
        )
    yield Step(StepKind.SERVING, f"{plan.proxy} revision {old.revision} in {where} serves again")
    raise DeployFailed(
        f"{name} failed in {where}; revision {old.revision} was put back and serves on all runtime pods",
        details=causes,
        hint=f"repair the bundle: {NEW_REVISION}",
    )


def _left(plan: Plan, name: str, causes: list[str], site: Site) -> DeployFailed:
    hint = f"nothing was there before it to go back to: {NEW_REVISION}"
    if plan.old:
        hint = f"to go back: {_command(plan, plan.old.revision)}"
    return DeployFailed(
        f"{name} failed", details=[*causes, f"serving now: {_serving(site, plan)}"], hint=hint
    )


def _serving(site: Site, plan: Plan) -> str:
    """What the runtime reports now, as far as anybody can say."""
    try:
        deployed = deployed_in(site.plane, plan.environment, plan.proxy)
        looks = [look(site, plan.environment, plan.proxy, each.revision) for each in deployed]
    except InstallerError:
        return "unknown, it could not be asked"
    shares: dict[str, int] = {}
    for seen in looks:
        for instance in seen.deployment.instances:
            for share in instance.shares:
                shares[share.revision] = max(shares.get(share.revision, 0), share.percentage)
    if not shares:
        return "nothing, as far as the runtime reports" if looks else "nothing is deployed"
    return ", ".join(f"revision {number} on {shares[number]} % of the pods" for number in in_order(shares))


def _with_way_back(error: WaitTimeout, plan: Plan) -> WaitTimeout:
    if plan.old is None or plan.unchanged:
        return error
    hint = f"nothing was put back, it may still come; to go back: {_command(plan, plan.old.revision)}"
    return WaitTimeout(error.message, details=error.details, hint=hint)


def look_again(plan: Plan) -> str:
    """How to see what became of it, and the way back."""
    again = command(plan.org, "status", plan.proxy, "--env", plan.environment, "--wait")
    back = f"; to go back: {_command(plan, plan.old.revision)}" if plan.old and not plan.unchanged else ""
    return f"look again with: {again}{back}"


def _command(plan: Plan, revision: str) -> str:
    return command(plan.org, "deploy", plan.proxy, "--revision", revision, "--env", plan.environment)


__all__ = [
    "DeployFailed",
    "Plan",
    "Plane",
    "Step",
    "StepKind",
    "Undeployed",
    "deploy",
    "look_again",
    "plan_deploy",
    "plan_undeploy",
    "undeploy",
]
