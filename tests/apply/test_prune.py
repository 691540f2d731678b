from __future__ import annotations

from typing import Any

import pytest

from apigeectl.apply.changes import Action, Change
from apigeectl.apply.prune import as_shown, plan_prune
from apigeectl.manifests import APIGEE_GROUP, ORGANIZATION_LABEL, Manifest, ObjectRef, ref_of
from tests.apply.fakes import FakeCluster, config_map, custom, namespace, secret

CLAIM = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "cassandra-data-apigee-cassandra-default-0", "namespace": "apigee"},
}


def pruned(cluster: FakeCluster, *bodies: dict[str, Any]) -> dict[str, tuple[Action, str]]:
    changes = plan_prune(
        cluster,
        [ref_of(body) for body in bodies],
        installation="acme",
        namespace="apigee",
        operator_namespace="apigee-system",
    )
    return {change.ref.name: (change.action, change.note) for change in changes}


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster(namespace(), custom("ApigeeOrganization", "acme"))


def ours(cluster: FakeCluster, body: dict[str, Any]) -> dict[str, Any]:
    cluster.apply(Manifest(body))
    return body


def test_what_apply_brought_goes(cluster: FakeCluster):
    assert pruned(cluster, ours(cluster, custom("ApigeeEnvironment", "prod"))) == {
        "prod": (Action.DELETE, "")
    }


def test_what_somebody_else_wrote_stays(cluster: FakeCluster):
    cluster.put(config_map("theirs"))

    assert pruned(cluster, config_map("theirs"))["theirs"] == (Action.SKIP, "apigeectl did not bring it")


def test_keys_stay_while_volumes_of_cassandra_exist(cluster: FakeCluster):
    cluster.put(CLAIM)
    body = ours(cluster, secret("acme-prod-encryption-keys"))

    action, note = pruned(cluster, body)["acme-prod-encryption-keys"]

    assert (action, "cannot be read" in note) == (Action.SKIP, True)


def test_keys_go_when_no_volume_is_left(cluster: FakeCluster):
    body = ours(cluster, secret("acme-prod-encryption-keys"))

    assert pruned(cluster, body)["acme-prod-encryption-keys"][0] is Action.DELETE


def test_what_has_an_owner_is_left_to_it(cluster: FakeCluster):
    body = ours(cluster, config_map("child"))
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "parent", "uid": "1"}
    cluster.update(ref_of(body), lambda live: live["metadata"].update(ownerReferences=[owner]))

    action, note = pruned(cluster, body)["child"]

    assert action is Action.SKIP
    assert "ConfigMap/parent" in note


def test_what_another_organization_uses_stays(cluster: FakeCluster):
    cluster.put(custom("ApigeeOrganization", "other"))
    body = ours(cluster, custom("ApigeeTelemetry", "apigee-telemetry"))

    action, note = pruned(cluster, body)["apigee-telemetry"]

    assert action is Action.SKIP
    assert note == "ApigeeOrganization/apigee/other is in this cluster, too, and may need it"


def test_what_belongs_to_another_installation_stays(cluster: FakeCluster):
    body = custom("ApigeeEnvironment", "theirs")
    body["metadata"]["labels"] = {ORGANIZATION_LABEL: "other"}

    assert pruned(cluster, ours(cluster, body))["theirs"][0] is Action.SKIP


def test_what_is_gone_is_not_mentioned(cluster: FakeCluster):
    assert pruned(cluster, custom("ApigeeEnvironment", "prod")) == {}


def test_nothing_is_asked_beyond_the_leftovers(cluster: FakeCluster):
    ours(cluster, custom("ApigeeEnvironment", "test"))

    pruned(cluster, ours(cluster, custom("ApigeeEnvironment", "prod")))

    assert ObjectRef(APIGEE_GROUP, "ApigeeEnvironment", "apigee", "test") in cluster.objects


def test_what_was_not_shown_to_go_stays():
    def change(name: str, action: Action) -> Change:
        return Change(ObjectRef("", "ConfigMap", "apigee", name), action)

    shown = [change("shown", Action.DELETE), change("guarded", Action.SKIP)]
    anew = [change(name, Action.DELETE) for name in ("shown", "guarded", "new")] + [
        change("kept", Action.SKIP)
    ]

    found = {one.ref.name: (one.action, one.note) for one in as_shown(anew, shown)}

    assert found["shown"] == (Action.DELETE, "")
    assert found["kept"] == (Action.SKIP, "")
    assert found["new"][0] is found["guarded"][0] is Action.SKIP
    assert "run again" in found["new"][1]
