"""Which organization, which environment, and as whom: what every command about deployments begins with."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated

import typer

from apigeectl.actions.deployments_status import Times
from apigeectl.cli import options
from apigeectl.cli.connection import AccountFlags, ClusterFlags, announce_sandbox
from apigeectl.cli.console import Console
from apigeectl.errors import InstallerError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apigeectl.actions.deployments_status import Site
    from apigeectl.clients.deployments import Deployments
    from apigeectl.clients.kubernetes import Cluster
    from apigeectl.deployments.judgement import Runtime
    from apigeectl.overrides.document import Overrides

ENVIRONMENT_VARIABLE = "APIGEECTL_ENV"
"""The default environment; of deployments only, never of what apply or delete touch."""

CLUSTER_SECONDS = 5.0
"""The cluster only adds counts of pods, so it may not hold up an answer for long."""

Organization = Annotated[
    str | None,
    typer.Option("--org", metavar="ORG", help="The organization; else that of the overrides file."),
]
OneEnvironment = Annotated[
    str | None,
    typer.Option(
        "--env",
        metavar="ENV",
        help=f"The environment; else {ENVIRONMENT_VARIABLE}, else the file's only one.",
    ),
]
Environments = Annotated[
    list[str] | None,
    typer.Option(
        "--env", metavar="ENV", help=f"Repeatable; else {ENVIRONMENT_VARIABLE}, else the file's only one."
    ),
]
Proxy = Annotated[str, typer.Argument(metavar="PROXY", help="The name of an API proxy.")]


@dataclass(frozen=True)
class PlaceFlags:
    """Where to look, and as whom."""

    overrides: options.OverridesFiles = None
    org: Organization = None
    request_timeout: options.RequestTimeout = 30.0
    account: AccountFlags = field(default_factory=AccountFlags)

    @property
    def cluster(self) -> ClusterFlags:
        """How to reach the cluster that adds counts of pods."""
        return ClusterFlags(request_timeout=self.request_timeout)

    def place(self, console: Console) -> Place:
        """The organization of the flag or the files; nothing is asked yet."""
        from apigeectl.clients.deployments import Deployments
        from apigeectl.clients.endpoints import Endpoints
        from apigeectl.clients.google import Session
        from apigeectl.clients.pace import Pace

        file = self._file()
        org = self.org or (file.org if file else "")
        if not org:
            raise UsageError(
                "of which organization?",
                hint="name it with --org ORG, or give an overrides file that does with -f FILE",
            )
        provider = file.string("contractProvider") if file else ""
        session = Session(
            Endpoints(os.environ, {}, provider or None),
            self.account.named(),
            timeout=self.request_timeout,
            pace=Pace(),
        )
        self.cluster.stay_inside()
        announce_sandbox(console)
        return Place(Deployments(session, org), file, self.cluster, Times())

    def _file(self) -> Overrides | None:
        """The files, as far as they are about the organization of the flag."""
        from apigeectl.overrides.load import load
        from apigeectl.overrides.merge import merge

        if not self.overrides and not options.DEFAULT_OVERRIDES.exists():
            return None
        files = self.overrides or (options.DEFAULT_OVERRIDES,)
        file = merge([load(each, tolerant=True) for each in files])
        return file if self.org in (None, file.org) else None


@dataclass(frozen=True)
class RuntimeFlags(PlaceFlags):
    """The same, and which cluster the runtime is in."""

    context: options.Context = None
    kubeconfig: options.Kubeconfig = None

    @property
    def cluster(self) -> ClusterFlags:
        """As the flags say."""
        return ClusterFlags(self.context, self.kubeconfig, self.request_timeout)


@dataclass(frozen=True)
class Place:
    """An organization's deployments, and what the overrides file adds to them."""

    plane: Deployments
    file: Overrides | None
    cluster: ClusterFlags
    times: Times

    def site(self) -> Site:
        """Where one looks at single deployments; the cluster is reached when first needed, if at all."""
        from apigeectl.actions.deployments_status import Site

        return Site(self.plane, self._runtime, self.times)

    def environment(self, console: Console, named: str | None) -> str:
        """The one environment that a command is about."""
        return self.environments(console, [named] if named is not None else None)[0]

    def environments(self, console: Console, named: Sequence[str] | None) -> tuple[str, ...]:
        """As named, else by the variable, else the file's only one, else asked for; each once."""
        from apigeectl.actions.deployments import require

        if named:
            return tuple(dict.fromkeys(named))
        if variable := os.environ.get(ENVIRONMENT_VARIABLE):
            message = f"{ENVIRONMENT_VARIABLE}: organization {self.plane.org} has no environment"
            require(variable, self.plane.environments(), message, "environments")
            return (variable,)
        in_file = tuple(dict.fromkeys(self.file.env_names)) if self.file else ()
        return in_file if len(in_file) == 1 else (_asked(console, self.plane.org, self.plane.environments()),)

    def _runtime(self, environment: str) -> Runtime | None:
        from apigeectl.actions.deployments_status import runtime_in

        namespace, instance = "apigee", ""
        if self.file:
            namespace = self.file.namespace
            instance = f"{self.file.cluster_name}-{self.file.cluster_region}"
        try:
            found = runtime_in(self._connected(), namespace, self.plane.org, environment, instance)
        except InstallerError:
            return None
        return found if found.pods else None

    def _connected(self) -> Cluster:
        seconds = min(self.cluster.request_timeout, CLUSTER_SECONDS)
        return replace(self.cluster, request_timeout=seconds).connect(None)


def _asked(console: Console, org: str, known: Sequence[str]) -> str:
    """The answer to a question on a terminal; off it, an error that lists them."""
    from apigeectl.actions.deployments import require

    if not known:
        raise InstallerError(
            f"organization {org} has no environments", hint="create one first, then deploy into it"
        )
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            f"in which environment of organization {org}?",
            hint=f"add --env or set {ENVIRONMENT_VARIABLE}; its environments are {', '.join(known)}",
        )
    console.say(f"environments of organization {org}:")
    for number, name in enumerate(known, 1):
        console.say(f"  {number}  {name}")
    sys.stderr.write("which one? ")
    sys.stderr.flush()
    answer = sys.stdin.readline().strip()
    if answer.isdecimal() and answer not in known and 1 <= int(answer) <= len(known):
        return known[int(answer) - 1]
    require(answer, known, f"organization {org} has no environment", "environments")
    return answer
