"""What check-ready shows: the tree, findings, JSON; on a terminal and off it."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from apigeectl.actions import installation
from apigeectl.cli.console import Console
from apigeectl.cli.flags import TalkFlags
from apigeectl.cli.options import Output
from apigeectl.cli.readiness import _show, look_once, until_ready
from apigeectl.cli.tree import Line, finding_lines, tree_lines, wrapped
from apigeectl.diagnosis import watching
from apigeectl.diagnosis.events import Event
from apigeectl.diagnosis.limits import Missing
from apigeectl.diagnosis.watching import check
from apigeectl.errors import WaitTimeout
from apigeectl.readiness.wait import NotReady
from tests.diagnosis.clusters import (
    INSTALLATION,
    RUNNING,
    TalkingCluster,
    chain,
    hidden,
    no_image,
    organization,
)
from tests.diagnosis.samples import container, pod, waiting
from tests.diagnosis.test_symptoms import CRASHED, NOW

LOG = "error: invalid_grant: Invalid JWT Signature."


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def what_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "installation_of", lambda prepared: INSTALLATION)
    monkeypatch.setattr(watching, "watch", partial(watching.watch, settling=0.0, beat=0.01))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)


def talk(*, output: Output = Output.TEXT, verbose: bool = False) -> TalkFlags:
    return TalkFlags(output=output, verbose=verbose)


def crashing() -> TalkingCluster:
    lives = chain("mart", container("apigee-mart", ended=CRASHED, **waiting("CrashLoopBackOff")))
    return TalkingCluster(*lives, logs={("apigee-mart-1-a", True): LOG})


def looked(cluster: TalkingCluster, **flags: Any) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = look_once(Console(out=out, err=err), None, cluster, talk(**flags))  # type: ignore[arg-type]
    return code, out.getvalue(), err.getvalue()


def test_what_is_ready_is_one_line():
    assert looked(TalkingCluster(organization(**RUNNING))) == (0, "", "All containers are ready.\n")


def test_the_way_down_to_the_container_is_shown_with_cause_and_remedy():
    code, out, err = looked(crashing())

    assert (code, out) == (1, "")
    assert err.splitlines()[:5] == [
        "ApigeeOrganization/apigee/acme: creating",
        "  ApigeeDeployment apigee-mart: the operator has not looked at it yet",
        "    Pod apigee-mart-1-a: CrashLoopBackOff",
        "      container apigee-mart: CrashLoopBackOff [IAM-01]",
        f"        log: {LOG}",
    ]
    assert "IAM-01: a key is not valid any more\n" in err
    assert "  at       Pod/apigee/apigee-mart-1-a\n" in err
    assert "  do       Make a new key," in err
    assert err.endswith("the ready check failed: 2 of 2 are not ready\n")


def test_json_has_nodes_and_findings():
    code, out, _ = looked(crashing(), output=Output.JSON)

    document = json.loads(out)
    assert code == 1
    assert (document["apiVersion"], document["kind"], document["ready"]) == (
        "apigeectl/v1",
        "Readiness",
        False,
    )
    top = document["nodes"][0]
    assert (top["kind"], top["children"][0]["kind"]) == ("ApigeeOrganization", "ApigeeDeployment")
    (found,) = document["findings"]
    assert (found["code"], found["wait"]) == ("IAM-01", {"course": "stop", "minutes": 0})
    assert found["evidence"]["line"] == LOG
    assert found["objects"] == [{"kind": "Pod", "namespace": "apigee", "name": "apigee-mart-1-a"}]


def test_a_right_that_is_missing_is_told():
    cluster = crashing()
    cluster.faults = hidden("Event")

    assert "warning: reasons may stay hidden, for want of rights: list Event in apigee" in looked(cluster)[2]
    document = json.loads(looked(cluster, output=Output.JSON)[1])
    assert document["missingRights"] == [{"verb": "list", "kind": "Event", "namespace": "apigee"}]


def test_many_kinds_that_may_not_be_watched_are_counted():
    seen = check(crashing(), INSTALLATION)
    rights = tuple(Missing("watch", kind, "apigee") for kind in ("Event", "Job", "Pod", "Service", "Secret"))

    err = io.StringIO()
    _show(Console(err=err), replace(seen, missing=rights), talk())

    words = "changes are seen late, for want of the right to watch Event, Job, Pod and 2 more kinds"
    assert f"warning: {words}\n" in err.getvalue()


def test_an_event_says_how_often_and_how_long_ago():
    found = check(crashing(), INSTALLATION)
    event = Event("BackOff", "no", "2026-01-01T11:57:00Z", 3)
    node = replace(found.nodes[0], event=event)

    assert "  event: BackOff: no (x3, 3m ago)" in [line.text for line in tree_lines([node], now=NOW)]
    assert "  event: BackOff: no (x3)" in [line.text for line in tree_lines([node])]


def test_on_a_terminal_long_lines_go_on_further_in():
    line = Line("    Pod apigee-mart-1-a: " + "no node takes it " * 6, "bad")

    first, *more = wrapped(line, 80)

    assert max(len(part.text) for part in (first, *more)) <= 80
    assert [part.text[:9] for part in more] == ["        n" for _ in more]
    assert {part.style for part in (first, *more)} == {"bad"}
    assert list(wrapped(line, None)) == [line]


def test_everything_is_shown_when_asked_for():
    _, _, err = looked(TalkingCluster(organization(**RUNNING)), verbose=True)

    assert err == "ApigeeOrganization/apigee/acme: ready, running\nAll containers are ready.\n"


def test_many_pods_of_a_kind_are_counted():
    statuses = [container(**waiting("ImagePullBackOff"))]
    pods = [pod(f"apigee-mart-{number}", status={"containerStatuses": statuses}) for number in range(9)]
    found = check(TalkingCluster(organization(), *pods), INSTALLATION)

    lines = [line.text for line in tree_lines(found.nodes)]
    assert sum(line.startswith("Pod/") for line in lines) == 4
    assert lines[-1] == "and 5 more of kind Pod"
    (at,) = [line.text for line in finding_lines(found.findings) if line.text.startswith("  at ")]
    assert at.endswith("and 3 more")


class TestWaiting:
    def waited(
        self, cluster: TalkingCluster, err: io.StringIO, output: Output = Output.TEXT, **flags: Any
    ) -> str:
        out = io.StringIO()
        console = Console(out=out, err=err, **flags)
        with pytest.raises((NotReady, WaitTimeout)):
            until_ready(console, None, cluster, talk(output=output), 0.3)  # type: ignore[arg-type]
        return out.getvalue()

    def test_lines_follow_each_other_off_a_terminal(self):
        err = io.StringIO()

        assert self.waited(crashing(), err) == ""
        said = err.getvalue().splitlines()
        assert said[0] == "0 of 2 ready; ApigeeOrganization/apigee/acme: creating (and 1 more)"
        assert f"IAM-01: a key is not valid any more: {LOG}" in said
        assert "\x1b" not in err.getvalue()

    def test_the_tree_moves_on_a_terminal(self):
        err = Terminal()

        self.waited(crashing(), err)
        assert re.search(r"\x1b\[\d+A", err.getvalue())  # up again, to be written over
        assert "IAM-01" in err.getvalue()

    def test_what_was_seen_is_left_after_an_interrupt(self, monkeypatch: pytest.MonkeyPatch):
        out, err = io.StringIO(), io.StringIO()

        def interrupted(*_: Any, **__: Any) -> Any:
            yield check(crashing(), INSTALLATION)
            raise KeyboardInterrupt

        monkeypatch.setattr(watching, "watch", interrupted)
        with pytest.raises(KeyboardInterrupt):
            until_ready(Console(out=out, err=err), None, crashing(), talk(), 5)  # type: ignore[arg-type]

        assert "container apigee-mart: CrashLoopBackOff [IAM-01]" in err.getvalue()

    def test_json_says_how_the_wait_ended(self):
        out = self.waited(TalkingCluster(*no_image()), io.StringIO(), Output.JSON)

        error = json.loads(out)["error"]
        assert error["message"] == "after 0 s 2 objects are not ready"
        assert len(error["details"]) == 2

    def test_no_color_takes_lines_on_a_terminal_too(self):
        err = Terminal()

        self.waited(crashing(), err, no_color=True)
        assert "\x1b" not in err.getvalue()

    def test_json_is_one_document_at_the_end(self):
        out = self.waited(TalkingCluster(*no_image()), io.StringIO(), Output.JSON)

        assert [each["code"] for each in json.loads(out)["findings"]] == ["KUB-02"]
