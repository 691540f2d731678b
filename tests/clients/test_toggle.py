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


def entries(*pairs: tuple[str, str]) -> dict[str, Any]:
    return {**hybrid(), "properties": {"property": [{"name": name, "value": value} for name, value in pairs]}}


def after_the_write(service: Resource, change: Callable[[dict[str, Any]], object]) -> None:
    """What happens to the organization between our write and our reading."""

    def then(service: Resource, number: int) -> None:
        if number == 3:
            body = service.body
            change(body)
            service.text = json.dumps(body)

    service.before_get = then


@pytest.mark.parametrize(
    ("change", "lost"),
    [
        (lambda properties: properties.clear(), ("a was '1'", "a was '2'", "b was '3'")),
        (lambda properties: properties.pop(0), ("a was '1'",)),
        (lambda properties: properties.pop(1), ("a was '2'",)),
    ],
)
def test_a_lost_twin_is_a_lost_property(change: Callable[[list[Any]], object], lost: tuple[str, ...]):
    service = Resource(entries(("a", "1"), ("a", "2"), ("b", "3")))
    after_the_write(service, lambda body: change(body["properties"]["property"]))

    with pytest.raises(PropertiesLost) as caught:
        Organizations(service).set_property("acme", NAME, "true")
    assert caught.value.details == lost


def test_a_property_without_a_name_or_with_fields_of_its_own_is_missed_too():
    odd = [{"value": "nameless"}, {"name": "a", "value": "1", "extra": True}]
    service = Resource({**hybrid(), "properties": {"property": odd}})
    after_the_write(service, lambda body: body["properties"]["property"].pop(0))

    with pytest.raises(PropertiesLost) as caught:
        Organizations(service).set_property("acme", NAME, "true")
    assert caught.value.details == ("(no name) was 'nameless'",)

    service = Resource({**hybrid(), "properties": {"property": odd}})
    after_the_write(service, lambda body: body["properties"]["property"][1].pop("extra"))
    done = Organizations(service).set_property("acme", NAME, "true")
    assert done.others == ("property a is '1' by now, was '1 with {\"extra\": true}'",)


@pytest.mark.parametrize("values", [("true", "false"), ("false", "true"), ("false", "false")])
def test_a_property_that_stands_twice_is_changed_in_both_places(values: tuple[str, str]):
    service = Resource(entries((NAME, values[0]), ("a", "1"), (NAME, values[1])))

    assert Organizations(service).set_property("acme", NAME, "true").changed
    assert [(e["name"], e["value"]) for e in _entries_of(service.body)] == [
        (NAME, "true"),
        ("a", "1"),
        (NAME, "true"),
    ]
    assert not Organizations(service).set_property("acme", NAME, "true").changed


def test_a_property_with_fields_of_its_own_is_switched_and_keeps_them():
    entry = {"name": NAME, "value": "false", "note": "ours"}
    service = Resource({**hybrid(), "properties": {"property": [entry]}})

    change = Organizations(service).set_property("acme", NAME, "true", lambda body: None)

    assert (change.before, change.after, change.changed) == ("false", "true", True)
    assert service.body["properties"]["property"] == [{**entry, "value": "true"}]


def test_twins_of_which_the_service_makes_one_have_lost_nothing():
    service = Resource(entries((NAME, "false"), (NAME, "false")))
    after_the_write(service, lambda body: body["properties"]["property"].pop())

    done = Organizations(service).set_property("acme", NAME, "true")
    assert done.changed
    assert done.others == ()


def test_a_field_that_is_gone_after_the_write_is_said_with_what_it_was():
    service = Resource({**hybrid(), "properties": {"property": [], "more": 1}})
    after_the_write(service, lambda body: (body.pop("description"), body["properties"].pop("more")))

    done = Organizations(service).set_property("acme", NAME, "true")
    assert done.others == ('field description is gone, was "d"', "field properties.more is gone, was 1")


@pytest.mark.parametrize(
    "properties",
    [["x"], [{"name": "a"}], "x", 1, {"property": "x"}, {"property": [None]}, {"property": ["x"]}],
)
def test_properties_of_an_unknown_form_are_left_alone(properties: Any):
    service = Resource({**hybrid(), "properties": properties})

    with pytest.raises(Refused, match="a form that is not known here"):
        Organizations(service).set_property("acme", NAME, "true")
    assert service.puts == []


@pytest.mark.parametrize("properties", [None, {}, [], {"property": None}, {"property": []}])
def test_no_properties_at_all_get_their_first(properties: Any):
    service = Resource({**hybrid(), "properties": properties})

    assert Organizations(service).set_property("acme", NAME, "true").changed
    assert _entries_of(service.body) == [{"name": NAME, "value": "true"}]


def test_a_write_that_arrives_late_is_ours_all_the_same():
    service = Resource(hybrid())
    service.put_fails = [Unreachable("before")]

    def late(service: Resource, number: int) -> None:
        if number == 4:
            service.text = service.puts[0]

    service.before_get = late
    done = Organizations(service).set_property("acme", NAME, "true")
    assert (done.before, done.after, done.changed) == (None, "true", True)
    assert len(service.puts) == 1


def test_a_write_without_an_answer_beside_somebody_elses_is_found():
    service = Resource(hybrid(a="1"))
    service.put_fails = [Unreachable("after")]
    after_the_write(service, lambda body: body["properties"]["property"].append({"name": "b", "value": "2"}))

    done = Organizations(service).set_property("acme", NAME, "true")
    assert done.changed
    assert done.others == ("property b is '2' by now",)
    assert len(service.puts) == 1


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
