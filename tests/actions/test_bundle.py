from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pytest

from apigeectl.actions import bundle as bundles
from apigeectl.actions.bundle import Bundle, archive, open_bundle
from apigeectl.actions.bundled import definitions_in, envoy_filters_in
from apigeectl.errors import InstallerError
from apigeectl.manifests import APIGEE_GROUP
from apigeectl.yaml import dump
from tests.actions.bundles import ENVOY_FILTERS, KINDS, chart_files, definition, write
from tests.clients.charts import packed

FILES = {"a/one.yaml": "a: 1\n", "b.yml": "b: 2\n", "c.json": "{}"}


def zipped(files: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, text in files.items():
            opened.writestr(name, text)
    return out.getvalue()


@pytest.mark.parametrize("form", ["folder", "tar.gz", "zip"])
def test_a_bundle_of_any_form_holds_the_same(form: str, tmp_path: Path):
    files = {**FILES, "README.md": "not a manifest"}
    path = tmp_path / f"bundle.{form}"
    if form == "folder":
        write(path, files)
    else:
        path.write_bytes(packed(files) if form == "tar.gz" else zipped(files))

    assert dict(open_bundle(path).files) == FILES


def test_a_folder_may_hold_packed_manifests(tmp_path: Path):
    (tmp_path / "one.yaml.gz").write_bytes(gzip.compress(b"a: 1\n"))

    assert dict(open_bundle(tmp_path).files) == {"one.yaml": "a: 1\n"}


def test_names_that_lead_out_of_an_archive_write_nothing(tmp_path: Path):
    names = {"../../outside.yaml": "a: 1\n", "/absolute.yaml": "b: 2\n"}
    path = tmp_path / "deep" / "er" / "bundle.tgz"
    path.parent.mkdir(parents=True)
    path.write_bytes(packed(names))

    assert set(open_bundle(path).files.values()) == {"a: 1\n", "b: 2\n"}
    assert [one.name for one in tmp_path.rglob("*.yaml")] == []


def test_links_are_not_followed(tmp_path: Path):
    (tmp_path / "secret.yaml").write_text("secret: 1\n")
    path = tmp_path / "bundle.tgz"
    path.write_bytes(packed(FILES, links={"link.yaml": str(tmp_path / "secret.yaml")}))

    assert dict(open_bundle(path).files) == FILES


@pytest.mark.parametrize("pack", [packed, zipped], ids=["tar", "zip"])
def test_an_archive_that_grows_without_end_is_left(pack, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bundles, "LARGEST_BUNDLE", 1 << 20)
    bomb = pack({"bomb.yaml": " " * (4 << 20)})
    assert len(bomb) < 100_000

    with pytest.raises(InstallerError, match="the bundle it is too large"):
        archive(io.BytesIO(bomb), "it")


def test_what_is_no_manifest_may_be_large_but_not_without_end(monkeypatch: pytest.MonkeyPatch):
    program = packed({"apigeectl": "x" * (2 << 20), **FILES})
    monkeypatch.setattr(bundles, "LARGEST_BUNDLE", 1 << 20)
    assert dict(archive(io.BytesIO(program), "it").files) == FILES

    monkeypatch.setattr(bundles, "LARGEST_ARCHIVE", 1 << 20)
    with pytest.raises(InstallerError, match="too large"):
        archive(io.BytesIO(program), "it")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (packed(FILES)[:-20], "is damaged|cannot be read"),
        (b"\x1f\x8b and no more", "is damaged|cannot be read"),
        (zipped(FILES)[:-30], "neither a folder nor an archive"),
        (b"kind: CustomResourceDefinition", "neither a folder nor an archive"),
        (b"", "neither a folder nor an archive"),
    ],
)
def test_what_is_no_whole_archive_is_an_error(data: bytes, message: str, tmp_path: Path):
    path = tmp_path / "bundle"
    path.write_bytes(data)

    with pytest.raises(InstallerError, match=message):
        open_bundle(path)


def test_a_bundle_that_is_not_there(tmp_path: Path):
    with pytest.raises(InstallerError, match="cannot be read: No such file"):
        open_bundle(tmp_path / "nowhere")


def test_the_definitions_of_a_chart_are_completed_as_its_kustomization_says():
    found = definitions_in(Bundle("chart", chart_files()))

    assert set(found) == {f"{plural}.{APIGEE_GROUP}" for plural, _ in KINDS.values()}
    assert found[f"apigeedatastores.{APIGEE_GROUP}"]["spec"]["conversion"]["strategy"] == "Webhook"
    assert found[f"apigeedatastores.{APIGEE_GROUP}"]["spec"]["names"]["kind"] == "ApigeeDatastore"
    assert "conversion" not in found[f"apigeeredis.{APIGEE_GROUP}"]["spec"]


@pytest.mark.parametrize("key", ["patches", "patchesStrategicMerge"])
def test_patches_may_be_written_down_in_the_kustomization(key: str):
    name = f"apigeeredis.{APIGEE_GROUP}"
    patch = dump([{"kind": "CustomResourceDefinition", "metadata": {"name": name}, "spec": {"scope": "X"}}])
    entry = {"patch": patch} if key == "patches" else patch
    files = {"one.yaml": dump([definition("ApigeeRedis")]), "kustomization.yaml": dump([{key: [entry]}])}

    assert definitions_in(Bundle("it", files))[name]["spec"]["scope"] == "X"


def test_other_peoples_definitions_are_not_taken():
    body = definition("ApigeeRedis")
    body["spec"]["group"] = "example.com"

    assert definitions_in(Bundle("it", {"one.yaml": dump([body])})) == {}


def test_two_releases_in_one_bundle_are_an_error():
    files = {
        "1.8/redis.yaml": dump([definition("ApigeeRedis")]),
        "1.10/redis.yaml": dump([definition("ApigeeRedis", fields=("name", "more"))]),
    }

    with pytest.raises(InstallerError, match=r"twice: in 1.8/redis.yaml and in 1.10/redis.yaml"):
        definitions_in(Bundle("it", files))


def test_the_same_definition_may_be_there_twice():
    text = dump([definition("ApigeeRedis")])

    assert len(definitions_in(Bundle("it", {"one.yaml": text, "two.yaml": text}))) == 1


def test_envoy_filters_are_found_by_their_name():
    found = envoy_filters_in(Bundle("it", {"x.yaml": ENVOY_FILTERS, "y.yaml": "kind: ConfigMap\n"}))

    assert found is not None
    assert found["metadata"]["name"] == "apigee-envoyfilter-1.11"
    assert envoy_filters_in(Bundle("it", FILES)) is None
