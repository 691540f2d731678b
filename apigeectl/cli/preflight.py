"""apigeectl preflight."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apigeectl.cli.connection import ClusterFlags
from apigeectl.cli.flags import FileFlags, ModeFlags, ScopeFlags, TalkFlags
from apigeectl.cli.groups import flat
from apigeectl.cli.options import DryRun, Output
from apigeectl.cli.outcomes import as_json, show_outcome
from apigeectl.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from apigeectl.checks.fitness import Fitness
    from apigeectl.cli.console import Console


Registries = Annotated[
    bool, typer.Option("--registries", help="Also ask the image registries, from this machine.")
]


def register(app: typer.Typer, name: str) -> None:
    app.command(name, short_help="Ask whether a cluster is fit, before anything is changed.")(flat(preflight))


def preflight(
    *,
    file: FileFlags,
    scope: ScopeFlags,
    registries: Registries = False,
    talk: TalkFlags,
    where: ClusterFlags,
) -> int:
    """Ask whether the cluster is fit for what the overrides file describes. Nothing is written.

    Exit 0 when nothing stands in the way and everything that matters could be seen, else 1. Missing rights are listed, with a
    ClusterRole that grants them.
    """
    from apigeectl.actions.preflight import preflight as story
    from apigeectl.actions.preflight import site_of, verdict
    from apigeectl.cli.task import begin

    task = begin(file, scope.scope(), where, ModeFlags(DryRun.SERVER), talk)
    assert task.cluster is not None  # noqa: S101  # a server dry run has one
    reach = _reach(where.request_timeout) if registries else None
    site = site_of(task.prepared, task.cluster, Path.cwd(), reach)
    answers = []
    for check, outcome in story(site):
        answers.append((check, outcome))
        if talk.output is Output.TEXT:
            show_outcome(task.console, check.title, outcome)
    fit = verdict(answers)
    role = None if fit else _missing_role(site)
    if talk.output is Output.JSON:
        checks = [as_json(check.title, outcome) for check, outcome in answers]
        document = {"apiVersion": "apigeectl/v1", "kind": "Preflight", "fit": fit, "checks": checks}
        task.console.json_line({**document, "missingRole": role})
    elif role:
        _show_role(task.console, role)
    return ExitCode.OK if fit else ExitCode.FAILED


def _reach(timeout: float) -> Callable[[str], None]:
    from apigeectl.clients.registry import Registry

    return lambda host: Registry(f"oci://{host}/", timeout=timeout, longest=timeout).answers()


def _missing_role(site: Fitness) -> dict[str, Any] | None:
    from apigeectl.actions.preflight import missing_role
    from apigeectl.errors import InstallerError

    try:
        return missing_role(site)
    except InstallerError:
        return None  # the checks have said that nobody answers


def _show_role(console: Console, role: dict[str, Any]) -> None:
    from apigeectl.yaml import dump

    console.say("a ClusterRole with what is missing; bind it to the account that runs apigeectl:")
    console.say(dump([role]).rstrip())
