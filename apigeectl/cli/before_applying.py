"""What Google is asked before anything is applied, and how its answers are shown: validateOrg, validateServiceAccounts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from apigeectl.cli.console import Console
from apigeectl.errors import Unreachable

if TYPE_CHECKING:
    from apigeectl.actions.accounts import Said
    from apigeectl.actions.preparation import Prepared
    from apigeectl.clients.google import Account
    from apigeectl.clients.iam import Permissions


def ask_google(
    console: Console,
    prepared: Prepared,
    account: Path | Account | None = None,
    timeout: float = 30.0,
    *,
    accounts: bool = True,
) -> None:
    """Raise InstallerError when the organization, or with `accounts` a service account, is not what the file needs.

    The file's own properties switch it off. A Google that cannot be reached is one warning and stops nothing.
    """
    from apigeectl.actions import accounts as of_accounts
    from apigeectl.actions import organization as of_organization
    from apigeectl.cli.connection import google_session, named, permissions_of
    from apigeectl.clients.organizations import Organizations
    from apigeectl.clients.synchronizers import Synchronizers

    overrides = prepared.overrides

    def permissions(key_file: Path) -> Permissions:
        return permissions_of(overrides, key_file, timeout)

    session = google_session(overrides, named(account), timeout)
    try:
        found = of_organization.validate(prepared, Organizations(session), Synchronizers(session), Path.cwd())
        _show(console, found)
    except Unreachable as error:
        what = "organization and service accounts" if accounts else "organization"
        off = "validateOrg: false" + (" and validateServiceAccounts: false skip" if accounts else " skips")
        console.warn(f"{what} not validated: {error.message} ({error.hint}; {off} this)")
        return
    if accounts:
        _show(console, of_accounts.validate(prepared, permissions, Path.cwd()))


def _show(console: Console, lines: Iterable[Said]) -> None:
    for said in lines:
        if said.warning:
            console.warn(said.text)
        else:
            console.say(said.text)
