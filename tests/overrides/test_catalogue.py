from __future__ import annotations

import pytest

from apigeectl.overrides import catalogue
from apigeectl.overrides.catalogue import Property, Suggestion

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
    for other in each.exclusive_with:
        assert catalogue.find(other), other
    if each.min is not None and each.max is not None:
        assert each.min <= each.max
    for release in (each.since, each.until, each.deprecated_in):
        assert not release or catalogue.release_number(release) > (0, 0)


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
    assert (aliases.replaced_by, ingress.replaced_by) == ("environment groups", "")


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
        ("sslCertPath", None),
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
