from __future__ import annotations

import threading
from typing import Any

import pytest

from apigeectl.apply.changes import Action, Event
from apigeectl.apply.delete import delete, plan_delete
from apigeectl.apply.engine import Interrupted, Stopped
from apigeectl.apply.guards import GUARDS, may_be_guarded
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


def running_operator() -> dict[str, Any]:
    counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), 1)
    return {**operator(), "status": {"observedGeneration": 1, **counts}}


def cluster_role() -> dict[str, Any]:
    metadata = {"name": "apigee-manager-role"}
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": metadata}


PLACE = {"installation": ORG_ID, "namespace": "apigee", "operator_namespace": "apigee-system"}


def planned(cluster: FakeCluster, *bodies: dict[str, Any], **options: Any) -> Plan:
    return plan_delete(cluster, [ref_of(body) for body in bodies], **PLACE, **options)


def notes(plan: Plan) -> dict[str, str]:
    return {one.ref.name: one.note for one in plan.changes if one.action is Action.SKIP}


def deleted(cluster: FakeCluster, *bodies: dict[str, Any], **options: Any) -> list[str]:
    events = delete(cluster, planned(cluster, *bodies), **{"wait_timeout": 5, **options})
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
        sentence = next(guard.sentence for guard in GUARDS if guard.name == name)
        assert change.note == sentence.format(other="ApigeeOrganization/apigee/other")

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
        assert "held by finalizer apigee/clean of the Apigee operator" in told

    def test_that_nobody_will_serve_are_told_before_anything_is_deleted(self):
        cluster = FakeCluster(with_finalizer(ORGANIZATION, "apigee/clean"))
        events = delete(cluster, planned(cluster, ORGANIZATION), wait_timeout=0.05)

        first = next(events)

        assert isinstance(first, Progress)
        assert first.readiness.message == (
            "it will be held by finalizer apigee/clean of the Apigee operator: apigee-controller-manager exists in "
            "none of the namespaces apigee, apigee-system"
        )
        assert not cluster.writes()
        with pytest.raises(WaitTimeout) as caught:
            list(events)
        assert "bring it back with apigeectl init" in str(caught.value.hint)

    def test_that_an_operator_will_serve_are_not_warned_of(self):
        cluster = FakeCluster(with_finalizer(ORGANIZATION, "apigee/clean"), running_operator())

        with pytest.raises(WaitTimeout) as caught:
            for event in delete(cluster, planned(cluster, ORGANIZATION), wait_timeout=0.05):
                assert "it will be held" not in getattr(event, "readiness", event).message
        assert "go on deleting by themselves" in str(caught.value.hint)

    def test_that_stay_run_into_the_deadline_and_keep_the_rest(self):
        cluster = FakeCluster(with_finalizer(ORGANIZATION), secret("key"))

        with pytest.raises(WaitTimeout) as caught:
            list(delete(cluster, planned(cluster, ORGANIZATION, secret("key")), wait_timeout=0.05))

        assert "operator" in str(caught.value.hint)
        assert caught.value.details[-1] == "not begun: Secret/apigee/key"
        assert ref_of(secret("key")) in cluster.objects

    def test_of_somebody_else_are_not_blamed_on_the_operator(self):
        cluster = FakeCluster(with_finalizer(ORGANIZATION, "example.com/hold"), running_operator())

        with pytest.raises(WaitTimeout) as caught:
            list(delete(cluster, planned(cluster, ORGANIZATION), wait_timeout=0.05))

        assert "held by finalizer example.com/hold" in caught.value.details[0]
        assert "of the Apigee operator" not in caught.value.details[0]


def test_an_object_made_anew_meanwhile_stays():
    cluster = FakeCluster(config_map())
    found = planned(cluster, config_map())
    cluster.remove(ref_of(config_map()))
    cluster.put(config_map())

    (event,) = delete(cluster, found, wait_timeout=5)

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
        list(delete(cluster, found, wait_timeout=5))

    assert caught.value.remaining == (ref_of(secret("key")),)


def test_what_is_gone_leaves_the_inventory():
    one, two = ObjectRef("", "ConfigMap", "apigee", "one"), ObjectRef("", "ConfigMap", "apigee", "two")
    inventory = Inventory(ORG_ID, "apigee", refs=frozenset({one, two}))
    cluster = FakeCluster(namespace(), config_map("one"), config_map("two"))
    cluster.apply(Manifest(inventory.manifest().body))

    deleted(cluster, config_map("one"), forgetting=[inventory])

    assert load(cluster, inventory, ()).refs == frozenset({two})


def test_deleting_again_does_nothing():
    cluster = FakeCluster(config_map())
    deleted(cluster, config_map())
    cluster.requests.clear()

    assert deleted(cluster, config_map()) == []
    assert cluster.writes() == []


