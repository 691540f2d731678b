"""Builds the clients that actions work with; the only place that knows how they are configured."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from apigeectl.cli import options
from apigeectl.cli.console import Console
from apigeectl.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from apigeectl.checks.site import Site
    from apigeectl.clients.endpoints import Endpoints
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

    def connect(self, console: Console) -> Cluster:
        """The cluster, after saying so when it is the sandbox's; nothing is asked of it yet."""
        from apigeectl.clients.kubernetes import Cluster

        if os.environ.get(SANDBOX_VARIABLE):
            self._stay_inside()
            console.say("(sandbox: stand-ins on this machine, nothing real is touched)", "dim")
        return Cluster.connect(
            kubeconfig=self.kubeconfig, context=self.context, request_timeout=self.request_timeout
        )

    def lazily(self, console: Console) -> Callable[[], Cluster]:
        """The cluster for whoever asks first, connected once."""
        return functools.cache(lambda: self.connect(console))

    def _stay_inside(self) -> None:
        foreign = self.kubeconfig not in (None, os.environ.get("KUBECONFIG"))
        if foreign or self.context not in (None, SANDBOX_CONTEXT):
            raise Refused(
                "this is a sandbox, and --kubeconfig or --context points out of it",
                hint="leave them out, or run the command outside of `sandbox run`",
            )


def connect_site(
    overrides: Overrides, cluster: Callable[[], Cluster], account: Path | None = None, timeout: float = 30.0
) -> Site:
    """What the questions about Apigee Connect may look at."""
    from apigeectl.checks.site import Site
    from apigeectl.clients.connect import Connections
    from apigeectl.clients.google import Account, Session
    from apigeectl.clients.organizations import Organizations

    session = Session(_endpoints(overrides), Account(key_file=account), timeout=timeout)
    return Site(overrides, cluster, Organizations(session), Connections(session), lambda: session.identity)


def permissions_of(overrides: Overrides, key_file: Path, timeout: float) -> Permissions:
    """What the account of a key file may do, asked as that account."""
    from apigeectl.clients.iam import Permissions

    return Permissions.of_key_file(key_file, _endpoints(overrides), timeout=timeout)


def _endpoints(overrides: Overrides) -> Endpoints:
    """Google's, or where the environment or the file's contract provider points instead."""
    from apigeectl.clients.endpoints import Endpoints

    return Endpoints(os.environ, {}, overrides.string("contractProvider") or None)
