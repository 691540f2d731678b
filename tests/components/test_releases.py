from __future__ import annotations

import pathlib
from dataclasses import fields

import pytest

from apigeectl.components.release_facts import (
    ASSUMED,
    FACTS,
    KINDS,
    MAIN_SOURCES,
    MINORS,
    PATCHES,
    SOURCES,
    Fact,
)
from apigeectl.components.release_images import TAG_SOURCES, THIRD_PARTY_TAGS
from apigeectl.components.release_table import Release, Standing, cell, row, version_numbers
from apigeectl.components.releases import assumptions, choose, newest_confirmed, release
from apigeectl.components.render import render_init, render_runtime
from apigeectl.errors import UsageError
from apigeectl.manifests import APIGEE_GROUP
from apigeectl.overrides.scope import Scope
from tests.components.releases_page import page
from tests.components.samples import EXAMPLES, MINIMAL, REPOSITORY, case, overrides, write_files

TAGGED = MINIMAL + "mart: {image: {tag: 1.9.2-rc1}}\n"
NAMES = {minor: "{}.{}".format(*minor) for minor in MINORS}
OLD = """
org: hybrid-example
gcpProjectID: old-project
gcpRegion: us-east1
k8sClusterName: old-cluster
envs:
- name: test
  hostAlias: api.example.com
  paths: {uri: {prefixes: [/v1]}}
virtualhosts:
- name: default
  hostAliases: [api.example.com]
  sslSecret: tls
  routingRules:
  - env: test
"""


def _not_asked() -> str | None:
    raise AssertionError("the cluster must not be asked")


def test_a_minor_version_means_its_usual_patch() -> None:
    assert release("1.10").version == "1.10.3"
    assert release("1.8").version == "1.8.1"


def test_a_patch_without_a_row_has_the_facts_of_its_minor() -> None:
    chosen = release("1.10.5")

    assert chosen.version == "1.10.5"
    assert chosen.tag("apigee-mart-server") == "1.10.5"
    assert chosen.tag("apigee-envoy") == release("1.10.3").tag("apigee-envoy")


