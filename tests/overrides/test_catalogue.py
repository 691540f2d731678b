from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from apigeectl.components.defaults import DEFAULTS
from apigeectl.overrides import catalogue
from apigeectl.overrides.catalogue import Property, Suggestion
from apigeectl.overrides.catalogue.rows import read, rows

REFERENCE_ENTRIES = 843
OURS = {
    "connectAgent.serviceAccountSecretRef",
    "watcher.serviceAccountSecretRef",
    "envs[].PollInterval",
    "cassandra.restore.keyfile",
}
TYPES = {"string", "integer", "boolean", "quantity", "duration", "path", "map", "enum"}


def test_every_property_of_the_reference_is_there_and_ours_beside_them() -> None:
    paths = [each.path for each in catalogue.properties()]
    assert len(paths) == len(set(paths)) == REFERENCE_ENTRIES + len(OURS)
    assert set(paths) >= OURS


@pytest.mark.parametrize("each", catalogue.properties(), ids=lambda each: each.path)
def test_every_entry_is_sound(each: Property) -> None:
    assert catalogue.find(each.path) == each
    assert each.type in TYPES
    assert bool(each.values) >= (each.type == "enum")
    assert each.free_form == (each.type == "map")
    for other in (*each.exclusive_with, *each.required_with):
        assert other != each.path
        assert catalogue.find(other), other
    assert not each.default_from or catalogue.find(each.default_from)
    assert each.default is None or not (each.default_from or each.default_by_release)
    if each.min is not None and each.max is not None:
        assert each.min <= each.max
    for release in (each.since, each.until, each.deprecated_in):
        assert not release or catalogue.release_number(release) > (0, 0)


@pytest.mark.parametrize("each", catalogue.properties(), ids=lambda each: each.path)
def test_a_default_is_a_value_that_the_property_takes(each: Property) -> None:
    for default in (each.default, each.documented_default):
        if default is None:
            continue
        assert type(default) is {"integer": int, "boolean": bool, "map": dict}.get(each.type, str)
        assert not each.values or default in each.values
        assert each.min is None or default >= each.min
        assert each.max is None or default <= each.max


def test_every_property_and_group_is_described_in_a_short_sentence() -> None:
    for path in catalogue.paths():
        found = catalogue.find(path)
        assert found
        assert found.description[:1].isupper(), path
        assert found.description.endswith("."), path
        assert len(found.description) <= 125, path
        assert "{" not in found.description


def test_no_path_is_in_two_rows() -> None:
    paths = [row["path"] for row in rows()]

    assert [path for path, times in Counter(paths).items() if times > 1] == []


def test_nothing_is_described_twice() -> None:
    written = [row["description"] for row in read("properties.json") if "description" in row]
    shared = [
        facts["description"] for shape in read("shapes.json")["shapes"].values() for facts in shape.values()
    ]

    assert [words for words, times in Counter(written + shared).items() if times > 1] == []


def test_no_two_properties_read_the_same() -> None:
    described = Counter(each.description for each in catalogue.properties())

    assert [words for words, times in described.items() if times > 1] == []


def test_every_shape_is_used_and_every_use_names_members_of_its_shape() -> None:
    shapes, variants = read("shapes.json")["shapes"], read("shapes.json")["variants"]
    uses = [row for row in read("properties.json") if "shape" in row]

    assert {row["shape"] for row in uses} == {*variants, *shapes} - {"probe", "encryption"}
    for row in uses:
        shape = shapes[variants.get(row["shape"], {"shape": row["shape"]})["shape"]]
        assert set(row.get("members", ())) <= set(shape), row


def test_what_excludes_another_property_is_excluded_by_it() -> None:
    for each in catalogue.properties():
        for other in each.exclusive_with:
            back = {path for leaf in _leaves(other) for path in leaf.exclusive_with}
            assert any(each.path == path or each.path.startswith(f"{path}.") for path in back), (
                each.path,
                other,
            )


def _leaves(path: str) -> list[Property]:
    return [each for each in catalogue.properties() if each.path == path or each.path.startswith(f"{path}.")]


def test_what_is_installed_by_default_is_the_default_here() -> None:
    for path, value in _installed(DEFAULTS, ()):
        found = catalogue.find(path)
        if found and found.documented:
            assert found.default == value, path


def _installed(values: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in values.items():
        path = (*above, key)
        found = catalogue.find(path)
        if isinstance(value, Mapping) and not (found and found.free_form):
            yield from _installed(value, path)
        elif not (found and found.free_form):
            yield path, value


def test_a_property_knows_what_it_replaced() -> None:
    assert catalogue.predecessors("gcp.projectID") == ("gcpProjectID",)
    assert catalogue.predecessors("org") == ()


@pytest.mark.parametrize(
    ("typed", "path"),
    [
        ("connectAgent", "connectAgent"),
        ("connectAgent.replicaCountMin", "connectAgent.replicaCountMin"),
        ("envs[].name", "envs[].name"),
        ("envs[0].name", "envs[].name"),
        ("envs.name", "envs[].name"),
        ("envs", "envs"),
        ("envs[]", "envs"),
        ("virtualhosts.cipherSuites", "virtualhosts[].cipherSuites"),
        ("virtualhosts[1].routingRules[2].paths[0]", "virtualhosts[].routingRules[].paths"),
        ("runtime.envVars.ANYTHING", "runtime.envVars.ANYTHING"),
        ("mart.livenessProbe.httpGet.port", "mart.livenessProbe.httpGet.port"),
        ("envs.nam", None),
        ("Org", None),
        ("org.below", None),
        ("", None),
        ("[].", None),
    ],
)
def test_a_property_is_understood_as_it_is_typed(typed: str, path: str | None) -> None:
    assert catalogue.understood(typed) == path


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("conectAgent.replicaCountMin", "connectAgent.replicaCountMin"),
        ("conectAgent.replicaCuntMin", "connectAgent.replicaCountMin"),
        ("ENVS.nam", "envs[].name"),
        ("envs[2].serviceAccountPath.runtime", "envs[].serviceAccountPaths.runtime"),
        ("projectID", "gcp.projectID"),
        ("mart.qqqq", "mart"),
        ("sslCertPath", None),
        ("qqqq", None),
        ("", None),
    ],
)
def test_a_misspelt_property_is_guessed(typed: str, meant: str | None) -> None:
    assert catalogue.corrected(typed) == meant


