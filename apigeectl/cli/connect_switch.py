"""apigeectl connect enable, and disable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from apigeectl.checks.site import AGENT
from apigeectl.cli import options
from apigeectl.cli.connect_site import SiteFlags
from apigeectl.cli.console import Console
from apigeectl.cli.durations import seconds
from apigeectl.errors import ExitCode, Refused

if TYPE_CHECKING:
    from apigeectl.actions.connect_switch import Switch
    from apigeectl.checks.site import Site
    from apigeectl.cli.connect_down import TakeDown
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
        edit = switched_on(overrides)
        _agreed(console, edit, yes=yes)
        save(console, edit)
        overrides = edit.overrides() if edit.changed else overrides
    _show(console, story(where.site(console, overrides), yes=yes))
    return ExitCode.OK


def disable(
    *,
    where: SiteFlags,
    release: options.ReleaseOption = None,
    write: Write = False,
    wait: options.WaitGone = None,
    yes: YesWithoutIngress = False,
    no_color: options.NoColor = False,
) -> int:
    """Set features.mart.connect.enabled of the organization to false, then take the agent down, never the other way round.

    The agent goes when the file says connectAgent.enabled: false, which --write puts there; else it stays. Refuses while the
    file sets no MART ingress up. Waits for agents that are going: up to seven minutes, for they let open connections expire.
    """
    from apigeectl.actions.connect_file import switched_off
    from apigeectl.actions.connect_switch import GOODBYE_SECONDS, require_way_in, served_elsewhere
    from apigeectl.actions.connect_switch import disable as story
    from apigeectl.cli.connect_down import TakeDown

    console = Console(no_color=no_color)
    asked = seconds(wait, default=GOODBYE_SECONDS)
    patience = GOODBYE_SECONDS if asked is None else asked
    overrides = where.read(console)
    site = where.site(console, overrides)
    if not yes:
        require_way_in(site)
    edit = switched_off(overrides) if write else None
    afterwards = edit.overrides() if edit and edit.changed else overrides
    down = TakeDown.planned(console, where, release, afterwards)
    _agreed(console, edit, yes=yes, down=down, question="switch Apigee Connect off, and do this?")
    done = story(site, yes=yes)
    _show(console, done)
    if done.changed and (others := served_elsewhere(site)):
        console.warn(f"{', '.join(others)} hold streams, too, which are not used any more, either")
    if edit:
        save(console, edit)
    if down:
        down.carry_out()
    off = afterwards.get("connectAgent.enabled") is False
    wait_for_goodbye(console, site.fresh(), patience, taken_down=off)
    return ExitCode.OK


def wait_for_goodbye(console: Console, site: Site, timeout: float, *, taken_down: bool) -> None:
    """Say who is still going, and wait for them; say so when agents stay, or when the cluster cannot be asked."""
    from apigeectl.actions.connect_switch import goodbye
    from apigeectl.errors import APIError, NoCredentials, Unreachable

    said = -30.0
    try:
        for leaving in goodbye(site, wait=timeout, taken_down=taken_down):
            if leaving.seconds >= said + 30:
                said = leaving.seconds
                words = f"{', '.join(leaving.pods)} going since {said:.0f} s (up to seven minutes is normal)"
                console.say(words, "dim")
        left = site.fresh().pods(AGENT)
    except (APIError, NoCredentials, Unreachable) as error:
        console.warn(f"whether agents are still going cannot be seen: {error.message}")
        return
    if not left:
        console.say("no agent is left", "good")
        return
    console.say(
        "agents go on running, for the file wants them, and an apply of the organization would switch the property on again: "
        "connect disable --write changes the file and takes them down",
        "dim",
    )


def _agreed(
    console: Console, edit: Edit | None, *, yes: bool, down: TakeDown | None = None, question: str = ""
) -> None:
    """Show what changes beside the property, and ask; off a terminal it takes --yes."""
    changed = [str(edit.file)] if edit and edit.changed else []
    if edit and edit.changed:
        console.say(edit.diff())
    if down:
        down.show()
        changed.append("the cluster")
    what = " and ".join(changed)
    if not what or yes:
        return
    answer = console.confirmed(question or f"write {what}?")
    if answer is None:
        message = f"{what} would be changed, and there is no terminal to ask on"
        raise Refused(message, hint="add --yes to go on")
    if not answer:
        raise Refused("stopped before anything was written")


def save(console: Console, edit: Edit) -> None:
    """Write the file, unless it says so already."""
    from apigeectl.overrides.save import write

    if not edit.changed:
        console.say(f"{edit.file} says so already")
        return
    write(edit.file, edit.text, before=edit.before)
    console.say(f"{edit.file} written")


def _show(console: Console, switch: Switch) -> None:
    from apigeectl.actions.connect import said_along

    was = "absent" if switch.before is None else switch.before
    now = "absent" if switch.after is None else switch.after
    words = f"was {was} and is {now}" if switch.changed else f"is {now} already; nothing was written"
    console.say(f"features.mart.connect.enabled of organization {switch.organization} {words}")
    for line in said_along(switch):
        console.say(f"  {line}")
