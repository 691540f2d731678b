from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from apigeectl.apply.changes import Action
from apigeectl.apply.inventory import Inventory
from apigeectl.apply.plan import Plan, plan
from apigeectl.errors import Conflict, Forbidden, InstallerError, Invalid, NotFound, Refused, Unreachable
from apigeectl.manifests import APIGEE_GROUP, ORGANIZATION_LABEL, Manifest, ObjectRef
from tests.apply.fakes import (
    FakeCluster,
    Request,
    config_map,
    custom,
    definition,
    manifests,
    namespace,
    secret,
)

ORG = ObjectRef(APIGEE_GROUP, "ApigeeOrganization", "apigee", "acme")
SETTINGS = ObjectRef("", "ConfigMap", "apigee", "settings")


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster(namespace())


def installed(cluster: FakeCluster, *bodies: dict[str, Any]) -> None:
    for body in bodies:
        cluster.apply(Manifest(body))
    cluster.requests.clear()


def operator_resets(cluster: FakeCluster, ref: ObjectRef = ORG) -> None:
    cluster.update(ref, lambda live: live["release"].update(forceUpdate=False), manager="manager")


def actions(found: Plan) -> dict[str, Action]:
    return {change.ref.name: change.action for change in found.changes}


def test_planning_writes_nothing(cluster: FakeCluster):
    installed(cluster, config_map(a="1"))

    plan(cluster, manifests(config_map(a="2"), config_map("new"), custom("ApigeeOrganization", "acme")))

    assert cluster.writes() == []


def test_an_absent_object_is_created(cluster: FakeCluster):
    assert actions(plan(cluster, manifests(config_map()))) == {"settings": Action.CREATE}


def test_a_same_object_is_unchanged(cluster: FakeCluster):
    installed(cluster, config_map(a="1"))

    found = plan(cluster, manifests(config_map(a="1")))

    assert actions(found) == {"settings": Action.UNCHANGED}
    assert not found.writes


def test_a_changed_object_is_configured_and_names_its_fields(cluster: FakeCluster):
    installed(cluster, config_map(a="1", b="1"))

    (change,) = plan(cluster, manifests(config_map(a="2", b="1"))).changes

    assert (change.action, change.fields) == (Action.CONFIGURE, ("data.a",))


def test_a_field_that_left_the_file_is_a_change(cluster: FakeCluster):
    installed(cluster, config_map(a="1", b="1"))

    (change,) = plan(cluster, manifests(config_map(a="1"))).changes

    assert change.fields == ("data.b",)


def test_no_repr_of_a_plan_shows_the_value_of_a_secret(cluster: FakeCluster):
    installed(cluster, secret("key", password="aHVudGVyMQ=="))

    found = plan(cluster, manifests(secret("key", password="aHVudGVyMg==")))

    assert found.changes[0].fields == ("data.password",)
    assert "aHVudGVy" not in repr(found)


def test_changes_come_in_the_order_of_their_stages(cluster: FakeCluster):
    bodies = [
        custom("ApigeeEnvironment", "e"),
        custom("ApigeeOrganization", "acme"),
        config_map(),
        namespace("x"),
    ]

    found = plan(cluster, manifests(*bodies))

    kinds = [change.ref.kind for change in found.changes]
    assert kinds == ["Namespace", "ConfigMap", "ApigeeOrganization", "ApigeeEnvironment"]


