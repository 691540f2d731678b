from __future__ import annotations

from typing import Any

import pytest

from apigeectl.actions import apply as applying
from apigeectl.actions.adopt import carry_out, plan
from apigeectl.actions.recording import runtime_inventory
from apigeectl.actions.rendering import Choices
from apigeectl.apply.changes import Action
from apigeectl.apply.ownership import holders, is_ours
from apigeectl.apply.plan import Plan
from apigeectl.components.render import Rendering
from apigeectl.errors import Conflict
from apigeectl.manifests import MANAGED_BY_LABEL, ObjectRef, ref_of
from tests.actions.prepared import prepared
from tests.apply.fakes import FakeCluster, config_map, manifests, namespace

PREPARED = prepared()
RECORD = "sh.helm.release.v1.apigee-org.v3"


def labelled(name: str = "settings", **data: str) -> dict[str, Any]:
    body = config_map(name, **data)
    body["metadata"]["labels"] = {MANAGED_BY_LABEL: "apigeectl"}
    return body


def rendering(*bodies: dict[str, Any]) -> Rendering:
    return Rendering(tuple(manifests(*bodies)))


def planned(cluster: FakeCluster, *bodies: dict[str, Any]) -> Plan:
    return plan(PREPARED, rendering(*bodies), cluster)


def adopt(cluster: FakeCluster, *bodies: dict[str, Any]) -> None:
    changes = planned(cluster, *bodies)
    list(carry_out(PREPARED, changes, cluster, again=lambda: planned(cluster, *bodies)))


def by_helm(cluster: FakeCluster, body: dict[str, Any]) -> None:
    body["metadata"]["annotations"] = {"meta.helm.sh/release-name": "apigee-org"}
    cluster.put(body, manager="helm")
    cluster.put(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": RECORD, "namespace": "apigee", "labels": {"owner": "helm"}},
        }
    )


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster(namespace())


@pytest.mark.parametrize("manager", ["helm", "kubectl-client-side-apply", "kubectl-edit"])
def test_what_others_wrote_becomes_ours_without_a_change_of_its_fields(cluster: FakeCluster, manager: str):
    cluster.put(config_map(a="1"), manager=manager)

    changes = planned(cluster, labelled(a="1"))
    adopt(cluster, labelled(a="1"))

    (change,) = [one for one in changes.changes if one.ref == ref_of(config_map())]
    assert [field for field in change.fields if not field.startswith("metadata.labels")] == []
    assert is_ours(cluster.objects[ref_of(config_map())])


@pytest.mark.parametrize("manager", ["helm", "kubectl-client-side-apply"])
def test_other_installers_let_go_so_that_what_leaves_the_file_vanishes(cluster: FakeCluster, manager: str):
    cluster.put(config_map(a="1"), manager=manager)

    adopt(cluster, labelled(a="1"))

    assert holders(cluster.objects[ref_of(config_map())], frozenset({(manager, "Update")})) == ()


def test_a_field_that_would_change_is_in_the_plan(cluster: FakeCluster):
    cluster.put(config_map(a="5"), manager="helm")

    (change, *_) = planned(cluster, labelled(a="1")).changes

    assert "data.a" in change.fields


def test_what_does_not_exist_is_left_to_apply(cluster: FakeCluster):
    cluster.put(config_map("one"), manager="helm")

    changes = planned(cluster, labelled("one"), labelled("two"))

    assert "two" not in {change.ref.name for change in changes.changes}
    assert "1 of the 2 objects" in " ".join(changes.notes)


def test_what_is_ours_already_is_not_touched_again(cluster: FakeCluster):
    cluster.put(config_map(), manager="helm")
    adopt(cluster, labelled())

    changes = planned(cluster, labelled())

    assert (changes.changes, changes.notes) == ((), ("there is nothing to adopt",))


def test_what_was_adopted_is_in_the_inventory_and_the_next_apply_changes_nothing(cluster: FakeCluster):
    cluster.put(config_map(a="1"), manager="helm")
    adopt(cluster, labelled(a="1"))

    found = applying.plan(PREPARED, rendering(labelled(a="1")), cluster, Choices())

    assert {change.action for change in found.changes} == {Action.UNCHANGED}
    assert '"settings"' in cluster.objects[runtime_inventory(PREPARED).ref]["data"]["refs"]


def test_the_records_of_helm_are_named_and_left_alone(cluster: FakeCluster):
    by_helm(cluster, config_map())

    notes = " ".join(planned(cluster, labelled()).notes)
    adopt(cluster, labelled())

    assert RECORD in notes
    assert "helm uninstall" in notes
    assert ObjectRef("", "Secret", "apigee", RECORD) in cluster.objects


def test_an_apply_that_meets_helm_names_adopt(cluster: FakeCluster):
    by_helm(cluster, config_map(a="1"))

    with pytest.raises(Conflict) as stopped:
        applying.plan(PREPARED, rendering(labelled(a="2")), cluster, Choices())

    assert "apigeectl adopt" in str(stopped.value.hint)
