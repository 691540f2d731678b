"""A folder of manifests: what is written, kept, deleted and refused."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from apigeectl.actions import render
from apigeectl.actions.render import INDEX, KUSTOMIZATION, File, files_of, write_folder
from apigeectl.errors import InstallerError, Refused
from apigeectl.manifests import Manifest

A, B, C = File("a.yaml", b"a: 1\n"), File("b.yaml", b"b: 1\n"), File("c.yaml", b"c: 1\n", secret=True)


def test_the_folder_holds_the_files_and_an_index(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "folder"

    done = write_folder(folder, [A, B])

    assert done.written == ("a.yaml", "b.yaml")
    assert sorted(path.name for path in folder.iterdir()) == ["a.yaml", INDEX, "b.yaml"]
    assert (folder / "a.yaml").read_bytes() == A.content


def test_secrets_are_for_their_owner_alone(tmp_path: Path) -> None:
    write_folder(tmp_path, [A, C])

    assert (tmp_path / "c.yaml").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "a.yaml").stat().st_mode & 0o777 == 0o644


def test_a_secret_that_others_may_read_is_written_again(tmp_path: Path) -> None:
    write_folder(tmp_path, [C])
    (tmp_path / "c.yaml").chmod(0o644)

    assert write_folder(tmp_path, [C]).written == ("c.yaml",)
    assert (tmp_path / "c.yaml").stat().st_mode & 0o777 == 0o600


def test_what_is_as_it_should_be_is_not_touched(tmp_path: Path) -> None:
    write_folder(tmp_path, [A, B])
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}

    done = write_folder(tmp_path, [A, B])

    assert (done.written, done.unchanged) == ((), ("a.yaml", "b.yaml"))
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_only_what_the_index_lists_is_deleted(tmp_path: Path) -> None:
    write_folder(tmp_path, [A, B])
    (tmp_path / "mine.yaml").write_text("mine: 1\n")

    done = write_folder(tmp_path, [A])

    assert done.deleted == ("b.yaml",)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.yaml", INDEX, "mine.yaml"]


def test_a_file_of_somebody_else_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("mine: 1\n")

    with pytest.raises(Refused, match="did not write") as caught:
        write_folder(tmp_path, [A, B])

    assert caught.value.details == ("a.yaml",)
    assert [path.name for path in tmp_path.iterdir()] == ["a.yaml"]
    assert (tmp_path / "a.yaml").read_text() == "mine: 1\n"


def test_a_file_with_the_very_content_is_taken_over(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(A.content)

    assert write_folder(tmp_path, [A]).unchanged == ("a.yaml",)


@pytest.mark.parametrize("files", [[File("a.yaml", b"a: 2\n")], [B]], ids=["written over", "deleted"])
def test_a_file_that_somebody_changed_is_kept(tmp_path: Path, files: list[File]) -> None:
    write_folder(tmp_path, [A])
    (tmp_path / "a.yaml").write_text("a: mine\n")

    with pytest.raises(Refused, match="somebody changed"):
        write_folder(tmp_path, files)

    assert (tmp_path / "a.yaml").read_text() == "a: mine\n"


def test_a_file_that_was_deleted_is_written_again(tmp_path: Path) -> None:
    write_folder(tmp_path, [A, B])
    (tmp_path / "a.yaml").unlink()

    assert write_folder(tmp_path, [A, B]).written == ("a.yaml",)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    folder, target = tmp_path / "folder", tmp_path / "target"
    folder.mkdir()
    target.write_text("keep\n")
    (folder / "a.yaml").symlink_to(target)

    with pytest.raises(Refused):
        write_folder(folder, [A])

    assert target.read_text() == "keep\n"


@pytest.mark.parametrize(
    "text",
    [
        "no json",
        "[]",
        '{"kind": "RenderedFiles"}',
        '{"kind": "Other", "files": []}',
        '{"kind": "RenderedFiles", "files": [{"name": "../victim", "sha256": ["0"]}]}',
        '{"kind": "RenderedFiles", "files": [{"name": "/etc/victim", "sha256": ["0"]}]}',
        '{"kind": "RenderedFiles", "files": [{"name": ".git", "sha256": ["0"]}]}',
    ],
)
def test_an_index_that_is_none_of_ours_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / INDEX).write_text(text)

    with pytest.raises(Refused, match="no index"):
        write_folder(tmp_path, [A])


@pytest.mark.parametrize("killed_at", range(1, 7))
def test_a_run_that_was_cut_off_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed_at: int
) -> None:
    write_folder(tmp_path, [A, B, C])
    wanted = [File("a.yaml", b"a: 2\n"), File("b.yaml", b"b: 2\n"), File("d.yaml", b"d: 1\n")]
    calls = 0

    def replace(source: str, target: Path) -> None:
        nonlocal calls
        calls += 1
        if calls == killed_at:
            raise KeyboardInterrupt
        os.rename(source, target)

    monkeypatch.setattr(render.os, "replace", replace)
    try:
        write_folder(tmp_path, wanted)
    except KeyboardInterrupt:
        write_folder(tmp_path, wanted)

    held = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.suffix == ".yaml"}
    assert held == {file.name: file.content for file in wanted}
    listed = [entry["name"] for entry in json.loads((tmp_path / INDEX).read_text())["files"]]
    assert listed == [file.name for file in wanted]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(InstallerError, match=r"file.* cannot be written"):
        write_folder(tmp_path / "file" / "folder", [A])


def test_every_object_has_a_file_of_its_own() -> None:
    manifests = [
        manifest("Secret", "a"),
        manifest("Issuer", "ca", api_version="cert-manager.io/v1"),
        manifest("ClusterIssuer", "ca", namespace="", api_version="cert-manager.io/v1"),
        manifest("Thing", "x", api_version="one.example/v1"),
        manifest("Thing", "x", api_version="two.example/v1"),
        manifest("ClusterRole", "../system:node", namespace=""),
        manifest("Thing", "y" * 300, api_version="one.example/v1"),
    ]

    files = files_of(manifests)

    assert [file.name for file in files[:-2]] == [
        "apigee_Secret_a.yaml",
        "apigee_Issuer_ca.yaml",
        "cluster_ClusterIssuer_ca.yaml",
        "apigee_one.example_Thing_x.yaml",
        "apigee_two.example_Thing_x.yaml",
        "cluster_ClusterRole_..~2f~system~3a~node.yaml",
    ]
    assert len(files[-2].name) < 255
    assert files[-1].name == KUSTOMIZATION
    assert [file.secret for file in files] == [True, *[False] * 7]


def manifest(kind: str, name: str, *, namespace: str = "apigee", api_version: str = "v1") -> Manifest:
    metadata: dict[str, Any] = {"name": name} | ({"namespace": namespace} if namespace else {})
    return Manifest({"apiVersion": api_version, "kind": kind, "metadata": metadata})
