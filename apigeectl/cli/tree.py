"""How a diagnosis is shown: the tree down to the containers, and what is known about its trouble."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from apigeectl.deployments.ages import span
from apigeectl.diagnosis.symptoms import when

if TYPE_CHECKING:
    from apigeectl.diagnosis.events import Event
    from apigeectl.diagnosis.findings import Finding
    from apigeectl.diagnosis.tree import Node
    from apigeectl.manifests import ObjectRef

_MOST = 4
"""So many siblings of a kind are shown that are not ready; one cause seldom strikes each in its own way."""

_MOST_SUBJECTS = 6
_INDENT = "  "
_YET_TO_COME = frozenset({"PodInitializing"})
"""Reasons of containers whose turn has not come: another one of the pod says why."""


@dataclass(frozen=True)
class Line:
    """One line and its style."""

    text: str
    style: str = ""


def tree_lines(nodes: Sequence[Node], *, whole: bool = False, now: datetime | None = None) -> Iterator[Line]:
    """A line a node that is not ready, its event and its log below it; all nodes when the whole is wanted.

    `now` tells how old events are.
    """
    yield from _level(nodes, 0, whole, now)


def wrapped(line: Line, width: int | None) -> Iterator[Line]:
    """The line in as many as it takes, those after the first further in."""
    indent = len(line.text) - len(line.text.lstrip())
    for part in _wrapped(line.text, " " * (indent + 2 * len(_INDENT)), width):
        yield Line(part, line.style)


def finding_lines(found: Sequence[Finding], width: int | None = None) -> Iterator[Line]:
    """Each finding with what it strikes, what shows it, why, and what to do."""
    for each in found:
        yield Line(f"{each.code}: {each.problem.title}", "bad" if _stops(each) else "warning")
        yield from _facts(each, width)
        for further in each.consequences:
            yield Line(
                f"{_INDENT}follows  {further.code}: {further.problem.title} ({_subjects(further)})", "dim"
            )


def node_document(node: Node) -> dict[str, Any]:
    """A node as JSON; what does not apply is left out."""
    event = node.event
    facts = {
        "kind": node.kind,
        "namespace": node.ref.namespace,
        "name": node.name,
        "state": node.readiness.state.value,
        "message": node.readiness.message,
        "reason": node.readiness.reason,
        "event": event
        and {"reason": event.reason, "message": event.message, "time": event.time, "count": event.count},
        "log": node.log,
        "codes": list(node.codes),
        "children": [node_document(child) for child in node.children],
    }
    return {key: value for key, value in facts.items() if value not in (None, "", [])}


def finding_document(found: Finding) -> dict[str, Any]:
    """A finding as JSON."""
    shown = found.evidence
    evidence = {"place": shown.place.name.lower(), "line": shown.line, **_object(shown.ref)}
    return {
        "code": found.code,
        "title": found.problem.title,
        "cause": found.problem.cause,
        "remedy": found.problem.remedy,
        "wait": {"course": found.wait.course.value, "minutes": found.wait.minutes},
        "names": dict(shown.names),
        "evidence": {**evidence, **({"container": shown.container} if shown.container else {})},
        "objects": [_object(ref) for ref in found.subjects],
        "consequences": [finding_document(each) for each in found.consequences],
    }


def _level(nodes: Sequence[Node], depth: int, whole: bool, now: datetime | None) -> Iterator[Line]:
    shown: dict[str, int] = {}
    hidden: dict[str, int] = {}
    for node in nodes:
        if not whole and (node.ready or (node.container and node.readiness.reason in _YET_TO_COME)):
            continue
        if not whole and shown.get(node.kind, 0) >= _MOST:
            hidden[node.kind] = hidden.get(node.kind, 0) + 1
            continue
        shown[node.kind] = shown.get(node.kind, 0) + 1
        yield from _node(node, depth, whole, now)
    for kind, count in hidden.items():
        yield Line(f"{_INDENT * depth}and {count} more of kind {kind}", "dim")


def _node(node: Node, depth: int, whole: bool, now: datetime | None) -> Iterator[Line]:
    indent = _INDENT * depth
    name = f"{node.kind} {node.name}" if depth else str(node.ref)
    codes = f" [{', '.join(node.codes)}]" if node.codes else ""
    yield Line(f"{indent}{name}: {_words(node)}{codes}", _style(node))
    if node.event:
        yield Line(
            f"{indent}{_INDENT}event: {node.event.reason}: {node.event.message}{_often(node.event, now)}",
            "dim",
        )
    if node.log:
        yield Line(f"{indent}{_INDENT}log: {node.log}", "dim")
    yield from _level(node.children, depth + 1, whole, now)


def _often(event: Event, now: datetime | None) -> str:
    said = [f"x{event.count}"] if event.count > 1 else []
    then = when(event.time) if now else None
    said += [f"{span(max(0.0, (now - then).total_seconds()))} ago"] if now and then else []
    return f" ({', '.join(said)})" if said else ""


def _words(node: Node) -> str:
    found = node.readiness
    if found.reason and node.kind == "Pod" and not all(child.ready for child in node.children):
        return found.reason  # its containers say the rest
    reason = found.reason if found.reason not in ("", "Init") and found.reason not in found.message else ""
    said = ": ".join(part for part in (reason, found.message) if part)
    state = found.state.value
    return said if said and not found.ready else f"{state}, {said}" if said and said != state else state


def _style(node: Node) -> str:
    if node.ready:
        return "good"
    return "bad" if node.readiness.state.value in ("failed", "missing") or node.codes else "warning"


def _stops(found: Finding) -> bool:
    return found.wait.course.value == "stop"


def _facts(found: Finding, width: int | None) -> Iterator[Line]:
    rows = (
        ("at", _subjects(found)),
        ("names", ", ".join(_unseen(found))),
        ("shown by", found.evidence.line),
        ("why", found.problem.cause),
        ("do", found.problem.remedy),
    )
    for name, words in rows:
        if words:
            text = f"{_INDENT}{name:<9}{words}"
            hang = " " * (len(_INDENT) + 9)
            for line in _wrapped(text, hang, width):
                yield Line(line)


def _unseen(found: Finding) -> Iterator[str]:
    """What is named, and not to be seen in the line already."""
    for key, value in found.evidence.names.items():
        if key != "app" and value not in found.evidence.line:
            yield f"{key} {value}"


def _wrapped(text: str, hang: str, width: int | None) -> list[str]:
    if width is None:
        return [text]
    return textwrap.wrap(text, width, subsequent_indent=hang, break_long_words=False, break_on_hyphens=False)


def _subjects(found: Finding) -> str:
    names = [str(ref) for ref in found.subjects]
    more = len(names) - _MOST_SUBJECTS
    return ", ".join(names[:_MOST_SUBJECTS]) + (f" and {more} more" if more > 0 else "")


def _object(ref: ObjectRef) -> dict[str, str]:
    return {"kind": ref.kind, "namespace": ref.namespace, "name": ref.name}
