"""The root command: which commands exist, where errors become words and exit codes."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches

from apigeectl.cli.arguments import normalise
from apigeectl.cli.console import Console
from apigeectl.errors import ExitCode, InstallerError, UsageError

COMMANDS = {
    "init": "apigeectl.cli.init",
    "apply": "apigeectl.cli.apply",
    "check-ready": "apigeectl.cli.check_ready",
    "delete": "apigeectl.cli.delete",
    "encode": "apigeectl.cli.encode",
    "validate": "apigeectl.cli.validate",
    "connect": "apigeectl.cli.connect",
    "sandbox": "apigeectl.cli.sandbox",
    "diagnostic": "apigeectl.cli.diagnostic",
    "version": "apigeectl.cli.version",
}
"""Every command and its module, in the order of the help. Only the module of the typed command is loaded."""


def run(argv: Sequence[str]) -> int:
    """Carry out one command line; the exit code."""
    console = Console(no_color="--no-color" in argv)
    try:
        return _dispatch(normalise(_help_first(argv)))
    except InstallerError as error:
        console.error(error)
        return int(error.exit_code)
    except KeyboardInterrupt:
        console.say("interrupted")
        return int(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our stdout has gone; Python would complain again while closing it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(ExitCode.FAILED)
    except Exception as error:
        if os.environ.get("APIGEECTL_TRACEBACK"):
            raise
        console.error(_surprise(error))
        return int(ExitCode.FAILED)


def _help_first(argv: Sequence[str]) -> list[str]:
    """`help`, `help COMMAND` and nothing at all are questions for the help text."""
    if not argv:
        return ["--help"]
    if argv[0] == "help":
        return [*argv[1:], "--help"]
    return list(argv)


def _dispatch(argv: list[str]) -> int:
    import typer
    from typer.exceptions import Exit, TyperException

    command = next((word for word in argv if not word.startswith("-")), "")
    if command and command not in COMMANDS:
        raise _unknown(command)
    wanted = [command] if command and "_APIGEECTL_COMPLETE" not in os.environ else list(COMMANDS)
    app = typer.Typer(
        name="apigeectl",
        help="Install Apigee hybrid from one overrides file: checked, rendered, applied, ready, connected.",
        add_completion=not command,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for name in wanted:
        importlib.import_module(COMMANDS[name]).register(app, name)
    try:
        code = app(argv, prog_name="apigeectl", standalone_mode=False)
    except Exit as done:
        return done.exit_code
    except TyperException as error:
        raise _usage(error, command) from error
    return int(code or 0)


def _root() -> None:
    """Install Apigee hybrid from one overrides file: checked, rendered, applied, ready, connected."""


def _unknown(command: str) -> UsageError:
    close = get_close_matches(command, COMMANDS, 1)
    hint = f'did you mean "{close[0]}"?' if close else "apigeectl help lists the commands"
    return UsageError(f'there is no command "{command}"', hint=hint)


def _usage(error: Exception, command: str) -> UsageError:
    words = getattr(error, "format_message", lambda: str(error))()
    return UsageError(
        words[:1].lower() + words[1:], hint=f"see apigeectl {command} --help".replace("  ", " ")
    )


def _surprise(error: Exception) -> InstallerError:
    """A bug of ours: where it happened, but no values, since they may be secret."""
    frames = []
    trace = error.__traceback__
    while trace:
        code = trace.tb_frame.f_code
        frames.append(f"{os.path.basename(code.co_filename)}:{trace.tb_lineno} in {code.co_name}")
        trace = trace.tb_next
    return InstallerError(
        f"a defect in apigeectl: {type(error).__name__}",
        details=frames[-6:],
        hint="please report it with these lines; APIGEECTL_TRACEBACK=1 prints the whole trace, secrets included",
    )