class TestForceUpdate:
    def test_set_back_by_the_operator_is_unchanged(self, cluster: FakeCluster):
        installed(cluster, custom("ApigeeOrganization", "acme", name="acme"))
        operator_resets(cluster)

        found = plan(cluster, manifests(custom("ApigeeOrganization", "acme", name="acme")))

        assert actions(found) == {"acme": Action.UNCHANGED}

    def test_set_back_costs_one_look_and_one_dry_run(self, cluster: FakeCluster):
        installed(cluster, custom("ApigeeOrganization", "acme"))
        operator_resets(cluster)

        plan(cluster, manifests(custom("ApigeeOrganization", "acme")))

        assert [(one.verb, one.dry_run) for one in cluster.requests] == [("get", False), ("apply", True)]

    def test_is_sent_again_when_something_else_changes(self, cluster: FakeCluster):
        installed(cluster, custom("ApigeeOrganization", "acme", name="acme"))
        operator_resets(cluster)

        (change,) = plan(cluster, manifests(custom("ApigeeOrganization", "acme", name="other"))).changes

        assert change.fields == ("spec.name",)
        assert change.manifest
        assert change.manifest.body["release"] == {"forceUpdate": True}

    def test_not_yet_set_back_is_unchanged(self, cluster: FakeCluster):
        installed(cluster, custom("ApigeeOrganization", "acme"))

        assert actions(plan(cluster, manifests(custom("ApigeeOrganization", "acme")))) == {
            "acme": Action.UNCHANGED
        }

    def test_lets_a_change_pass_that_the_webhook_refuses_without_it(self, cluster: FakeCluster):
        installed(cluster, custom("ApigeeOrganization", "acme", name="acme"))
        operator_resets(cluster)
        dry_runs: list[Request] = []

        def webhook(request: Request) -> None:
            if request.dry_run:
                dry_runs.append(request)
                if len(dry_runs) == 1:
                    raise Forbidden("admission webhook denied the request", status=403)

        cluster.faults = webhook

        (change,) = plan(cluster, manifests(custom("ApigeeOrganization", "acme", name="other"))).changes

        assert change.fields == ("spec.name",)

    def test_a_field_of_somebody_else_is_still_a_conflict(self, cluster: FakeCluster):
        installed(cluster, custom("ApigeeOrganization", "acme", name="acme"))
        operator_resets(cluster)
        cluster.update(ORG, lambda live: live["spec"].update(name="mine"), manager="kubectl-edit")

        with pytest.raises(Conflict, match="a field belongs to another manager") as caught:
            plan(cluster, manifests(custom("ApigeeOrganization", "acme", name="acme")))

        assert caught.value.details == ("spec.name belongs to kubectl-edit",)


class TestConflicts:
    @pytest.fixture(autouse=True)
    def edited(self, cluster: FakeCluster) -> None:
        installed(cluster, config_map(a="1", b="1"))
        cluster.update(SETTINGS, lambda live: live["data"].update(a="2"), manager="kubectl-edit")

    def test_name_field_manager_and_the_way_out(self, cluster: FakeCluster):
        with pytest.raises(Conflict) as caught:
            plan(cluster, manifests(config_map(a="1", b="1")))

        assert caught.value.details == ("data.a belongs to kubectl-edit",)
        assert "--force-conflicts" in str(caught.value.hint)

    def test_are_forced_on_demand(self, cluster: FakeCluster):
        (change,) = plan(cluster, manifests(config_map(a="1", b="1")), force_conflicts=True).changes

        assert change.fields == ("data.a",)

    def test_do_not_hide_the_difference_from_who_only_looks(self, cluster: FakeCluster):
        (change,) = plan(cluster, manifests(config_map(a="1", b="1")), only_look=True).changes

        assert (change.action, change.fields) == (Action.CONFIGURE, ("data.a",))
        assert change.note == "data.a belongs to kubectl-edit: apply stops there without --force-conflicts"

    def test_of_several_objects_are_told_together(self, cluster: FakeCluster):
        installed(cluster, config_map("more", c="1"))
        more = ObjectRef("", "ConfigMap", "apigee", "more")
        cluster.update(more, lambda live: live["data"].update(c="2"), manager="argocd")

        with pytest.raises(InstallerError, match="2 objects were refused; nothing was changed") as caught:
            plan(cluster, manifests(config_map(a="1", b="1"), config_map("more", c="1")))

        assert "  data.c belongs to argocd" in caught.value.details

    def test_that_are_the_same_of_many_objects_are_told_once(self, cluster: FakeCluster):
        names = ["one", "two", "three"]
        installed(cluster, *(config_map(name, c="1") for name in names))
        for name in names:
            ref = ObjectRef("", "ConfigMap", "apigee", name)
            cluster.update(ref, lambda live: live["data"].update(c="2"), manager="argocd")

        with pytest.raises(InstallerError) as caught:
            plan(cluster, manifests(*(config_map(name, c="1") for name in names)))

        assert caught.value.details == (
            "3 objects: a field belongs to another manager",
            "  data.c belongs to argocd",
            *(f"    ConfigMap/apigee/{name}" for name in names),
        )


