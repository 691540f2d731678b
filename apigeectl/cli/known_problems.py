"""How a known problem is explained: for people, as JSON, and on its page."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from apigeectl.actions.explain import places
from apigeectl.cli.hints import WIDTH
from apigeectl.diagnosis.catalogue import GROUPS, PROBLEMS
from apigeectl.diagnosis.model import Problem


def as_text(problem: Problem) -> str:
    """Symptom, cause, proof, remedy, and what a wait does about it."""
    blocks = [f"{problem.code}: {problem.title}"]
    blocks += [_field(name, words) for name, words in _fields(problem)]
    blocks.insert(3, "  proof\n" + "\n".join(f"    {command}" for command in problem.proof))
    return "\n".join(blocks)


def as_json(problem: Problem) -> dict[str, Any]:
    """The same as data."""
    return {
        "apiVersion": "apigeectl/v1",
        "kind": "Problem",
        "code": problem.code,
        "title": problem.title,
        "symptom": problem.symptom,
        "cause": problem.cause,
        "proof": list(problem.proof),
        "remedy": problem.remedy,
        "wait": {"course": problem.wait.course.value, "minutes": problem.wait.minutes},
        "seenIn": [place.name.lower() for place in places(problem.code)],
        "command": problem.command,
        "unseen": problem.unseen,
    }


def page() -> str:
    """The page with all of them."""
    return _HEAD + "\n".join(_group(prefix, title) for prefix, title in GROUPS.items())


def _field(name: str, words: str) -> str:
    indent = " " * 11
    return textwrap.fill(
        words,
        WIDTH,
        initial_indent=f"  {name:9}",
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _fields(problem: Problem) -> Iterator[tuple[str, str]]:
    yield "symptom", problem.symptom
    yield "cause", problem.cause
    yield "remedy", problem.remedy
    yield "wait", _wait(problem)
    yield "seen in", _seen(problem)


def _wait(problem: Problem) -> str:
    return {
        "stop": "a wait ends with exit code 1"
        + (f" when it lasts {problem.wait.minutes} minutes" if problem.wait.minutes else " at once"),
        "go on": "a wait goes on",
        "warn": "a wait goes on; it does not keep anything from becoming ready",
    }[problem.wait.course.value]


def _seen(problem: Problem) -> str:
    found = [place.value for place in places(problem.code)]
    if problem.command:
        found.append(f"apigeectl {problem.command}")
    return "; ".join(found) or f"nothing that apigeectl looks at. {problem.unseen}"


def _group(prefix: str, title: str) -> str:
    members = [each for code, each in PROBLEMS.items() if code.startswith(prefix)]
    return f"## {prefix}: {title}\n\n" + "\n".join(_section(each) for each in members)


def _section(problem: Problem) -> str:
    proof = "\n".join(f"    {command}" for command in problem.proof)
    return (
        f"### {problem.code}: {problem.title}\n\n"
        f"{_escaped(problem.symptom)}\n\n**Cause.** {_escaped(problem.cause)}\n\n{proof}\n\n"
        f"**Remedy.** {_escaped(problem.remedy)}\n\n"
        f"Waiting: {_wait(problem)}. Seen in: {_seen(problem).rstrip('.')}.\n"
    )


def _escaped(text: str) -> str:
    return text.replace("[", r"\[").replace("<", r"\<")


_HEAD = """\
# Known problems

Generated from `apigeectl/diagnosis`; `pytest tests/diagnosis --update` writes it anew. `apigeectl check-ready` finds what can be seen in
objects, events and logs, other commands what they are named for. `apigeectl explain CODE` prints an entry without a network, and
`apigeectl explain "WORDS"` the one that the words of a log, of Helm or of kubectl give away. Capitals such as NAMESPACE stand for values.

"""
