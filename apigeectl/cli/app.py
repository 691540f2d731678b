"""The root command: which commands exist, where errors become words and exit codes."""

from __future__ import annotations

import importlib
import io
import os
from collections.abc import Sequence
from contextlib import redirect_stdout
from difflib import get_close_matches

import typer

from apigeectl.cli.arguments import before_dashes, normalise
from apigeectl.cli.completion import COMPLETE_VARIABLE
from apigeectl.cli.console import Console, StdoutLost
from apigeectl.errors import ExitCode, InstallerError, OverridesError, UsageError

COMMANDS = {
    "preflight": "apigeectl.cli.preflight",
    "init": "apigeectl.cli.init",
    "apply": "apigeectl.cli.apply",
    "check-ready": "apigeectl.cli.check_ready",
    "diff": "apigeectl.cli.diff",
    "delete": "apigeectl.cli.delete",
    "adopt": "apigeectl.cli.adopt",
    "history": "apigeectl.cli.history",
    "encode": "apigeectl.cli.encode",
    "validate": "apigeectl.cli.validate",
    "render": "apigeectl.cli.render",
    "images": "apigeectl.cli.images",
    "secrets": "apigeectl.cli.secrets",
    "connect": "apigeectl.cli.connect",
    "sync-authorization": "apigeectl.cli.sync_authorization",
    "deployments": "apigeectl.cli.deployments",
    "sandbox": "apigeectl.cli.sandbox",
    "explain": "apigeectl.cli.explain",
    "schema": "apigeectl.cli.schema",
    "diagnostic": "apigeectl.cli.diagnostic",
    "completion": "apigeectl.cli.completion",
    "version": "apigeectl.cli.version",
    "help": "apigeectl.cli.help",
}
"""Every command and its module, in the order of the help. Only the module of the typed command is loaded."""


def run(argv: Sequence[str]) -> int:
    """Carry out one command line; the exit code."""
    console = Console(no_color="--no-color" in argv)
    try:
        return _answer(argv, console)
    except StdoutLost as error:
        if not error.quiet:
            console.error(error)
        return ExitCode.FAILED
    except InstallerError as error:
        console.error(error)
        _name_the_problem(console, error)
        return error.exit_code
    except KeyboardInterrupt:
        console.say("interrupted")
        return ExitCode.INTERRUPTED
    except Exception as error:
        if os.environ.get("APIGEECTL_TRACEBACK"):
            raise
        console.error(_surprise(error))
        return ExitCode.FAILED


def _name_the_problem(console: Console, error: InstallerError) -> None:
    """Where an answer of Kubernetes or Google gives a known problem away, its code."""
    if isinstance(error, (UsageError, OverridesError)):
        return
    from apigeectl.diagnosis.answers import problem_of

    if problem := problem_of(error):
        console.hint(f"apigeectl explain {problem.code}: {problem.title}")


def _answer(argv: Sequence[str], console: Console) -> int:
    if COMPLETE_VARIABLE in os.environ:
        return _complete()
    words = normalise(_questions(argv))
    if not {"-h", "--help"} & set(before_dashes(words)):
        return _dispatch(words)
    text = io.StringIO()
    with redirect_stdout(text):  # click writes help by itself, and would not say when it could not
        code = _dispatch(words)
    console.data(text.getvalue())
    return code


def _questions(argv: Sequence[str]) -> list[str]:
    """`help`, `help COMMAND` and nothing at all are questions for the help text, `--version` for the version."""
    if not argv or list(argv) == ["help"]:
        return ["--help"]
    if argv[0] == "help" and not argv[1].startswith("-"):
        return [*argv[1:], "--help"]
    if list(argv) in _VERSION:
        return ["version"]
    return list(argv)


_VERSION = (["--version"], ["-version"], ["-v"], ["--v"])


def _dispatch(words: list[str]) -> int:
    from typer.exceptions import Exit, TyperException

    command = next((word for word in words if not word.startswith("-")), "")
    if command and command not in COMMANDS:
        raise _unknown(command)
    root = typer.main.get_command(_app([command] if command else list(COMMANDS)))
    try:
        # Not root.main(): that answers Ctrl-C and a broken pipe by itself, with no word.
        with root.make_context("apigeectl", words) as context:
            return int(root.invoke(context) or 0)
    except Exit as done:
        return done.exit_code
    except TyperException as error:
        raise _usage(error, command) from error


def _complete() -> int:
    from typer._completion_classes import completion_init

    completion_init()
    root = typer.main.get_command(_app(list(COMMANDS)))
    return int(
        root.main(args=[], prog_name="apigeectl", complete_var=COMPLETE_VARIABLE, standalone_mode=False) or 0
    )


def _app(names: Sequence[str]) -> typer.Typer:
    app = typer.Typer(
        name="apigeectl",
        add_completion=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for name in names:
        importlib.import_module(COMMANDS[name]).register(app, name)
    return app


def _root() -> None:
    """Install Apigee hybrid from one overrides file: checked, rendered, applied, ready, connected."""


def _unknown(command: str) -> UsageError:
    close = get_close_matches(command, COMMANDS, 1)
    hint = f'did you mean "{close[0]}"?' if close else "apigeectl help lists the commands"
    return UsageError(f'there is no command "{command}"', hint=hint)


def _usage(error: Exception, command: str) -> UsageError:
    words = getattr(error, "format_message", lambda: str(error))().rstrip(".")
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
