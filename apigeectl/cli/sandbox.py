"""apigeectl sandbox."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from apigeectl.cli import options
from apigeectl.cli.console import Console
from apigeectl.cli.groups import flat
from apigeectl.cli.tables import laid_out
from apigeectl.errors import ExitCode, UsageError

PASS_THROUGH = {"ignore_unknown_options": True, "allow_interspersed_args": False}


def register(app: typer.Typer, name: str) -> None:
    sandbox = typer.Typer(
        help="Local stand-ins for the cluster and for Google, on this machine only.", no_args_is_help=True
    )
    sandbox.callback()(_group)
    sandbox.command("run", context_settings=PASS_THROUGH, short_help="Run a command among stand-ins.")(
        flat(run)
    )
    sandbox.command("faults", short_help="List what --fault knows.")(faults)
    app.add_typer(sandbox, name=name)


def _group() -> None:
    """Local stand-ins for the cluster and for Google, on this machine only."""


@dataclass(frozen=True)
class StandInFlags:
    """What is started, and how it behaves."""

    fault: Annotated[
        list[str] | None,
        typer.Option("--fault", metavar="NAME", help="Something to go wrong; `sandbox faults` lists them."),
    ] = None
    speed: Annotated[
        float,
        typer.Option("--speed", metavar="FACTOR", help="1 is comfortable to watch, 0 is at once.", min=0),
    ] = 1.0
    kube_apiserver: Annotated[
        bool,
        typer.Option(
            "--kube-apiserver", help="A real kube-apiserver with etcd instead of the API in memory."
        ),
    ] = False
    crds: Annotated[
        Path | None,
        typer.Option(
            "--crds", metavar="DIR", help="Definitions for init to install, instead of minimal ones."
        ),
    ] = None


@dataclass(frozen=True)
class PlaceFlags:
    """Where the command runs, and what it finds there."""

    files: Annotated[
        Path | None,
        typer.Option("--files", metavar="DIR", help="Put throw-away keys and certificates there first."),
    ] = None
    directory: Annotated[
        Path | None,
        typer.Option(
            "--directory", metavar="DIR", help="Run the command there.", exists=True, file_okay=False
        ),
    ] = None


Command = Annotated[list[str] | None, typer.Argument(metavar="-- CMD", help="What to run.")]


def run(
    *,
    command: Command = None,
    stand_ins: StandInFlags,
    place: PlaceFlags,
    no_color: options.NoColor = False,
) -> int:
    """Start the stand-ins, run a command with KUBECONFIG and all else pointing at them, take them down.

    The exit code is the command's; 128 and the signal's number when a signal ended it.
    """
    from apigeectl.sandbox.apiserver import KubeAPIServer, find_assets
    from apigeectl.sandbox.session import Sandbox

    console = Console(no_color=no_color)
    if not command:
        raise UsageError("there is no command to run", hint="apigeectl sandbox run -- CMD ARGUMENTS")
    with ExitStack() as stack:
        cluster = None
        if stand_ins.kube_apiserver:
            console.say("starting etcd and kube-apiserver", "dim")
            cluster = stack.enter_context(KubeAPIServer(find_assets(os.environ))).server
        sandbox = stack.enter_context(
            Sandbox(faults=stand_ins.fault or (), speed=stand_ins.speed, cluster=cluster, crds=stand_ins.crds)
        )
        if place.files:
            for path in sandbox.write_demo_files(place.files):
                console.say(f"wrote {path}", "dim")
        return sandbox.run(command, cwd=place.directory)


def faults() -> int:
    """List the faults that `sandbox run --fault` knows."""
    from apigeectl.sandbox.faults import COMPONENT_APPS, FAULTS, POD_FAULTS

    console = Console()
    rows = [*FAULTS.items(), *((f"COMPONENT={name}", meaning) for name, meaning in POD_FAULTS.items())]
    console.data(laid_out(rows))
    console.data(f"components: {', '.join(COMPONENT_APPS)}")
    return ExitCode.OK
