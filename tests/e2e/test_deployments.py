"""Switching revisions under a constant stream of requests, and gcloud's view of what is deployed."""

from __future__ import annotations

import http.client
import io
import json
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from apigeectl.actions.deployments_status import Times
from apigeectl.cli import deployments_place
from apigeectl.cli.app import run
from apigeectl.clients import pace
from apigeectl.sandbox.session import Sandbox

ORG = "hybrid-demo"
Done = subprocess.CompletedProcess[str]


class Stream:
    """Requests to a base path, one after the other without a pause."""

    def __init__(self, url: str) -> None:
        self.answers: list[tuple[int, str]] = []
        self._parts = urlsplit(url)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Stream:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def misses(self) -> int:
        return sum(status != 200 for status, _ in self.answers)

    @property
    def revisions(self) -> set[str]:
        return {revision for _, revision in self.answers if revision}

    def _run(self) -> None:
        connection = http.client.HTTPConnection(self._parts.netloc, timeout=5)
        while not self._stop.wait(0.002):
            connection.request("GET", self._parts.path)
            answer = connection.getresponse()
            self.answers.append((answer.status, json.loads(answer.read()).get("revision", "")))
        connection.close()


class Installed:
    """A sandbox, and programs that run in it; ours in this process, with pauses a twentieth as long."""

    def __init__(self, sandbox: Sandbox, folder: Path, patch: pytest.MonkeyPatch) -> None:
        for name, value in sandbox.environment().items():
            patch.setenv(name, value)
        patch.chdir(folder)
        patch.setattr(pace, "WRITES_PER_SECOND", 20.0)
        patch.setattr(
            deployments_place, "Times", lambda: Times(sleep=lambda seconds: time.sleep(seconds / 20))
        )
        self.url = f"{sandbox.google.ingress.url}/hello"

    def gcloud(self, *argv: str) -> Done:
        command = ["gcloud", "apigee", *argv, "--format", "json"]
        return subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)

    def deployments(self, *argv: str) -> Done:
        place = () if argv[0] == "list" else ("--env", "test")
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = run(["deployments", *argv, "--org", ORG, *place])
        return subprocess.CompletedProcess(argv, code, out.getvalue(), err.getvalue())

    def deploy(self, revision: int) -> Done:
        return self.deployments("deploy", "hello", "--revision", str(revision))


Start = Callable[..., Installed]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Sandboxes whose pods take a third of a second to poll."""
    sandboxes = []

    def begin(*faults: str, speed: float = 0.15) -> Installed:
        sandboxes.append(Sandbox(faults=faults, speed=speed))
        return Installed(sandboxes[-1].__enter__(), tmp_path, monkeypatch)

    yield begin
    for sandbox in sandboxes:
        sandbox.__exit__()


def test_a_deploy_over_another_misses_no_request_and_undeploying_first_misses_some(start: Start):
    here = start()
    assert here.deploy(1).returncode == 0

    with Stream(here.url) as stream:
        done = here.deploy(2)

    assert (done.returncode, stream.misses, stream.revisions) == (0, 0, {"1", "2"}), done.stderr
    assert len(stream.answers) > 50

    with Stream(here.url) as stream:
        assert here.deployments("undeploy", "hello", "--yes").returncode == 0
        assert here.deploy(1).returncode == 0

    assert stream.misses > 0
    assert stream.revisions == {"1", "2"}


def test_a_revision_that_fails_ends_with_the_old_one_serving(start: Start):
    here = start("bundle-error")
    assert here.deploy(1).returncode == 0

    with Stream(here.url) as stream:
        done = here.deploy(2)
    with Stream(here.url) as afterwards:
        threading.Event().wait(0.1)

    assert done.returncode == 1
    assert "revision 1 was put back and serves on all runtime pods" in done.stderr
    assert stream.revisions == {"1", "2"}
    assert (afterwards.misses, afterwards.revisions) == (0, {"1"})


@pytest.mark.skipif(shutil.which("gcloud") is None, reason="gcloud is not installed")
def test_gcloud_agrees_about_what_is_deployed(start: Start):
    here = start(speed=0)
    place = ("--api", "hello", "--environment", "test", "--organization", ORG)

    here_too = ("--organization", ORG)

    def asked(*commands: tuple[str, ...]) -> list[Done]:
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(lambda argv: here.gcloud(*argv), commands))

    def ours() -> list[tuple[str, str, str]]:
        items = json.loads(here.deployments("list", "-o", "json").stdout)["items"]
        return [(each["environment"], each["proxy"], each["revision"]) for each in items if each["revision"]]

    def theirs(done: Done) -> list[tuple[str, str, str]]:
        found = json.loads(done.stdout)
        return [(each["environment"], each["apiProxy"], each["revision"]) for each in found]

    assert here.deploy(1).returncode == 0
    listed, refused, proxies, environments = asked(
        ("deployments", "list", *here_too),
        ("apis", "deploy", "2", *place),
        ("apis", "list", *here_too),
        ("environments", "list", *here_too),
    )
    assert theirs(listed) == ours() == [("test", "hello", "1")]
    assert (refused.returncode, "use the override flag to replace" in refused.stderr) == (1, True)
    assert json.loads(proxies.stdout) == ["hello", "orders"]
    assert json.loads(environments.stdout) == ["test"]

    assert here.gcloud("apis", "deploy", "2", *place, "--override").returncode == 0
    described = json.loads(here.gcloud("deployments", "describe", *place).stdout)
    seen = json.loads(here.deployments("status", "hello", "-o", "json").stdout)
    assert (described["revision"], described["state"]) == (seen["revision"], seen["state"]) == ("2", "READY")

    assert here.gcloud("apis", "undeploy", *place).returncode == 0
    assert ours() == []
