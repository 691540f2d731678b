"""apigeectl delete."""

from __future__ import annotations

from typing import Annotated

import typer

from apigeectl.cli import options
from apigeectl.cli.connection import ClusterOptions
from apigeectl.cli.console import Console
from apigeectl.cli.durations import seconds
from apigeectl.cli.options import DryRun, Output
from apigeectl.cli.scopes import scope_of
from apigeectl.errors import ExitCode

GOODBYE_SECONDS = 720.0
"""Connect agents drain their streams for up to seven minutes; other pods have ten minutes of grace."""


def register(app: typer.Typer, name: str) -> None:
    app.command(name)(delete)


def delete(
    overrides: options.OverridesFile = options.DEFAULT_OVERRIDES,
    everything: Annotated[bool, typer.Option("--all", help="Also what init installed.")] = False,
    org: options.OrgScope = False,
    env: options.EnvScope = None,
    all_envs: options.AllEnvsScope = False,
    datastore: options.DatastoreScope = False,
    redis: options.RedisScope = False,
    telemetry: options.TelemetryScope = False,
    settings: options.SettingsScope = None,
    components: options.Components = None,
    dry_run: options.DryRunOption = DryRun.NONE,
    print_yaml: options.PrintYaml = False,
    wait: options.Wait = None,
    release: options.ReleaseOption = None,
    output: options.OutputOption = Output.TEXT,
    verbose: options.Verbose = False,
    context: options.Context = None,
    kubeconfig: options.Kubeconfig = None,
    request_timeout: options.RequestTimeout = 30.0,
    no_color: options.NoColor = False,
) -> int:
    """Delete what apply installed, in reverse order, and wait until it is gone.

    Volumes, the certificate authority, namespaces and, while Cassandra's volumes exist, keys, salts and passwords always stay.
    """
    from apigeectl.actions import delete as story
    from apigeectl.cli.events import show_dry_run, show_events
    from apigeectl.cli.preparing import prepared_for
    from apigeectl.yaml import dump

    console = Console(no_color=no_color)
    scope = scope_of(
        org=org,
        env=env,
        all_envs=all_envs,
        datastore=datastore,
        redis=redis,
        telemetry=telemetry,
        settings=settings,
        components=components,
    )
    offline = dry_run is DryRun.CLIENT
    connect = None if offline else ClusterOptions(kubeconfig, context, request_timeout).lazily(console)
    prepared = prepared_for(
        console,
        overrides,
        scope,
        release,
        connect,
        verbose=verbose,
        dry=dry_run is not DryRun.NONE,
        check_files=False,
    )
    cluster = connect() if connect else None
    refs = story.refs(prepared, everything=everything)
    if print_yaml:
        console.data(dump(story.stubs(prepared, refs)))
    if cluster is None:
        console.say(f"{len(refs)} objects would be deleted where they exist (client dry run)")
        return int(ExitCode.OK)
    plan = story.plan(prepared, cluster, everything=everything)
    if dry_run is DryRun.SERVER:
        show_dry_run(console, plan, output)
        return int(ExitCode.OK)
    timeout = seconds(wait, default=GOODBYE_SECONDS) or GOODBYE_SECONDS
    show_events(
        console,
        story.carry_out(prepared, plan, cluster, wait_timeout=timeout),
        title="deleting",
        total=len(plan.changes),
        output=output,
    )
    return int(ExitCode.OK)
