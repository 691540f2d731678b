from __future__ import annotations

from dataclasses import replace

import pytest

from apigeectl.apply.inventory import INIT, Inventory, Origin, forget, load
from apigeectl.errors import Forbidden
from apigeectl.manifests import COMPONENT_LABEL, MANAGED_BY_LABEL, ORGANIZATION_LABEL, Manifest, ObjectRef
from tests.apply.fakes import FakeCluster, Request, config_map, namespace

ONE = ObjectRef("", "ConfigMap", "apigee", "one")
TWO = ObjectRef("", "ConfigMap", "apigee", "two")
INVENTORY = Inventory("acme", "apigee", "acme-prod", "1.10.3", frozenset({TWO, ONE}))
CONFIG_MAPS = {("", "ConfigMap")}


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster(namespace())


def labelled(name: str, **labels: str):
    body = config_map(name)
    return {**body, "metadata": {**body["metadata"], "labels": {MANAGED_BY_LABEL: "apigeectl", **labels}}}


def test_what_is_stored_reads_back(cluster: FakeCluster):
    cluster.apply(INVENTORY.manifest())

    assert load(cluster, Inventory("acme", "apigee"), CONFIG_MAPS) == INVENTORY


def test_it_is_named_by_the_organization_and_sorted(cluster: FakeCluster):
    body = INVENTORY.manifest().body

    assert body["metadata"]["name"] == "apigeectl-inventory-acme"
    assert body["data"]["refs"].index('"one"') < body["data"]["refs"].index('"two"')


def test_that_of_init_belongs_to_no_organization():
    labels = Inventory(INIT, "apigee-system").manifest().body["metadata"]["labels"]

    assert ORGANIZATION_LABEL not in labels


@pytest.mark.parametrize("refs", ["", "{", "[1]", '{"a":1}', '[{"kind":"Secret"}]', "null"])
def test_damaged_it_is_told(cluster: FakeCluster, refs: str):
    body = INVENTORY.manifest().body
    cluster.put({**body, "data": {**body["data"], "refs": refs}})

    found = load(cluster, INVENTORY, ())

    assert (found.origin, found.refs) == (Origin.DAMAGED, frozenset())


def test_missing_it_is_rebuilt_from_the_labels_of_this_organization(cluster: FakeCluster):
    cluster.put(labelled("one", **{ORGANIZATION_LABEL: "acme"}))
    cluster.put(labelled("two", **{ORGANIZATION_LABEL: "other"}))
    cluster.put(config_map("three"))

    found = load(cluster, replace(INVENTORY, refs=frozenset()), CONFIG_MAPS)

    assert (found.origin, found.refs) == (Origin.MISSING, frozenset({ONE}))


def test_that_of_init_is_rebuilt_from_its_component(cluster: FakeCluster):
    cluster.put(labelled("one", **{COMPONENT_LABEL: INIT}))
    cluster.put(labelled("two", **{ORGANIZATION_LABEL: "acme", COMPONENT_LABEL: "mart"}))

    assert load(cluster, Inventory(INIT, "apigee-system"), CONFIG_MAPS).refs == frozenset({ONE})


def test_objects_with_an_owner_are_not_rebuilt(cluster: FakeCluster):
    owned = labelled("one", **{ORGANIZATION_LABEL: "acme"})
    owned["metadata"]["ownerReferences"] = [{"kind": "X", "name": "x", "uid": "1"}]
    cluster.put(owned)

    assert load(cluster, INVENTORY, CONFIG_MAPS).refs == frozenset()


def test_kinds_that_we_may_not_list_stay_unknown(cluster: FakeCluster):
    def forbid(request: Request) -> None:
        if request.verb == "list":
            raise Forbidden("cannot list", status=403)

    cluster.faults = forbid

    assert load(cluster, INVENTORY, CONFIG_MAPS).refs == frozenset()


class TestForgetting:
    def test_takes_out_what_is_gone(self, cluster: FakeCluster):
        cluster.apply(INVENTORY.manifest())

        forget(cluster, INVENTORY, {ONE})

        assert load(cluster, INVENTORY, ()).refs == frozenset({TWO})

    def test_the_last_object_takes_the_inventory_with_it(self, cluster: FakeCluster):
        cluster.apply(INVENTORY.manifest())

        forget(cluster, INVENTORY, {ONE, TWO})

        assert INVENTORY.ref not in cluster.objects

    def test_of_what_was_not_there_writes_nothing(self, cluster: FakeCluster):
        cluster.apply(Manifest(INVENTORY.manifest().body))
        cluster.requests.clear()

        forget(cluster, INVENTORY, {ObjectRef("", "Secret", "apigee", "x")})

        assert cluster.writes() == []

    def test_leaves_a_damaged_one_alone(self, cluster: FakeCluster):
        body = INVENTORY.manifest().body
        cluster.put({**body, "data": {"refs": "{"}})

        forget(cluster, INVENTORY, {ONE, TWO})

        assert INVENTORY.ref in cluster.objects
