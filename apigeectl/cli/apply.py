"""apigeectl apply."""

from __future__ import annotations

from pathlib import Path

import typer

from apigeectl.cli import options
from apigeectl.cli.connection import ClusterOptions, connect_site
from apigeectl.cli.console import Console
from apigeectl.cli.durations import WAIT_SECONDS, seconds
from apigeectl.cli.options import DryRun, Output
from apigeectl.cli.scopes import scope_of
from apigeectl.errors import ExitCode


def register(app: typer.Typer, name: str) -> None:
    app.command(name)(apply)


def apply(
    overrides: options.OverridesFile = options.DEFAULT_OVERRIDES,
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
    templates: options.Templates = None,
    replace_secret: options.ReplaceSecret = None,
    force_conflicts: options.ForceConflicts = False,
    yes: options.Yes = False,
    output: options.OutputOption = Output.TEXT,
    verbose: options.Verbose = False,
    context: options.Context = None,
    kubeconfig: options.Kubeconfig = None,
    request_timeout: options.RequestTimeout = 30.0,
    account: options.KeyFile = None,
    no_color: options.NoColor = False,
) -> int:
    """Apply the runtime components that an overrides file describes; without a scope flag, all of them.

    Scope flags add up. Returns when everything is written; --wait waits until it is ready. With the organization in scope it
    ends by switching Apigee Connect on for the organization, once this cluster's agent holds a stream.
    """
    from apigeectl.actions.rendering import Choices, render_scope
    from apigeectl.cli.preparing import asked_for, prepared_for
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
    choices = Choices(templates, frozenset(replace_secret or ()), force_conflicts)
    offline = dry_run is DryRun.CLIENT
    connect = None if offline else ClusterOptions(kubeconfig, context, request_timeout).lazily(console)
    prepared = prepared_for(
        console, overrides, scope, release, connect, verbose=verbose, dry=dry_run is not DryRun.NONE
    )
    cluster = connect() if connect else None
    rendering = render_scope(prepared, Path.cwd(), choices, cluster)
    for warning in rendering.warnings:
        console.warn(warning)
    if print_yaml:
        console.data(dump(manifest.body for manifest in rendering.manifests))
    if cluster is None:
        console.say(f"{len(rendering.manifests)} objects rendered (client dry run)")
        return int(ExitCode.OK)
    from apigeectl.actions import apply as story
    from apigeectl.actions.connect import after_apply
    from apigeectl.cli.connect import show_step
    from apigeectl.cli.events import show_dry_run, show_events, show_plan
    from apigeectl.cli.readiness import until_ready

    plan = story.plan(prepared, rendering, cluster, choices)
    show_plan(console, plan, output=output)
    if dry_run is DryRun.SERVER:
        show_dry_run(console, plan, output)
        return int(ExitCode.OK)
    asked_for(console, choices, plan, yes=yes)
    show_events(
        console,
        story.carry_out(prepared, plan, cluster, choices),
        title="applying",
        total=len(plan.changes),
        output=output,
    )
    if scope.wants_org():
        site = connect_site(prepared.overrides, lambda: cluster, account, request_timeout)
        for step in after_apply(site):
            show_step(console, step, output)
    timeout = seconds(wait, default=WAIT_SECONDS)
    return int(ExitCode.OK) if timeout is None else until_ready(console, prepared, cluster, timeout, output)