@pytest.mark.parametrize("text", ["1.2", "1.17", "2", "1.10.", "latest", "", "1.10.3.4", "１.10"])
def test_an_unknown_release_is_refused_with_the_known_ones(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        release(text)

    assert caught.value.hint == f"Known releases: {', '.join(NAMES.values())}."


def test_the_default_is_the_newest_confirmed_release() -> None:
    assert newest_confirmed().version == "1.10.3"
    assert newest_confirmed().confirmed


@pytest.mark.parametrize(
    ("version", "image", "tag"),
    [
        ("1.4", "apigee-prom-prometheus", "v2.9.2"),
        ("1.5", "apigee-stackdriver-logging-agent", "1.8.4"),
        ("1.6.3", "apigee-envoy", "v1.19.1"),
        ("1.6.9", "apigee-kube-rbac-proxy", "v0.11.0"),
        ("1.7.0", "apigee-fluent-bit", "1.8.10"),
        ("1.7.6", "apigee-fluent-bit", "1.9.9"),
        ("1.8.0", "apigee-kube-rbac-proxy", "v0.8.0"),
        ("1.8.1", "apigee-kube-rbac-proxy", "v0.11.0"),
        ("1.8.2", "apigee-prom-prometheus", "v2.33.5"),
        ("1.8.3", "apigee-prom-prometheus", "v2.39.1"),
        ("1.8.3", "apigee-stackdriver-logging-agent", "1.8.9"),
        ("1.9.4", "apigee-envoy", "v1.22.2"),
        ("1.10.0", "apigee-envoy", "v1.27.0"),
        ("1.10.3", "apigee-asm-ingress", "1.17.2-asm.8-distroless"),
        ("1.10.3", "apigee-mart-server", "1.10.3"),
        ("1.12.4", "apigee-asm-ingress", "1.18.7-asm.4-distroless"),
        ("1.14.1", "apigee-asm-ingress", "1.22.6-asm.2-distroless"),
        ("1.14.2", "apigee-asm-ingress", "1.14.2"),
        ("1.16", "apigee-envoy", "1.16.0"),
    ],
)
def test_images_have_the_tags_of_their_release(version: str, image: str, tag: str) -> None:
    assert release(version).tag(image) == tag


def test_below_the_first_row_the_nearest_tag_is_taken() -> None:
    assert release("1.3").tag("apigee-prom-prometheus") == "v2.9.2"
    assert release("1.4").tag("apigee-stackdriver-logging-agent") == "1.8.4"


def test_tags_taken_from_another_release_are_marked() -> None:
    assert "apigee-envoy" in release("1.9").unconfirmed_images
    assert release("1.4").unconfirmed_images == ("apigee-stackdriver-logging-agent",)
    assert release("1.8").unconfirmed_images == release("1.10").unconfirmed_images == ()


def test_what_is_not_confirmed_is_said() -> None:
    assert assumptions(release("1.10")) == assumptions(release("1.8")) == ()
    assert assumptions(release("1.6")) == (
        "Hybrid 1.6.9 is not confirmed. Taken from the releases next to it: ServiceAccount of the metrics pods under "
        "Workload Identity; Secret with the key of the metrics pods.",
    )
    assert "facts, see docs/reference/releases.md" in assumptions(release("1.9"))[0]
    assert "apigee-envoy" in assumptions(release("1.9"))[1]
    assert "with Helm alone" in assumptions(release("1.16"))[0]


@pytest.mark.parametrize("minor", MINORS, ids=NAMES.values())
def test_every_release_has_every_fact(minor: tuple[int, int]) -> None:
    known = row(minor)

    assert known.minor == minor
    assert set(known.api_versions) | {"ApigeeRedis"} == set(KINDS)
    assert set(FACTS) == {one.name for one in fields(Release)} - OTHER_FIELDS


OTHER_FIELDS = {"version", "confirmed", "api_versions", "tags", "unconfirmed_images", "assumed"}


@pytest.mark.parametrize("fact", [*KINDS.values(), *FACTS.values()], ids=lambda fact: fact.about)
def test_every_value_names_sources_that_exist(fact: Fact) -> None:
    named = [(releases.split(), source) for _, releases, *sources in fact.rows for source in sources]
    unnamed = [one for _, releases, *sources in fact.rows if not sources for one in releases.split()]

    assert {key for _, text in named for key in text.split()} <= {*SOURCES, ASSUMED}
    assert set(unnamed) <= set(MAIN_SOURCES)
    seen = [one for _, releases, *_ in fact.rows for one in releases.split()]
    assert len(seen) == len(set(seen))


def test_every_tag_names_its_source() -> None:
    assert set(TAG_SOURCES) == set(THIRD_PARTY_TAGS)
    assert {key for text in TAG_SOURCES.values() for key in text.split()} <= set(SOURCES)
    assert list(PATCHES) == [minor for _, minor in MINORS]


@pytest.mark.parametrize(
    ("minor", "value", "standing"),
    [
        ((1, 3), "low", Standing.ASSUMED),
        ((1, 4), "low", Standing.SEEN),
        ((1, 5), "low", Standing.BETWEEN),
        ((1, 7), "low", Standing.ASSUMED),
        ((1, 8), "high", Standing.ASSUMED),
        ((1, 9), "high", Standing.SEEN),
        ((1, 16), "high", Standing.ASSUMED),
    ],
)
def test_a_value_that_was_not_seen_is_that_of_the_nearest_release(
    minor: tuple[int, int], value: str, standing: Standing
) -> None:
    fact = Fact("a fact", (("low", "1.4 1.6"), ("high", "1.8", ASSUMED), ("high", "1.9", "release-notes")))

    assert cell(fact, minor)[:2] == (value, standing)


def test_rows_of_tags_ascend() -> None:
    assert list(THIRD_PARTY_TAGS) == sorted(THIRD_PARTY_TAGS, key=version_numbers)


def test_the_page_of_releases_is_up_to_date(update: bool) -> None:
    file = REPOSITORY / "docs" / "reference" / "releases.md"
    if update:
        file.write_text(page())

    assert file.read_text() == page()


@pytest.mark.parametrize("minor", MINORS, ids=NAMES.values())
@pytest.mark.parametrize("name", sorted(path.stem for path in EXAMPLES.glob("*.yaml")))
def test_every_example_renders_for_every_release(
    name: str, minor: tuple[int, int], tmp_path: pathlib.Path
) -> None:
    sample, chosen = case(name), release(NAMES[minor])

    rendering = render_runtime(sample, chosen, Scope(), cwd=write_files(sample, tmp_path))

    ours = {m.kind: m.api_version for m in rendering.manifests if m.group == APIGEE_GROUP}
    assert ours == {
        kind: chosen.api_version(kind)
        for kind in chosen.api_versions
        if kind != "ApigeeRouteConfig" or sample.virtualhosts
    }
    assert set(assumptions(chosen)) <= set(rendering.warnings)


@pytest.mark.parametrize("minor", MINORS, ids=NAMES.values())
def test_init_renders_for_every_release(minor: tuple[int, int], tmp_path: pathlib.Path) -> None:
    rendering = render_init(case("quickstart"), release(NAMES[minor]), cwd=tmp_path)

    assert "apigee-controller-manager" in {m.name for m in rendering.manifests}


@pytest.mark.parametrize("minor", MINORS, ids=NAMES.values())
def test_a_file_of_1_1_or_1_2_renders_for_every_release(
    minor: tuple[int, int], tmp_path: pathlib.Path
) -> None:
    rendering = render_runtime(overrides(OLD), release(NAMES[minor]), Scope(), cwd=tmp_path)

    found = {m.kind: m.body["spec"] for m in rendering.manifests if "spec" in m.body}
    organization, route = found["ApigeeOrganization"], found["ApigeeRouteConfig"]
    assert (organization["gcpProjectID"], organization["clusterName"]) == ("old-project", "old-cluster")
    assert organization["clusterRegion"] == "us-east1"
    assert "instanceID" not in organization
    assert found["ApigeeEnvironment"]["name"] == "test"
    assert route["tls"]["secretNameRef"].endswith("tls")


def test_the_flag_wins() -> None:
    chosen, why = choose("1.8", {"APIGEECTL_RELEASE": "1.9"}, overrides(TAGGED), _not_asked)

    assert chosen.version == "1.8.1"
    assert why == "Hybrid 1.8.1, because --release says so."


def test_a_release_that_is_not_confirmed_is_called_so() -> None:
    _, why = choose("1.9", {}, overrides(MINIMAL), _not_asked)

    assert why == "Hybrid 1.9.4, because --release says so. That release is not confirmed as a whole."


def test_the_variable_comes_next() -> None:
    chosen, why = choose(None, {"APIGEECTL_RELEASE": "1.8"}, overrides(TAGGED), _not_asked)

    assert chosen.version == "1.8.1"
    assert "APIGEECTL_RELEASE" in why


def test_then_the_image_tags_of_the_file() -> None:
    chosen, why = choose(None, {}, overrides(TAGGED), _not_asked)

    assert chosen.version == "1.9.2"
    assert why.startswith("Hybrid 1.9.2, because mart.image.tag in overrides.yaml has that version.")


def test_then_what_the_cluster_runs() -> None:
    chosen, why = choose(None, {}, overrides(MINIMAL), lambda: "1.8.3")

    assert chosen.version == "1.8.3"
    assert "the cluster runs it" in why


@pytest.mark.parametrize("running", [None, "", "unknown"])
def test_and_last_the_newest_confirmed_one(running: str | None) -> None:
    chosen, why = choose(None, {}, overrides(MINIMAL), lambda: running)

    assert chosen.version == "1.10.3"
    assert "confirmed" in why


@pytest.mark.parametrize("running", ["1.2.0", "1.17.0"])
def test_a_cluster_with_an_unknown_release_is_not_rendered_for_another_one(running: str) -> None:
    with pytest.raises(UsageError, match=r"cannot be rendered.*the cluster runs it") as caught:
        choose(None, {}, overrides(MINIMAL), lambda: running)

    assert "--release" in (caught.value.hint or "")


@pytest.mark.parametrize("text", [MINIMAL, MINIMAL + "runtime: {image: {tag: 1.13.4}}\n"])
def test_a_release_of_helms_is_rendered_only_when_asked_for(text: str) -> None:
    with pytest.raises(UsageError, match="only when you ask for it by name") as caught:
        choose(None, {}, overrides(text), lambda: "1.13.4")

    assert "--release 1.13" in (caught.value.hint or "")
    assert choose("1.13", {}, overrides(text), _not_asked)[0].version == "1.13.4"
    assert choose(None, {"APIGEECTL_RELEASE": "1.13"}, overrides(text), _not_asked)[0].version == "1.13.4"


@pytest.mark.parametrize(
    ("version", "text", "namespace"),
    [
        ("1.10", "", "apigee-system"),
        ("1.10", "namespace: prod\n", "apigee-system"),
        ("1.10", "controllerNamespace: ops\n", "ops"),
        ("1.13", "", "apigee"),
        ("1.13", "namespace: prod\n", "prod"),
        ("1.13", "namespace: prod\ncontrollerNamespace: ops\n", "ops"),
    ],
)
def test_the_operator_lives_where_file_and_release_put_it(version: str, text: str, namespace: str) -> None:
    chosen, _ = choose(version, {}, overrides(MINIMAL + text), _not_asked)

    assert chosen.operator_namespace == namespace
