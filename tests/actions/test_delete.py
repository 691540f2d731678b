from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apigeectl.actions.delete import carry_out, names_offline, plan, stubs
from apigeectl.actions.preparation import Prepared
from apigeectl.actions.recording import init_inventory, runtime_inventory
from apigeectl.apply.changes import Action, Event
from apigeectl.apply.plan import Plan
from apigeectl.components.names import env_id, org_id
from apigeectl.components.render import init_refs, runtime_refs
from apigeectl.errors import Refused
from apigeectl.manifests import Manifest, ObjectRef
from apigeectl.overrides.scope import Scope
from apigeectl.readiness.installation import RUNTIME_KINDS
from tests.actions.prepared import ORG, prepared, with_environments
from tests.actions.test_apply import INIT_LEASE, LEASE, hers
from tests.apply.fakes import FakeCluster, definition, namespace

PROD, TEST = env_id(ORG, "prod"), env_id(ORG, "test")
CLAIM = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "cassandra-data-apigee-cassandra-default-0", "namespace": "apigee"},
}


def installed(both: Prepared, *more: dict[str, Any], scope: Scope | None = None) -> FakeCluster:
    """A cluster in which init and apply put everything, without the contents."""
    cluster = FakeCluster(namespace("apigee"), namespace("apigee-system"), namespace("cert-manager"), *more)
    runtime = runtime_refs(both.overrides, both.release, scope or Scope())
    init = init_refs(both.overrides, both.release)
    crds = [definition(kind, plural) for kind, plural in RUNTIME_KINDS.items()]
    for body in (*stubs(both, (*init, *runtime)), *crds):
        cluster.apply(Manifest(body))
    definitions = {Manifest(body).ref for body in crds}
    cluster.apply(replace(runtime_inventory(both), refs=frozenset(runtime)).manifest())
    cluster.apply(replace(init_inventory(both), refs=frozenset({*init, *definitions})).manifest())
    return cluster


def run(it: Prepared, cluster: FakeCluster, *, everything: bool = False) -> list[Event]:
    def again() -> Plan:
        return plan(it, cluster, everything=everything)

    events = carry_out(it, again(), cluster, wait_timeout=5, everything=everything, again=again)
    return [event for event in events if isinstance(event, Event)]


def of(cluster: FakeCluster, kind: str) -> list[str]:
    return sorted(ref.name for ref in cluster.objects if ref.kind == kind)


def test_an_environment_that_left_the_file_goes_with_all_the_rest(tmp_path: Path):
    cluster = installed(prepared(file=with_environments(tmp_path, "test", "prod")))

    run(prepared(file=with_environments(tmp_path, "test")), cluster)

    assert of(cluster, "ApigeeEnvironment") == []
    assert of(cluster, "ApigeeOrganization") == []
    assert runtime_inventory(prepared()).ref not in cluster.objects


def test_with_scope_flags_only_what_they_name_goes(tmp_path: Path):
    cluster = installed(prepared(file=with_environments(tmp_path, "test", "prod")))
    it = prepared(Scope(envs=("test",)), file=with_environments(tmp_path, "test"))

    run(it, cluster)

    assert of(cluster, "ApigeeEnvironment") == [PROD]
    listed = cluster.objects[runtime_inventory(it).ref]["data"]["refs"]
    assert PROD in listed
    assert TEST not in listed


def test_without_all_nothing_of_init_goes():
    cluster = installed(prepared())

    events = run(prepared(), cluster)

    assert not {event.ref for event in events}.intersection(
        init_refs(prepared().overrides, prepared().release)
    )
    assert of(cluster, "Deployment") == ["apigee-controller-manager", "apigee-ingressgateway-manager"]


