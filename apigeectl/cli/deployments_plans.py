"""What a switch of revisions will do, and what a probe saw of it."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from apigeectl.cli.console import Console
from apigeectl.cli.options import Output
from apigeectl.cli.tables import counted
from apigeectl.deployments.ages import age

if TYPE_CHECKING:
    from apigeectl.actions.deployments_switch import Plan
    from apigeectl.clients.probe import Probe
    from apigeectl.deployments.model import ChangeReport

_SINGLY = 5
"""Misses of one kind in a row whose moments are all shown; programs get every one."""


def show_plan(console: Console, plan: Plan, now: float, output: Output) -> None:
    """What serves now, what will, and what the change report says."""
    here = f"{plan.proxy} in {plan.environment}"
    if plan.unchanged:
        console.say(f"{here}: revision {plan.revision} is deployed already")
        _show_document(console, plan, "none", output)
        return
    before = "nothing serves now"
    if plan.old:
        before = f"revision {plan.old.revision} serves now, deployed {age(plan.old.started, now)}"
    console.say(f"{here}: {before}; revision {plan.revision} will")
    if plan.old and plan.old.service_account:
        console.say(f"  service account {plan.old.service_account} is kept")
    _show_report(console, plan.report)
    _show_document(console, plan, "deploy", output)


def show_undeploy_plan(console: Console, plan: Plan, output: Output) -> None:
    """What goes, and what would still serve."""
    after = f"revision {plan.old.revision} still serves" if plan.old else "nothing serves it then"
    console.say(f"{plan.proxy} in {plan.environment}: revision {plan.revision} goes; {after}")
    _show_report(console, plan.report)
    _show_document(console, plan, "undeploy", output)


def show_misses(console: Console, probe: Probe, output: Output) -> None:
    """How many requests were made, and each that nothing served."""
    if output is Output.JSON:
        misses = [{"seconds": round(miss.seconds, 3), "cause": miss.cause} for miss in probe.misses]
        document = {"url": probe.shown, "requests": probe.asked, "served": probe.served, "misses": misses}
        console.json_line({"apiVersion": "apigeectl/v1", "kind": "ProbeReport", **document})
    result = f"{len(probe.misses)} missed" if probe.served else f"none was served: {probe.cause}"
    style = "good" if probe.served and not probe.misses else "bad"
    console.say(f"{counted(probe.asked, 'request')} to {probe.shown}, {result}", style)
    for cause, alike in groupby(probe.misses, key=lambda miss: miss.cause):
        moments = [f"{miss.seconds:.1f}" for miss in alike]
        when = f"{moments[0]} to {moments[-1]}" if len(moments) > _SINGLY else ", ".join(moments)
        console.say(f"  after {when} s: {cause}{f' ({len(moments)} times)' if len(moments) > 1 else ''}")


def _show_report(console: Console, report: ChangeReport) -> None:
    for change in report.changes:
        console.say(f"  route: {change}")
    if report.sequenced:
        console.say("  traffic moves between environments: the roll-out is sequenced")
    for conflict in report.conflicts:
        console.warn(f"route conflict: {conflict}")


def _show_document(console: Console, plan: Plan, action: str, output: Output) -> None:
    if output is not Output.JSON:
        return
    old = plan.old.revision if plan.old and action != "none" else None
    document = {
        "apiVersion": "apigeectl/v1",
        "kind": "DeploymentPlan",
        "action": action,
        "proxy": plan.proxy,
        "environment": plan.environment,
        "revision": plan.revision,
        "stillServes" if action == "undeploy" else "replaces": old,
        "routeChanges": list(plan.report.changes),
        "routeConflicts": [str(conflict) for conflict in plan.report.conflicts],
        "sequencedRollout": plan.report.sequenced,
    }
    console.json_line(document)
