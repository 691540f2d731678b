"""`secrets create` as typed, and `--replace-secret`, against the in-memory API server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from apigeectl import yaml
from apigeectl.components.names import env_id, org_id
from apigeectl.overrides.edit import remove, set_value
from apigeectl.overrides.load import load
from apigeectl.sandbox.definitions import APIGEE_KINDS, definition
from apigeectl.sandbox.kubernetes import KubernetesServer

ROOT = Path(__file__).parents[2]
ORG = "hybrid-demo"
ENV_KEYS = f"{env_id(ORG, 'test')}-encryption-keys"
KEY = "MDEyMzQ1Njc4OTAxMjM0NQ=="
Program = Callable[..., Any]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The quickstart file with Secrets for its Google accounts, so that no key file is read; and no cluster."""
    overrides = load(ROOT / "overrides" / "quickstart.yaml")
    for name in ("mart", "connectAgent", "watcher", "metrics", "udca"):
        edited = set_value(overrides, f"{name}.serviceAccountRef", f"{name}-account").overrides()
        overrides = remove(edited, f"{name}.serviceAccountPath").overrides()
    for name in ("runtime", "synchronizer", "udca"):
        way = f"envs[0].serviceAccountSecretRefs.{name}"
        overrides = set_value(overrides, way, f"{name}-account").overrides()
    text = remove(overrides, "envs[0].serviceAccountPaths").text
    (tmp_path / "overrides.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "no-kubeconfig"))
    monkeypatch.setenv("APIGEECTL_RELEASE", "1.10")
    return tmp_path


@pytest.fixture
def cluster(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KubernetesServer]:
    with KubernetesServer(crds=[definition(row) for row in APIGEE_KINDS]) as server:
        (folder / "kubeconfig").write_text(yaml.dump([server.kubeconfig()]))
        monkeypatch.setenv("KUBECONFIG", str(folder / "kubeconfig"))
        yield server


def written(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir()) if folder.exists() else []


@pytest.mark.parametrize(
    ("argv", "hint"),
    [
        ((), "add --apply, or --output-dir DIR"),
        (("--apply", "--output-dir", "keys"), "add --apply, or --output-dir DIR"),
        (("--apply", "--write"), "add --output-dir DIR"),
    ],
)
def test_one_place_to_write_to_is_needed(
    apigeectl: Program, folder: Path, argv: tuple[str, ...], hint: str
) -> None:
    done = apigeectl("secrets", "create", *argv)

    assert (done.code, done.out) == (2, "")
    assert hint in done.err


def test_files_are_written_and_the_lines_that_name_them_are_data(apigeectl: Program, folder: Path) -> None:
    done = apigeectl("secrets", "create", "--output-dir", "keys")

    assert done.code == 0
    assert yaml.load_all(done.out) == [
        {
            "kmsEncryptionPath": "./keys/kmsEncryption.key",
            "kvmEncryptionPath": "./keys/kvmEncryption.key",
            "envs": [
                {
                    "name": "test",
                    "cacheEncryptionPath": "./keys/test-cacheEncryption.key",
                    "kvmEncryptionPath": "./keys/test-kvmEncryption.key",
                }
            ],
        }
    ]
    assert "whether the cluster holds data or keys already is not known" in done.err
    assert "kubectl create --field-manager=apigeectl -f keys/secrets.yaml" in done.err
    contents = [file.read_text() for file in (folder / "keys").glob("*.key")]
    assert len(contents) == 4
    assert [one for one in contents if one in done.out + done.err] == []


def test_write_changes_the_overrides_file_and_shows_how(apigeectl: Program, folder: Path) -> None:
    before = (folder / "overrides.yaml").read_text().splitlines()

    done = apigeectl("secrets", "create", "--output-dir", "keys", "--write")

    overrides = load(folder / "overrides.yaml")
    assert done.code == 0
    assert overrides.get("kmsEncryptionPath") == "./keys/kmsEncryption.key"
    assert overrides.get("envs[0].cacheEncryptionPath") == "./keys/test-cacheEncryption.key"
    assert [line for line in before if line not in overrides.text.splitlines()] == []
    assert "+kmsEncryptionPath: ./keys/kmsEncryption.key" in done.out.splitlines()
    assert apigeectl("validate", "--skip-files").code == 0


def test_a_second_run_replaces_no_file(apigeectl: Program, folder: Path) -> None:
    apigeectl("secrets", "create", "--output-dir", "keys")
    before = {file: file.read_bytes() for file in (folder / "keys").iterdir()}

    done = apigeectl("secrets", "create", "--output-dir", "keys", "--write")

    assert done.code == 1
    assert "keys/kmsEncryption.key exists and 4 more; nothing was written" in done.err
    assert {file: file.read_bytes() for file in (folder / "keys").iterdir()} == before
    assert "keys" not in (folder / "overrides.yaml").read_text()


@pytest.mark.parametrize("argv", [("--output-dir", "keys", "--write"), ("--apply",)])
def test_a_dry_run_writes_nothing(apigeectl: Program, folder: Path, argv: tuple[str, ...]) -> None:
    before, text = written(folder), (folder / "overrides.yaml").read_text()

    done = apigeectl("secrets", "create", "--dry-run", *argv)

    assert done.code == 0
    assert "would be" in done.err
    assert written(folder) == before
    assert (folder / "overrides.yaml").read_text() == text


def test_a_file_with_errors_stops_before_anything(apigeectl: Program, folder: Path) -> None:
    (folder / "overrides.yaml").write_text("org: x\norg: y\n")

    done = apigeectl("secrets", "create", "--output-dir", "keys")

    assert (done.code, done.out) == (3, "")
    assert written(folder / "keys") == []


def test_several_files_cannot_be_written_back(apigeectl: Program, folder: Path) -> None:
    (folder / "more.yaml").write_text("logger: {enabled: false}\n")
    argv = ("secrets", "create", "-f", "overrides.yaml", "-f", "more.yaml", "--output-dir", "keys", "--write")

    done = apigeectl(*argv)

    assert done.code == 1
    assert "only a single file can be changed" in done.err
    assert written(folder / "keys") == []


def test_without_a_cluster_nothing_can_be_applied(apigeectl: Program, folder: Path) -> None:
    done = apigeectl("secrets", "create", "--apply")

    assert (done.code, done.out) == (1, "")
    assert "no-kubeconfig" in done.err


def test_secrets_in_the_cluster_are_made_once_and_kept_by_apply(
    apigeectl: Program, cluster: KubernetesServer
) -> None:
    first = apigeectl("secrets", "create", "--apply")
    second = apigeectl("secrets", "create", "--apply")
    apply = apigeectl("apply", "--all-envs")

    assert (first.code, first.out) == (0, "")
    assert f"Secret/apigee/{org_id(ORG)}-ax-salt created: axHashSalt" in first.err
    assert "6 Secrets created" in first.err
    assert (second.code, second.err.strip().endswith("have it all")) == (0, True)
    assert apply.code == 0
    assert "publicly known" not in apply.err


def test_once_a_datastore_exists_nothing_is_made(
    apigeectl: Program, cluster: KubernetesServer, folder: Path
) -> None:
    apigeectl("secrets", "create", "--apply")
    apigeectl("apply", "--datastore")

    applied = apigeectl("secrets", "create", "--apply")
    filed = apigeectl("secrets", "create", "--output-dir", "keys")

    assert (applied.code, filed.code) == (1, 1)
    assert "ApigeeDatastore/apigee/default exists" in applied.err
    assert "apply takes them from the cluster" in filed.err
    assert written(folder / "keys") == []


def test_a_difference_stops_and_a_named_secret_is_replaced_only_after_a_yes(
    apigeectl: Program, cluster: KubernetesServer, folder: Path
) -> None:
    apigeectl("secrets", "create", "--apply")
    apigeectl("apply", "--all-envs")
    text = (folder / "overrides.yaml").read_text()
    (folder / "overrides.yaml").write_text(
        text.replace("- name: test\n", f"- name: test\n  kvmEncryptionKey: {KEY}\n", 1)
    )
    replacing = ("apply", "--all-envs", "--replace-secret", ENV_KEYS)

    refused, asked, done, again = (
        apigeectl("apply", "--all-envs"),
        apigeectl(*replacing),
        apigeectl(*replacing, "--yes"),
        apigeectl(*replacing),
    )

    assert [one.code for one in (refused, asked, done, again)] == [1, 1, 0, 0]
    assert f"Secret {ENV_KEYS}, key envKvmEncryptionKey: envs[0].kvmEncryptionKey has another" in refused.err
    assert f"--replace-secret {ENV_KEYS}" in refused.err
    assert "entries of encrypted key value maps could no longer be decrypted" in asked.err
    assert f"Secret/apigee/{ENV_KEYS}" in asked.err
    assert "add --yes to go on" in asked.err
    assert f"Secret/apigee/{ENV_KEYS} configured" in done.err
    assert "configured" not in again.err.replace("0 configured", "")
    assert KEY not in "".join(one.err + one.out for one in (refused, asked, done, again))


def test_what_is_no_secret_of_ours_cannot_be_replaced(apigeectl: Program, cluster: KubernetesServer) -> None:
    apigeectl("secrets", "create", "--apply")

    done = apigeectl("apply", "--all-envs", "--replace-secret", "apigee-ca")

    assert done.code == 2
    assert "there is no Secret apigee-ca to replace" in done.err


def test_json_says_what_was_made_and_nothing_that_is_secret(apigeectl: Program, folder: Path):
    result = apigeectl("secrets", "create", "--output-dir", "keys", "-o", "json")

    assert result.code == 0, result.err
    document = json.loads(result.out)
    assert document["kind"] == "NewSecrets"
    assert {"path": "keys/kmsEncryption.key", "property": "kmsEncryptionPath"} in document["files"]
    assert {"path": "keys/secrets.yaml", "property": None} in document["files"]
    assert (folder / "keys" / "kmsEncryption.key").read_text() not in result.out + result.err
