"""Our own definitions against the facts of Google's."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from apigeectl import yaml
from apigeectl.sandbox.definitions import APIGEE_KINDS, definition, write_bundle

CRDS = Path(os.environ.get("APIGEECTL_TEST_CRDS") or Path(__file__).parents[4] / "shared" / "crds")


def google_definition(plural):
    if not CRDS.is_dir():
        pytest.skip("Google's definitions are not at hand; APIGEECTL_TEST_CRDS names their folder")
    with gzip.open(CRDS / f"{plural}.yaml.gz", "rt", encoding="utf-8") as file:
        return yaml.load_all(file.read())[0]


@pytest.mark.parametrize("row", APIGEE_KINDS, ids=[row.kind for row in APIGEE_KINDS])
def test_names_versions_and_columns_are_googles(row):
    theirs, ours = google_definition(row.plural)["spec"], definition(row)["spec"]

    assert ours["group"] == theirs["group"]
    for name in ("kind", "listKind", "plural", "singular", "shortNames"):
        # a short name like the plural would say nothing
        if theirs["names"].get(name) != [row.plural]:
            assert ours["names"].get(name) == theirs["names"].get(name), name
    assert facts(ours) == facts(theirs)


def facts(spec):
    return {
        version["name"]: (
            version["storage"],
            "status" in version["subresources"],
            sorted(column["name"] for column in version["additionalPrinterColumns"]),
        )
        for version in spec["versions"]
    }


def test_the_bundle_is_a_file_a_kind(tmp_path):
    write_bundle(tmp_path / "bundle")

    names = {
        yaml.load_all(file.read_text(encoding="utf-8"))[0]["metadata"]["name"]
        for file in (tmp_path / "bundle").iterdir()
    }
    assert names == {f"{row.plural}.apigee.cloud.google.com" for row in APIGEE_KINDS}
