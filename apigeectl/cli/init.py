"""apigeectl init."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apigeectl.cli import options
from apigeectl.cli.connection import SANDBOX_VARIABLE, AccountFlags, ClusterFlags
from apigeectl.cli.durations import seconds
from apigeectl.cli.flags import ChoiceFlags, FileFlags, ModeFlags, ScopeFlags, TalkFlags
from apigeectl.cli.groups import flat
from apigeectl.errors import ExitCode

if TYPE_CHECKING:
    from apigeectl.actions.definition_sources import Found, Sources
    from apigeectl.actions.definitions import Definitions
    from apigeectl.actions.rendering import Choices
    from apigeectl.apply.changes import Event
    from apigeectl.apply.plan import Plan
    from apigeectl.cli.task import Task
    from apigeectl.clients.kubernetes import Cluster
    from apigeectl.components.platform import Platform
    from apigeectl.components.render import Rendering
    from apigeectl.readiness.wait import Progress

Bundle = Annotated[
    Path | None,
    typer.Option(
        "--bundle",
        metavar="DIR|ARCHIVE",
        envvar="APIGEECTL_BUNDLE",
        help="Where Google's definitions (CRDs) are: a folder, .tar.gz or .zip of an apigeectl or Helm bundle.",
    ),
]
ChartRegistry = Annotated[
    str | None,
    typer.Option(
        "--chart-registry",
        metavar="URL",
        envvar="APIGEECTL_CHART_REGISTRY",
        help="Where the chart with them is pulled from, as oci://HOST/FOLDER, unless found before; off: nowhere.",
        show_default="Google's",
    ),
]
OpenShift = Annotated[
    bool,
    typer.Option(
        "--openshift", help="With OpenShift's security constraints; a cluster that has them says so itself."
    ),
]
Wait = Annotated[
    str | None,
    typer.Option(
        "--wait",
        metavar="[=SECONDS]",
        help="Longest wait until the operator answers; 600 seconds unless told, 0: none.",
        show_default=False,
    ),
]
NO_REGISTRY = "off"


def register(app: typer.Typer, name: str) -> None:
    app.command(name, short_help="Install what apply needs, the operator foremost.")(flat(init))


def init(
    *,
    file: FileFlags,
    mode: ModeFlags,
    bundle: Bundle = None,
    chart_registry: ChartRegistry = None,
    openshift: OpenShift = False,
    wait: Wait = None,
    components: options.Components = None,
    choices: ChoiceFlags,
    talk: TalkFlags,
    where: ClusterFlags,
    account: AccountFlags,
) -> int:
    """Install what apply needs: definitions, namespaces, certificates, webhooks and the apigee operator.

    May be repeated. cert-manager must be there. Definitions (CRDs) that the cluster lacks come from --bundle, else from
    ./plugins, else from the Helm chart of the release. Returns once the operator answers.
    """
    from apigeectl.actions.init import OPERATOR_SECONDS
    from apigeectl.cli.before_applying import ask_google
    from apigeectl.cli.task import begin
    from apigeectl.cli.writing import tell

    timeout = seconds(wait or "default", default=OPERATOR_SECONDS)
    sources = _Sources(bundle, chart_registry, where.request_timeout)
    scope = ScopeFlags(components=components).scope()
    task = begin(file, scope, where, mode, talk, check_files=False)  # key files belong to apply
    if not mode.dry:
        ask_google(task.console, task.prepared, account.named(), where.request_timeout, accounts=False)
    story = _Installing(task, choices.choices(), sources, openshift=openshift, timeout=timeout or 0.0)
    tell(story, task, mode, choices, title="installing")
    return ExitCode.OK


@dataclass(frozen=True)
class _Sources:
    """Where definitions may come from, as flags and variables say."""

    bundle: Path | None
    chart_registry: str | None
    timeout: float

    def opened(self) -> Sources:
        """Nothing is read yet."""
        from apigeectl.actions.definition_sources import Sources
        from apigeectl.clients.chart_cache import ChartCache, folder
        from apigeectl.clients.registry import DEFAULT, Registry

        public = NO_REGISTRY if os.environ.get(SANDBOX_VARIABLE) else DEFAULT  # a sandbox has no way out
        address = self.chart_registry or public
        return Sources(
            self.bundle,
            Path("plugins"),
            None if address == NO_REGISTRY else Registry(address, timeout=self.timeout),
            ChartCache(folder(os.environ)),
        )


@dataclass(frozen=True)
class _Installing:
    """The steps of an init."""

    task: Task
    choices: Choices
    sources: _Sources
    openshift: bool
    timeout: float

    def render(self, cluster: Cluster | None) -> Rendering:
        from apigeectl.actions.rendering import render_prerequisites

        platform = self._platform(cluster)
        return render_prerequisites(self.task.prepared, Path.cwd(), self.choices, cluster, platform)

    def plan(self, rendering: Rendering, cluster: Cluster) -> Plan:
        from apigeectl.actions import init as story
        from apigeectl.actions.preflight import require_server

        require_server(cluster)
        found = self._definitions(cluster)
        console = self.task.console
        for note in found.notes:
            console.warn(note)
        if found.source:
            console.say(f"definitions: {found.source}")
        for progress in story.cert_manager_answers(self.task.prepared, cluster):
            if not progress.readiness.ready:
                console.say(f"{progress.ref}: {progress.readiness.message}", "dim")
        return story.plan(self.task.prepared, found, rendering, cluster, self.choices)

    def carry_out(self, changes: Plan, cluster: Cluster) -> Iterator[Event | Progress]:
        from apigeectl.actions import init as story

        def again() -> Plan:
            found = self._definitions(cluster)
            rendering = self.render(cluster)
            return story.plan(self.task.prepared, found, rendering, cluster, self.choices, changes)

        prepared = self.task.prepared
        yield from story.carry_out(prepared, changes, cluster, self.choices, again=again)
        if self.timeout:
            yield from story.operator_answers(prepared, changes, cluster, self.timeout)

    def _platform(self, cluster: Cluster | None) -> Platform:
        from apigeectl.actions.init import platform_of

        return platform_of(cluster, openshift=self.openshift)

    def _definitions(self, cluster: Cluster) -> Definitions:
        from apigeectl.actions.init import definitions

        named = self.sources.bundle is not None
        return definitions(self.task.prepared, cluster, self._find, named=named)

    @cached_property
    def _find(self) -> Callable[[], Found]:
        from apigeectl.actions.init import finding

        return finding(self.task.prepared, self.sources.opened())
