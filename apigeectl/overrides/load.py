"""Read an overrides file, or say in one sentence why it cannot be one."""

from __future__ import annotations

import os
import pathlib
import re
import select
import stat
import warnings
from typing import Any

from apigeectl.errors import OverridesError
from apigeectl.overrides import catalogue
from apigeectl.overrides.document import Overrides
from apigeectl.overrides.nodes import MAX_DEPTH, Reading, TooMuch, position
from apigeectl.overrides.position import Position, dotted
from apigeectl.overrides.problems import OverridesInvalid, Problem, Severity, errors
from apigeectl.overrides.syntax import syntax_problem
from apigeectl.yaml import YAMLSyntaxError, compose

MAX_SIZE = 4 * 1024 * 1024
_WRITER_SECONDS = 5.0


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
    reading = Reading(text)
    try:
        data = reading.read(node)
    except TooMuch as error:
        raise OverridesInvalid(file, text, [_problem("yaml-size", str(error), error.position)]) from None
    if data is None:
        raise OverridesError(f"{file} is empty.", hint=_HINT_EMPTY)
    if not isinstance(data, dict):
        kind = "a list" if isinstance(data, list) else "a single value"
        message = f"An overrides file is a map of properties; this is {kind}."
        raise OverridesInvalid(file, text, [_problem("not-a-map", message, position(node))])
    _refuse_other_kinds(data, file)
    return Overrides(file, text, data, reading.keys, reading.values, reading.raw, tuple(reading.problems))


def _content(file: pathlib.Path) -> bytes:
    try:
        with open(file, "rb", opener=_open_without_waiting) as stream:
            _require_content(file, stream.fileno())
            content = stream.read(MAX_SIZE + 1)
    except FileNotFoundError:
        raise OverridesError(f"There is no overrides file {file}.", hint=_HINT_FILE) from None
    except IsADirectoryError:
        raise OverridesError(f"{file} is a directory, not an overrides file.", hint=_HINT_FILE) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its name is no file name"
        raise OverridesError(
            f"The overrides file {file} cannot be read: {reason}.", hint=_HINT_FILE
        ) from None
    if len(content) > MAX_SIZE:
        raise OverridesError(
            f"{file} is larger than {MAX_SIZE // 1024 // 1024} MB, so it is not an overrides file.",
            hint=_HINT_FILE,
        )
    return content


def _require_content(file: pathlib.Path, descriptor: int) -> None:
    """Stop at what holds no text; from a pipe (`-f <(...)`, /dev/stdin) wait for what comes."""
    mode = os.fstat(descriptor).st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode) or os.isatty(descriptor)):
        raise OverridesError(f"{file} is not a regular file and no pipe.", hint=_HINT_FILE)
    if not stat.S_ISREG(mode):
        # Once somebody writes it may take long; with nobody there, reading finds the end at once.
        select.select([descriptor], [], [], _WRITER_SECONDS)
        os.set_blocking(descriptor, True)


def _open_without_waiting(name: str, flags: int) -> int:
    """A pipe with nobody at its other end would otherwise hold us for ever."""
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))


def _decode(file: pathlib.Path, content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise OverridesError(f"{file} is UTF-16 text.", hint="Save it as UTF-8.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise OverridesError(f"{file} is not UTF-8 text (line {line}).", hint="Save it as UTF-8.") from None
    unprintable = _UNPRINTABLE.search(text)
    if unprintable:
        line = text[: unprintable.start()].count("\n") + 1
        code = f"U+{ord(unprintable.group()):04X}"
        raise OverridesError(
            f"{file} is not a text file: line {line} holds the control character {code}.", hint=_HINT_FILE
        )
    return text


def _compose(text: str, file: pathlib.Path) -> Any:
    tower = _TOWER.search(text)
    if tower:
        raise OverridesInvalid(file, text, [_problem("yaml-size", _TOO_DEEP, _place(text, tower.start()))])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an anchor defined twice is legal, and the last one counts
            node = compose(_without_empty_documents(text))
    except YAMLSyntaxError as error:
        raise OverridesInvalid(file, text, [syntax_problem(error, text)]) from error
    except RecursionError:
        raise OverridesInvalid(file, text, [_problem("yaml-size", _TOO_DEEP, Position(1, 1))]) from None
    if node is None:
        raise OverridesError(f"{file} is empty.", hint=_HINT_EMPTY)
    return node


def _without_empty_documents(text: str) -> str:
    """A closing `---` with nothing behind it is a habit of generators, not a second document."""
    return _TRAILING_SEPARATOR.sub("", text)


def _refuse_other_kinds(data: dict[str, Any], file: pathlib.Path) -> None:
    if "apiVersion" in data and "kind" in data:
        what = "a kubeconfig" if data["kind"] == "Config" else f"a Kubernetes manifest ({data['kind']})"
        raise OverridesError(f"{file} is {what}, not an overrides file.", hint=_HINT_FILE)
    if not data:
        raise OverridesError(f"{file} is empty.", hint=_HINT_EMPTY)
    if not set(data) & set(catalogue.children("")):
        names = ", ".join(dotted((name,)) for name in list(data)[:3]) + (", ..." if len(data) > 3 else "")
        raise OverridesError(
            f"{file} is not an overrides file: none of its keys is a property ({names}).", hint=_HINT_FILE
        )


def _place(text: str, index: int) -> Position:
    return Position(text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index))


def _problem(code: str, message: str, place: Position) -> Problem:
    return Problem(Severity.ERROR, code, message, (), place)


_TOO_DEEP = "Nested too deeply for an overrides file."
_HINT_EMPTY = "It needs at least org, instanceID, gcp and envs."
_HINT_FILE = "Name the overrides file with -f FILE."
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_TOWER = re.compile(rf"(?:[\[{{]\s*){{{MAX_DEPTH + 1}}}")
"""So many brackets in a row that the parser would spend seconds on them before it gave up."""

_TRAILING_SEPARATOR = re.compile(r"(?<=\n)---[ \t]*(?:#[^\n]*)?\r?\n?(?:[ \t]*(?:#[^\n]*)?\r?\n)*\Z")
