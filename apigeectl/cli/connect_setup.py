"""apigeectl connect setup."""

from __future__ import annotations

from typing import Annotated

import typer

from apigeectl.cli import options
from apigeectl.cli.connect_site import SiteFlags
from apigeectl.cli.console import Console
from apigeectl.cli.durations import seconds
from apigeectl.cli.options import DryRun, Output
from apigeectl.errors import ExitCode, Refused

WaitEach = Annotated[
    str | None,
    typer.Option(
        "--wait",
        metavar="[=SECONDS]",
        help="Longest wait for a role, an API or a stream; 600 seconds unless told.",
        show_default=False,
    ),
]
DryRunSetup = Annotated[
    DryRun,
    typer.Option("--dry-run", help="Only show what is missing and the requests that would be made."),
]
YesToSetUp = Annotated[bool, typer.Option("--yes", help="Do not ask before it is done.")]


def setup(
    *,
    where: SiteFlags,
    release: options.ReleaseOption = None,
    dry_run: DryRunSetup = DryRun.NONE,
    wait: WaitEach = None,
    yes: YesToSetUp = False,
    output: options.OutputOption = Output.TEXT,
    no_color: options.NoColor = False,
) -> int:
    """Do what is missing of the chain: API, role, stanza, agent, streams, property; then prove every link.

    Shows its plan and asks. What is done already is not done again. Changes of roles and APIs take minutes to become true
    at Google; it waits for them.
    """
    from apigeectl.actions import connect_setup as story
    from apigeectl.actions.connect_waiting import WAIT_SECONDS, Patience
    from apigeectl.cli.connect_work import Work

    console = Console(no_color=no_color)
    asked = seconds(wait, default=WAIT_SECONDS)
    patience = Patience() if asked is None else Patience(asked)
    work = Work.of(console, where, release, output)
    if blocked := story.obstacles(work.site):
        return work.blocked(blocked)
    missing = story.steps(work.site, file=work.file_title, applies=work.apply_title)
    work.show_plan(missing, story.unseen(work.site))
    if dry_run is not DryRun.NONE:
        work.show_requests(missing)
        return ExitCode.OK
    if missing:
        _ask(console, yes=yes)
        for step in missing:
            work.carry_out(step, patience)
    return work.proved()


def _ask(console: Console, *, yes: bool) -> None:
    if yes:
        return
    answer = console.confirmed("do it?")
    if answer is None:
        raise Refused(
            "this would change Google's side and the cluster, and there is no terminal to ask on",
            hint="add --yes to go on",
        )
    if not answer:
        raise Refused("stopped before anything was written")
