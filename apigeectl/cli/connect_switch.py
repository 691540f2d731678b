"""apigeectl connect enable, and disable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from apigeectl.cli import options
from apigeectl.cli.connect_site import SiteFlags
from apigeectl.cli.console import Console
from apigeectl.cli.durations import seconds
from apigeectl.errors import ExitCode, Refused

if TYPE_CHECKING:
    from apigeectl.actions.connect_switch import Switch
    from apigeectl.overrides.document import Overrides
    from apigeectl.overrides.edit import Edit

Write = Annotated[
    bool, typer.Option("--write", help="Also change the connectAgent stanza of the overrides file.")
]
YesWithoutIngress = Annotated[
    bool, typer.Option("--yes", help="Also while no MART ingress is set up; do not ask.")
]


def enable(
    *,
    where: SiteFlags,
    write: Write = False,
    yes: options.YesToSwitch = False,
    no_color: options.NoColor = False,
) -> int:
    """Set features.mart.connect.enabled of the organization to true; refuses while no agent holds a stream.

    The organization goes back whole, with one value changed; how it was is kept in a file beside the overrides file.
    """
    from apigeectl.actions.connect_file import switched_on
    from apigeectl.actions.connect_switch import enable as story

    console = Console(no_color=no_color)
    overrides = where.read(console)
    if write:
        overrides = written(console, switched_on(overrides), overrides, yes=yes)
    _show(console, story(where.site(console, overrides), yes=yes))
    return ExitCode.OK


def disable(
    *,
    where: SiteFlags,
    write: Write = False,
    wait: options.WaitGone = None,
    yes: YesWithoutIngress = False,
    no_color: options.NoColor = False,
) -> int:
    """Set features.mart.connect.enabled of the organization to false. Do this before the agent goes, never after.

    Refuses while the file sets no MART ingress up. Agents that are already going are waited for: up to seven minutes, for
    they let open connections expire.
    """
    from apigeectl.actions.connect_file import switched_off
    from apigeectl.actions.connect_switch import GOODBYE_SECONDS, served_elsewhere
    from apigeectl.actions.connect_switch import disable as story

    console = Console(no_color=no_color)
    timeout = seconds(wait, default=GOODBYE_SECONDS)
    overrides = where.read(console)
    edit = switched_off(overrides) if write else None  # refused, if so, before anything is switched
    site = where.site(console, overrides)
    done = story(site, yes=yes)
    _show(console, done)
    if done.changed and (others := served_elsewhere(site)):
        console.warn(f"{', '.join(others)} hold streams, too, which are not used any more, either")
    if edit:
        written(console, edit, overrides, yes=yes)
    wait_for_goodbye(console, where, overrides, GOODBYE_SECONDS if timeout is None else timeout)
    return ExitCode.OK


def wait_for_goodbye(console: Console, where: SiteFlags, overrides: Overrides, timeout: float) -> None:
    """Say who is still going, and wait for them; say nothing when nobody is, or when the cluster cannot be asked."""
    from apigeectl.actions.connect_switch import goodbye
    from apigeectl.errors import APIError, NoCredentials, Unreachable

    said = -30.0
    try:
        for leaving in goodbye(where.site(Console(no_color=True), overrides), wait=timeout):
            if leaving.seconds >= said + 30:
                said = leaving.seconds
                words = f"{', '.join(leaving.pods)} going since {said:.0f} s (up to seven minutes is normal)"
                console.say(words, "dim")
    except (APIError, NoCredentials, Unreachable) as error:
        console.warn(f"whether agents are still going cannot be seen: {error.message}")
        return
    if said < 0:
        console.say(
            "agents go on running, and nothing comes through them; once deleted, their pods may stay Terminating for up to "
            "seven minutes",
            "dim",
        )


def written(console: Console, edit: Edit, overrides: Overrides, *, yes: bool) -> Overrides:
    """Show the difference, ask, write; the file as it is then. Off a terminal it takes --yes."""
    from apigeectl.overrides.save import write

    if not edit.changed:
        console.say(f"{edit.file} says so already")
        return overrides
    console.say(edit.diff())
    if not yes:
        answer = console.confirmed(f"write {edit.file}?")
        if answer is None:
            raise Refused(
                f"{edit.file} would be changed, and there is no terminal to ask on", hint="add --yes to go on"
            )
        if not answer:
            raise Refused("stopped before anything was written")
    write(edit.file, edit.text, before=edit.before)
    console.say(f"{edit.file} written")
    return edit.overrides()


def _show(console: Console, switch: Switch) -> None:
    from apigeectl.actions.connect import said_along

    was = "absent" if switch.before is None else switch.before
    now = "absent" if switch.after is None else switch.after
    words = f"was {was} and is {now}" if switch.changed else f"is {now} already; nothing was written"
    console.say(f"features.mart.connect.enabled of organization {switch.organization} {words}")
    for line in said_along(switch):
        console.say(f"  {line}")
