"""apigeectl images, as typed."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from apigeectl.actions.images import PROPERTIES, images
from apigeectl.actions.preparation import Prepared
from apigeectl.components.releases import release
from apigeectl.components.render import render_init, render_runtime
from apigeectl.overrides.scope import Scope
from tests.cli.test_commands import MINIMAL
from tests.components.samples import EXAMPLES, case, write_files

NAMES = sorted(path.stem for path in EXAMPLES.glob("*.yaml"))
HOSTILE = (
    'mart: {image: {url: "reg.example/a\'b;$(touch owned)`touch owned`", tag: "1\'; touch owned; echo \'"}}\n'
)


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "overrides.yaml").write_text(MINIMAL)
    return tmp_path / "overrides.yaml"


def prepared(name, version):
    return Prepared(case(name), Scope(), (), release(version), "")


def image_fields(value):
    if isinstance(value, list):
        return {found for item in value for found in image_fields(item)}
    if not isinstance(value, dict):
        return set()
    own = {value["image"]} if isinstance(value.get("image"), str) else set()
    return own | {found for item in value.values() for found in image_fields(item)}


@pytest.mark.parametrize(
    ("name", "version"),
    [
        *((name, "1.10") for name in NAMES),
        *(("everything", v) for v in ("1.3", "1.5", "1.8", "1.10", "1.16")),
    ],
)
def test_exactly_the_images_of_the_manifests_are_listed(name, version, tmp_path):
    ready = prepared(name, version)
    cwd = write_files(ready.overrides, tmp_path)
    rendered = [
        *render_init(ready.overrides, ready.release, cwd=cwd).manifests,
        *render_runtime(ready.overrides, ready.release, Scope(), cwd=cwd).manifests,
    ]

    found = images(ready, tmp_path)

    assert {one.image for one in found} == {field for one in rendered for field in image_fields(one.body)}
    assert [use for one in found for use in one.uses if not use.property] == []


def test_text_is_one_image_a_line_sorted(apigeectl, file):
    done = apigeectl("images")

    lines = done.out.splitlines()
    assert done.code == 0
    assert lines == sorted(lines)
    assert "gcr.io/apigee-release/hybrid/apigee-runtime:1.10.3" in lines


def test_no_file_that_the_overrides_name_is_read(apigeectl, file):
    file.write_text(MINIMAL + "mart: {serviceAccountPath: nowhere.json}\nkmsEncryptionPath: nowhere\n")

    assert apigeectl("images").code == 0


def test_a_scope_lists_its_own_images(apigeectl, file):
    done = apigeectl("images", "--redis")

    assert [line.rpartition("/")[2] for line in done.out.splitlines()] == [
        "apigee-envoy:v1.27.0",
        "apigee-redis:1.10.3",
    ]


def test_json_names_the_component_and_the_property_that_decides(apigeectl, file):
    file.write_text(MINIMAL + "mart: {image: {url: reg.example/mart, tag: 1.10.3-mine}}\n")

    document = json.loads(apigeectl("images", "-o", "json").out)

    assert (document["apiVersion"], document["kind"], document["release"]) == (
        "apigeectl/v1",
        "Images",
        "1.10.3",
    )
    mine = next(one for one in document["images"] if one["image"] == "reg.example/mart:1.10.3-mine")
    assert {"component": "mart", "container": "apigee-mart", "property": "mart.image"} in mine["uses"]
    assert {use["component"] for use in mine["uses"]} >= {"runtime", "synchronizer", "cassandraSchemaSetup"}


def test_a_tag_that_is_not_confirmed_is_marked(apigeectl, file):
    document = json.loads(apigeectl("images", "-o", "json", "--release", "1.9").out)

    marked = {one["image"].rpartition("/")[2] for one in document["images"] if not one["confirmed"]}
    assert "apigee-envoy:v1.22.2" in marked
    assert "apigee-runtime:1.9.4" not in marked


def test_the_script_copies_every_image_to_the_hub(apigeectl, file, tmp_path):
    file.write_text(MINIMAL + "hub: registry.example/apigee/\n")
    listed = apigeectl("images").out.splitlines()

    copied = run_script(apigeectl("images", "-o", "script").out, tmp_path)

    assert sorted(target for _, target in copied) == sorted(listed)
    assert all(target.startswith("registry.example/apigee/") for target in listed)
    assert (
        "gcr.io/apigee-release/hybrid/apigee-redis:1.10.3",
        "registry.example/apigee/apigee-redis:1.10.3",
    ) in copied


def test_without_a_hub_the_script_takes_the_registry_as_its_argument(apigeectl, file, tmp_path):
    sources = apigeectl("images").out.splitlines()
    script = apigeectl("images", "-o", "script").out
    copied = run_script(script, tmp_path, "my.example")

    file.write_text(MINIMAL + "hub: my.example\n")

    assert sorted(source for source, _ in copied) == sources
    assert sorted(target for _, target in copied) == sorted(apigeectl("images").out.splitlines())


def test_the_script_says_what_it_needs(apigeectl, file, tmp_path):
    with pytest.raises(subprocess.CalledProcessError) as caught:
        run_script(apigeectl("images", "-o", "script").out, tmp_path)

    assert "usage: sh mirror.sh REGISTRY" in caught.value.stderr


def test_docker_pulls_tags_and_pushes(apigeectl, file, tmp_path):
    script = apigeectl("images", "--redis", "-o", "script").out

    calls = run(script, tmp_path, "my.example", tool="docker")

    image, moved = "gcr.io/apigee-release/hybrid/apigee-redis:1.10.3", "my.example/apigee-redis:1.10.3"
    assert [call for call in calls if "apigee-redis" in call[-1]] == [
        ["pull", "--", image],
        ["tag", "--", image, moved],
        ["push", "--", moved],
    ]


def test_nothing_in_an_overrides_file_can_run_in_the_script(apigeectl, file, tmp_path):
    file.write_text(MINIMAL + HOSTILE)

    copied = run_script(apigeectl("images", "-o", "script").out, tmp_path, "my.example")

    assert any(source.startswith("reg.example/a'b;$(touch owned)") for source, _ in copied)
    assert not (tmp_path / "owned").exists()


def test_the_narrower_property_decides_where_it_is_written(apigeectl, file):
    gateways = "ingressGateways:\n- name: one\n- name: two\n  image: {url: reg.example/mine, tag: 1}\n"
    file.write_text(MINIMAL + gateways)

    document = json.loads(apigeectl("images", "-o", "json").out)

    uses = {one["image"]: {use["property"] for use in one["uses"]} for one in document["images"]}
    assert uses["reg.example/mine:1"] == {"ingressGateways[1].image"}
    assert uses["gcr.io/apigee-release/hybrid/apigee-asm-ingress:1.17.2-asm.8-distroless"] == {
        "apigeeIngressGateway.image"
    }


def test_every_image_property_of_the_table_decides_something_somewhere():
    used = {
        use.property.removesuffix(".image")
        for name, version in (("everything", "1.10"), ("production", "1.10"), ("everything", "1.6"))
        for one in images(prepared(name, version), Path())
        for use in one.uses
    }

    assert set(PROPERTIES) <= used


def run_script(script, folder, *arguments):
    """The copies that crane was asked for."""
    return [
        (call[2], call[3])
        for call in run(script, folder, *arguments, tool="crane")
        if call[:2] == ["copy", "--"]
    ]


def run(script, folder, *arguments, tool):
    """The calls of a stand-in for the tool."""
    log = folder / "calls"
    log.write_text("")
    stand_in = folder / tool
    stand_in.write_text(f'#!/bin/sh\nprintf "%s\\037" "$@" >> "{log}"\nprintf "\\036" >> "{log}"\n')
    stand_in.chmod(0o755)
    (folder / "mirror.sh").write_text(script)
    subprocess.run(
        ["/bin/sh", "mirror.sh", *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
        env={"PATH": f"{folder}:{os.defpath}", "COPY": tool},
    )
    return [call.split("\037")[:-1] for call in log.read_text().split("\036")[:-1]]
