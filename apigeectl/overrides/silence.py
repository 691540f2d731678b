"""Comments that silence a warning: `# apigeectl: ignore=CODE[,CODE] -- reason`, on its line or above it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from apigeectl.node_graph import Node
from apigeectl.overrides.codes import CODES
from apigeectl.overrides.position import Position
from apigeectl.overrides.problems import Problem, Severity

CODE = "silence"


@dataclass(frozen=True)
class Silence:
    """One such comment. Without codes it could not be understood; without a reason it silences nothing."""

    place: Position
    line: int
    """The line whose warnings it silences."""
    codes: tuple[str, ...] = ()
    reason: str = ""


def silences(text: str, root: Node) -> tuple[Silence, ...]:
    """Those of a text with this node graph; what only looks like a comment inside a quoted text is none."""
    if _ADDRESS not in text:
        return ()
    lines = _LINE_ENDS.split(text)
    quoted = _quoted_lines(root)
    found = []
    for number, line in enumerate(lines, 1):
        match = _COMMENT.search(line)
        if match and not any(start <= (number, match.start()) < end for start, end in quoted):
            found.append(_silence(match, number, lines))
    return tuple(found)


def silenced(
    problems: Iterable[Problem], silences: Sequence[Silence], *, complete: bool
) -> tuple[Problem, ...]:
    """The problems, those silenced with the reason; and a warning for every comment that is no good.

    A comment that silences nothing is reported when the judgement was complete: no file, scope or check left out.
    """
    if not silences:
        return tuple(problems)
    by_line: dict[tuple[int, str], Silence] = {
        (silence.line, code): silence for silence in silences for code in silence.codes
    }
    errors: set[tuple[int, str]] = set()
    used: set[tuple[int, str]] = set()
    judged = []
    for problem in problems:
        key = (problem.position.line if problem.position else 0, problem.code)
        silence = by_line.get(key)
        if silence and silence.reason and problem.severity is not Severity.ERROR:
            used.add(key)
            problem = replace(problem, silenced=silence.reason)
        elif silence and problem.severity is Severity.ERROR:
            errors.add(key)
        judged.append(problem)
    for silence in silences:
        judged += _complaints(silence, used, errors, complete=complete)
    return tuple(sorted(judged, key=_order))


def _order(problem: Problem) -> tuple[Position, str]:
    return problem.position or Position(0, 0), problem.code


def _complaints(
    silence: Silence, used: set[tuple[int, str]], errors: set[tuple[int, str]], *, complete: bool
) -> Iterator[Problem]:
    if not silence.codes:
        yield _complaint(silence, "this comment names no code to silence", _HINT)
        return
    if not silence.reason:
        yield _complaint(silence, "this comment gives no reason, so it silences nothing", _HINT)
        return
    for code in silence.codes:
        key = (silence.line, code)
        if code not in CODES:
            near = difflib.get_close_matches(code, CODES, n=1)
            hint = (
                f"did you mean {near[0]}?" if near else "the code stands at the end of a problem's first line"
            )
            yield _complaint(silence, f'there is no code "{code}"', hint)
        elif key in errors:
            message = f"{code} is an error here, and errors are never silenced"
            yield _complaint(silence, message, "repair it and remove the comment")
        elif complete and key not in used:
            message = f"there is no {code} here to silence"
            yield _complaint(
                silence, message, "remove the comment, or move it to the line that it is meant for"
            )


def _complaint(silence: Silence, message: str, hint: str) -> Problem:
    return Problem(Severity.WARNING, CODE, message, (), silence.place, hint)


_ADDRESS = "apigeectl:"
_HINT = "write # apigeectl: ignore=CODE -- reason"
_LINE_ENDS = re.compile(r"\r\n|\n|\r")
_COMMENT = re.compile(rf"(?:^|(?<=\s))#\s*{_ADDRESS}(?P<words>.*)")
_WORDS = re.compile(r"\s*ignore\s*=\s*(?P<codes>[\w.-]+(?:\s*,\s*[\w.-]+)*)\s*(?:--\s*(?P<reason>.*))?")


def _silence(comment: re.Match[str], number: int, lines: Sequence[str]) -> Silence:
    place = Position(number, comment.start() + 1)
    line = number
    if not comment.string[: comment.start()].strip():
        line += 1
        while line <= len(lines) and lines[line - 1].lstrip().startswith("#"):
            line += 1
    words = _WORDS.fullmatch(comment["words"].rstrip())
    if words is None:
        return Silence(place, line)
    codes = tuple(code.strip() for code in words["codes"].split(","))
    return Silence(place, line, codes, (words["reason"] or "").strip())


def _quoted_lines(root: Node) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Where quoted and block scalars begin and end: line from 1, column from 0."""
    spans, seen, rest = [], set(), [root]
    while rest:
        node = rest.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if node.id == "mapping":
            rest += [part for pair in node.value for part in pair]
        elif node.id == "sequence":
            rest += node.value
        elif node.style is not None:
            start, end = node.start_mark, node.end_mark
            spans.append(((start.line + 1, start.column), (end.line + 1, end.column)))
    return spans
