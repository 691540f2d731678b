from __future__ import annotations

import threading
from typing import Any

import pytest

from apigeectl.apply.changes import Action, Event
from apigeectl.apply.delete import delete, plan_delete
from apigeectl.apply.engine import Stopped
from apigeectl.apply.guards import GUARDS
from apigeectl.apply.inventory import Inventory, load
from apigeectl.apply.plan import Plan
from apigeectl.errors import Forbidden, WaitTimeout
from apigeectl.manifests import ORGANIZATION_LABEL, Manifest, ObjectRef, ref_of
from apigeectl.readiness.wait import Progress
from tests.apply.fakes import (
    FakeCluster,
    Request,
    config_map,
    custom,
    definition,
    namespace,
    secret,
    with_finalizer,
)

ORG_ID = "acme"


def claim() -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "cassandra-data-apigee-cassandra-default-0", "namespace": "apigee"},
    }


def certificate(name: str, namespace: str = "apigee-system") -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "cert-manager.io/v1", "kind": "Certificate", "metadata": metadata}


def cluster_issuer(name: str) -> dict[str, Any]:
    return {"apiVersion": "cert-manager.io/v1", "kind": "ClusterIssuer", "metadata": {"name": name}}


def operator() -> dict[str, Any]:
    metadata = {"name": "apigee-controller-manager", "namespace": "apigee-system"}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {}}


def cluster_role() -> dict[str, Any]:
    metadata = {"name": "apigee-manager-role"}
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": metadata}


def planned(cluster: FakeCluster, *bodies: dict[str, Any]) -> Plan:
    refs = [ref_of(body) for body in bodies]
    return plan_delete(
        cluster, refs, installation=ORG_ID, namespace="apigee", operator_namespace="apigee-system"
    )


def deleted(cluster: FakeCluster, *bodies: dict[str, Any], **options: Any) -> list[str]:
    events = delete(cluster, planned(cluster, *bodies), **options)
    return [event.ref.name for event in events if isinstance(event, Event) and event.action is Action.DELETE]


ORGANIZATION = custom("ApigeeOrganization", ORG_ID)
OTHER_ORGANIZATION = custom("ApigeeOrganization", "other")
DATASTORE = custom("ApigeeDatastore", "default")


class TestGuards:
    @pytest.mark.parametrize(
        ("name", "body", "others"),
        [
            ("volume-claims", claim(), []),
            ("namespaces", namespace(), []),
            ("cert-manager", certificate("root", "cert-manager"), []),
            ("certificate-authority", cluster_issuer("apigee-ca-issuer"), []),
            ("certificate-authority", secret("apigee-ca"), []),
            ("key-secrets", secret("acme-encryption-keys"), [claim()]),
            ("key-secrets", secret("acme-data-encryption"), [claim()]),
            ("key-secrets", secret("acme-ax-salt"), [claim()]),
            ("key-secrets", secret("apigee-datastore-default-creds"), [claim()]),
            (
                "definitions-in-use",
                definition("ApigeeRedis", "apigeeredis"),
                [custom("ApigeeRedis", "default")],
            ),
            ("other-organizations", DATASTORE, [OTHER_ORGANIZATION]),
            ("other-organizations", custom("ApigeeRedis", "default"), [OTHER_ORGANIZATION]),
            ("other-organizations", custom("ApigeeTelemetry", "apigee-telemetry"), [OTHER_ORGANIZATION]),
            ("other-organizations", secret("apigee-redis-default-creds"), [OTHER_ORGANIZATION]),
            ("other-organizations", operator(), [OTHER_ORGANIZATION]),
            ("other-organizations", cluster_role(), [OTHER_ORGANIZATION]),
            ("operator-needed", operator(), [ORGANIZATION]),
            ("operator-needed", cluster_role(), [DATASTORE]),
        ],
    )
    def test_keep_an_object_and_say_why(self, name: str, body: dict[str, Any], others: list[dict[str, Any]]):
        cluster = FakeCluster(body, *others)

        (change,) = planned(cluster, body).changes

        assert change.action is Action.SKIP
        assert change.note == next(guard.sentence for guard in GUARDS if guard.name == name)

    def test_every_guard_has_a_name_of_its_own_and_a_sentence(self):
        assert len({guard.name for guard in GUARDS}) == len(GUARDS)
        assert all(guard.sentence for guard in GUARDS)

    @pytest.mark.parametrize(
        ("body", "others"),
        [
            (secret("acme-encryption-keys"), []),  # no data left that it could decrypt
            (secret("apigee-mart-acme-svc-account"), [claim()]),
            (custom("ApigeeEnvironment", "acme-test"), [OTHER_ORGANIZATION]),
            (secret("apigee-mart-acme-svc-account"), [OTHER_ORGANIZATION]),
            (DATASTORE, [ORGANIZATION]),  # its own organization is not another one
            (operator(), []),
            (definition("ApigeeRedis", "apigeeredis"), []),
        ],
    )
    def test_let_go_what_nobody_needs(self, body: dict[str, Any], others: list[dict[str, Any]]):
        cluster = FakeCluster(body, *others)

        assert deleted(cluster, body) == [body["metadata"]["name"]]

    def test_count_what_is_deleted_in_the_same_run_as_gone(self):
        cluster = FakeCluster(operator(), ORGANIZATION)

        assert deleted(cluster, operator(), ORGANIZATION) == [ORG_ID, "apigee-controller-manager"]

    def test_do_not_take_the_runtimes_objects_for_the_operators_when_they_share_a_namespace(self):
        cluster = FakeCluster(secret("acme-prod-vhost"), ORGANIZATION)
        refs = [ref_of(secret("acme-prod-vhost"))]

        found = plan_delete(
            cluster, refs, installation=ORG_ID, namespace="apigee", operator_namespace="apigee"
        )

        assert [change.action for change in found.changes] == [Action.DELETE]

    def test_leave_the_organization_of_another_installation(self):
        theirs = custom("ApigeeOrganization", ORG_ID)
        theirs["metadata"]["labels"] = {ORGANIZATION_LABEL: "theirs"}
        cluster = FakeCluster(theirs)

        (change,) = planned(cluster, theirs).changes

        assert change.action is Action.SKIP
        assert "theirs" in change.note


