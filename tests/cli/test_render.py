"""apigeectl render, as typed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from apigeectl.yaml import load_all
from tests.cli.test_commands import MINIMAL
from tests.components.samples import REPOSITORY


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "overrides.yaml").write_text(MINIMAL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "out"


def objects(text):
    return sorted((one["kind"], one["metadata"]["name"]) for one in load_all(text))


def test_manifests_go_to_stdout_and_nothing_else(apigeectl, folder):
    done = apigeectl("render")

    assert done.code == 0
    assert {"ApigeeOrganization", "ApigeeEnvironment", "ApigeeRouteConfig"} <= {
        kind for kind, _ in objects(done.out)
    }
    assert "Hybrid 1.10.3, because" in done.err


def test_it_prints_what_a_client_dry_run_prints(apigeectl, folder):
    assert apigeectl("render").out == apigeectl("apply", "--dry-run", "--print-yaml").out


def test_scope_flags_are_honoured(apigeectl, folder):
    assert {kind for kind, _ in objects(apigeectl("render", "--redis").out)} == {"ApigeeRedis"}


def test_init_renders_what_init_applies(apigeectl, folder):
    assert ("Deployment", "apigee-controller-manager") in objects(apigeectl("render", "--init").out)


def test_init_has_no_scope(apigeectl, folder):
    done = apigeectl("render", "--init", "--org")

    assert (done.code, done.out) == (2, "")


def test_a_folder_gets_one_file_an_object(apigeectl, folder):
    done = apigeectl("render", "--output-dir", str(folder))
    printed = apigeectl("render").out

    files = [path for path in folder.glob("*.yaml") if path.name != "kustomization.yaml"]
    assert (done.code, done.out) == (0, "")
    assert sorted(one for path in files for one in objects(path.read_text())) == objects(printed)
    assert f"{folder}: {len(files) + 1} files written, 0 unchanged, 0 deleted" in done.err


def test_a_smaller_scope_deletes_the_files_of_the_larger_one(apigeectl, folder):
    apigeectl("render", "--output-dir", str(folder))
    (folder / "README.md").write_text("mine\n")

    apigeectl("render", "--redis", "--output-dir", str(folder))

    assert sorted(path.name for path in folder.iterdir()) == [
        "README.md",
        "apigee_ApigeeRedis_default.yaml",
        "apigeectl-index.json",
        "kustomization.yaml",
    ]


def test_a_kustomization_of_the_users_is_refused(apigeectl, folder):
    folder.mkdir()
    (folder / "kustomization.yaml").write_text("resources: [mine.yaml]\n")

    done = apigeectl("render", "--output-dir", str(folder))

    assert done.code == 1
    assert "kustomization.yaml" in done.err
    assert [path.name for path in folder.iterdir()] == ["kustomization.yaml"]


@pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not here")
@pytest.mark.parametrize("part", [[], ["--init"]], ids=["runtime", "init"])
def test_kubectl_kustomize_gives_the_same_objects(apigeectl, folder, part):
    apigeectl("render", *part, "--output-dir", str(folder))

    built = subprocess.run(
        ["kubectl", "kustomize", str(folder)], capture_output=True, text=True, check=True
    ).stdout

    def ordered(text):
        return sorted(load_all(text), key=lambda one: (one["kind"], one["metadata"]["name"]))

    assert ordered(built) == ordered(apigeectl("render", *part).out)


def test_the_same_file_gives_the_same_bytes_whatever_the_hash_seed(folder):
    first, second = (_written(folder.parent / seed, seed) for seed in ("1", "2"))

    assert first == second
    assert len(first) > 8


def _written(folder: Path, seed: str) -> dict[str, bytes]:
    import os

    subprocess.run(
        [sys.executable, "-m", "apigeectl", "render", "--output-dir", str(folder)],
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(REPOSITORY)},
    )
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_template_of_the_users_takes_the_place_of_ours(apigeectl, folder):
    overlaid(
        folder.parent / "mine",
        "virtualhosts/virtualhosts.yaml.j2",
        "connectTimeout: {{ connect_timeout }}",
        "connectTimeout: 7",
    )

    done = apigeectl("render", "--templates", "mine")

    (route,) = (one for one in load_all(done.out) if one["kind"] == "ApigeeRouteConfig")
    assert route["spec"]["connectTimeout"] == 7


def test_a_template_that_no_longer_renders_says_which_file_and_line(apigeectl, folder):
    file = overlaid(
        folder.parent / "mine", "mart/mart.yaml.j2", "mart:\n", "mart:\n  color: {{ mart.color }}\n"
    )

    done = apigeectl("render", "--templates", "mine")

    assert (done.code, done.out) == (1, "")
    assert f"{file}, line 3: " in done.err
    assert "color" in done.err


def test_what_a_release_does_not_read_is_said_with_the_newer_way(apigeectl, folder):
    (folder.parent / "overrides.yaml").write_text(
        MINIMAL + "  hostAliases: [api.example.com]\n  routingRules: [{env: test}]\ngcpRegion: us-east1\n"
    )

    done = apigeectl("render", "--release", "1.10")

    assert done.code == 0
    assert "virtualhosts[0].routingRules is known up to hybrid 1.2" in done.err
    assert "environment group" in done.err


def overlaid(mine: Path, name: str, old: str, new: str) -> Path:
    """One of our templates with a change, in a folder of the user's."""
    text = (REPOSITORY / "templates" / name).read_text()
    assert old in text
    (mine / name).parent.mkdir(parents=True)
    (mine / name).write_text(text.replace(old, new))
    return Path("mine") / name
