"""apigeectl connect."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from apigeectl.cli import options
from apigeectl.cli.connection import ClusterOptions, connect_site
from apigeectl.cli.console import Console
from apigeectl.cli.options import Output
from apigeectl.errors import ExitCode
from apigeectl.overrides.scope import Scope

if TYPE_CHECKING:
    from apigeectl.actions.connect import Step, Switch
    from apigeectl.checks.model import Outcome
    from apigeectl.checks.site import Site

HINTS = "docs/hints.md"
_MARKS = {
    "passed": ("✓", "good"),
    "warned": ("!", "warning"),
    "failed": ("✗", "bad"),
    "skipped": ("-", "dim"),
}


def register(app: typer.Typer, name: str) -> None:
    connect = typer.Typer(help="Apigee Connect: how it stands, and its switch.", no_args_is_help=True)
    connect.callback()(_group)
    connect.command("status")(status)
    connect.command("enable")(enable)
    connect.command("disable")(disable)
    app.add_typer(connect, name=name)


def _group() -> None:
    """Apigee Connect: how it stands, and its switch."""


def status(
    overrides: options.OverridesFile = options.DEFAULT_OVERRIDES,
    output: options.OutputOption = Output.TEXT,
    context: options.Context = None,
    kubeconfig: options.Kubeconfig = None,
    request_timeout: options.RequestTimeout = 30.0,
    account: options.KeyFile = None,
    no_color: options.NoColor = False,
) -> int:
    """Walk the chain from the organization to the agent's streams; each line is a fact or the broken link.

    Exit 0 when nothing is broken, else 1. In Google's audit log look for the methods ConnectionService.ListConnections
    (DATA_READ) and Tether.Egress (DATA_WRITE) of protoPayload.serviceName="apigeeconnect.googleapis.com".
    """
    from apigeectl.actions.connect import status as story
    from apigeectl.checks.model import Result

    console = Console(no_color=no_color)
    site = _site(console, overrides, ClusterOptions(kubeconfig, context, request_timeout), account)
    well = True
    answers = []
    for check, outcome in story(site):
        well = well and outcome.result is not Result.FAILED
        answers.append(_answer(check.title, outcome))
        if output is Output.TEXT:
            _show(console, check.title, outcome)
    if output is Output.JSON:
        console.json_line(
            {"apiVersion": "apigeectl/v1", "kind": "ConnectStatus", "healthy": well, "checks": answers}
        )
    return int(ExitCode.OK if well else ExitCode.FAILED)


def enable(
    overrides: options.OverridesFile = options.DEFAULT_OVERRIDES,
    yes: options.Yes = False,
    context: options.Context = None,
    kubeconfig: options.Kubeconfig = None,
    request_timeout: options.RequestTimeout = 30.0,
    account: options.KeyFile = None,
    no_color: options.NoColor = False,
) -> int:
    """Set features.mart.connect.enabled of the organization to true; refuses while no agent holds a stream."""
    from apigeectl.actions.connect import enable as story

    console = Console(no_color=no_color)
    site = _site(console, overrides, ClusterOptions(kubeconfig, context, request_timeout), account)
    return _switched(console, story(site, yes=yes))


def disable(
    overrides: options.OverridesFile = options.DEFAULT_OVERRIDES,
    context: options.Context = None,
    kubeconfig: options.Kubeconfig = None,
    request_timeout: options.RequestTimeout = 30.0,
    account: options.KeyFile = None,
    no_color: options.NoColor = False,
) -> int:
    """Set features.mart.connect.enabled of the organization to false. Do this before the agent goes, never after."""
    from apigeectl.actions.connect import disable as story

    console = Console(no_color=no_color)
    site = _site(console, overrides, ClusterOptions(kubeconfig, context, request_timeout), account)
    return _switched(console, story(site))


def show_step(console: Console, step: Step, output: Output) -> None:
    """One event of the end of an apply."""
    if output is Output.JSON:
        console.json_line(
            {"apiVersion": "apigeectl/v1", "kind": "Step", "step": step.kind.value, "message": step.message}
        )
        return
    console.say(
        f"Apigee Connect: {step.message}" if step.kind.value != "waiting" else f"waiting {step.message}"
    )
    if step.hint:
        console.say(f"hint: {step.hint}")


def _site(console: Console, file: Path, cluster: ClusterOptions, account: Path | None) -> Site:
    from apigeectl.actions.preparation import judge
    from apigeectl.cli.problems import show_invalid
    from apigeectl.overrides.problems import OverridesInvalid, errors

    try:
        overrides, problems = judge(file, Scope(org=True), release=None, cwd=Path.cwd(), check_files=False)
        if errors(problems):
            raise OverridesInvalid(overrides.file, overrides.text, problems)
    except OverridesInvalid as error:
        show_invalid(console, error)
        error.details = ()
        raise
    return connect_site(overrides, lambda: cluster.connect(console), account, cluster.request_timeout)


def _switched(console: Console, switch: Switch) -> int:
    was = "absent" if switch.before is None else switch.before
    now = "absent" if switch.after is None else switch.after
    words = f"was {was} and is {now}" if switch.changed else f"is {now} already; nothing was written"
    console.say(f"features.mart.connect.enabled of organization {switch.organization} {words}")
    return int(ExitCode.OK)


def _show(console: Console, title: str, outcome: Outcome) -> None:
    mark, style = _MARKS[outcome.result.value]
    words = f"{title}: {outcome.message}" if outcome.message else title
    console.data(f"{console.styled(mark, style) if console.out.isatty() else mark} {words}")
    for detail in outcome.details:
        console.data(f"    {detail}")
    if outcome.hint:
        console.data(f"    see {HINTS}#{outcome.hint.value}")


def _answer(title: str, outcome: Outcome) -> dict[str, Any]:
    return {
        "title": title,
        "result": outcome.result.value,
        "message": outcome.message,
        "details": list(outcome.details),
        "hint": outcome.hint.value if outcome.hint else None,
    }
