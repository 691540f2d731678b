"""Commands that write what they render: show it, plan it, ask where it can destroy, carry it out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from apigeectl.cli.flags import ChoiceFlags, ModeFlags
from apigeectl.cli.options import DryRun, Output
from apigeectl.cli.tables import counted
from apigeectl.cli.task import Task
from apigeectl.errors import Refused
from apigeectl.yaml import dump

if TYPE_CHECKING:
    from apigeectl.apply.changes import Event
    from apigeectl.apply.plan import Plan
    from apigeectl.clients.kubernetes import Cluster
    from apigeectl.components.render import Rendering
    from apigeectl.readiness.wait import Progress


class Story(Protocol):
    """The steps of such a command."""

    def render(self, cluster: Cluster | None) -> Rendering: ...
    def plan(self, rendering: Rendering, cluster: Cluster) -> Plan: ...
    def carry_out(self, plan: Plan, cluster: Cluster) -> Iterator[Event | Progress]: ...


def tell(story: Story, task: Task, mode: ModeFlags, choices: ChoiceFlags, *, title: str) -> Cluster | None:
    """Go through the steps as far as the mode lets; the cluster, unless that was only a dry run."""
    cluster = task.cluster
    rendering = story.render(cluster)
    _show_rendering(task, rendering, mode)
    if cluster is None:
        return None
    from apigeectl.cli.events import show_events
    from apigeectl.cli.plans import show_dry_run, show_notes, show_plan

    plan = story.plan(rendering, cluster)
    show_notes(task.console, plan, output=task.output)
    if mode.dry_run is DryRun.SERVER:
        show_dry_run(task.console, plan, task.output)
        return None
    if task.output is Output.TEXT:
        show_plan(task.console, plan)
    if not choices.yes:
        _ask(task, choices.dangers(plan))
    events = story.carry_out(plan, cluster)
    total = len(plan.changes) + len(plan.pruned)
    show_events(task.console, events, title=title, total=total, output=task.output)
    return cluster


def _show_rendering(task: Task, rendering: Rendering, mode: ModeFlags) -> None:
    for warning in rendering.warnings:
        task.console.warn(warning)
    if mode.print_yaml:
        task.console.data(dump(manifest.body for manifest in rendering.manifests))
    if mode.offline:
        task.console.say(f"{counted(len(rendering.manifests), 'object')} rendered (client dry run)")


def _ask(task: Task, dangers: list[str]) -> None:
    """What can destroy asks, once its plan is shown; off a terminal it stops and names --yes."""
    if not dangers:
        return
    answer = task.console.confirmed(f"{' and '.join(dangers)}: go on?")
    if answer is None:
        raise Refused(
            f"{dangers[0]} needs a yes, and there is no terminal to ask on", hint="add --yes to go on"
        )
    if not answer:
        raise Refused("stopped before anything was written")
