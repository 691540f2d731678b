"""Builds the clients that actions work with; the only place that knows how they are configured."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apigeectl.cli import options
from apigeectl.cli.console import Console
from apigeectl.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from apigeectl.checks.site import Site
    from apigeectl.clients.endpoints import Endpoints
    from apigeectl.clients.google import Account, Session
    from apigeectl.clients.iam import Permissions
    from apigeectl.clients.kubernetes import Cluster
    from apigeectl.overrides.document import Overrides

SANDBOX_VARIABLE = "APIGEECTL_SANDBOX"
SANDBOX_CONTEXT = "apigeectl-sandbox"


@dataclass(frozen=True)
class ClusterFlags:
    """How to reach the cluster."""

    context: options.Context = None
    kubeconfig: options.Kubeconfig = None
    request_timeout: options.RequestTimeout = 30.0

    def connect(self, console: Console | None) -> Cluster:
        """The cluster, after saying so when it is the sandbox's; nothing is asked of it yet."""
        from apigeectl.clients.kubernetes import Cluster

        self.stay_inside()
        if console:
            announce_sandbox(console)
        return Cluster.connect(
            kubeconfig=self.kubeconfig, context=self.context, request_timeout=self.request_timeout
        )

    def lazily(self, console: Console | None) -> Callable[[], Cluster]:
        """The cluster for whoever asks first, connected once."""
        return functools.cache(lambda: self.connect(console))

    def stay_inside(self) -> None:
        """Raise Refused when a flag points out of the sandbox that we are in."""
        if not os.environ.get(SANDBOX_VARIABLE):
            return
        foreign = self.kubeconfig not in (None, os.environ.get("KUBECONFIG"))
        if foreign or self.context not in (None, SANDBOX_CONTEXT):
            raise Refused(
                "this is a sandbox, and --kubeconfig or --context points out of it",
                hint="leave them out, or run the command outside of `sandbox run`",
            )


def announce_sandbox(console: Console) -> None:
    """Say that nothing real is touched, where that is so."""
    if os.environ.get(SANDBOX_VARIABLE):
        console.say("(sandbox: stand-ins on this machine, nothing real is touched)", "dim")


@dataclass(frozen=True)
class AccountFlags:
    """Whom to be at Google; without flags, whom the environment says."""

    account: options.KeyFile = None
    access_token_file: Annotated[
        Path | None,
        typer.Option("--access-token-file", metavar="FILE", help="File with a Google access token."),
    ] = None
    impersonate: Annotated[
        str | None,
        typer.Option(
            "--impersonate-service-account",
            metavar="EMAIL",
            help="Service account to act as; with commas, the last one, through those before it.",
        ),
    ] = None
    billing_project: Annotated[
        str | None,
        typer.Option("--billing-project", metavar="PROJECT", help="Project whose quota is used."),
    ] = None

    def named(self) -> Account:
        """The same for a session."""
        from apigeectl.clients.google import Account

        return Account(self.access_token_file, self.account, self.impersonate, self.billing_project)


def named(account: Path | Account | None) -> Account:
    """The account that a key file, or flags, or nothing but the environment names."""
    from apigeectl.clients.google import Account

    return account if isinstance(account, Account) else Account(key_file=account)


def google_session(overrides: Overrides, account: Account, timeout: float = 30.0) -> Session:
    """Requests to Google's APIs where the environment or the file's contract provider points; none is made yet."""
    from apigeectl.clients.google import Session

    return Session(endpoints(overrides), account, timeout=timeout)


def connect_site(
    overrides: Overrides,
    cluster: Callable[[], Cluster],
    account: Path | Account | None = None,
    timeout: float = 30.0,
) -> Site:
    """What the questions about Apigee Connect may look at. The account is a key file or what flags say."""
    from apigeectl.checks.site import Site
    from apigeectl.checks.sources import Google
    from apigeectl.clients.connect import Connections
    from apigeectl.clients.iam import ServiceAccounts
    from apigeectl.clients.organizations import Organizations
    from apigeectl.clients.policies import Policies
    from apigeectl.clients.services import Services

    session = google_session(overrides, named(account), timeout)
    google = Google(
        lambda: session.identity,
        Organizations(session),
        Connections(session),
        Services(session),
        ServiceAccounts(session),
        Policies(session),
        lambda key_file: permissions_of(overrides, key_file, timeout),
    )
    return Site(overrides, cluster, google)


def permissions_of(overrides: Overrides, key_file: Path, timeout: float) -> Permissions:
    """What the account of a key file may do, asked as that account."""
    from apigeectl.clients.iam import Permissions

    return Permissions.of_key_file(key_file, endpoints(overrides), timeout=timeout)


def endpoints(overrides: Overrides) -> Endpoints:
    """Google's, or where the environment or the file's contract provider points instead."""
    from apigeectl.clients.endpoints import Endpoints

    return Endpoints(os.environ, {}, overrides.string("contractProvider") or None)
