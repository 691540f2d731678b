"""How readiness is shown: what is not ready and why, or the one line that scripts look for."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from apigeectl.cli.console import Console
from apigeectl.cli.flags import TalkFlags
from apigeectl.cli.options import Output
from apigeectl.cli.tree import Line, finding_document, finding_lines, node_document, tree_lines
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
            _show(console, found, talk)
            if talk.output is Output.TEXT and isinstance(error, WaitTimeout):
                error.details = error.details[len(found.report.not_ready) :]  # the tree has said it
        raise
    return _verdict(console, found, talk) if found else ExitCode.FAILED


@contextmanager
def _telling(console: Console, talk: TalkFlags) -> Iterator[Callable[[Diagnosis], None]]:
    """Call what it yields with each diagnosis: the tree moves on a terminal, lines follow each other elsewhere."""
    if talk.output is Output.JSON:
        yield lambda found: None
    elif console.color:
        from apigeectl.cli.progress import screen

        with screen(console) as draw:
            yield lambda found: draw([*_head(found), *tree_lines(found.nodes)])
    else:
        yield _Lines(console).tell


class _Lines:
    """Says what is new, a line at a time."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said: set[tuple[str, ...]] = set()
        self._last = ""

    def tell(self, found: Diagnosis) -> None:
        words = progress(found.report)
        if words != self._last:
            self._last = words
            self._console.say(words, "dim")
        for each in found.findings:
            if each.key not in self._said:
                self._said.add(each.key)
                self._console.say(f"{each.code}: {each.problem.title}: {each.evidence.line}")


def _head(found: Diagnosis) -> Iterator[Line]:
    """What must be seen even where the screen is too small for the tree."""
    rows = found.report.rows
    yield Line(f"{len(rows) - len(found.report.not_ready)} of {len(rows)} ready", "dim")
    for each in found.findings:
        yield Line(f"{each.code}: {each.problem.title}", "bad")
        yield Line(f"  {each.problem.remedy}")


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


def _show(console: Console, found: Diagnosis, talk: TalkFlags) -> None:
    if talk.output is Output.JSON:
        console.json_line(_document(found))
        return
    lines = [*tree_lines(found.nodes, whole=talk.verbose), *finding_lines(found.findings, _width(console))]
    for line in lines:
        console.say(line.text, line.style)


def _width(console: Console) -> int | None:
    """None off a terminal, where lines can be as long as they are."""
    return shutil.get_terminal_size().columns if console.err is not None and console.err.isatty() else None


def progress(report: ReadinessReport) -> str:
    """How far it is, and the first thing that is waited for."""
    waiting = report.not_ready
    done = f"{len(report.rows) - len(waiting)} of {len(report.rows)} ready"
    if not waiting:
        return done
    more = f" (and {len(waiting) - 1} more)" if len(waiting) > 1 else ""
    return f"{done}; {waiting[0].ref}: {waiting[0].readiness.message}{more}"


def _document(found: Diagnosis) -> dict[str, Any]:
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
            }
            for row in report.rows
        ],
        "nodes": [node_document(node) for node in found.nodes],
        "findings": [finding_document(each) for each in found.findings],
    }
