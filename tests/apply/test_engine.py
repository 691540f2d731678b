from __future__ import annotations

import threading
from typing import Any

import pytest

from apigeectl.apply.changes import Action, Event
from apigeectl.apply.engine import Interrupted, Stopped, apply
from apigeectl.apply.plan import plan
from apigeectl.errors import Invalid, WaitTimeout
from apigeectl.manifests import APIGEE_GROUP, Manifest, ObjectRef
from tests.apply.fakes import FakeCluster, Request, config_map, custom, definition, manifests, namespace

ORG = ObjectRef(APIGEE_GROUP, "ApigeeOrganization", "apigee", "acme")
SETTINGS = ObjectRef("", "ConfigMap", "apigee", "settings")


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster(namespace())


def run(cluster: FakeCluster, *bodies: dict[str, Any], **options: Any) -> list[Event]:
    found = plan(cluster, manifests(*bodies), force_conflicts=options.get("force_conflicts", False))
    cluster.requests.clear()
    return [event for event in apply(cluster, found, **options) if isinstance(event, Event)]


def refuse_writes_of(cluster: FakeCluster, name: str) -> None:
    def refuse(request: Request) -> None:
        if request.ref.name == name and request.verb == "apply" and not request.dry_run:
            raise Invalid(f"{request.ref}: no", status=422)

    cluster.faults = refuse


def test_every_object_gives_one_event(cluster: FakeCluster):
    cluster.apply(Manifest(config_map("same")))

    events = run(cluster, config_map("same"), config_map("new"), custom("ApigeeOrganization", "acme"))

    assert {event.ref.name: event.action for event in events} == {
        "same": Action.UNCHANGED,
        "new": Action.CREATE,
        "acme": Action.CREATE,
    }


def test_applying_again_writes_nothing(cluster: FakeCluster):
    bodies = [config_map(a="1"), custom("ApigeeOrganization", "acme", name="acme")]
    run(cluster, *bodies)
    cluster.update(ORG, lambda live: live["release"].update(forceUpdate=False), manager="manager")

    events = run(cluster, *bodies)

    assert {event.action for event in events} == {Action.UNCHANGED}
    assert cluster.requests == []


def test_stages_are_written_one_after_the_other(cluster: FakeCluster):
    bodies = [
        custom("ApigeeEnvironment", "env"),
        custom("ApigeeOrganization", "acme"),
        custom("ApigeeDatastore", "default"),
        config_map(),
    ]

    run(cluster, *bodies)

    assert [one.ref.name for one in cluster.writes()] == ["settings", "default", "acme", "env"]


def test_the_objects_of_a_stage_are_written_in_parallel(cluster: FakeCluster):
    together = threading.Barrier(4, timeout=5)

    def meet(request: Request) -> None:
        if request.verb == "apply" and not request.dry_run:
            together.wait()

    found = plan(cluster, manifests(*(config_map(f"c{number}") for number in range(4))))
    cluster.faults = meet

    assert len(list(apply(cluster, found, workers=4))) == 4


class TestFailure:
    def test_finishes_its_stage_and_begins_no_other(self, cluster: FakeCluster):
        found = plan(
            cluster, manifests(config_map("good"), config_map("bad"), custom("ApigeeOrganization", "acme"))
        )
        refuse_writes_of(cluster, "bad")
        events = []

        with pytest.raises(Stopped) as caught:
            events += list(apply(cluster, found))

        stopped = caught.value
        assert stopped.message == "ConfigMap/apigee/bad: no"
        assert [event.ref.name for event in stopped.done] == ["good"]
        assert stopped.remaining == (ORG,)
        assert ORG not in cluster.objects

    def test_says_what_was_done_and_what_was_not(self, cluster: FakeCluster):
        found = plan(
            cluster, manifests(config_map("good"), config_map("bad"), custom("ApigeeOrganization", "acme"))
        )
        refuse_writes_of(cluster, "bad")

        with pytest.raises(Stopped) as caught:
            list(apply(cluster, found))

        assert "done: ConfigMap/apigee/good created" in caught.value.details
        assert "not begun: ApigeeOrganization/apigee/acme" in caught.value.details

    def test_is_finished_by_the_next_run(self, cluster: FakeCluster):
        bodies = [config_map("good"), config_map("bad"), custom("ApigeeOrganization", "acme")]
        found = plan(cluster, manifests(*bodies))
        refuse_writes_of(cluster, "bad")
        with pytest.raises(Stopped):
            list(apply(cluster, found))
        cluster.faults = lambda request: None

        events = run(cluster, *bodies)

        assert {event.ref.name: event.action for event in events} == {
            "good": Action.UNCHANGED,
            "bad": Action.CREATE,
            "acme": Action.CREATE,
        }

    def test_an_immutable_field_comes_with_a_hint(self, cluster: FakeCluster):
        found = plan(cluster, manifests(config_map()))

        def immutable(request: Request) -> None:
            raise Invalid("data: field is immutable", status=422)

        cluster.faults = immutable

        with pytest.raises(Stopped) as caught:
            list(apply(cluster, found))

        assert "run again" in str(caught.value.hint)


