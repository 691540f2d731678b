"""What every command about Apigee Connect begins with: the file, and where and as whom to look."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from apigeectl.cli import options
from apigeectl.cli.connection import AccountFlags, ClusterFlags, announce_sandbox, connect_site
from apigeectl.cli.console import Console
from apigeectl.overrides.scope import Scope

if TYPE_CHECKING:
    from apigeectl.checks.site import Site
    from apigeectl.overrides.document import Overrides


@dataclass(frozen=True)
class SiteFlags:
    """Where to look, and as whom."""

    overrides: options.OverridesFiles = None
    cluster: ClusterFlags = field(default_factory=ClusterFlags)
    account: AccountFlags = field(default_factory=AccountFlags)

    @property
    def files(self) -> tuple[Path, ...]:
        """Those named, or the one in the working directory."""
        return tuple(self.overrides or (options.DEFAULT_OVERRIDES,))

    def read(self, console: Console) -> Overrides:
        """The file; raises OverridesInvalid, after showing it, when it has errors."""
        from apigeectl.actions.preparation import judge
        from apigeectl.cli.task import invalid_shown
        from apigeectl.overrides.problems import OverridesInvalid, errors

        with invalid_shown(console):
            read, problems = judge(
                self.files, Scope(org=True), release=None, cwd=Path.cwd(), check_files=False
            )
            if errors(problems):
                raise OverridesInvalid(read.files, read.text, problems)
        return read

    def site(self, console: Console, overrides: Overrides | None = None) -> Site:
        """What the questions look at; nothing is asked yet."""
        read = overrides or self.read(console)
        announce_sandbox(console)
        connect = self.cluster.lazily(None)
        return connect_site(read, connect, self.account.named(), self.cluster.request_timeout)
