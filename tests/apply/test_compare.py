from __future__ import annotations

import copy
from typing import Any

import pytest

from apigeectl.apply.compare import changed_fields
from tests.apply.fakes import custom, secret


def organization(**spec: Any) -> dict[str, Any]:
    return custom("ApigeeOrganization", "acme", **spec)


def test_equal_objects_differ_in_nothing():
    assert changed_fields(organization(name="a"), organization(name="a")) == ()


@pytest.mark.parametrize(
    "field", ["managedFields", "resourceVersion", "generation", "creationTimestamp", "uid", "selfLink"]
)
def test_what_the_server_writes_is_no_difference(field: str):
    other = organization()
    other["metadata"][field] = "other"

    assert changed_fields(organization(), other) == ()


def test_status_is_no_difference():
    assert changed_fields(organization(), {**organization(), "status": {"state": "running"}}) == ()


@pytest.mark.parametrize("release", [{"forceUpdate": False}, {}, None])
def test_force_update_is_no_difference(release: Any):
    assert changed_fields(organization(), {**organization(), "release": release}) == ()


def test_another_field_of_release_is_one():
    other = {**organization(), "release": {"forceUpdate": True, "expediteRelease": True}}

    assert changed_fields(organization(), other) == ("release.expediteRelease",)


def test_list_items_are_told_by_name():
    old = organization(containers=[{"name": "mart", "image": "a"}, {"name": "authz", "image": "b"}])
    new = copy.deepcopy(old)
    new["spec"]["containers"][0]["image"] = "c"

    assert changed_fields(old, new) == ("spec.containers[mart].image",)


def test_list_items_without_name_are_told_by_number():
    assert changed_fields(organization(args=["a", "b"]), organization(args=["a", "c"])) == ("spec.args[1]",)


def test_a_list_of_another_length_is_told_whole():
    assert changed_fields(organization(args=["a"]), organization(args=["a", "b"])) == ("spec.args",)


def test_added_and_removed_fields_are_told():
    assert changed_fields(organization(a=1), organization(b=1)) == ("spec.a", "spec.b")


def test_keys_with_dots_are_quoted():
    assert changed_fields(secret("s", **{"a.b": "x"}), secret("s", **{"a.b": "y"})) == ('data["a.b"]',)


def test_the_value_of_a_secret_is_in_no_path():
    told = changed_fields(secret("s", password="b2xk"), secret("s", password="bmV3"))

    assert told == ("data.password",)
