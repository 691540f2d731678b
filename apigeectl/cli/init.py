"""apigeectl init."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apigeectl.cli import options
from apigeectl.cli.connection import ClusterFlags
from apigeectl.cli.flags import ChoiceFlags, FileFlags, ModeFlags, ScopeFlags, TalkFlags
from apigeectl.cli.groups import flat
from apigeectl.errors import ExitCode

if TYPE_CHECKING:
    from apigeectl.actions.rendering import Choices
    from apigeectl.apply.changes import Event
    from apigeectl.apply.plan import Plan
    from apigeectl.cli.task import Task
    from apigeectl.clients.kubernetes import Cluster
    from apigeectl.components.render import Rendering
    from apigeectl.readiness.wait import Progress

Bundle = Annotated[
    Path | None,
    typer.Option(
        "--bundle",
        metavar="DIR",
        envvar="APIGEECTL_BUNDLE",
        help="Where Google's definitions (CRDs) are.",
    ),
]


def register(app: typer.Typer, name: str) -> None:
    app.command(name, short_help="Install what apply needs, the operator foremost.")(flat(init))


def init(
    *,
    file: FileFlags,
    mode: ModeFlags,
    bundle: Bundle = None,
    components: options.Components = None,
    choices: ChoiceFlags,
    talk: TalkFlags,
    where: ClusterFlags,
) -> int:
    """Install what apply needs: definitions, namespaces, certificates, webhooks and the apigee operator.

    May be repeated. cert-manager must be there; the definitions come from the cluster or from --bundle.
    """
    from apigeectl.cli.task import begin
    from apigeectl.cli.writing import tell

    scope = ScopeFlags(components=components).scope()
    task = begin(file, scope, where, mode, talk, check_files=False)  # key files belong to apply
    tell(_Installing(task, choices.choices(), bundle), task, mode, choices, title="installing")
    return ExitCode.OK


@dataclass(frozen=True)
class _Installing:
    """The steps of an init."""

    task: Task
    choices: Choices
    bundle: Path | None

    def render(self, cluster: Cluster | None) -> Rendering:
        from apigeectl.actions.rendering import render_prerequisites

        return render_prerequisites(self.task.prepared, Path.cwd(), self.choices, cluster)

    def plan(self, rendering: Rendering, cluster: Cluster) -> Plan:
        from apigeectl.actions import init as story

        found = story.definitions(self.task.prepared, cluster, self.bundle, Path.cwd())
        for progress in story.cert_manager_answers(cluster):
            if not progress.readiness.ready:
                self.task.console.say(f"{progress.ref}: {progress.readiness.message}", "dim")
        return story.plan(self.task.prepared, found, rendering, cluster, self.choices)

    def carry_out(self, changes: Plan, cluster: Cluster) -> Iterator[Event | Progress]:
        from apigeectl.actions import init as story

        def again() -> Plan:
            found = story.definitions(self.task.prepared, cluster, self.bundle, Path.cwd())
            return story.plan(self.task.prepared, found, self.render(cluster), cluster, self.choices)

        return story.carry_out(self.task.prepared, changes, cluster, self.choices, again=again)
