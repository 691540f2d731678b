"""apigeectl check-ready."""

from __future__ import annotations

import typer

from apigeectl.cli import options
from apigeectl.cli.connection import ClusterOptions
from apigeectl.cli.console import Console
from apigeectl.cli.durations import WAIT_SECONDS, seconds
from apigeectl.cli.scopes import scope_of


def register(app: typer.Typer, name: str) -> None:
    app.command(name)(check_ready)


def check_ready(
    overrides: options.OverridesFile = options.DEFAULT_OVERRIDES,
    wait: options.Wait = None,
    components: options.Components = None,
    output: options.OutputOption = options.Output.TEXT,
    verbose: options.Verbose = False,
    context: options.Context = None,
    kubeconfig: options.Kubeconfig = None,
    request_timeout: options.RequestTimeout = 30.0,
    release: options.ReleaseOption = None,
    no_color: options.NoColor = False,
) -> int:
    """Look once whether everything is ready: exit 0 and "All containers are ready." on stderr, else 1.

    As long as no runtime custom resource exists, what init installed is judged. --wait watches instead.
    """
    from apigeectl.cli.preparing import prepared_for
    from apigeectl.cli.readiness import look_once, until_ready

    console = Console(no_color=no_color)
    timeout = seconds(wait, default=WAIT_SECONDS)
    connect = ClusterOptions(kubeconfig, context, request_timeout).lazily(console)
    prepared = prepared_for(
        console,
        overrides,
        scope_of(components=components),
        release,
        connect,
        verbose=verbose,
        check_files=False,
        quiet=True,
    )
    if timeout is None:
        return look_once(console, prepared, connect(), output, verbose=verbose)
    return until_ready(console, prepared, connect(), timeout, output, verbose=verbose)