def test_only_the_named_objects_go():
    cluster = FakeCluster(config_map("ours"), config_map("theirs"))

    assert deleted(cluster, config_map("ours")) == ["ours"]
    assert ref_of(config_map("theirs")) in cluster.objects


def test_absent_objects_and_unknown_kinds_are_skipped_silently():
    cluster = FakeCluster(unserved=("ApigeeOrganization",))

    assert planned(cluster, config_map(), ORGANIZATION).changes == ()


def test_the_order_is_the_reverse_of_applying():
    bodies = [
        DATASTORE,
        custom("ApigeeEnvironment", "acme-test"),
        secret("key"),
        operator(),
        ORGANIZATION,
        custom("ApigeeRouteConfig", "acme-vhost"),
    ]
    cluster = FakeCluster(*bodies)

    assert deleted(cluster, *bodies) == [
        "acme-vhost",
        "acme-test",
        ORG_ID,
        "default",
        "apigee-controller-manager",
        "key",
    ]


class TestFinalizers:
    def test_are_waited_for_before_the_next_stage_begins(self):
        cluster = FakeCluster(with_finalizer(ORGANIZATION), DATASTORE)
        org = ref_of(ORGANIZATION)
        still_there = []

        def note(request: Request) -> None:
            if request.verb == "delete" and request.ref.kind == "ApigeeDatastore":
                still_there.append(org in cluster.objects)

        cluster.faults = note
        threading.Timer(0.05, lambda: cluster.remove(org)).start()

        assert deleted(cluster, ORGANIZATION, DATASTORE, wait_timeout=5) == [ORG_ID, "default"]
        assert still_there == [False]

    def test_are_named_while_we_wait(self):
        cluster = FakeCluster(with_finalizer(ORGANIZATION, "apigee/clean"))
        threading.Timer(0.05, lambda: cluster.remove(ref_of(ORGANIZATION))).start()

        events = list(delete(cluster, planned(cluster, ORGANIZATION), wait_timeout=5))

        told = [event.readiness.message for event in events if isinstance(event, Progress)]
        assert "held by finalizer apigee/clean" in told

    def test_that_stay_run_into_the_deadline_and_keep_the_rest(self):
        cluster = FakeCluster(with_finalizer(ORGANIZATION), secret("key"))

        with pytest.raises(WaitTimeout) as caught:
            list(delete(cluster, planned(cluster, ORGANIZATION, secret("key")), wait_timeout=0.05))

        assert "operator" in str(caught.value.hint)
        assert ref_of(secret("key")) in cluster.objects


def test_an_object_made_anew_meanwhile_stays():
    cluster = FakeCluster(config_map())
    found = planned(cluster, config_map())
    cluster.remove(ref_of(config_map()))
    cluster.put(config_map())

    (event,) = delete(cluster, found)

    assert isinstance(event, Event)
    assert event.action is Action.SKIP
    assert ref_of(config_map()) in cluster.objects


def test_a_failure_stops_after_its_stage():
    cluster = FakeCluster(ORGANIZATION, secret("key"))
    found = planned(cluster, ORGANIZATION, secret("key"))

    def forbid(request: Request) -> None:
        if request.verb == "delete" and request.ref.kind == "ApigeeOrganization":
            raise Forbidden("cannot delete", status=403)

    cluster.faults = forbid

    with pytest.raises(Stopped) as caught:
        list(delete(cluster, found))

    assert caught.value.remaining == (ref_of(secret("key")),)


def test_what_is_gone_leaves_the_inventory():
    one, two = ObjectRef("", "ConfigMap", "apigee", "one"), ObjectRef("", "ConfigMap", "apigee", "two")
    inventory = Inventory(ORG_ID, "apigee", refs=frozenset({one, two}))
    cluster = FakeCluster(namespace(), config_map("one"), config_map("two"))
    cluster.apply(Manifest(inventory.manifest().body))

    deleted(cluster, config_map("one"), inventory=inventory)

    assert load(cluster, inventory, ()).refs == frozenset({two})


def test_deleting_again_does_nothing():
    cluster = FakeCluster(config_map())
    deleted(cluster, config_map())
    cluster.requests.clear()

    assert deleted(cluster, config_map()) == []
    assert cluster.writes() == []
