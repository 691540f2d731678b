from __future__ import annotations

from pathlib import Path

import pytest

from apigeectl.overrides.paths import resolve


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    for name in ("cwd", "project/overrides"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


def test_the_working_directory_wins_then_the_file_s_folder_then_its_parent(folders: Path) -> None:
    file, places = folders / "project/overrides/overrides.yaml", []
    for place in ("project", "project/overrides", "cwd"):
        (folders / place / "key.json").write_text("x")
        places.append(resolve(file, "./key.json", folders / "cwd").found)
    assert places == [folders / place / "key.json" for place in ("project", "project/overrides", "cwd")]


def test_every_place_is_named_once_and_in_order(folders: Path) -> None:
    file = folders / "project/overrides/overrides.yaml"
    assert resolve(file, "../a/key.json", folders / "project/overrides").tried == (
        folders / "project/a/key.json",
        folders / "a/key.json",
    )


def test_the_folder_of_a_relatively_named_file_starts_in_the_working_directory(folders: Path) -> None:
    (folders / "project/key.json").write_text("x")
    lookup = resolve(Path("overrides/overrides.yaml"), "key.json", folders / "project")
    assert lookup.found == folders / "project/key.json"
    lookup = resolve(Path("overrides.yaml"), "key.json", folders / "project/overrides")
    assert lookup.found == folders / "project/key.json"


def test_an_absolute_path_is_tried_as_it_is_only(folders: Path) -> None:
    written = str(folders / "key.json")
    assert resolve(folders / "overrides.yaml", written, folders / "cwd").tried == (folders / "key.json",)


def test_a_directory_is_not_found_but_told(folders: Path) -> None:
    lookup = resolve(folders / "overrides.yaml", "project", folders)
    assert (lookup.found, lookup.directory) == (None, folders / "project")


@pytest.mark.parametrize("written", ["", "a\0b", "x" * 5000, "loop"])
def test_an_impossible_name_is_simply_not_found(folders: Path, written: str) -> None:
    (folders / "loop").symlink_to(folders / "loop")
    assert resolve(folders / "overrides.yaml", written, folders).found is None
