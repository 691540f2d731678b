from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from apigeectl.actions import apply as story
from apigeectl.actions import init as init_story
from apigeectl.actions.definitions import Definitions
from apigeectl.actions.recording import init_inventory, runtime_inventory
from apigeectl.actions.rendering import Choices
from apigeectl.apply.changes import Action, Event
from apigeectl.apply.plan import Plan
from apigeectl.components.names import org_id
from apigeectl.components.render import Rendering
from apigeectl.errors import Refused
from apigeectl.manifests import ObjectRef, ref_of
from tests.actions.prepared import ORG, prepared
from tests.apply.fakes import FakeCluster, Request, config_map, manifests, namespace

LEASE = ObjectRef("coordination.k8s.io", "Lease", "apigee", f"apigeectl-{org_id(ORG)}")
INIT_LEASE = ObjectRef("coordination.k8s.io", "Lease", "apigee-system", "apigeectl-init")
PREPARED = prepared()


def rendering(*bodies: dict[str, Any]) -> Rendering:
    return Rendering(tuple(manifests(*bodies)))


def planned(cluster: FakeCluster, *bodies: dict[str, Any]) -> Plan:
    return story.plan(PREPARED, rendering(*bodies), cluster, Choices())


def carried_out(cluster: FakeCluster, plan: Plan, *bodies: dict[str, Any]) -> list[Event]:
    events = story.carry_out(PREPARED, plan, cluster, Choices(), again=lambda: planned(cluster, *bodies))
    return [event for event in events if isinstance(event, Event)]


def hers(lease: ObjectRef) -> dict[str, Any]:
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": lease.name, "namespace": lease.namespace},
        "spec": {
            "holderIdentity": "she@there 7",
            "leaseDurationSeconds": 60,
            "renewTime": "2999-01-01T00:00:00.000000Z",
        },
    }


def test_what_another_run_wrote_after_the_plan_is_planned_anew():
    cluster = FakeCluster(namespace())
    plan = planned(cluster, config_map("ours"))
    theirs = runtime_inventory(PREPARED)
    planned_by_them = planned(cluster, config_map("theirs"))
    list(story.carry_out(PREPARED, planned_by_them, cluster, Choices(), again=lambda: planned_by_them))

    carried_out(cluster, plan, config_map("ours"))

    listed = cluster.objects[theirs.ref]["data"]["refs"]
    assert '"theirs"' in listed
    assert '"ours"' in listed


def test_the_plan_is_made_again_while_the_lease_is_held():
    cluster = FakeCluster(namespace())
    held: list[bool] = []

    def again() -> Plan:
        held.append(LEASE in cluster.objects)
        return planned(cluster, config_map())

    list(story.carry_out(PREPARED, planned(cluster, config_map()), cluster, Choices(), again=again))

    assert held == [True]
    assert LEASE not in cluster.objects


def test_without_a_change_no_lease_is_taken():
    cluster = FakeCluster(namespace())
    carried_out(cluster, planned(cluster, config_map()), config_map())
    plan = planned(cluster, config_map())
    cluster.requests.clear()

    events = carried_out(cluster, plan, config_map())

    assert {event.action for event in events} == {Action.UNCHANGED}
    assert cluster.requests == [Request("get", LEASE)]


def test_a_lease_that_a_killed_run_left_behind_goes_with_the_next_one_even_when_that_changes_nothing():
    cluster = FakeCluster(namespace())
    carried_out(cluster, planned(cluster, config_map()), config_map())
    cluster.put(
        hers(LEASE) | {"spec": {"holderIdentity": "she@there 7", "renewTime": "2001-01-01T00:00:00.000000Z"}}
    )

    carried_out(cluster, planned(cluster, config_map()), config_map())

    assert LEASE not in cluster.objects


def test_a_run_of_somebody_else_stops_it_before_it_writes():
    cluster = FakeCluster(namespace(), hers(LEASE))

    with pytest.raises(Refused, match="she@there"):
        carried_out(cluster, planned(cluster, config_map()), config_map())

    assert ref_of(config_map()) not in cluster.objects