@pytest.mark.parametrize(
    "path",
    [
        "connectAgent.enabled",
        "validateServiceAccounts",
        "validateOrg",
        "orgScopedUDCA",
        "virtualhosts[].tlsMode",
        "virtualhosts[].caCertPath",
        "axHashSaltSecret",
        "controllerNamespace",
        "cassandra.storage.storageclass",
        "cassandra.storage.storageClass",
        "cassandra.backup.keyfile",
        "cassandra.backup.keyFile",
    ],
)
def test_what_the_property_reference_forgot_is_known(path: str) -> None:
    assert catalogue.find(path)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("envs", "list"),
        ("gcp", "map"),
        (("envs", 3, "name"), "string"),
        ("runtime.cwcAppend.anything", "any"),
        (("runtime", "cwcAppend", "a.b"), "any"),
        ("virtualhosts[].selector.own", "any"),
        ("virtualhosts[].selector.app", "string"),
        ("mart.livenessProbe.httpGet.port", "any"),
        ("mart.tolerations[].unheardOf", "any"),
        ("mart.nodeSelector.own", "any"),
    ],
)
def test_groups_free_choice_and_kubernetes_own_keys_are_found(path: str, kind: str) -> None:
    found = catalogue.find(path)
    assert found is not None
    assert found.type == kind


@pytest.mark.parametrize("path", ["nope", "mart.nope", "org.below", "envs[].nope", "envs.name"])
def test_what_nobody_knows_is_not_found(path: str) -> None:
    assert catalogue.find(path) is None


def test_what_only_kubernetes_knows_is_marked() -> None:
    handler, counter = (
        catalogue.find("mart.livenessProbe.httpGet"),
        catalogue.find("mart.livenessProbe.periodSeconds"),
    )
    assert handler
    assert counter
    assert (handler.documented, counter.documented) == (False, True)


def test_a_group_ends_with_its_last_property() -> None:
    ingress, mart = catalogue.find("ingress"), catalogue.find("mart")
    assert ingress
    assert mart
    assert (ingress.until, mart.until) == ("1.2", "")


def test_a_group_begins_with_its_first_property() -> None:
    identity, cassandra = catalogue.find("gcp.workloadIdentity"), catalogue.find("cassandra")
    assert identity
    assert cassandra
    assert (identity.since, cassandra.since) == ("1.10.0", "")


def test_a_group_has_the_successor_that_all_its_properties_share() -> None:
    aliases, ingress = catalogue.find("virtualhosts[].hostAliases"), catalogue.find("ingress")
    assert aliases
    assert ingress
    assert (aliases.replaced_by, ingress.replaced_by) == (
        "the environment group in the management plane",
        "",
    )


def test_children_are_the_keys_below() -> None:
    assert catalogue.children("k8sCluster") == ("name", "region")
    assert catalogue.children("envs") == ("[]",)
    assert "connectAgent" in catalogue.children("")
    assert catalogue.children("nope") == ()


@pytest.mark.parametrize(
    ("path", "suggestion"),
    [
        ("conectAgent", Suggestion("connectAgent", spelling=True)),
        ("virtualHosts", Suggestion("virtualhosts", spelling=True)),
        ("connectAgent.replicaCountMim", Suggestion("connectAgent.replicaCountMin", spelling=True)),
        ("envs[].serviceAccountPath", Suggestion("envs[].serviceAccountPaths", spelling=True)),
        ("projectID", Suggestion("gcp.projectID", spelling=False)),
        ("connectAgent.url", Suggestion("connectAgent.image.url", spelling=False)),
        ("storageSize", Suggestion("cassandra.storage.storageSize", spelling=False)),
        ("watcher.enableIssueScanning", Suggestion("watcher.args.enableIssueScanning", spelling=False)),
        ("storageSise", Suggestion("cassandra.storage.storageSize", spelling=True)),
        (
            "sslCertPath",
            Suggestion(
                "mart.sslCertPath",
                spelling=False,
                others=("metrics.prometheus.sslCertPath", "virtualhosts[].sslCertPath"),
            ),
        ),
        ("enabled", None),
        ("connectAgent" * 10, None),
        ("qqqqqq", None),
        ("qqq.rrr.sss", None),
    ],
)
def test_an_unknown_key_gets_the_best_guess(path: str, suggestion: Suggestion | None) -> None:
    assert catalogue.suggest(path) == suggestion


@pytest.mark.parametrize(
    "path",
    [
        "kmsEncryptionKey",
        "envs[].cacheEncryptionKey",
        "cassandra.auth.default.password",
        "httpProxy.password",
        "axHashSalt",
        "defaults.org.contractEncryptionKey",
        "runtime.envVars.DB_PASSWORD",
    ],
)
def test_passwords_keys_and_salts_are_secret(path: str) -> None:
    assert catalogue.is_secret(path)


@pytest.mark.parametrize(
    "path",
    ["org", "kmsEncryptionPath", "kmsEncryptionSecret.key", "axHashSaltSecret", "mart.nodeSelector.key"],
)
def test_names_of_secrets_are_not_secret(path: str) -> None:
    assert not catalogue.is_secret(path)
