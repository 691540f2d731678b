"""Read an overrides file, or say in one sentence why it cannot be one."""

from __future__ import annotations

import os
import pathlib
import re
import select
import stat
from typing import Any

from apigeectl.errors import OverridesError
from apigeectl.overrides import catalogue
from apigeectl.overrides.document import Overrides
from apigeectl.overrides.nodes import MAX_DEPTH, MAX_VALUES, Reading, TooMuch, position
from apigeectl.overrides.position import Position, dotted
from apigeectl.overrides.problems import OverridesInvalid, Problem, Severity, errors
from apigeectl.overrides.silence import silences
from apigeectl.overrides.syntax import syntax_problem
from apigeectl.yaml import Node, YAMLLimitError, YAMLSyntaxError, compose

MAX_SIZE = 4 * 1024 * 1024
_WRITER_SECONDS = 1.5


def load(file: pathlib.Path, *, tolerant: bool = False) -> Overrides:
    """The file as data with places. Raises OverridesError when it cannot be read, OverridesInvalid when
    the reading finds errors; tolerant leaves those that do not prevent reading in `problems`."""
    overrides = parse(_decode(file, _content(file)), file)
    if errors(overrides.problems) and not tolerant:
        raise OverridesInvalid(file, overrides.text, overrides.problems)
    return overrides


def parse(text: str, file: pathlib.Path) -> Overrides:
    """The same for text that is already there; file only names it."""
    node = _compose(text, file)
    reading = Reading()
    try:
        data = reading.read(node)
    except TooMuch as error:
        raise OverridesInvalid(file, text, [_problem("yaml-size", str(error), error.position)]) from None
    if data is None:
        raise OverridesError(f"{file} is empty", hint=_HINT_EMPTY)
    if not isinstance(data, dict):
        kind = "a list" if isinstance(data, list) else "a single value"
        message = f"an overrides file is a map of properties; this is {kind}"
        raise OverridesInvalid(file, text, [_problem("not-a-map", message, position(node))])
    _refuse_other_kinds(data, file)
    return Overrides(
        file,
        text,
        data,
        reading.keys,
        reading.values,
        reading.raw,
        tuple(reading.problems),
        silences=silences(text, node),
    )


def _content(file: pathlib.Path) -> bytes:
    try:
        with open(file, "rb", opener=_open_without_waiting) as stream:
            written = _require_content(file, stream.fileno())
            content = stream.read(MAX_SIZE + 1)
    except FileNotFoundError:
        raise OverridesError(f"there is no overrides file {file}", hint=_HINT_FILE) from None
    except IsADirectoryError:
        raise OverridesError(f"{file} is a directory, not an overrides file", hint=_HINT_FILE) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its name is no file name"
        raise OverridesError(f"the overrides file {file} cannot be read: {reason}", hint=_HINT_FILE) from None
    if not written and not content:
        raise OverridesError(f"{file} is a pipe to which nobody writes", hint=_HINT_FILE)
    if len(content) > MAX_SIZE:
        raise OverridesError(
            f"{file} is larger than {MAX_SIZE // 1024 // 1024} MB, so it is not an overrides file",
            hint=_HINT_FILE,
        )
    return content


def _require_content(file: pathlib.Path, descriptor: int) -> bool:
    """Stop at what holds no text; from a pipe (`-f <(...)`, /dev/stdin) wait for what comes, and say whether it did."""
    mode = os.fstat(descriptor).st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode) or os.isatty(descriptor)):
        raise OverridesError(f"{file} is not a regular file and no pipe", hint=_HINT_FILE)
    if stat.S_ISREG(mode):
        return True
    # Once somebody writes it may take long; with nobody there, reading finds the end at once.
    ready, _, _ = select.select([descriptor], [], [], _WRITER_SECONDS)
    os.set_blocking(descriptor, True)
    return bool(ready)


def _open_without_waiting(name: str, flags: int) -> int:
    """A pipe with nobody at its other end would otherwise hold us for ever."""
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))


def _decode(file: pathlib.Path, content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise OverridesError(f"{file} is UTF-16 text", hint=_HINT_UTF_8)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise OverridesError(f"{file} is not UTF-8 text (line {line})", hint=_HINT_UTF_8) from None
    unprintable = _UNPRINTABLE.search(text)
    if unprintable:
        line = text[: unprintable.start()].count("\n") + 1
        code = f"U+{ord(unprintable.group()):04X}"
        raise OverridesError(
            f"{file} is not a text file: line {line} holds the control character {code}",
            hint=_HINT_UTF_8 if code == "U+0000" else _HINT_FILE,
        )
    return text


def _compose(text: str, file: pathlib.Path) -> Node:
    try:
        # Half of the nodes are keys, and what has more values than we read needs no more looking.
        node = compose(text, max_depth=MAX_DEPTH, max_nodes=2 * MAX_VALUES)
    except YAMLLimitError as error:
        place = Position(error.line, error.column)
        raise OverridesInvalid(file, text, [_problem("yaml-size", error.message, place)]) from None
    except YAMLSyntaxError as error:
        raise OverridesInvalid(file, text, [syntax_problem(error, text)]) from error
    if node is None:
        raise OverridesError(f"{file} is empty", hint=_HINT_EMPTY)
    return node


def _refuse_other_kinds(data: dict[str, Any], file: pathlib.Path) -> None:
    if "apiVersion" in data and "kind" in data:
        what = "a kubeconfig" if data["kind"] == "Config" else f"a Kubernetes manifest ({data['kind']})"
        raise OverridesError(f"{file} is {what}, not an overrides file", hint=_HINT_FILE)
    if not data:
        raise OverridesError(f"{file} is empty", hint=_HINT_EMPTY)
    if not set(data) & set(catalogue.children("")):
        names = ", ".join(dotted((name,)) for name in list(data)[:3]) + (", ..." if len(data) > 3 else "")
        raise OverridesError(
            f"{file} is not an overrides file: none of its keys is a property ({names})", hint=_HINT_FILE
        )


def _problem(code: str, message: str, place: Position) -> Problem:
    return Problem(Severity.ERROR, code, message, (), place)


_HINT_EMPTY = "it needs at least org, instanceID, gcp and envs"
_HINT_FILE = "name the overrides file with -f FILE"
_HINT_UTF_8 = "save it as UTF-8"
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
"""What a YAML reader refuses: C1 controls too, save the line end that mainframes use."""
