from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest

from apigeectl.apply.changes import Action, Event
from apigeectl.apply.history import KEPT, Place, Run, load, recorded
from apigeectl.errors import Forbidden, InstallerError
from apigeectl.manifests import ObjectRef
from tests.apply.fakes import FakeCluster, Request, namespace

PLACE = Place("acme", "apigee")
RUN = Run("", "", "apply", "1.10.3", "overrides.yaml", "0123456789abcdef", "0.1")
OBJECT = ObjectRef("", "ConfigMap", "apigee", "settings")


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster(namespace())


def events(*actions: Action) -> Iterator[Event]:
    return iter([Event(OBJECT, action) for action in actions])


def test_a_run_is_written_down_with_its_counts(cluster: FakeCluster):
    moments = iter(
        [datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc) + timedelta(seconds=n) for n in (0, 9)]
    )

    list(
        recorded(
            cluster,
            PLACE,
            RUN,
            events(Action.CREATE, Action.CREATE, Action.UNCHANGED),
            now=lambda: next(moments),
        )
    )

    (run,) = load(cluster, PLACE)
    assert (run.result, run.counts, run.command) == ("done", {"created": 2}, "apply")
    assert (run.began, run.ended) == ("2026-01-02T03:04:05Z", "2026-01-02T03:04:14Z")
    assert "@" in run.who


def test_a_run_that_is_still_going_or_was_killed_is_unfinished(cluster: FakeCluster):
    going = recorded(cluster, PLACE, RUN, events(Action.CREATE, Action.CREATE))
    next(going)

    assert [run.result for run in load(cluster, PLACE)] == ["unfinished"]


@pytest.mark.parametrize(
    ("error", "result"), [(InstallerError("no"), "failed"), (KeyboardInterrupt(), "interrupted")]
)
def test_how_a_run_ended_is_written_down_and_goes_on_to_be_raised(
    cluster: FakeCluster, error: BaseException, result: str
):
    def broken() -> Iterator[Event]:
        yield Event(OBJECT, Action.CREATE)
        raise error

    with pytest.raises(type(error)):
        list(recorded(cluster, PLACE, RUN, broken()))

    assert [(run.result, run.counts) for run in load(cluster, PLACE)] == [(result, {"created": 1})]


def test_the_oldest_runs_are_forgotten(cluster: FakeCluster):
    start = datetime(2026, 1, 1, tzinfo=timezone.utc)
    for number in range(KEPT + 2):
        list(recorded(cluster, PLACE, RUN, events(), now=lambda n=number: start + timedelta(minutes=n)))

    runs = load(cluster, PLACE)

    assert len(runs) == KEPT
    assert runs[-1].began == "2026-01-01T01:41:00Z"


def test_a_damaged_entry_hides_no_other(cluster: FakeCluster):
    list(recorded(cluster, PLACE, RUN, events()))
    cluster.update(PLACE.ref, lambda live: live["data"].update(runs="{\n" + live["data"]["runs"]))

    assert len(load(cluster, PLACE)) == 1


def test_a_history_that_cannot_be_written_stops_nothing(cluster: FakeCluster):
    def refuse(request: Request) -> None:
        raise Forbidden(f"{request.ref}: no", status=403)

    cluster.faults = refuse

    assert len(list(recorded(cluster, PLACE, RUN, events(Action.CREATE)))) == 1
