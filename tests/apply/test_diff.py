from __future__ import annotations

import json
from typing import Any

import pytest

from apigeectl.apply.changes import Action, Change
from apigeectl.apply.diff import Fingerprints, shown_differences
from apigeectl.apply.plan import plan
from apigeectl.manifests import Manifest, ObjectRef, ref_of
from tests.apply.fakes import FakeCluster, config_map, custom, manifests, namespace, secret

FINGERPRINTS = Fingerprints()


def change(before: dict[str, Any] | None, after: dict[str, Any]) -> Change:
    action = Action.CONFIGURE if before else Action.CREATE
    return Change(ref_of(after), action, Manifest(after), live=before, result=after)


def shown(before: dict[str, Any] | None, after: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {
        one.path: (one.before, one.after) for one in shown_differences(change(before, after), FINGERPRINTS)
    }


def test_a_changed_field_shows_what_is_and_what_would_be():
    assert shown(config_map(a="1"), config_map(a="2")) == {"data.a": ("1", "2")}


def test_a_new_object_shows_its_fields_and_not_its_name_again():
    found = shown(None, config_map(a="1", b="2"))

    assert found == {"data.a": (None, "1"), "data.b": (None, "2")}


def test_a_map_that_appears_is_opened_into_its_fields():
    found = shown(
        custom("ApigeeOrganization", "acme"), custom("ApigeeOrganization", "acme", mart={"a": {"b": 1}})
    )

    assert found == {"spec.mart.a.b": (None, 1)}


def test_a_map_that_vanishes_is_opened_too():
    found = shown(custom("ApigeeOrganization", "acme", mart={"a.b": 1}), custom("ApigeeOrganization", "acme"))

    assert found == {'spec.mart["a.b"]': (1, None)}


def test_values_of_a_secret_are_fingerprints_that_tell_equal_from_different():
    before, after = secret("key"), secret("key")
    before["data"], after["data"] = {"a": "b25l", "b": "b25l"}, {"a": "dHdv", "b": "dHdv"}

    found = shown(before, after)

    assert found["data.a"] == found["data.b"]
    assert found["data.a"][0] != found["data.a"][1]
    assert "b25l" not in json.dumps(found)


def test_fingerprints_of_two_runs_are_not_the_same():
    assert Fingerprints().of("secret") != Fingerprints().of("secret")


def test_a_password_in_a_custom_resource_is_a_fingerprint():
    found = shown(
        custom("ApigeeDatastore", "default"),
        custom("ApigeeDatastore", "default", items=[{"password": "hunter2"}]),
    )

    assert "hunter2" not in json.dumps(found)


@pytest.mark.parametrize(
    "fields",
    [
        {"containers": [{"env": [{"name": "http_proxy", "value": "http://me:hunter2@proxy:3128"}]}]},
        {"containers": [{"env": [{"name": "http_proxy", "value": "http://me:p@hunter2@proxy:3128"}]}]},
        {"containers": [{"env": [{"name": "REDIS_PASSWORD", "value": "hunter2"}]}]},
        {"config": {"store.password": "hunter2"}},
        {"pem": "-----BEGIN RSA PRIVATE KEY-----\nhunter2\n"},
    ],
)
def test_secrets_in_other_places_are_fingerprints(fields):
    empty, full = custom("ApigeeDatastore", "default"), custom("ApigeeDatastore", "default", **fields)
    name = custom("ApigeeDatastore", "default", **json.loads(json.dumps(fields).replace("hunter2", "tiger")))

    assert "hunter2" not in json.dumps(shown(None, full))
    assert "hunter2" not in json.dumps(shown(empty, full))
    assert "hunter2" not in json.dumps(shown(full, name))


def test_a_url_without_a_password_is_shown_as_it_is():
    found = shown(None, config_map(a="http://proxy:3128/to?mail=me@acme.com"))

    assert found["data.a"] == (None, "http://proxy:3128/to?mail=me@acme.com")


def test_the_copy_that_kubectl_keeps_of_a_secret_is_a_fingerprint():
    before, after = secret("key"), secret("key")
    before["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": "hunter2"}

    assert "hunter2" not in json.dumps(shown(before, after))


def test_no_value_is_part_of_a_repr():
    (one,) = shown_differences(change(config_map(a="hunter2"), config_map(a="hunter3")), FINGERPRINTS)

    assert "hunter" not in repr(one)


def test_what_a_controller_fills_in_is_no_difference():
    cluster = FakeCluster(namespace())
    cluster.apply(Manifest(custom("ApigeeOrganization", "acme", a=1)))
    ref = ObjectRef("apigee.cloud.google.com", "ApigeeOrganization", "apigee", "acme")
    cluster.update(ref, lambda live: live["spec"].update(filled=True), manager="operator")

    (found,) = plan(cluster, manifests(custom("ApigeeOrganization", "acme", a=2))).changes

    assert [one.path for one in shown_differences(found, FINGERPRINTS)] == ["spec.a"]
