"""Commands that write what they render: show it, plan it, ask where it can destroy, carry it out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from apigeectl.cli.flags import ChoiceFlags, ModeFlags
from apigeectl.cli.options import DryRun
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
    from apigeectl.cli.events import show_dry_run, show_events, show_plan

    plan = story.plan(rendering, cluster)
    show_plan(task.console, plan, output=task.output)
    if mode.dry_run is DryRun.SERVER:
        show_dry_run(task.console, plan, task.output)
        return None
    if not choices.yes:
        _ask(task, choices.dangers(), plan)
    events = story.carry_out(plan, cluster)
    show_events(task.console, events, title=title, total=len(plan.changes), output=task.output)
    return cluster


def _show_rendering(task: Task, rendering: Rendering, mode: ModeFlags) -> None:
    for warning in rendering.warnings:
        task.console.warn(warning)
    if mode.print_yaml:
        task.console.data(dump(manifest.body for manifest in rendering.manifests))
    if mode.offline:
        task.console.say(f"{counted(len(rendering.manifests), 'object')} rendered (client dry run)")


def _ask(task: Task, dangers: list[str], plan: Plan) -> None:
    """What can destroy shows its plan and asks; off a terminal it stops and names --yes."""
    changes = [change for change in plan.changes if change.action.writes]
    if not (dangers and changes):
        return
    task.console.say(f"{' and '.join(dangers)}: this run would")
    task.console.table([(one.action.value, str(one.ref), ", ".join(one.fields[:4])) for one in changes])
    answer = task.console.confirmed("Go on?")
    if answer is None:
        raise Refused(
            f"{dangers[0]} can destroy, and there is no terminal to ask on", hint="add --yes to go on"
        )
    if not answer:
        raise Refused("stopped before anything was written")
