"""apigeectl completion."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from apigeectl.cli.console import Console
from apigeectl.errors import ExitCode

COMPLETE_VARIABLE = "_APIGEECTL_COMPLETE"
"""Set by the scripts when a shell asks what could follow."""


class Shell(str, Enum):
    """Shells that can complete."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def register(app: typer.Typer, name: str) -> None:
    app.command(name, short_help="Print the completion script of a shell.")(completion)


def completion(shell: Annotated[Shell, typer.Argument(help="The shell.")]) -> int:
    """Print what makes a shell complete apigeectl's commands and flags.

    In bash and zsh: source <(apigeectl completion bash). In fish: apigeectl completion fish | source.
    """
    from typer._completion_shared import get_completion_script

    script = get_completion_script(prog_name="apigeectl", complete_var=COMPLETE_VARIABLE, shell=shell.value)
    Console().data(script)
    return ExitCode.OK