class TestPruning:
    CHOICES = Choices(prune=True)

    def apply(self, cluster: FakeCluster, *bodies: dict[str, Any], choices: Choices = CHOICES) -> list[Event]:
        def plan() -> Plan:
            return story.plan(PREPARED, rendering(*bodies), cluster, choices)

        events = story.carry_out(PREPARED, plan(), cluster, choices, again=plan)
        return [event for event in events if isinstance(event, Event)]

    def test_deletes_what_left_the_file_and_forgets_it(self):
        cluster = FakeCluster(namespace())
        self.apply(cluster, config_map("one"), config_map("two"))

        events = self.apply(cluster, config_map("one"))

        assert [event.ref.name for event in events if event.action is Action.DELETE] == ["two"]
        assert ref_of(config_map("two")) not in cluster.objects
        assert '"two"' not in cluster.objects[runtime_inventory(PREPARED).ref]["data"]["refs"]

    def test_needs_to_be_asked_for(self):
        cluster = FakeCluster(namespace())
        self.apply(cluster, config_map("one"), config_map("two"))

        self.apply(cluster, config_map("one"), choices=Choices())

        assert ref_of(config_map("two")) in cluster.objects

    def test_after_a_lost_inventory_deletes_nothing_in_that_run(self):
        cluster = FakeCluster(namespace())
        self.apply(cluster, config_map("one"), config_map("two"))
        cluster.remove(runtime_inventory(PREPARED).ref)

        self.apply(cluster, config_map("one"))

        assert ref_of(config_map("two")) in cluster.objects

    def test_a_file_without_environments_deletes_nothing(self):
        cluster = FakeCluster(namespace())
        self.apply(cluster, config_map("one"), config_map("two"))
        emptied = replace(
            PREPARED, overrides=replace(PREPARED.overrides, data={**PREPARED.overrides.data, "envs": []})
        )

        found = story.plan(emptied, rendering(config_map("one")), cluster, self.CHOICES)

        assert found.pruned == ()
        assert "no environments" in found.notes[0]


class TestInit:
    def plan(self, cluster: FakeCluster, *bodies: dict[str, Any]) -> Plan:
        return init_story.plan(PREPARED, Definitions((), ()), rendering(*bodies), cluster, Choices())

    def test_holds_a_lease_of_its_own(self):
        body = config_map(namespace="apigee-system")
        cluster = FakeCluster(namespace("apigee-system"), hers(INIT_LEASE))
        plan = self.plan(cluster, body)

        with pytest.raises(Refused, match="she@there"):
            list(init_story.carry_out(PREPARED, plan, cluster, Choices(), again=lambda: plan))

        assert ref_of(body) not in cluster.objects

    def test_begins_where_there_is_no_namespace_to_hold_one_in(self):
        bodies = (namespace("apigee-system"), config_map(namespace="apigee-system"))
        cluster = FakeCluster()

        list(
            init_story.carry_out(
                PREPARED,
                self.plan(cluster, *bodies),
                cluster,
                Choices(),
                again=lambda: self.plan(cluster, *bodies),
            )
        )

        assert init_inventory(PREPARED).ref in cluster.objects
        assert not [one for one in cluster.requests if one.verb == "delete"]

    def test_without_a_change_no_lease_is_taken(self):
        body = config_map(namespace="apigee-system")
        cluster = FakeCluster(namespace("apigee-system"))
        list(
            init_story.carry_out(
                PREPARED, self.plan(cluster, body), cluster, Choices(), again=lambda: self.plan(cluster, body)
            )
        )
        plan = self.plan(cluster, body)
        asked: list[Request] = cluster.requests
        asked.clear()

        list(init_story.carry_out(PREPARED, plan, cluster, Choices(), again=lambda: plan))

        assert asked == []
