"""How readiness is shown: what is not ready and why, or the one line that scripts look for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from apigeectl.cli.console import Console
from apigeectl.cli.flags import TalkFlags
from apigeectl.cli.options import Output
from apigeectl.cli.tree import Line, finding_document, finding_lines, node_document, tree_lines, wrapped
from apigeectl.errors import ExitCode, InstallerError, WaitTimeout

if TYPE_CHECKING:
    from collections.abc import Callable

    from apigeectl.actions.preparation import Prepared
    from apigeectl.diagnosis.watching import Cluster, Diagnosis
    from apigeectl.readiness.installation import ReadinessReport

ALL_READY = "All containers are ready."
"""Install scripts look for exactly this line on stderr."""


def look_once(console: Console, prepared: Prepared, cluster: Cluster, talk: TalkFlags) -> int:
    """The verdict of one look."""
    from apigeectl.actions.installation import installation_of
    from apigeectl.diagnosis.watching import check

    whole = talk.verbose or talk.output is Output.JSON
    found = check(cluster, installation_of(prepared), whole=whole)
    return _verdict(console, found, talk)


def until_ready(
    console: Console, prepared: Prepared, cluster: Cluster, talk: TalkFlags, timeout: float
) -> int:
    """The verdict when everything is ready; raises when waiting does not help or time ran out."""
    from apigeectl.actions.installation import installation_of
    from apigeectl.diagnosis.watching import watch

    found: Diagnosis | None = None
    try:
        with _telling(console, talk) as tell:
            for found in watch(cluster, installation_of(prepared), timeout=timeout):
                tell(found)
    except InstallerError as error:
        if found:
            _show(console, found, talk, error)
            if talk.output is Output.TEXT and isinstance(error, WaitTimeout):
                error.details = error.details[len(found.report.not_ready) :]  # the tree has said it
        raise
    except KeyboardInterrupt:
        if found:
            _show(console, found, talk)
        raise
    return _verdict(console, found, talk) if found else ExitCode.FAILED


@contextmanager
def _telling(console: Console, talk: TalkFlags) -> Iterator[Callable[[Diagnosis], None]]:
    """Call what it yields with each diagnosis: the tree moves on a terminal, lines follow each other elsewhere."""
    if talk.output is Output.JSON:
        yield lambda found: None
    elif console.color:
        from apigeectl.cli.screen import screen

        with screen(console) as draw:
            yield lambda found: draw([*_head(found, _width(console)), *tree_lines(found.nodes)])
    else:
        yield _Lines(console).tell


class _Lines:
    """Says what is new, a line at a time."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said: set[tuple[str, ...]] = set()
        self._last = self._trouble = ""

    def tell(self, found: Diagnosis) -> None:
        words = progress(found.report)
        if words != self._last:
            self._last = words
            self._console.say(words, "dim")
        if found.trouble and found.trouble != self._trouble:
            self._console.warn(f"{_OLD}: {found.trouble}")
        self._trouble = found.trouble
        for each in found.findings:
            if each.key not in self._said:
                self._said.add(each.key)
                self._console.say(f"{each.code}: {each.problem.title}: {each.evidence.line}")


def _head(found: Diagnosis, width: int | None) -> Iterator[Line]:
    """What must be seen even where the screen is too small for the tree."""
    rows = found.report.rows
    yield Line(f"{len(rows) - len(found.report.not_ready)} of {len(rows)} ready", "dim")
    if found.trouble:
        yield Line(f"{_OLD}: {found.trouble}", "warning")
    for each in found.findings:
        yield Line(f"{each.code}: {each.problem.title}", "bad")
        yield from wrapped(Line(f"  {each.problem.remedy}"), width)


def _verdict(console: Console, found: Diagnosis, talk: TalkFlags) -> int:
    _show(console, found, talk)
    report = found.report
    if report.ready:
        console.say(ALL_READY, "good")
        return ExitCode.OK
    behind, all_of_them = len(report.not_ready), len(report.rows)
    console.say(
        f"the ready check failed: {behind} of {all_of_them} {'is' if behind == 1 else 'are'} not ready", "bad"
    )
    return ExitCode.FAILED


def _show(console: Console, found: Diagnosis, talk: TalkFlags, error: InstallerError | None = None) -> None:
    if talk.output is Output.JSON:
        console.json_line(_document(found, error))
        return
    width = _width(console)
    nodes = tree_lines(found.nodes, whole=talk.verbose, now=datetime.now(timezone.utc))
    told = [part for node in nodes for part in wrapped(node, width)]
    for line in (*told, *finding_lines(found.findings, width)):
        console.say(line.text, line.style)
    for words in _limits(found):
        console.warn(words)


def _limits(found: Diagnosis) -> Iterator[str]:
    """What we do not see, or see late, for want of rights."""
    hidden = [str(one) for one in found.missing if one.verb != "watch"]
    kinds = sorted({one.kind for one in found.missing if one.verb == "watch"})
    if hidden:
        yield f"reasons may stay hidden, for want of rights: {', '.join(hidden)}"
    if kinds:
        more = f" and {len(kinds) - _MOST_KINDS} more kinds" if len(kinds) > _MOST_KINDS else ""
        yield f"changes are seen late, for want of the right to watch {', '.join(kinds[:_MOST_KINDS])}{more}"


_MOST_KINDS = 3


_OLD = "what is shown may be old, the last look failed"


def _width(console: Console) -> int | None:
    """None off a terminal, where lines can be as long as they are."""
    if console.err is None or not console.err.isatty():
        return None
    from apigeectl.cli.screen import size

    return size(console.err).columns


def progress(report: ReadinessReport) -> str:
    """How far it is, and the first thing that is waited for."""
    waiting = report.not_ready
    done = f"{len(report.rows) - len(waiting)} of {len(report.rows)} ready"
    if not waiting:
        return done
    more = f" (and {len(waiting) - 1} more)" if len(waiting) > 1 else ""
    return f"{done}; {waiting[0].ref}: {waiting[0].readiness.message}{more}"


def _document(found: Diagnosis, error: InstallerError | None) -> dict[str, Any]:
    report = found.report
    return {
        "apiVersion": "apigeectl/v1",
        "kind": "Readiness",
        "ready": report.ready,
        "applied": report.applied,
        "objects": [
            {
                "kind": row.ref.kind,
                "namespace": row.ref.namespace,
                "name": row.ref.name,
                "state": row.readiness.state.value,
                "message": row.readiness.message,
                "reason": row.readiness.reason,
                "lastWords": row.last_words,
            }
            for row in report.rows
        ],
        "nodes": [node_document(node) for node in found.nodes],
        "findings": [finding_document(each) for each in found.findings],
        "missingRights": [vars(one) for one in found.missing],
        "trouble": found.trouble,
        "error": error and {"message": error.message, "details": list(error.details), "hint": error.hint},
    }
