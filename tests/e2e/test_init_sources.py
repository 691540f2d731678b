"""init and apply of the quickstart in the sandbox, with definitions from every source there is."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from apigeectl.cli.app import run
from apigeectl.sandbox.definitions import write_bundle
from apigeectl.sandbox.session import Sandbox
from tests.clients.charts import Registry, packed
from tests.clients.loopback import Reply

REPOSITORY = Path(__file__).parents[2]
CRDS = Path(os.environ.get("APIGEECTL_TEST_CRDS") or REPOSITORY.parent / "shared" / "crds")
EVERYTHING = ("--datastore", "--redis", "--all-envs", "--telemetry", "--settings=virtualhosts")
"""But the organization: it waits for streams of its agent."""


class Done(NamedTuple):
    code: int
    out: str
    said: str

    @property
    def counts(self) -> str:
        """The last line of what it did: 35 created."""
        return next(line for line in reversed(self.said.splitlines()) if line[:1].isdigit())


Program = Callable[..., Done]


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A bare cluster, and the quickstart file with its keys in the working directory."""
    with Sandbox(speed=0) as started:
        started.write_demo_files(tmp_path)
        shutil.copy(REPOSITORY / "overrides" / "quickstart.yaml", tmp_path / "overrides.yaml")
        monkeypatch.chdir(tmp_path)
        for name, value in started.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("APIGEECTL_BUNDLE")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        monkeypatch.setenv("APIGEECTL_RELEASE", "1.10")
        yield started


@pytest.fixture
def apigeectl(sandbox: Sandbox, capfd: pytest.CaptureFixture[str]) -> Program:
    def typed(*argv: str) -> Done:
        capfd.readouterr()
        code = run(list(argv))
        return Done(code, *capfd.readouterr())

    return typed


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A folder of definitions, as the sandbox has them."""
    folder = tmp_path / "definitions"
    write_bundle(folder)
    return folder


def texts(folder: Path) -> dict[str, str]:
    return {f"apigee-operator/etc/crds/{one.name}": one.read_text() for one in sorted(folder.iterdir())}


@pytest.fixture
def registry(bundle: Path) -> Iterator[Registry]:
    made = Registry(packed(texts(bundle)), token="for-everybody")
    with made.start():
        yield made


def installed(apigeectl: Program, *flags: str, scope: tuple[str, ...] = ("--datastore",)) -> Done:
    """What init said; an apply goes through afterwards."""
    done = apigeectl("init", "--wait=60", *flags)
    assert (done.code, done.out) == (0, ""), done.said
    applied = apigeectl("apply", *scope)
    assert (applied.code, applied.out) == (0, ""), applied.said
    return done


def test_from_a_folder_and_a_second_run_changes_nothing(apigeectl: Program, bundle: Path):
    first = installed(apigeectl, "--bundle", str(bundle), scope=EVERYTHING)
    second = apigeectl("init", "--bundle", str(bundle))

    assert f"definitions: {bundle}" in first.said
    assert "definitions: " not in second.said
    assert (first.counts.split()[1:], second.counts.split()[1:]) == (["created"], ["unchanged"])


def test_from_archives(apigeectl: Program, bundle: Path, tmp_path: Path):
    tar, zipped = tmp_path / "bundle.tar.gz", tmp_path / "bundle.zip"
    tar.write_bytes(packed(texts(bundle)))
    with zipfile.ZipFile(zipped, "w") as opened:
        for name, text in texts(bundle).items():
            opened.writestr(name, text)

    asked = apigeectl("init", "--dry-run=server", "--bundle", str(zipped))
    done = installed(apigeectl, "--bundle", str(tar))

    assert f"definitions: {zipped}" in asked.said
    assert f"definitions: {tar}" in done.said


def test_from_the_plugins_folder_of_the_original(apigeectl: Program, bundle: Path, tmp_path: Path):
    shutil.copytree(bundle, tmp_path / "plugins" / "apigee-operators")

    assert "definitions: plugins\n" in installed(apigeectl).said


def test_from_a_registry(apigeectl: Program, registry: Registry):
    done = installed(apigeectl, "--chart-registry", registry.address)

    assert f"definitions: {registry.address}/apigee-operator:1.10.3@sha256:" in done.said


def test_from_the_cache_without_asking_the_registry(apigeectl: Program, registry: Registry):
    def said() -> str:
        return apigeectl("init", "--dry-run=server", "--chart-registry", registry.address).said

    assert "(cached)" not in said()
    asked = len(registry.server.asked())
    assert "apigee-operator:1.10.3 (cached)@sha256:" in said()
    assert len(registry.server.asked()) == asked


def test_from_the_cluster_itself(apigeectl: Program, bundle: Path):
    apigeectl("init", "--wait=0", "--bundle", str(bundle))

    done = installed(apigeectl)

    assert "definitions: " not in done.said
    assert "CustomResourceDefinition/" not in done.said


@pytest.mark.cluster
@pytest.mark.skipif(
    not CRDS.is_dir(), reason="Google's definitions are not at hand; APIGEECTL_TEST_CRDS names them"
)
def test_from_googles_own(apigeectl: Program, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("APIGEECTL_RELEASE", "1.8")

    done = installed(apigeectl, "--bundle", str(CRDS), scope=())

    assert f"definitions: {CRDS}" in done.said


def test_from_nowhere_says_every_way(apigeectl: Program):
    done = apigeectl("init")

    assert (done.code, done.out) == (1, "")
    for way in ("--bundle DIR|ARCHIVE", "./plugins", "--chart-registry", "kubectl apply --server-side"):
        assert way in done.said


def test_a_registry_that_hands_out_something_else_installs_nothing(
    apigeectl: Program, registry: Registry, sandbox: Sandbox
):
    registry.blob = Reply(registry.chart[:-1] + b"x")

    done = apigeectl("init", "--chart-registry", registry.address)

    assert done.code == 1
    assert "is not what its digest says" in done.said
    assert sandbox.kubernetes
    ours = [one for one in sandbox.kubernetes.requests if one.user_agent.startswith("apigeectl/")]
    assert [one.path for one in ours if one.method != "GET" and not one.dry_run] == []
