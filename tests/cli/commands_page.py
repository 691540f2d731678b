"""docs/reference/commands.md: the help of every command, as it is printed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from apigeectl.cli.app import COMMANDS, _app

WIDTH = 100
_HEAD = """# Commands

The help of every command, as `apigeectl help COMMAND` prints it. Options may be written in Go's manner, too: `-f=FILE`, `-dry-run`, `--org=true`.
"""


def page() -> str:
    """The whole page; made anew by `pytest tests/cli --update`."""
    root: Any = typer.main.get_command(_app(list(COMMANDS)))
    with root.make_context("apigeectl", [], resilient_parsing=True) as context:
        context.terminal_width = context.max_content_width = WIDTH
        sections = [_section(root, context, "apigeectl"), *_commands(root, context, "apigeectl")]
    return "\n".join([_HEAD, *sections])


def _commands(group: Any, context: Any, path: str) -> Iterator[str]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command.hidden:
            continue
        with command.make_context(name, [], parent=context, resilient_parsing=True) as inner:
            yield _section(command, inner, f"{path} {name}")
            if hasattr(command, "list_commands"):
                yield from _commands(command, inner, f"{path} {name}")


def _section(command: Any, context: Any, path: str) -> str:
    text = "\n".join(f"    {line}".rstrip() for line in command.get_help(context).splitlines())
    return f"## {path}\n\n{text}\n"
