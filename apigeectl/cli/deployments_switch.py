"""apigeectl deployments deploy and undeploy."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from apigeectl.cli import options
from apigeectl.cli.console import Console
from apigeectl.cli.deployments_place import Environments, Place, PlaceFlags, Proxy, RuntimeFlags
from apigeectl.cli.deployments_plans import show_misses, show_plan, show_undeploy_plan
from apigeectl.cli.durations import seconds
from apigeectl.cli.options import DryRun, Output
from apigeectl.errors import ExitCode, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from apigeectl.actions.deployments_status import Look
    from apigeectl.actions.deployments_switch import Plan, Step
    from apigeectl.clients.probe import Probe

DryRunOption = Annotated[
    DryRun, typer.Option("--dry-run", help="Ask what stands against it and what would change; write nothing.")
]
WaitServing = Annotated[
    str | None,
    typer.Option(
        "--wait",
        metavar="=SECONDS",
        help="Longest wait until all is done, 300 seconds unless told.",
        show_default=False,
    ),
]

NewRevision = Annotated[
    str, typer.Option("--revision", metavar="N|latest", help="The revision that is to serve.")
]
NoRollback = Annotated[
    bool, typer.Option("--no-rollback", help="Leave a revision that failed; do not put the old one back.")
]
ProbeAddress = Annotated[
    str | None,
    typer.Option("--probe", metavar="URL", help="Request this address meanwhile and report every miss."),
]
OldRevision = Annotated[
    str | None,
    typer.Option("--revision", metavar="N", help="The revision; else the one that is deployed."),
]
YesToNothing = Annotated[bool, typer.Option("--yes", help="Also the only revision that serves.")]


@dataclass(frozen=True)
class SwitchFlags:
    """Where to switch, whether at all, and how to tell it."""

    env: Environments = None
    wait: WaitServing = None
    dry_run: DryRunOption = DryRun.NONE
    output: options.OutputOption = Output.TEXT
    no_color: options.NoColor = False

    @property
    def timeout(self) -> float:
        """In seconds; UsageError for what is no duration."""
        from apigeectl.actions.deployments_status import WAIT_SECONDS

        timeout = seconds(self.wait, default=WAIT_SECONDS)
        return WAIT_SECONDS if timeout is None else timeout

    @property
    def dry(self) -> bool:
        return self.dry_run is not DryRun.NONE


def deploy(
    *,
    proxy: Proxy,
    revision: NewRevision,
    no_rollback: NoRollback = False,
    probe: ProbeAddress = None,
    how: SwitchFlags,
    where: RuntimeFlags,
) -> int:
    """Switch to a revision without downtime: the old one serves until all of the runtime has the new one.

    Several environments one after the other, each when the one before is done. When the new revision fails the old one is put
    back. Exit 0 when it serves everywhere, 1 when it failed or the probe missed, 4 when the wait ran out.
    """
    from apigeectl.deployments.revisions import written_revision

    wanted = written_revision(revision)
    timeout = how.timeout
    console = Console(no_color=how.no_color)
    prober = _prober(probe)
    place = where.place(console)
    plans = _plans(place, place.environments(console, how.env), proxy, wanted)
    for plan in plans:
        show_plan(console, plan, place.times.now(), how.output)
    if how.dry:
        console.say("(dry run: nothing was written)")
        return ExitCode.OK
    switch = _Switch(console, place, how.output, timeout, rollback=not no_rollback)
    try:
        with prober or contextlib.nullcontext():
            for position, plan in enumerate(plans, 1):
                switch.deploy(plan, plans[position:])
    finally:
        if prober:
            show_misses(console, prober, how.output)
    missed = prober and (prober.misses or not prober.served)
    return ExitCode.FAILED if missed else ExitCode.OK


def undeploy(
    *,
    proxy: Proxy,
    revision: OldRevision = None,
    yes: YesToNothing = False,
    how: SwitchFlags,
    where: PlaceFlags,
) -> int:
    """Take a revision down. The only one that serves needs a yes: its base paths answer 404 from then on.

    Exit 0 when it is gone, or was not there; 4 when the wait ran out.
    """
    from apigeectl.actions.deployments import require_environment
    from apigeectl.actions.deployments_switch import plan_undeploy
    from apigeectl.deployments.revisions import written_number

    wanted = written_number(revision, "leave it out to take down what is deployed")
    timeout = how.timeout
    console = Console(no_color=how.no_color)
    place = where.place(console)
    plans = []
    for environment in place.environments(console, how.env):
        require_environment(place.plane, environment)
        plan = plan_undeploy(place.plane, environment, proxy, wanted)
        if plan:
            plans.append(plan)
            show_undeploy_plan(console, plan, how.output)
        else:
            which = f"{proxy} revision {wanted}" if wanted else proxy
            console.say(f"{which} is not deployed in {environment}; nothing to do")
    if how.dry:
        console.say("(dry run: nothing was written)")
        return ExitCode.OK
    _confirm(console, [plan for plan in plans if plan.old is None], yes=yes)
    switch = _Switch(console, place, how.output, timeout)
    for plan in plans:
        switch.undeploy(plan)
    return ExitCode.OK


def _plans(place: Place, environments: Sequence[str], proxy: str, revision: str) -> list[Plan]:
    from apigeectl.actions.deployments import require_environment, revisions_of
    from apigeectl.actions.deployments_switch import plan_deploy
    from apigeectl.deployments.revisions import chosen_revision

    for environment in environments:
        require_environment(place.plane, environment)
    number = chosen_revision(proxy, revision, revisions_of(place.plane, proxy))
    return [plan_deploy(place.plane, environment, proxy, number) for environment in environments]


class _Switch:
    """Carries plans out and tells what happens."""

    def __init__(
        self, console: Console, place: Place, output: Output, timeout: float, *, rollback: bool = True
    ) -> None:
        self._console = console
        self._place = place
        self._output = output
        self._timeout = timeout
        self._rollback = rollback

    def deploy(self, plan: Plan, rest: Sequence[Plan]) -> None:
        """One environment; an interruption leaves what was begun and says the way back."""
        from apigeectl.actions.deployments_switch import deploy, look_again

        events = deploy(
            self._place.site(), self._place.plane, plan, timeout=self._timeout, rollback=self._rollback
        )
        done = False
        try:
            self._tell(events)
            done = True
        except KeyboardInterrupt:
            if not plan.unchanged:
                self._console.hint(f"the switch goes on by itself; {look_again(plan)}")
            raise
        finally:
            if rest and not done:
                self._console.say(f"not begun: {', '.join(each.environment for each in rest)}")

    def undeploy(self, plan: Plan) -> None:
        """One environment."""
        from apigeectl.actions.deployments_switch import undeploy

        self._tell(undeploy(self._place.plane, plan, timeout=self._timeout, times=self._place.times))

    def _tell(self, events: Iterator[Step | Look]) -> None:
        from apigeectl.actions.deployments_switch import Step
        from apigeectl.cli.deployments_show import look_document
        from apigeectl.cli.deployments_watch import synchronisation

        last = None
        try:
            with synchronisation(self._console) as show:
                for event in events:
                    if isinstance(event, Step):
                        self._step(event)
                    else:
                        last = event
                        show(event)
        finally:
            if last and self._output is Output.JSON:
                self._console.json_line(look_document(self._place.plane.org, last))

    def _step(self, step: Step) -> None:
        if self._output is Output.JSON:
            words = {"step": step.kind.value, "message": step.message}
            self._console.json_line({"apiVersion": "apigeectl/v1", "kind": "DeploymentStep", **words})
        style = {"serving": "good", "rolling back": "bad"}.get(step.kind.value, "")
        prefix = f"{step.kind.value} " if step.kind.value.endswith("deploying") else ""
        self._console.say(f"{prefix}{step.message}", style)
        if step.hint:
            self._console.hint(step.hint)


def _confirm(console: Console, last_ones: Sequence[Plan], *, yes: bool) -> None:
    """Raise Refused unless somebody says yes to taking down the only serving revision."""
    if yes or not last_ones:
        return
    names = [f"{plan.proxy} revision {plan.revision} in {plan.environment}" for plan in last_ones]
    question = f"{' and '.join(names)}: nothing else serves. Undeploy?"
    answer = console.confirmed(question)
    if answer:
        return
    words = "that was not a yes; nothing was undeployed"
    if answer is None:
        words = f"{' and '.join(names)}: nothing else serves, so it is not undeployed unasked"
    raise Refused(words, hint="--yes undeploys it all the same; to replace a revision no undeploy is needed")


def _prober(url: str | None) -> Probe | None:
    from apigeectl.clients.probe import Probe

    return Probe(url) if url else None