class TestRecorded:
    """What an inventory knows and the file does not."""

    def test_objects_that_apigeectl_wrote_go_too(self):
        cluster = FakeCluster(namespace(), ORGANIZATION)
        cluster.apply(Manifest(custom("ApigeeEnvironment", "acme-prod")))
        prod = ref_of(custom("ApigeeEnvironment", "acme-prod"))

        found = planned(cluster, ORGANIZATION, recorded=[prod], complete=True)

        assert [one.ref.name for one in found.changes] == ["acme-prod", ORG_ID]
        assert {one.action for one in found.changes} == {Action.DELETE}

    def test_objects_that_others_wrote_stay(self):
        cluster = FakeCluster(namespace(), config_map("theirs"))

        found = planned(cluster, recorded=[ref_of(config_map("theirs"))])

        assert notes(found) == {"theirs": "apigeectl did not bring it"}

    def test_objects_of_another_installation_stay(self):
        theirs = custom("ApigeeEnvironment", "x")
        theirs["metadata"]["labels"] = {ORGANIZATION_LABEL: "theirs"}
        cluster = FakeCluster(namespace())
        cluster.apply(Manifest(theirs))

        assert "theirs" in notes(planned(cluster, recorded=[ref_of(theirs)]))["x"]

    def test_guards_hold_for_them_as_for_all(self):
        keys = secret("acme-prod-encryption-keys")
        cluster = FakeCluster(namespace(), claim())
        cluster.apply(Manifest(keys))

        assert "acme-prod-encryption-keys" in notes(planned(cluster, recorded=[ref_of(keys)]))

    def test_objects_that_are_gone_by_themselves_are_forgotten(self):
        one = ref_of(config_map("one"))
        inventory = Inventory(ORG_ID, "apigee", refs=frozenset({one}))
        cluster = FakeCluster(namespace())
        cluster.apply(inventory.manifest())
        found = planned(cluster, recorded=[one])

        assert (found.changes, found.vanished) == ((), (one,))
        assert list(delete(cluster, found, wait_timeout=5, forgetting=[inventory])) == []
        assert inventory.ref not in cluster.objects


class TestACompleteRun:
    def test_names_what_neither_file_nor_inventory_knows(self):
        cluster = FakeCluster(ORGANIZATION, custom("ApigeeEnvironment", "acme-prod"))

        found = planned(cluster, ORGANIZATION, complete=True)

        assert "neither the overrides file nor an inventory" in notes(found)["acme-prod"]

    def test_says_nothing_of_what_belongs_to_others(self):
        theirs = custom("ApigeeEnvironment", "theirs")
        theirs["metadata"]["labels"] = {ORGANIZATION_LABEL: "other"}
        other = {**OTHER_ORGANIZATION, "metadata": {**OTHER_ORGANIZATION["metadata"]}}
        other["metadata"]["labels"] = {ORGANIZATION_LABEL: "other"}
        cluster = FakeCluster(ORGANIZATION, theirs, other, custom("ApigeeRedis", "default"))

        assert notes(planned(cluster, ORGANIZATION, complete=True)) == {}

    def test_names_the_volumes_that_stay(self):
        cluster = FakeCluster(ORGANIZATION, claim())

        assert claim()["metadata"]["name"] in notes(planned(cluster, ORGANIZATION, complete=True))
        assert notes(planned(cluster, ORGANIZATION)) == {}

    def test_tells_what_stays_last(self):
        cluster = FakeCluster(ORGANIZATION, claim(), secret("key"))

        events = list(
            delete(cluster, planned(cluster, ORGANIZATION, secret("key"), complete=True), wait_timeout=5)
        )

        assert [one.action for one in events if isinstance(one, Event)] == [
            Action.DELETE,
            Action.DELETE,
            Action.SKIP,
        ]


def test_a_resource_that_another_installation_keeps_keeps_the_operator_and_the_definition():
    theirs = custom("ApigeeOrganization", ORG_ID)
    theirs["metadata"]["labels"] = {ORGANIZATION_LABEL: "theirs"}
    crd = definition("ApigeeOrganization", "apigeeorganizations")
    cluster = FakeCluster(theirs, operator(), crd)

    assert set(notes(planned(cluster, theirs, operator(), crd))) == {
        ORG_ID,
        "apigee-controller-manager",
        crd["metadata"]["name"],
    }


@pytest.mark.parametrize(
    ("body", "held"),
    [
        (ORGANIZATION, False),
        (custom("ApigeeEnvironment", "acme-test"), False),
        (secret("apigee-mart-acme-svc-account"), False),
        (secret("acme-encryption-keys"), True),
        (DATASTORE, True),
        (operator(), True),
        (cluster_role(), True),
        (namespace(), True),
    ],
)
def test_who_cannot_look_takes_every_guard_for_holding(body: dict[str, Any], held: bool):
    assert may_be_guarded(ref_of(body), **PLACE) is held


class TestInterrupt:
    def test_tells_what_is_gone_what_is_going_and_what_was_not_begun(self):
        cluster = FakeCluster(
            custom("ApigeeEnvironment", "acme-test"),
            with_finalizer(ORGANIZATION),
            secret("key"),
            running_operator(),
        )
        bodies = [custom("ApigeeEnvironment", "acme-test"), ORGANIZATION, secret("key")]
        events = delete(cluster, planned(cluster, *bodies), wait_timeout=5)
        for event in events:
            if isinstance(event, Progress):
                break

        with pytest.raises(Interrupted) as caught:
            events.throw(KeyboardInterrupt())

        assert [(one.ref.name, one.message) for one in caught.value.done] == [
            ("acme-test", ""),
            (ORG_ID, "asked for, not gone yet"),
        ]
        assert [ref.name for ref in caught.value.remaining] == ["key"]

    def test_forgets_what_is_gone(self):
        one, two = ref_of(custom("ApigeeEnvironment", "acme-test")), ref_of(ORGANIZATION)
        inventory = Inventory(ORG_ID, "apigee", refs=frozenset({one, two}))
        cluster = FakeCluster(
            namespace(), custom("ApigeeEnvironment", "acme-test"), with_finalizer(ORGANIZATION)
        )
        cluster.apply(inventory.manifest())
        events = delete(
            cluster,
            plan_delete(cluster, [one, two], **PLACE),
            wait_timeout=5,
            forgetting=[inventory],
        )
        next(one for one in events if isinstance(one, Progress) and one.ref == two)

        with pytest.raises(Interrupted):
            events.throw(KeyboardInterrupt())

        assert load(cluster, inventory, ()).refs == frozenset({two})
