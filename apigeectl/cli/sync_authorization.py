"""apigeectl sync-authorization."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apigeectl.cli import options
from apigeectl.cli.connection import AccountFlags, announce_sandbox, google_session
from apigeectl.cli.console import Console
from apigeectl.cli.flags import FileFlags
from apigeectl.cli.groups import flat
from apigeectl.cli.options import Output
from apigeectl.errors import ExitCode, UsageError
from apigeectl.overrides.scope import Scope

if TYPE_CHECKING:
    from apigeectl.actions.preparation import Prepared
    from apigeectl.clients.synchronizers import Synchronizers


def register(app: typer.Typer, name: str) -> None:
    group = typer.Typer(
        help="Which accounts may fetch the organization's configuration.", no_args_is_help=True
    )
    group.callback()(_group)
    group.command("list", short_help="List the authorized accounts.")(flat(list_authorized))
    group.command("add", short_help="Authorize the file's synchronizers beside the others.")(flat(add))
    app.add_typer(group, name=name)


def _group() -> None:
    """Which accounts may fetch the organization's configuration; without one of them nothing is ever deployed."""


@dataclass(frozen=True)
class _Place:
    """Which organization, and as whom."""

    file: FileFlags = field(default_factory=FileFlags)
    account: AccountFlags = field(default_factory=AccountFlags)
    request_timeout: options.RequestTimeout = 30.0

    def prepared(self, console: Console) -> Prepared:
        """The file with its synchronizers' keys."""
        from apigeectl.actions.preparation import prepare
        from apigeectl.cli.task import invalid_shown

        announce_sandbox(console)
        with invalid_shown(console):
            return prepare(
                self.file.files,
                Scope(all_envs=True),
                release=self.file.release,
                environ=os.environ,
                cwd=Path.cwd(),
                check_files=False,
            )

    def synchronizers(self, prepared: Prepared) -> Synchronizers:
        """The organization's list; nothing is asked yet."""
        from apigeectl.clients.synchronizers import Synchronizers

        return Synchronizers(google_session(prepared.overrides, self.account.named(), self.request_timeout))


Emails = Annotated[
    list[str] | None,
    typer.Argument(metavar="[EMAIL]...", help="Service accounts; else those of the file's synchronizers."),
]


def list_authorized(
    *, where: _Place, output: options.OutputOption = Output.TEXT, no_color: options.NoColor = False
) -> int:
    """List the authorized accounts, one a line; exit 1 when a synchronizer of the file is not among them."""
    from apigeectl.actions.accounts import synchronizer_accounts

    console = Console(no_color=no_color)
    prepared = where.prepared(console)
    authorized = where.synchronizers(prepared).authorized(prepared.overrides.org)
    ours = synchronizer_accounts(prepared, Path.cwd())
    there = {email.lower() for email in authorized}
    lacking = [email for email in ours if email.lower() not in there]
    if output is Output.JSON:
        document = {
            "organization": prepared.overrides.org,
            "authorized": list(authorized),
            "lacking": lacking,
        }
        console.json_line({"apiVersion": "apigeectl/v1", "kind": "SyncAuthorization", **document})
    elif authorized:
        console.data("\n".join(authorized))
    for email in lacking:
        console.warn(f"{email}, a synchronizer of {prepared.overrides.file}, is not authorized")
    if lacking:
        console.hint(f"apigeectl sync-authorization add -f {prepared.overrides.file}")
    return ExitCode.FAILED if lacking else ExitCode.OK


def add(*, emails: Emails = None, where: _Place, no_color: options.NoColor = False) -> int:
    """Authorize accounts beside those that are: nobody is taken from the list, and what others add meanwhile stays."""
    from apigeectl.actions.accounts import synchronizer_accounts

    console = Console(no_color=no_color)
    prepared = where.prepared(console)
    wanted = tuple(emails or synchronizer_accounts(prepared, Path.cwd()))
    _check(wanted, prepared)
    done = where.synchronizers(prepared).add(prepared.overrides.org, wanted)
    for email in done.added:
        console.say(f"{email} authorized in organization {prepared.overrides.org}", "good")
    if not done.added:
        console.say(
            f"{', '.join(wanted)} authorized already in organization {prepared.overrides.org}; nothing was written"
        )
    return ExitCode.OK


def _check(emails: tuple[str, ...], prepared: Prepared) -> None:
    if not emails:
        raise UsageError(
            f"{prepared.overrides.file} does not tell the accounts of its synchronizers: their key files are not here",
            hint="name them: apigeectl sync-authorization add EMAIL",
        )
    for email in emails:
        if "@" not in email or email != email.strip() or ":" in email:
            raise UsageError(
                f'"{email}" is no service account', hint="write its e-mail address, without a prefix"
            )
