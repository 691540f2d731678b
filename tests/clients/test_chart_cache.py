from __future__ import annotations

from pathlib import Path

import pytest

from apigeectl.clients.chart_cache import ChartCache, folder
from tests.clients.charts import digest

NAME = ("oci://example.com/charts", "apigee-operator", "1.10.3")
DATA = b"a chart"


@pytest.fixture
def cache(tmp_path: Path) -> ChartCache:
    made = ChartCache(tmp_path / "charts")
    made.put(*NAME, DATA, digest(DATA))
    return made


def test_a_chart_that_was_put_there_is_there(cache: ChartCache):
    found = cache.get(*NAME)

    assert found is not None
    assert (found.data, found.digest) == (DATA, digest(DATA))


@pytest.mark.parametrize(
    "other",
    [("oci://example.org/charts", *NAME[1:]), (NAME[0], "apigee-org", "1.10.3"), (*NAME[:2], "1.10.4")],
)
def test_another_registry_chart_or_version_is_another_entry(cache: ChartCache, other: tuple[str, str, str]):
    assert cache.get(*other) is None


def test_a_chart_that_was_changed_on_disk_is_as_if_it_were_not_there(cache: ChartCache):
    (blob,) = (cache.directory / "sha256").iterdir()
    blob.write_bytes(b"another chart")

    assert cache.get(*NAME) is None


@pytest.mark.parametrize(
    "entry", ["", "[]", '{"digest": 7}', '{"digest": "sha256:../../../etc/passwd"}', "{}"]
)
def test_an_entry_that_makes_no_sense_is_as_if_it_were_not_there(cache: ChartCache, entry: str):
    (file,) = cache.directory.glob("*.json")
    file.write_text(entry)

    assert cache.get(*NAME) is None


def test_nothing_half_written_is_left(cache: ChartCache):
    assert not list(cache.directory.rglob(".new-*"))


def test_a_cache_that_cannot_be_written_is_no_reason_to_stop(tmp_path: Path):
    (tmp_path / "charts").write_text("a file where a folder should be")
    cache = ChartCache(tmp_path / "charts")

    cache.put(*NAME, DATA, digest(DATA))

    assert cache.get(*NAME) is None


def test_its_folder_is_where_programs_keep_such_things():
    assert folder({"XDG_CACHE_HOME": "/var/x", "HOME": "/home/me"}) == Path("/var/x/apigeectl/charts")
    assert folder({"XDG_CACHE_HOME": "relative", "HOME": "/home/me"}) == Path(
        "/home/me/.cache/apigeectl/charts"
    )
