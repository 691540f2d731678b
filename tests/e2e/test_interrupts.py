"""Ctrl-C, and a second apigeectl, while an apply is at work: what is said, and that the next run finishes it."""

from __future__ import annotations

import os
import re
import signal
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from apigeectl import yaml
from apigeectl.apply.lease import Holder, held
from apigeectl.cli.app import run
from apigeectl.clients.kubernetes import Cluster
from apigeectl.manifests import LiveObject
from apigeectl.sandbox.kubernetes import KubernetesServer
from apigeectl.sandbox.operator import APIServer
from apigeectl.sandbox.session import kubeconfig
from tests import kill
from tests.e2e.faulty_proxy import Asked, Delay, Fault, FaultyProxy

INSTALLATION = "hybrid-demo-a6bab48"


@pytest.fixture(scope="module", params=["memory", pytest.param("real", marks=pytest.mark.cluster)])
def installation(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[APIServer, kill.Site, Cluster]]:
    """A server with Apigee's definitions, an overrides file with its keys, and the direct way to it."""
    with ExitStack() as stack:
        if request.param == "memory":
            memory = stack.enter_context(KubernetesServer())
            server = APIServer(memory.url, memory.token, memory.ca_pem)
        elif "APIGEECTL_TEST_KUBECONFIG" in os.environ:
            # One of its own: other tests change the definitions of the shared ones.
            server = APIServer.from_kubeconfig(kill.start(stack, tmp_path_factory.mktemp("server")))
        else:
            pytest.skip("APIGEECTL_TEST_KUBECONFIG names no kube-apiserver")
        direct = tmp_path_factory.mktemp("direct") / "kubeconfig"
        direct.write_text(yaml.dump([kubeconfig(server)]), encoding="utf-8")
        yield server, *kill.prepare(stack, direct)


@dataclass
class Apply:
    """An apply in a namespace of its own, through a proxy."""

    site: kill.Site
    direct: Cluster
    proxy: FaultyProxy
    namespace: str

    def arguments(self, command: str) -> list[str]:
        return [command, "--release", "1.8", "-f", f"{self.namespace}.yaml"]

    def leases(self) -> list[LiveObject]:
        return self.direct.list("coordination.k8s.io", "Lease", self.namespace)

    def finish(self) -> None:
        """The same command once more ends well, and then nothing differs from the file."""
        self.proxy.fault = lambda _: None
        assert run(self.arguments("apply")) == 0
        assert run([*self.arguments("diff"), "--exit-code"]) == 0
        assert self.leases() == []


@pytest.fixture
def started(
    installation: tuple[APIServer, kill.Site, Cluster], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Apply]:
    server, site, direct = installation
    namespace = f"interrupt-{uuid.uuid4().hex[:8]}"
    kill.make_namespace(direct, namespace)
    with FaultyProxy(server) as proxy:
        document = kubeconfig(replace(proxy.server, token=server.token))
        through = tmp_path / "through-proxy"
        through.write_text(yaml.dump([document]), encoding="utf-8")
        site = replace(site, kubeconfig=through)
        quickstart = (kill.REPOSITORY / "overrides" / "quickstart.yaml").read_text(encoding="utf-8")
        file = site.folder / f"{namespace}.yaml"
        file.write_text(
            f"namespace: {namespace}\nvalidateServiceAccounts: false\n{quickstart}", encoding="utf-8"
        )
        monkeypatch.chdir(site.folder)
        monkeypatch.setenv("KUBECONFIG", str(through))
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(site.folder / "nobody.json"))
        yield Apply(site, direct, proxy, namespace)


def interrupt_this_process() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def at(
    number: int, of: Callable[[Asked], bool], interrupt: Callable[[], None] = interrupt_this_process
) -> Callable[[Asked], Fault | None]:
    """Ctrl-C while the request with this number, of those that are meant, is in flight."""
    seen: list[Asked] = []

    def fault(asked: Asked) -> Fault | None:
        if not of(asked):
            return None
        seen.append(asked)
        if len(seen) == number:  # a moment later: until then what was answered before is shown
            threading.Timer(0.05, interrupt).start()
        return Delay(0.15) if len(seen) >= number else None

    return fault


def is_dry_run(asked: Asked) -> bool:
    return "dryRun" in asked.query


def is_apply(asked: Asked) -> bool:
    return asked.writes and asked.method == "PATCH" and "/apigeectl-" not in asked.path


def is_lease(asked: Asked) -> bool:
    return asked.writes and "/leases" in asked.path


@pytest.mark.parametrize(
    ("number", "of"),
    [(1, lambda asked: asked.path == "/apis"), (1, is_dry_run), (7, is_dry_run), (1, is_lease)],
    ids=["at the first question", "at the first dry run", "at a later one", "while it takes the lease"],
)
def test_before_the_first_write_nothing_is_written(
    started: Apply, capsys: pytest.CaptureFixture[str], number: int, of: Callable[[Asked], bool]
):
    started.proxy.fault = at(number, of)

    assert run(started.arguments("apply")) == 130

    assert "interrupted\n" in capsys.readouterr().err
    assert [asked for asked in started.proxy.writes() if is_apply(asked)] == []
    started.finish()


@pytest.mark.parametrize("number", [1, 6, 12])
def test_while_it_writes_the_requests_in_flight_are_finished_and_told(
    started: Apply, capsys: pytest.CaptureFixture[str], number: int
):
    started.proxy.fault = at(number, is_apply)

    assert run(started.arguments("apply")) == 130

    said = capsys.readouterr().err
    end = said[said.index("interrupted\n") :]
    done, left = (re.findall(r"^  (\S+)$", part, re.MULTILINE) for part in end.split("not begun:"))
    assert len(done) >= number
    assert left
    there = kill.state(started.direct, started.namespace)
    assert {name.replace(f"/{started.namespace}/", "/") for name in done} <= there.keys()
    assert not {name.replace(f"/{started.namespace}/", "/") for name in left} & there.keys()
    assert "the same command again" in end
    assert started.leases() == []
    started.finish()


def test_as_typed_in_a_shell(started: Apply):
    process = started.site.apply(started.namespace)
    started.proxy.fault = at(1, is_apply, lambda: process.send_signal(signal.SIGINT))

    _, said = process.communicate(timeout=30)

    assert process.returncode == 130, said
    assert "interrupted\ndone:\n" in said
    assert "Traceback" not in said
    started.finish()


def test_a_second_one_is_refused_and_told_who_the_first_is(
    started: Apply, capsys: pytest.CaptureFixture[str]
):
    with held(started.direct, INSTALLATION, started.namespace, holder=Holder("ann", "laptop", 4711)):
        assert run(started.arguments("apply")) == 1

    said = capsys.readouterr().err
    assert "another apigeectl works on this installation: ann@laptop 4711, since 20" in said
    assert [asked for asked in started.proxy.writes() if is_apply(asked)] == []
    started.finish()