class TestOriginalsObjects:
    def test_are_taken_over_without_a_conflict(self, cluster: FakeCluster):
        cluster.put(config_map(a="1"), manager="kubectl-client-side-apply")

        (change,) = plan(cluster, manifests(config_map(a="2"))).changes

        assert (change.action, change.fields) == (Action.CONFIGURE, ("data.a",))

    def test_are_taken_over_even_when_they_are_the_same(self, cluster: FakeCluster):
        cluster.put(config_map(a="1"), manager="kubectl-client-side-apply")

        (change,) = plan(cluster, manifests(config_map(a="1"))).changes

        assert (change.action, change.fields) == (Action.CONFIGURE, ())
        assert change.note == "taken over from kubectl-client-side-apply"

    def test_taken_over_unchanged_do_not_ask_the_operator_for_an_update(self, cluster: FakeCluster):
        cluster.put(custom("ApigeeOrganization", "acme", name="a"), manager="kubectl-client-side-apply")
        operator_resets(cluster)

        (change,) = plan(cluster, manifests(custom("ApigeeOrganization", "acme", name="a"))).changes

        assert change.manifest
        assert "release" not in change.manifest.body

    @pytest.mark.parametrize("manager", ["helm", "kubectl-edit", "kubectl-patch", "argocd-controller"])
    def test_of_anybody_else_are_not(self, cluster: FakeCluster, manager: str):
        cluster.put(config_map(a="1"), manager=manager)

        with pytest.raises(Conflict):
            plan(cluster, manifests(config_map(a="2")))

    def test_half_edited_by_hand_are_not(self, cluster: FakeCluster):
        cluster.put(config_map(a="1", b="1"), manager="kubectl-client-side-apply")
        cluster.update(SETTINGS, lambda live: live["data"].update(b="2"), manager="kubectl-edit")

        with pytest.raises(Conflict) as caught:
            plan(cluster, manifests(config_map(a="2", b="1")))

        assert caught.value.details == ("data.b belongs to kubectl-edit",)


class TestWhatCannotBeAskedYet:
    def test_an_object_whose_namespace_comes_with_the_plan_is_created(self):
        cluster = FakeCluster()

        found = plan(cluster, manifests(namespace(), config_map()))

        assert actions(found) == {"apigee": Action.CREATE, "settings": Action.CREATE}
        assert SETTINGS not in {one.ref for one in cluster.requests}

    def test_an_object_whose_definition_comes_with_the_plan_is_created(self, cluster: FakeCluster):
        cluster.unserved.add("ApigeeOrganization")

        found = plan(
            cluster,
            manifests(
                definition("ApigeeOrganization", "apigeeorganizations"), custom("ApigeeOrganization", "acme")
            ),
        )

        assert actions(found)["acme"] is Action.CREATE

    def test_a_new_definition_is_not_asked_about(self, cluster: FakeCluster):
        definition = {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": "widgets.example.com"},
            "spec": {"group": "example.com", "names": {"kind": "Widget"}},
        }

        (change,) = plan(cluster, [Manifest(definition)]).changes

        assert change.action is Action.CREATE
        assert not any(request.dry_run for request in cluster.requests)

    def test_an_unknown_kind_says_to_run_init(self, cluster: FakeCluster):
        cluster.unserved.add("ApigeeOrganization")

        with pytest.raises(NotFound) as caught:
            plan(cluster, manifests(custom("ApigeeOrganization", "acme")))

        assert "apigeectl init" in str(caught.value.hint)

    def test_a_missing_namespace_says_to_run_init(self):
        with pytest.raises(NotFound) as caught:
            plan(FakeCluster(), manifests(config_map()))

        assert "namespace apigee" in str(caught.value.hint)


def labelled(body: dict[str, Any], owner: str, **labels: str) -> dict[str, Any]:
    return {**body, "metadata": {**body["metadata"], "labels": {ORGANIZATION_LABEL: owner, **labels}}}


def first_org() -> dict[str, Any]:
    return custom("ApigeeOrganization", "first")