class TestInterrupt:
    def test_while_a_definition_settles_tells_what_was_not_begun(self, cluster: FakeCluster):
        cluster.established = False
        bodies = [definition("ApigeeRedis", "apigeeredis"), config_map()]
        events = apply(cluster, plan(cluster, manifests(*bodies)))
        written = next(events)
        next(events)  # the first word about the wait

        with pytest.raises(Interrupted) as caught:
            events.throw(KeyboardInterrupt())

        assert caught.value.done == (written,)
        assert caught.value.remaining == (SETTINGS,)

    def test_finishes_the_requests_in_flight_and_reports_them(self, cluster: FakeCluster):
        found = plan(cluster, manifests(*(config_map(f"c{number}") for number in range(6))))
        cluster.requests.clear()
        in_flight, go_on = threading.Event(), threading.Event()

        def slow(request: Request) -> None:
            if len(cluster.requests) == 2:
                in_flight.set()
                go_on.wait(5)

        cluster.faults = slow
        events = apply(cluster, found, workers=1)
        first = next(events)
        in_flight.wait(5)
        threading.Timer(0.02, go_on.set).start()

        second = events.throw(KeyboardInterrupt())
        with pytest.raises(Interrupted) as caught:
            next(events)

        assert caught.value.done == (first, second)
        assert len(caught.value.remaining) == 4
        assert not {first.ref, second.ref}.intersection(caught.value.remaining)
        assert [first.ref, second.ref] == [one.ref for one in cluster.writes()]  # type: ignore[union-attr]

    def test_a_reader_that_stops_lets_nothing_new_begin(self, cluster: FakeCluster):
        found = plan(cluster, manifests(*(config_map(f"c{number}") for number in range(6)), namespace("x")))
        events = apply(cluster, found)
        next(events)

        events.close()

        assert {one.ref.kind for one in cluster.writes()} == {"Namespace"}


class TestDefinitions:
    def test_are_waited_for_before_their_objects_are_written(self, cluster: FakeCluster):
        cluster.unserved.add("ApigeeOrganization")

        events = run(
            cluster,
            definition("ApigeeOrganization", "apigeeorganizations"),
            custom("ApigeeOrganization", "acme"),
        )

        assert [event.ref.kind for event in events] == ["CustomResourceDefinition", "ApigeeOrganization"]
        assert ORG in cluster.objects

    def test_that_are_never_established_end_the_run(self, cluster: FakeCluster):
        cluster.established = False
        cluster.unserved.add("ApigeeOrganization")

        with pytest.raises(WaitTimeout, match="not ready"):
            run(
                cluster,
                definition("ApigeeOrganization", "apigeeorganizations"),
                custom("ApigeeOrganization", "acme"),
                settle=0.05,
            )

        assert ORG not in cluster.objects

    def test_that_are_unchanged_are_not_waited_for(self, cluster: FakeCluster):
        run(cluster, definition("ApigeeOrganization", "apigeeorganizations"))

        run(cluster, definition("ApigeeOrganization", "apigeeorganizations"))

        assert cluster.requests == []


class TestOwnership:
    def test_force_update_is_taken_back_from_the_operator_with_a_real_change(self, cluster: FakeCluster):
        run(cluster, custom("ApigeeOrganization", "acme", name="a"))
        cluster.update(ORG, lambda live: live["release"].update(forceUpdate=False), manager="manager")

        run(cluster, custom("ApigeeOrganization", "acme", name="b"))

        assert cluster.objects[ORG]["spec"]["name"] == "b"
        assert cluster.objects[ORG]["release"]["forceUpdate"] is True

    def test_the_originals_managers_are_let_go(self, cluster: FakeCluster):
        cluster.put(config_map(a="1"), manager="kubectl-client-side-apply")

        run(cluster, config_map(a="2"))

        managers = [entry["manager"] for entry in cluster.objects[SETTINGS]["metadata"]["managedFields"]]
        assert managers == ["apigeectl"]

    def test_a_field_that_the_original_wrote_vanishes_when_it_leaves_the_file(self, cluster: FakeCluster):
        cluster.put(config_map(a="1", b="1"), manager="kubectl-client-side-apply")
        run(cluster, config_map(a="1", b="1"))

        run(cluster, config_map(a="1"))

        assert cluster.objects[SETTINGS]["data"] == {"a": "1"}

    def test_the_originals_copy_of_the_manifest_goes(self, cluster: FakeCluster):
        body = config_map(a="1")
        body["metadata"]["annotations"] = {
            "kubectl.kubernetes.io/last-applied-configuration": "{}",
            "note": "stays",
        }
        cluster.put(body, manager="kubectl-client-side-apply")

        run(cluster, config_map(a="1"))

        assert cluster.objects[SETTINGS]["metadata"]["annotations"] == {"note": "stays"}

    def test_a_migration_that_collides_is_tried_again(self, cluster: FakeCluster):
        cluster.put(config_map(a="1"), manager="kubectl-client-side-apply")
        found = plan(cluster, manifests(config_map(a="1")))
        collided = threading.Event()

        def collide(request: Request) -> None:
            if request.verb == "patch" and not collided.is_set():
                collided.set()
                cluster.update(SETTINGS, lambda live: live.update(status={"a": 1}))

        cluster.faults = collide

        list(apply(cluster, found))

        managers = [entry["manager"] for entry in cluster.objects[SETTINGS]["metadata"]["managedFields"]]
        assert "kubectl-client-side-apply" not in managers

    def test_an_object_taken_over_is_unchanged_next_time(self, cluster: FakeCluster):
        cluster.put(config_map(a="1"), manager="kubectl-client-side-apply")
        run(cluster, config_map(a="1"))

        assert [event.action for event in run(cluster, config_map(a="1"))] == [Action.UNCHANGED]
