from __future__ import annotations

import pytest

from apigeectl.components.release_table import RELEASES, THIRD_PARTY_TAGS, version_numbers
from apigeectl.components.releases import choose, newest_confirmed, release
from apigeectl.errors import UsageError
from tests.components.samples import MINIMAL, overrides

TAGGED = MINIMAL + "mart: {image: {tag: 1.9.2-rc1}}\n"


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


@pytest.mark.parametrize("text", ["1.7", "2", "1.10.", "latest", "", "1.10.3.4", "１.10"])
def test_an_unknown_release_is_refused_with_the_known_ones(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        release(text)

    assert caught.value.hint == "Known releases: 1.8, 1.9, 1.10."


def test_the_default_is_the_newest_confirmed_release() -> None:
    assert newest_confirmed().version == "1.10.3"
    assert newest_confirmed().confirmed


@pytest.mark.parametrize(
    ("version", "image", "tag"),
    [
        ("1.8.0", "apigee-kube-rbac-proxy", "v0.8.0"),
        ("1.8.1", "apigee-kube-rbac-proxy", "v0.11.0"),
        ("1.8.2", "apigee-prom-prometheus", "v2.33.5"),
        ("1.8.3", "apigee-prom-prometheus", "v2.39.1"),
        ("1.8.3", "apigee-stackdriver-logging-agent", "1.8.9"),
        ("1.9.4", "apigee-envoy", "v1.22.2"),
        ("1.10.0", "apigee-envoy", "v1.27.0"),
        ("1.10.3", "apigee-asm-ingress", "1.17.2-asm.8-distroless"),
        ("1.10.3", "apigee-mart-server", "1.10.3"),
    ],
)
def test_images_have_the_tags_of_their_release(version: str, image: str, tag: str) -> None:
    assert release(version).tag(image) == tag


def test_tags_taken_from_a_lower_release_are_marked() -> None:
    assert "apigee-envoy" in release("1.9").unconfirmed_images
    assert release("1.8").unconfirmed_images == release("1.10").unconfirmed_images == ()


@pytest.mark.parametrize("minor", list(RELEASES))
def test_every_row_is_complete(minor: tuple[int, int]) -> None:
    row = RELEASES[minor]

    assert row.minor == minor
    assert set(row.api_versions) == set(RELEASES[1, 10].api_versions)
    assert set(release(row.version).tags) == {image for tags in THIRD_PARTY_TAGS.values() for image in tags}


def test_rows_of_tags_ascend() -> None:
    assert list(THIRD_PARTY_TAGS) == sorted(THIRD_PARTY_TAGS, key=version_numbers)


def test_the_flag_wins() -> None:
    chosen, why = choose("1.8", {"APIGEECTL_RELEASE": "1.9"}, overrides(TAGGED), _not_asked)

    assert chosen.version == "1.8.1"
    assert why == "Hybrid 1.8.1, because --release says so."


def test_the_variable_comes_next() -> None:
    chosen, why = choose(None, {"APIGEECTL_RELEASE": "1.8"}, overrides(TAGGED), _not_asked)

    assert chosen.version == "1.8.1"
    assert "APIGEECTL_RELEASE" in why


def test_then_the_image_tags_of_the_file() -> None:
    chosen, why = choose(None, {}, overrides(TAGGED), _not_asked)

    assert chosen.version == "1.9.2"
    assert why == "Hybrid 1.9.2, because mart.image.tag in overrides.yaml has that version."


def test_then_what_the_cluster_runs() -> None:
    chosen, why = choose(None, {}, overrides(MINIMAL), lambda: "1.8.3")

    assert chosen.version == "1.8.3"
    assert "the cluster runs it" in why


@pytest.mark.parametrize("running", [None, "", "unknown"])
def test_and_last_the_newest_confirmed_one(running: str | None) -> None:
    chosen, why = choose(None, {}, overrides(MINIMAL), lambda: running)

    assert chosen.version == "1.10.3"
    assert "confirmed" in why


def test_a_cluster_with_an_unknown_release_is_not_rendered_for_another_one() -> None:
    with pytest.raises(
        UsageError, match=r"Hybrid 1\.12\.4 cannot be rendered.*the cluster runs it"
    ) as caught:
        choose(None, {}, overrides(MINIMAL), lambda: "1.12.4")

    assert "--release" in (caught.value.hint or "")