class TestOwners:
    def test_an_organization_of_another_installation_is_refused(self, cluster: FakeCluster):
        theirs = custom("ApigeeOrganization", "acme")
        theirs["metadata"]["labels"] = {ORGANIZATION_LABEL: "theirs"}
        ours = custom("ApigeeOrganization", "acme")
        ours["metadata"]["labels"] = {ORGANIZATION_LABEL: "ours"}
        cluster.put(theirs)

        with pytest.raises(Refused, match="belongs to the installation of theirs"):
            plan(cluster, manifests(ours))

    def test_a_shared_object_keeps_the_label_of_who_was_first(self, cluster: FakeCluster):
        first = custom("ApigeeDatastore", "default")
        first["metadata"]["labels"] = {ORGANIZATION_LABEL: "first"}
        second = custom("ApigeeDatastore", "default")
        second["metadata"]["labels"] = {ORGANIZATION_LABEL: "second"}
        installed(cluster, first, custom("ApigeeOrganization", "first"))

        (change,) = plan(cluster, manifests(second)).changes

        assert change.action is Action.UNCHANGED
        assert change.note == "it belongs to the installation of first"

    def test_a_shared_object_that_would_change_is_refused_and_its_owner_named(self, cluster: FakeCluster):
        installed(
            cluster, labelled(custom("ApigeeTelemetry", "t", organizationName="first"), "first"), first_org()
        )

        with pytest.raises(Refused) as caught:
            plan(
                cluster,
                manifests(labelled(custom("ApigeeTelemetry", "t", organizationName="second"), "second")),
            )

        assert "belongs to the installation of first" in caught.value.message
        assert "spec.organizationName" in caught.value.message
        assert "--all-envs" in str(caught.value.hint)

    def test_other_labels_on_a_shared_object_are_left(self, cluster: FakeCluster):
        installed(cluster, labelled(custom("ApigeeDatastore", "default"), "first"), first_org())
        ours = labelled(custom("ApigeeDatastore", "default"), "second", team="ours")

        assert actions(plan(cluster, manifests(ours))) == {"default": Action.UNCHANGED}

    def test_a_shared_object_whose_owner_is_gone_is_taken_over(self, cluster: FakeCluster):
        installed(cluster, labelled(custom("ApigeeDatastore", "default", replicas=1), "first"))
        ours = labelled(custom("ApigeeDatastore", "default", replicas=3), "second")

        (change,) = plan(cluster, manifests(ours)).changes

        assert change.action is Action.CONFIGURE
        assert "spec.replicas" in change.fields

    def test_an_object_that_is_being_deleted_is_refused(self, cluster: FakeCluster):
        going = custom("ApigeeOrganization", "acme")
        going["metadata"] |= {"deletionTimestamp": "now", "finalizers": ["a/b"]}
        cluster.put(going)

        with pytest.raises(Refused, match="is being deleted"):
            plan(cluster, manifests(custom("ApigeeOrganization", "acme")))


def test_a_lost_connection_is_told_once(cluster: FakeCluster):
    def down(request: Request) -> None:
        raise Unreachable("connection refused")

    cluster.faults = down

    with pytest.raises(Unreachable):
        plan(cluster, manifests(*(config_map(f"c{number}") for number in range(20))))


@pytest.mark.parametrize(
    ("body", "message", "part"),
    [
        (config_map(), 'failed calling webhook "v.apigee.cloud.google.com"', "check-ready"),
        (config_map(), 'failed calling webhook "webhook.cert-manager.io"', "workload behind the webhook"),
        (secret("s"), "data: field is immutable", "save its values"),
        (config_map(), "field is immutable when `immutable` is set", "delete the object"),
    ],
)
def test_a_refusal_comes_with_the_next_step(
    cluster: FakeCluster, body: dict[str, Any], message: str, part: str
):
    def refuse(request: Request) -> None:
        if request.dry_run:
            raise Invalid(message, status=422)

    cluster.faults = refuse

    with pytest.raises(Invalid) as caught:
        plan(cluster, manifests(body))

    assert part in str(caught.value.hint)


class TestPlanningAgain:
    def test_asks_for_no_dry_run_of_what_stands_as_it_was(self, cluster: FakeCluster):
        installed(cluster, config_map("one", a="1"))
        bodies = (config_map("one", a="2"), config_map("two"))
        before = plan(cluster, manifests(*bodies))
        cluster.requests.clear()

        again = plan(cluster, manifests(*bodies), previous=before)

        assert again.changes == before.changes
        assert {request.verb for request in cluster.requests} == {"get"}

    def test_sees_what_somebody_changed_meanwhile(self, cluster: FakeCluster):
        before = plan(cluster, manifests(config_map(a="1")))
        installed(cluster, config_map(a="1"))

        again = plan(cluster, manifests(config_map(a="1")), previous=before)

        assert actions(again) == {"settings": Action.UNCHANGED}

    def test_sees_another_manifest(self, cluster: FakeCluster):
        before = plan(cluster, manifests(config_map(a="1")))

        (change,) = plan(cluster, manifests(config_map(a="2")), previous=before).changes

        assert change.result
        assert change.result["data"] == {"a": "2"}


