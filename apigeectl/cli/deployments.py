"""apigeectl deployments."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from apigeectl.cli import options
from apigeectl.cli.console import Console
from apigeectl.cli.deployments_place import OneEnvironment, Place, PlaceFlags, Proxy, RuntimeFlags
from apigeectl.cli.durations import seconds
from apigeectl.cli.groups import flat
from apigeectl.cli.options import Output
from apigeectl.errors import ExitCode, InstallerError, UsageError

if TYPE_CHECKING:
    from apigeectl.actions.deployments import Row
    from apigeectl.deployments.judgement import Mark

Revision = Annotated[
    str | None, typer.Option("--revision", metavar="N", help="A revision; else what is deployed.")
]
WaitReports = Annotated[
    str | None,
    typer.Option(
        "--wait",
        metavar="[=SECONDS]",
        help="Look until all pods report or one fails; 300 seconds unless told.",
        show_default=False,
    ),
]

OnlyEnvironments = Annotated[
    list[str] | None, typer.Option("--env", metavar="ENV", help="Only this environment. Repeatable.")
]
OnlyProxies = Annotated[
    list[str] | None, typer.Option("--proxy", metavar="PROXY", help="Only this one. Repeatable.")
]
States = Annotated[
    str | None,
    typer.Option(
        "--state",
        metavar="[=A,B]",
        help="Ask for states (a request each); only fine, attention, error, not-deployed.",
        show_default=False,
    ),
]
SharedFlows = Annotated[bool, typer.Option("--shared-flows", help="Shared flows instead of proxies.")]


def register(app: typer.Typer, name: str) -> None:
    from apigeectl.cli.deployments_switch import deploy, undeploy

    group = typer.Typer(help="API proxies: what runs where, and switching revisions.", no_args_is_help=True)
    group.callback()(_group)
    group.command("list", short_help="Every proxy by environment.")(flat(list_))
    group.command("status", short_help="What the runtime makes of a deployment.")(flat(status))
    group.command("deploy", short_help="Switch to a revision without downtime.")(flat(deploy))
    group.command("undeploy", short_help="Take a revision down.")(flat(undeploy))
    app.add_typer(group, name=name)


def _group() -> None:
    """API proxies: what runs where, and switching revisions."""


def list_(
    *,
    env: OnlyEnvironments = None,
    proxy: OnlyProxies = None,
    state: States = None,
    shared_flows: SharedFlows = False,
    where: PlaceFlags,
    output: options.OutputOption = Output.TEXT,
    no_color: options.NoColor = False,
) -> int:
    """Every API proxy by environment: revision, since when and, with --state, how it fares.

    Exit 0, or 1 when something could not be read.
    """
    from apigeectl.actions.deployments import Selection, listing
    from apigeectl.cli.deployments_show import list_document, show_rows

    console = Console(no_color=no_color)
    wanted = _wanted_marks(state)
    place = where.place(console)
    selection = Selection(tuple(dict.fromkeys(env or ())), tuple(proxy or ()), shared_flows)
    found = listing(place.plane, selection)
    rows = list(found.rows)
    problems = list(found.problems)
    if wanted is not None:
        rows = _with_states(console, place, rows, wanted, problems, shared_flows=shared_flows)
    if output is Output.JSON:
        console.json_line(list_document(place.plane.org, found, rows, shared_flows=shared_flows))
    elif rows or not problems:
        show_rows(
            console,
            rows,
            found.environments,
            place.times.now(),
            states=wanted is not None,
            columns=shutil.get_terminal_size().columns if sys.stdout.isatty() else None,
            brief=not proxy and state in (None, "all"),
        )
    return _told(console, problems)


def status(
    *,
    proxy: Proxy,
    env: OneEnvironment = None,
    revision: Revision = None,
    wait: WaitReports = None,
    where: RuntimeFlags,
    output: options.OutputOption = Output.TEXT,
    no_color: options.NoColor = False,
) -> int:
    """What the runtime makes of a deployment: the bar, errors and their causes, pods in unknown status, routes.

    Exit 0 when all of the runtime serves the revision, else 1; 4 when --wait ran out.
    """
    from apigeectl.actions.deployments_status import WAIT_SECONDS, look, watch
    from apigeectl.cli.deployments_show import look_document, show_look
    from apigeectl.cli.deployments_watch import follow
    from apigeectl.deployments.revisions import written_number

    timeout = seconds(wait, default=WAIT_SECONDS)
    wanted = written_number(revision, "leave it out to see what is deployed")
    console = Console(no_color=no_color)
    place = where.place(console)
    environment = place.environment(console, env)
    numbers = _deployed(place, environment, proxy, wanted)
    site = place.site()
    looks = []
    for number in numbers:
        if timeout is None:
            seen = look(site, environment, proxy, number)
        else:
            seen = follow(console, watch(site, environment, proxy, number, timeout=timeout))
        looks.append(seen)
        if output is Output.JSON:
            console.json_line(look_document(place.plane.org, seen))
        else:
            show_look(console, seen, place.times.now())
    return ExitCode.OK if all(seen.verdict.complete for seen in looks) else ExitCode.FAILED


def _told(console: Console, problems: list[InstallerError]) -> int:
    for problem in problems:
        console.warn(f"{problem.message}{f' ({problem.hint})' if problem.hint else ''}")
    return ExitCode.FAILED if problems else ExitCode.OK


def _deployed(place: Place, environment: str, proxy: str, revision: str | None) -> list[str]:
    """The revisions to look at; InstallerError when there are none."""
    from apigeectl.actions.deployments import deployed_in, require_environment
    from apigeectl.deployments.revisions import in_order

    deployed = in_order(each.revision for each in deployed_in(place.plane, environment, proxy))
    if not deployed:
        require_environment(place.plane, environment)
    if not deployed or revision not in (None, *deployed):
        raise _not_deployed(place.plane.org, proxy, environment, revision, deployed)
    return [revision] if revision else deployed


def _wanted_marks(state: str | None) -> frozenset[Mark] | None:
    from apigeectl.deployments.judgement import Mark
    from apigeectl.deployments.near import suggestion

    if state is None:
        return None
    known = {mark.value: mark for mark in Mark}
    if state == "all":
        return frozenset(Mark)
    for name in state.split(","):
        if name not in known:
            raise UsageError(f'--state: there is no state "{name}"', hint=suggestion(name, known, "states"))
    return frozenset(known[name] for name in state.split(","))


def _with_states(
    console: Console,
    place: Place,
    rows: list[Row],
    wanted: frozenset[Mark],
    problems: list[InstallerError],
    *,
    shared_flows: bool,
) -> list[Row]:
    """The rows that are in a wanted state; what could not be read stays, and is told. Asks only where it must."""
    from apigeectl.actions.deployments import states
    from apigeectl.cli.deployments_watch import asking
    from apigeectl.deployments.judgement import Mark

    if wanted == {Mark.NOT_DEPLOYED}:
        return [replace(row, mark=Mark.NOT_DEPLOYED) for row in rows if not row.deployed]
    kept = []
    with asking(console, sum(row.deployed for row in rows)) as came:
        for row, problem in states(place.plane, rows, place.times.now, shared_flows=shared_flows):
            if row.deployed:
                came()
            if problem:
                problems.append(problem)
            if problem or row.mark in wanted:
                kept.append(row)
    return kept


def _not_deployed(
    org: str, proxy: str, environment: str, revision: str | None, deployed: list[str]
) -> InstallerError:
    from apigeectl.actions.deployments import command

    if not deployed:
        words = command(org, "deploy", proxy, "--revision", "latest", "--env", environment)
        return InstallerError(f"{proxy} is not deployed in {environment}", hint=words)
    return InstallerError(
        f"{proxy} revision {revision} is not deployed in {environment}",
        hint=f"revision {', '.join(deployed)} is",
    )
