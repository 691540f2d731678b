"""The same client against a real kube-apiserver: what the scripted answers only claim."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Iterator

import pytest

from apigeectl.clients.kubernetes import Cluster, KindNotServed
from apigeectl.errors import Conflict, Forbidden, Invalid, NotFound
from apigeectl.manifests import Manifest, ObjectRef

pytestmark = pytest.mark.cluster


@pytest.fixture
def cluster() -> Cluster:
    file = os.environ.get("APIGEECTL_TEST_KUBECONFIG")
    if not file:
        pytest.skip("APIGEECTL_TEST_KUBECONFIG names no kubeconfig")
    return Cluster.connect(kubeconfig=file)


@pytest.fixture
def name(cluster: Cluster) -> Iterator[str]:
    name = f"clients-{uuid.uuid4().hex[:8]}"
    yield name
    for kind in ("ConfigMap", "Secret"):
        cluster.delete(ObjectRef("", kind, "default", name))


def config_map(name: str, **data: str) -> Manifest:
    metadata = {"name": name, "namespace": "default", "labels": {"test": name}}
    return Manifest({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})


def test_its_kinds(cluster):
    assert cluster.serves("apps", "Deployment", "v1")
    assert not cluster.serves("apps", "Deployment", "v1beta1")
    with pytest.raises(KindNotServed):
        cluster.get(ObjectRef("nowhere.example", "Thing", "default", "x"))


def test_an_object_from_first_apply_to_deletion(cluster, name):
    ref = config_map(name).ref

    assert cluster.get(ref) is None
    dry = cluster.apply(config_map(name, a="1"), dry_run=True)
    assert "resourceVersion" not in dry["metadata"]
    assert cluster.get(ref) is None
    first = cluster.apply(config_map(name, a="1"))
    again = cluster.apply(config_map(name, a="1"))
    assert again["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    (listed,) = cluster.list("", "ConfigMap", "default", labels=f"test={name}")
    assert (listed["kind"], listed["apiVersion"], listed["data"]) == ("ConfigMap", "v1", {"a": "1"})
    with pytest.raises(Conflict):
        cluster.delete(ref, uid="00000000-0000-0000-0000-000000000000")
    assert cluster.delete(ref, uid=first["metadata"]["uid"]) is True
    assert cluster.delete(ref) is False


def test_a_conflict_names_field_and_manager_until_it_is_forced(cluster, name):
    cluster.apply(config_map(name, a="1"), manager="other")
    cluster.patch(config_map(name).ref, {"data": {"b": "by patch"}})

    with pytest.raises(Conflict) as caught:
        cluster.apply(config_map(name, a="2", b="2"), manager="third")
    assert {(c.field, c.manager, c.operation) for c in caught.value.conflicts} == {
        (".data.a", "other", "Apply"),
        (".data.b", "apigeectl", "Update"),
    }

    assert cluster.apply(config_map(name, a="2"), manager="third", force=True)["data"]["a"] == "2"


def test_an_old_copy_is_not_written_over_a_newer_one(cluster, name):
    old = cluster.create(config_map(name, a="1"))
    cluster.patch(config_map(name).ref, {"data": {"a": "2"}})

    with pytest.raises(Conflict, match="modified") as caught:
        cluster.replace(old)
    assert caught.value.conflicts == ()
    with pytest.raises(Conflict, match="already exists"):
        cluster.create(config_map(name))


def test_what_is_wrong_is_invalid(cluster, name):
    body = dict(config_map(name).body)

    with pytest.raises(Invalid, match="not declared in schema"):
        cluster.apply(Manifest({**body, "dta": {}}))
    with pytest.raises(Invalid, match=r"is invalid$") as caught:
        cluster.apply(Manifest({**body, "metadata": {"name": "UPPER", "namespace": "default"}}))
    assert caught.value.details[0].startswith("metadata.name: ")
    with pytest.raises(NotFound, match="namespaces"):
        cluster.apply(Manifest({**body, "metadata": {"name": name, "namespace": f"absent-{name}"}}))


def test_the_value_of_a_refused_secret_is_not_repeated(cluster, name):
    body = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": "default"},
        "data": {"key": {"nested": "hush-hush"}},
    }
    with pytest.raises(Invalid) as caught:
        cluster.apply(Manifest(body))

    assert "hush" not in caught.value.message


def test_a_watch_sees_a_change_and_ends(cluster, name):
    cluster.apply(config_map(name, a="1"))
    _, version = cluster.list_with_version("", "ConfigMap", "default", labels=f"test={name}")
    change = threading.Timer(0.1, lambda: cluster.apply(config_map(name, a="2")))
    change.start()

    events = list(cluster.watch("", "ConfigMap", "default", version, labels=f"test={name}", timeout=1))

    change.join()
    assert [(event.type, event.object["data"]) for event in events] == [("MODIFIED", {"a": "2"})]


def test_a_missing_pod_has_no_log(cluster, name):
    with pytest.raises(NotFound, match=f'pods "{name}" not found'):
        cluster.logs("default", name, "c")


def test_writing_where_the_server_forbids_it_says_so(cluster):
    with pytest.raises(Forbidden, match="forbidden"):
        cluster.delete(ObjectRef("", "Namespace", "", "kube-system"))
