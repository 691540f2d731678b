"""apigeectl init."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from apigeectl.cli import options
from apigeectl.cli.connection import ClusterOptions
from apigeectl.cli.console import Console
from apigeectl.cli.options import DryRun, Output
from apigeectl.errors import ExitCode

BUNDLE_VARIABLE = "APIGEECTL_BUNDLE"


def register(app: typer.Typer, name: str) -> None:
    app.command(name)(init)


def init(
    overrides: options.OverridesFile = options.DEFAULT_OVERRIDES,
    dry_run: options.DryRunOption = DryRun.NONE,
    print_yaml: options.PrintYaml = False,
    bundle: Annotated[
        Path | None,
        typer.Option(
            "--bundle", metavar="DIR", envvar=BUNDLE_VARIABLE, help="Where Google's definitions (CRDs) are."
        ),
    ] = None,
    components: options.Components = None,
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
    no_color: options.NoColor = False,
) -> int:
    """Install what apply needs: definitions, namespaces, certificates, webhooks and the apigee operator.

    May be repeated. cert-manager must be there; the definitions come from the cluster or from --bundle.
    """
    from apigeectl.actions.rendering import Choices, render_prerequisites
    from apigeectl.cli.preparing import asked_for, prepared_for
    from apigeectl.cli.scopes import scope_of
    from apigeectl.yaml import dump

    console = Console(no_color=no_color)
    cwd = Path.cwd()
    choices = Choices(templates, frozenset(replace_secret or ()), force_conflicts)
    offline = dry_run is DryRun.CLIENT
    connect = None if offline else ClusterOptions(kubeconfig, context, request_timeout).lazily(console)
    prepared = prepared_for(
        console,
        overrides,
        scope_of(components=components),
        release,
        connect,
        verbose=verbose,
        dry=dry_run is not DryRun.NONE,
        check_files=False,  # key files belong to apply
    )
    cluster = connect() if connect else None
    rendering = render_prerequisites(prepared, cwd, choices, cluster)
    for warning in rendering.warnings:
        console.warn(warning)
    if print_yaml:
        console.data(dump(manifest.body for manifest in rendering.manifests))
    if cluster is None:
        console.say(f"{len(rendering.manifests)} objects rendered (client dry run)")
        return int(ExitCode.OK)
    from apigeectl.actions import init as story
    from apigeectl.cli.events import show_dry_run, show_events, show_plan

    found = story.definitions(prepared, cluster, bundle, cwd)
    for progress in story.cert_manager_answers(cluster):
        if not progress.readiness.ready:
            console.say(f"{progress.ref}: {progress.readiness.message}", "dim")
    plan = story.plan(prepared, found, rendering, cluster, choices)
    show_plan(console, plan, output=output)
    if dry_run is DryRun.SERVER:
        show_dry_run(console, plan, output)
        return int(ExitCode.OK)
    asked_for(console, choices, plan, yes=yes)
    show_events(
        console,
        story.carry_out(plan, cluster, choices),
        title="installing",
        total=len(plan.changes),
        output=output,
    )
    return int(ExitCode.OK)
