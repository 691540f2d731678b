"""Lists with and without states, and the names that exist."""

from __future__ import annotations

import pytest

from apigeectl.actions.deployments import Row, Selection, deployed_in, listing, require_environment, states
from apigeectl.deployments.judgement import Mark
from apigeectl.errors import Forbidden, InstallerError, ServiceFailure, Unreachable
from tests.actions.management_plane import FakePlane, missing


def test_a_list_has_a_row_for_each_proxy_and_environment_and_costs_three_requests():
    plane = FakePlane().with_deployed("2", deployStartTime="1000").with_deployed("1", "prod")

    found = listing(plane, Selection())

    assert [(row.proxy, row.environment, row.revision, row.since) for row in found.rows] == [
        ("hello", "test", "2", 1000),
        ("hello", "prod", "1", None),
        ("orders", "test", "", None),
        ("orders", "prod", "", None),
    ]
    assert sorted(plane.asked) == ["environments", "everywhere", "names"]


def test_a_selection_asks_only_for_what_it_selects():
    plane = FakePlane().with_deployed("2").with_deployed("1", "prod")

    found = listing(plane, Selection(("prod",), ("hello",)))

    assert [(row.proxy, row.environment, row.revision) for row in found.rows] == [("hello", "prod", "1")]
    assert plane.asked == []


def test_named_environments_are_asked_one_by_one():
    plane = FakePlane().with_deployed("2").with_deployed("1", "prod")

    found = listing(plane, Selection(("prod",)))

    assert [(row.proxy, row.revision) for row in found.rows] == [("hello", "1"), ("orders", "")]
    assert sorted(plane.asked) == ["in prod", "names"]


@pytest.mark.parametrize(
    ("selection", "message", "hint"),
    [
        (Selection(("tst",)), "organization acme has no environment tst", 'did you mean "test"?'),
        (Selection((), ("helo",)), "organization acme has no API proxy helo", 'did you mean "hello"?'),
        (
            Selection((), ("x",), True),
            "organization acme has no shared flow x",
            "the shared flows are hello, orders",
        ),
    ],
)
def test_a_name_that_does_not_exist_gets_the_nearest_one(selection, message, hint):
    with pytest.raises(InstallerError) as raised:
        listing(FakePlane(), selection)

    assert (raised.value.message, raised.value.hint) == (message, hint)


def test_an_organization_without_environments_lists_nothing():
    assert listing(FakePlane(known=()), Selection()).rows == ()


def test_an_organization_that_may_not_be_listed_and_an_environment_that_may_not_be_read_leave_the_others(
    monkeypatch,
):
    plane = FakePlane().with_deployed("2")
    original = plane.in_environment

    def everywhere(*, shared_flows=False):
        raise Forbidden("no", status=403)

    def in_environment(environment, *, shared_flows=False):
        if environment == "prod":
            raise Forbidden("no", status=403)
        return original(environment)

    monkeypatch.setattr(plane, "everywhere", everywhere)
    monkeypatch.setattr(plane, "in_environment", in_environment)

    found = listing(plane, Selection())

    assert [row.environment for row in found.rows] == ["test", "test"]
    assert [problem.message for problem in found.problems] == ["no"]


def test_a_connection_that_is_lost_stops_the_list(monkeypatch):
    plane = FakePlane()

    def gone(*_, shared_flows=False):
        raise Unreachable("gone")

    monkeypatch.setattr(plane, "everywhere", gone)
    monkeypatch.setattr(plane, "in_environment", gone)

    for selection in (Selection(), Selection(("test",))):
        with pytest.raises(Unreachable):
            listing(plane, selection)


def test_states_keep_the_order_and_ask_for_deployed_rows_only():
    plane = FakePlane(looks={"1": [{"state": "ERROR"}], "2": [{"state": "READY"}]})
    rows = [
        Row("a", "test", "1"),
        Row("b", "test"),
        *(Row(f"c{number}", "test", "2") for number in range(100)),
    ]

    found = list(states(plane, rows, lambda: 0.0))

    assert [row.proxy for row, _ in found] == [row.proxy for row in rows]
    assert [row.mark for row, _ in found[:3]] == [Mark.ERROR, Mark.NOT_DEPLOYED, Mark.FINE]
    assert len(plane.asked) == 101


def test_a_state_that_cannot_be_read_and_one_that_vanished_are_told_apart():
    plane = FakePlane(looks={"1": [ServiceFailure("busy", status=503)], "2": [missing("x")]})

    (failed, why), (vanished, nothing) = states(plane, [Row("a", "t", "1"), Row("b", "t", "2")], lambda: 0.0)

    assert (failed.mark, str(why)) == (None, "busy")
    assert (vanished.mark, vanished.revision, nothing) == (Mark.NOT_DEPLOYED, "", None)


def test_states_that_nobody_waits_for_any_more_are_not_asked():
    plane = FakePlane()
    stream = states(plane, [Row("a", "t", "1")] * 1000, lambda: 0.0)

    next(stream)
    stream.close()

    assert len(plane.asked) < 200


def test_an_unknown_environment_and_an_unknown_proxy_are_told_apart():
    with pytest.raises(InstallerError, match="no environment tst"):
        deployed_in(FakePlane(), "tst", "hello")
    with pytest.raises(InstallerError, match="no API proxy helo"):
        deployed_in(FakePlane(), "test", "helo")
    assert deployed_in(FakePlane(), "test", "hello") == ()


def test_an_account_that_may_not_see_the_organization_is_believed(monkeypatch):
    plane = FakePlane()

    def environments():
        raise Forbidden("no", status=403)

    monkeypatch.setattr(plane, "environments", environments)

    require_environment(plane, "anything")
