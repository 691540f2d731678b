"""Any organization survives a toggle: random ones, two toggles at once, and writes that do not take."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apigeectl.clients.endpoints import Service
from apigeectl.clients.organizations import Organizations, PropertiesLost
from apigeectl.errors import Refused, ServiceFailure, Unreachable

NAME = "features.mart.connect.enabled"

_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=8,
)
_entries = st.lists(
    st.just({})
    | st.fixed_dictionaries({"name": _texts, "value": _texts})
    | st.fixed_dictionaries({"name": _texts})
    | st.fixed_dictionaries(
        {"name": st.just(NAME), "value": st.sampled_from(["true", "false", "", "maybe"])}
    ),
    max_size=8,
)
_many = st.integers(1, 200).map(lambda n: [{"name": f"p{i}", "value": str(i)} for i in range(n)])
_properties = st.none() | st.just({}) | st.fixed_dictionaries({"property": _entries | _many})


@st.composite
def organizations(draw: st.DrawFn) -> dict[str, Any]:
    """Fields of any kind in any order around what makes it a hybrid organization."""
    fields = draw(st.dictionaries(_texts, _json, max_size=6))
    fields |= {"name": "acme", "runtimeType": "HYBRID", "state": "ACTIVE", "lastModifiedAt": "1"}
    properties = draw(_properties)
    if properties is not None:
        fields["properties"] = properties
    keys = draw(st.permutations(list(fields)))
    return {key: fields[key] for key in keys}


class Resource:
    """The organizations' resource: keeps the JSON text, as a server would."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self.text = json.dumps(body)
        self.puts: list[str] = []
        self.before_get: Callable[[Resource, int], None] = lambda service, number: None
        self.put_fails: list[Exception | None] = []
        self.deaf = False
        self.gets = 0

    @property
    def body(self) -> dict[str, Any]:
        return json.loads(self.text)

    def get(
        self, service: Service, path: str, params: Mapping[str, str] | None = None, *, subject: str
    ) -> dict[str, Any]:
        self.gets += 1
        self.before_get(self, self.gets)
        return self.body

    def put(self, service: Service, path: str, body: Mapping[str, Any], *, subject: str) -> dict[str, Any]:
        self.puts.append(json.dumps(body))
        failure = self.put_fails.pop(0) if self.put_fails else None
        if failure and str(failure) == "before":
            raise failure
        if not self.deaf:
            self.text = json.dumps({**body, "lastModifiedAt": str(int(self.body["lastModifiedAt"]) + 1)})
        if failure:
            raise failure
        return self.body


@settings(max_examples=1000, deadline=None)
@given(organizations(), st.sampled_from(["true", "false"]))
def test_nothing_of_an_organization_is_lost_or_reordered_by_a_toggle(body: dict[str, Any], value: str):
    service = Resource(body)
    kept: list[Any] = []
    done = Organizations(service).set_property(
        "acme", NAME, value, lambda found: kept.append(copy.deepcopy(found))
    )

    if not done.changed:
        assert service.puts == []
        return
    sent = json.loads(service.puts[0])
    assert kept == [body]
    assert _without_entry(sent) == _without_entry(body)
    assert [key for key in sent if key in body] == list(body)
    assert set(sent) - set(body) <= {"properties"}
    assert _names(sent)[: len(_names(body))] == _names(body)
    assert {entry["value"] for entry in _entries_of(sent) if entry.get("name") == NAME} == {value}
    again = Organizations(service).set_property("acme", NAME, value)
    assert not again.changed


def _entries_of(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list((body.get("properties") or {}).get("property") or ())


def _names(body: Mapping[str, Any]) -> list[Any]:
    return [entry.get("name") for entry in _entries_of(body)]


def _without_entry(body: Mapping[str, Any]) -> dict[str, Any]:
    """All but the one property, and but the difference between no properties and an empty list of them."""
    rest = {key: value for key, value in body.items() if key != "properties"}
    return {**rest, "others": [entry for entry in _entries_of(body) if entry.get("name") != NAME]}


def hybrid(**properties: str) -> dict[str, Any]:
    entries = [{"name": name.replace("_", "."), "value": value} for name, value in properties.items()]
    fields = {"name": "acme", "runtimeType": "HYBRID", "lastModifiedAt": "1", "description": "d"}
    return {**fields, "properties": {"property": entries}}


def test_two_toggles_at_once_lose_nothing():
    """The other one writes between our reading and our writing."""
    service = Resource(hybrid(features_hybrid_enabled="true"))

    def other(service: Resource, number: int) -> None:
        if number == 2:
            Organizations(Bystander(service)).set_property("acme", "features.other", "1")

    service.before_get = other
    assert Organizations(service).set_property("acme", NAME, "true").changed
    assert {entry["name"]: entry["value"] for entry in _entries_of(service.body)} == {
        "features.hybrid.enabled": "true",
        "features.other": "1",
        NAME: "true",
    }


class Bystander:
    """The same resource for somebody else, without our hooks."""

    def __init__(self, service: Resource) -> None:
        self._service = service

    def get(self, *_: Any, subject: str) -> dict[str, Any]:
        return self._service.body

    def put(self, *positional: Any, subject: str) -> dict[str, Any]:
        return self._service.put(*positional, subject=subject)


def test_what_somebody_else_changed_right_after_us_is_reported():
    service = Resource(hybrid(a="1"))

    def other(service: Resource, number: int) -> None:
        if number == 3:
            body = service.body
            body["description"] = "theirs"
            body["properties"]["property"][0]["value"] = "2"
            service.text = json.dumps(body)

    service.before_get = other
    done = Organizations(service).set_property("acme", NAME, "true")
    assert done.others == (
        "property a is '2' by now, was '1'",
        "field description was changed at the same time",
    )


def test_a_write_that_is_accepted_and_does_not_take_is_no_success():
    service = Resource(hybrid())
    service.deaf = True

    with pytest.raises(Refused, match=r"accepted the change, and .* is absent all the same"):
        Organizations(service).set_property("acme", NAME, "true")


@pytest.mark.parametrize("failure", [Unreachable("after"), ServiceFailure("after", status=503)])
def test_a_write_whose_answer_was_lost_is_looked_for_and_not_done_twice(failure: Exception):
    service = Resource(hybrid())
    service.put_fails = [failure]

    assert Organizations(service).set_property("acme", NAME, "true").changed
    assert len(service.puts) == 1


def test_a_write_that_did_not_arrive_is_begun_anew_from_a_fresh_reading():
    service = Resource(hybrid())
    service.put_fails = [Unreachable("before")]

    assert Organizations(service).set_property("acme", NAME, "true").changed
    assert len(service.puts) == 2
    assert service.gets == 6


def test_without_a_copy_of_what_was_nothing_is_written():
    service = Resource(hybrid())

    def keep(body: Mapping[str, Any]) -> None:
        raise Refused("the disk is full")

    with pytest.raises(Refused, match="disk"):
        Organizations(service).set_property("acme", NAME, "true", keep)
    assert service.puts == []


def test_lost_properties_are_an_error_of_their_own():
    service = Resource(hybrid(a="1"))

    def forgetful(service: Resource, number: int) -> None:
        if number == 3:
            service.text = json.dumps(
                {**service.body, "properties": {"property": [{"name": NAME, "value": "true"}]}}
            )

    service.before_get = forgetful
    with pytest.raises(PropertiesLost) as caught:
        Organizations(service).set_property("acme", NAME, "true")
    assert caught.value.details == ("a was '1'",)