class TestAll:
    def test_takes_definitions_and_both_inventories_with_it(self):
        cluster = installed(prepared())

        run(prepared(), cluster, everything=True)

        assert of(cluster, "CustomResourceDefinition") == []
        assert of(cluster, "Deployment") == []
        assert runtime_inventory(prepared()).ref not in cluster.objects
        listed = cluster.objects[init_inventory(prepared()).ref]["data"]["refs"]
        assert "ApigeeOrganization" not in listed
        assert "apigee-controller-manager" not in listed
        assert "Namespace" in listed

    def test_ends_with_what_is_left_and_why(self):
        root = {
            "apiVersion": "cert-manager.io/v1",
            "kind": "ClusterIssuer",
            "metadata": {"name": "apigee-root-certificate-issuer"},
        }
        cluster = installed(prepared(), CLAIM, root)

        events = run(prepared(), cluster, everything=True)

        kept = {event.ref.name: event.message for event in events if event.action is Action.SKIP}
        first = next(number for number, event in enumerate(events) if event.action is Action.SKIP)
        assert len(kept) == len(events) - first
        assert {"apigee", "apigee-system", root["metadata"]["name"], CLAIM["metadata"]["name"]} <= set(kept)
        assert {init_inventory(prepared()).ref.name, f"{org_id(ORG)}-encryption-keys"} <= set(kept)
        assert all(kept.values())

    def test_keeps_definitions_while_another_installation_has_objects(self):
        other = {
            "apiVersion": "apigee.cloud.google.com/v1alpha2",
            "kind": "ApigeeOrganization",
            "metadata": {"name": "other", "namespace": "elsewhere"},
        }
        cluster = installed(prepared(), other)

        run(prepared(), cluster, everything=True)

        assert len(of(cluster, "CustomResourceDefinition")) == len(RUNTIME_KINDS)
        assert of(cluster, "Deployment") == ["apigee-controller-manager", "apigee-ingressgateway-manager"]

    def test_keeps_definitions_that_init_did_not_bring(self):
        crd = definition("ApigeeRedis", "apigeeredis")
        cluster = FakeCluster(namespace("apigee"), crd)

        (change,) = [
            one
            for one in plan(prepared(), cluster, everything=True).changes
            if one.ref.kind == "CustomResourceDefinition"
        ]

        assert (change.action, change.note) == (Action.SKIP, "apigeectl did not bring it")


@pytest.mark.parametrize(("lease", "everything"), [(LEASE, False), (LEASE, True), (INIT_LEASE, True)])
def test_another_run_on_the_same_stops_it_before_it_deletes(lease: ObjectRef, everything: bool):
    cluster = installed(prepared(), hers(lease))

    with pytest.raises(Refused, match="she@there"):
        run(prepared(), cluster, everything=everything)

    assert of(cluster, "ApigeeOrganization") == [org_id(ORG)]


def test_nothing_left_to_delete_takes_no_lease():
    cluster = FakeCluster(namespace())

    assert run(prepared(), cluster) == []
    assert cluster.writes() == []


def test_a_damaged_inventory_is_told():
    cluster = installed(prepared())
    inventory = runtime_inventory(prepared()).ref
    cluster.update(inventory, lambda live: live["data"].update(refs="{"))

    (note,) = plan(prepared(), cluster, everything=False).notes

    assert str(inventory) in note


@pytest.mark.parametrize("everything", [False, True])
def test_a_client_dry_run_names_nothing_that_a_cluster_could_keep(everything: bool):
    kinds = {ref.kind for ref in names_offline(prepared(), everything=everything)}

    assert {"ApigeeOrganization", "ApigeeEnvironment", "ApigeeRouteConfig"} <= kinds
    assert not kinds.intersection(
        {"ApigeeDatastore", "ApigeeRedis", "ApigeeTelemetry", "Namespace", "Deployment"}
    )
    assert not [ref for ref in names_offline(prepared(), everything=everything) if "encryption" in ref.name]


def test_a_client_dry_run_names_only_what_a_cluster_with_nothing_else_would_lose():
    cluster = installed(prepared())
    going = {
        one.ref for one in plan(prepared(), cluster, everything=True).changes if one.action is Action.DELETE
    }

    assert set(names_offline(prepared(), everything=True)) <= going