class TestInventory:
    WANTED = Inventory("acme", "apigee", "acme-prod", "1.10.3")

    def recorded(self, found: Plan) -> list[str]:
        (change,) = [one for one in found.changes if one.ref == self.WANTED.ref]
        assert change.manifest
        return [entry["name"] for entry in json.loads(change.manifest.body["data"]["refs"])]

    def store(self, cluster: FakeCluster, *names: str, parts: dict[str, str] | None = None) -> None:
        refs = {name: ObjectRef("", "ConfigMap", "apigee", name) for name in names}
        stored = replace(
            self.WANTED,
            refs=frozenset(refs.values()),
            parts={refs[name]: part for name, part in (parts or {}).items()},
        )
        installed(cluster, *(config_map(name) for name in names), dict(stored.manifest().body))

    def test_is_part_of_the_plan(self, cluster: FakeCluster):
        assert self.recorded(plan(cluster, manifests(config_map()), inventory=self.WANTED)) == ["settings"]

    def test_is_unchanged_when_nothing_else_changes(self, cluster: FakeCluster):
        self.store(cluster, "settings")

        assert not plan(cluster, manifests(config_map()), inventory=self.WANTED, complete=True).writes

    def test_a_part_of_the_file_leaves_the_rest_recorded(self, cluster: FakeCluster):
        self.store(cluster, "one", "two")

        found = plan(cluster, manifests(config_map("one")), inventory=self.WANTED)

        assert self.recorded(found) == ["one", "two"]
        assert found.leftovers == ()

    def test_what_left_the_file_is_reported_and_stays_recorded(self, cluster: FakeCluster):
        self.store(cluster, "one", "two")

        found = plan(cluster, manifests(config_map("one")), inventory=self.WANTED, complete=True)

        assert [ref.name for ref in found.leftovers] == ["two"]
        assert self.recorded(found) == ["one", "two"]

    def test_a_run_tells_what_left_the_parts_that_it_covers(self, cluster: FakeCluster):
        self.store(cluster, "one", "two", "three", parts={"two": "all_envs", "three": "org"})

        found = plan(cluster, manifests(config_map("one")), inventory=self.WANTED, parts=["all_envs"])

        assert [ref.name for ref in found.leftovers] == ["two"]
        assert self.recorded(found) == ["one", "three", "two"]

    def test_the_part_of_an_object_is_recorded(self, cluster: FakeCluster):
        part = {ObjectRef("", "ConfigMap", "apigee", "one"): "redis"}
        wanted = replace(self.WANTED, parts=part)

        found = plan(cluster, manifests(config_map("one")), inventory=wanted)

        assert (
            '"part":"redis"'
            in next(one for one in found.changes if one.ref == wanted.ref).manifest.body["data"]["refs"]
        )

    def test_what_left_the_cluster_too_is_forgotten(self, cluster: FakeCluster):
        self.store(cluster, "one", "two")
        cluster.remove(ObjectRef("", "ConfigMap", "apigee", "two"))

        found = plan(cluster, manifests(config_map("one")), inventory=self.WANTED, complete=True)

        assert found.leftovers == ()
        assert self.recorded(found) == ["one"]

    def test_damaged_it_is_rebuilt_from_labels_and_tells_no_leftovers(self, cluster: FakeCluster):
        labelled = config_map("two")
        labelled["metadata"]["labels"] = {
            "app.kubernetes.io/managed-by": "apigeectl",
            ORGANIZATION_LABEL: "acme",
        }
        self.store(cluster, "one")
        cluster.put(labelled)
        cluster.update(self.WANTED.ref, lambda live: live["data"].update(refs="{"), manager="kubectl-edit")

        found = plan(cluster, manifests(config_map("one")), inventory=self.WANTED, complete=True)

        assert found.leftovers == ()
        assert "damaged" in found.notes[0]
        assert self.recorded(found) == ["one", "two"]

    def test_missing_on_a_fresh_cluster_is_nothing_to_talk_about(self, cluster: FakeCluster):
        assert plan(cluster, manifests(config_map()), inventory=self.WANTED, complete=True).notes == ()

    def test_missing_beside_labelled_objects_is_told(self, cluster: FakeCluster):
        labelled = config_map("two")
        labelled["metadata"]["labels"] = {
            "app.kubernetes.io/managed-by": "apigeectl",
            ORGANIZATION_LABEL: "acme",
        }
        cluster.put(labelled)

        found = plan(cluster, manifests(config_map("one")), inventory=self.WANTED, complete=True)

        assert "missing" in found.notes[0]
        assert found.leftovers == ()

    def test_is_not_looked_for_in_a_namespace_that_does_not_exist(self):
        cluster = FakeCluster()

        found = plan(cluster, manifests(namespace(), config_map()), inventory=self.WANTED, complete=True)

        assert self.recorded(found) == ["settings", "apigee"]
