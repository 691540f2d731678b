"""What check-ready shows: the tree, findings, JSON; on a terminal and off it."""

from __future__ import annotations

import io
import json
from functools import partial
from typing import Any

import pytest

from apigeectl.actions import installation
from apigeectl.cli.console import Console
from apigeectl.cli.flags import TalkFlags
from apigeectl.cli.options import Output
from apigeectl.cli.readiness import look_once, until_ready
from apigeectl.cli.tree import finding_lines, tree_lines
from apigeectl.diagnosis import watching
from apigeectl.diagnosis.watching import check
from apigeectl.errors import WaitTimeout
from apigeectl.readiness.wait import NotReady
from tests.diagnosis.clusters import INSTALLATION, RUNNING, TalkingCluster, chain, no_image, organization
from tests.diagnosis.samples import container, pod, waiting
from tests.diagnosis.test_symptoms import CRASHED

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
        assert "\x1b[?25l" in err.getvalue()  # the cursor is hidden while it moves
        assert "IAM-01" in err.getvalue()

    def test_no_color_takes_lines_on_a_terminal_too(self):
        err = Terminal()

        self.waited(crashing(), err, no_color=True)
        assert "\x1b" not in err.getvalue()

    def test_json_is_one_document_at_the_end(self):
        out = self.waited(TalkingCluster(*no_image()), io.StringIO(), Output.JSON)

        assert [each["code"] for each in json.loads(out)["findings"]] == ["KUB-02"]
