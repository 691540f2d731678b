from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.kubernetes.client import (
    MAPS,
    PODS,
    WIDGETS,
    Client,
    config_map,
    eventually,
    named,
    owned_by,
    pod,
    widget,
)

NAMESPACES = "/api/v1/namespaces"


def gone(api: Client, path: str) -> bool:
    return api.get(path).status == 404


def test_an_object_that_nothing_holds_goes_at_once(api: Client):
    uid = api.post(MAPS, named("a")).body["metadata"]["uid"]

    reply = api.delete(f"{MAPS}/a")
    assert reply.body["status"] == "Success"
    assert reply.body["details"] == {"name": "a", "kind": "configmaps", "uid": uid}
    assert gone(api, f"{MAPS}/a")


def test_a_dry_run_deletes_nothing_wherever_it_is_asked_for(api: Client):
    api.post(MAPS, named("a"))

    assert api.delete(f"{MAPS}/a", {"dryRun": ["All"]}).status == 200
    assert api.delete(f"{MAPS}/a", dryRun="All").status == 200
    assert api.get(f"{MAPS}/a").status == 200


def test_finalizers_hold_an_object_until_the_last_one_is_taken_away(api: Client):
    api.post(WIDGETS, {**widget(), "metadata": {"name": "w", "finalizers": ["example.com/hold"]}})

    marked = api.delete(f"{WIDGETS}/w").body
    again = api.delete(f"{WIDGETS}/w").body
    assert marked["metadata"]["deletionTimestamp"]
    assert marked["metadata"]["generation"] == 2
    assert again == marked
    more = {"metadata": {"finalizers": ["example.com/hold", "example.com/more"]}}
    assert api.merge(f"{WIDGETS}/w", more).status == 422

    api.merge(f"{WIDGETS}/w", {"metadata": {"finalizers": None}})
    assert gone(api, f"{WIDGETS}/w")


@pytest.mark.parametrize("condition", [{"uid": "other"}, {"resourceVersion": "1"}])
def test_preconditions_that_do_not_hold_conflict(api: Client, condition: dict[str, str]):
    api.post(MAPS, named("a"))

    reply = api.delete(f"{MAPS}/a", {"preconditions": condition})
    assert (reply.status, "in the precondition" in reply.message) == (409, True)


def test_an_unknown_propagation_is_invalid(api: Client):
    api.post(MAPS, named("a"))

    assert api.delete(f"{MAPS}/a", {"propagationPolicy": "Sideways"}).status == 422


def test_a_pod_with_a_node_stays_until_its_kubelet_lets_it_go(api: Client):
    api.post(PODS, pod("placed", node="n1"))

    marked = api.delete(f"{PODS}/placed").body["metadata"]
    assert marked["deletionGracePeriodSeconds"] == 30
    assert api.get(f"{PODS}/placed").body["metadata"]["deletionTimestamp"] == marked["deletionTimestamp"]

    api.delete(f"{PODS}/placed", {"gracePeriodSeconds": 0})
    assert gone(api, f"{PODS}/placed")


def test_a_pod_without_a_node_goes_at_once(api: Client):
    api.post(PODS, pod("unplaced"))

    assert api.delete(f"{PODS}/unplaced").body["kind"] == "Pod"
    assert gone(api, f"{PODS}/unplaced")


def test_what_an_owner_owned_goes_with_it_to_the_last_generation(api: Client):
    owner = api.post(MAPS, named("owner")).body
    child = api.post(MAPS, owned_by(owner, "child")).body
    api.post(MAPS, owned_by(child, "grandchild"))

    api.delete(f"{MAPS}/owner", {"propagationPolicy": "Background"})

    eventually(lambda: gone(api, f"{MAPS}/child") and gone(api, f"{MAPS}/grandchild"))


def test_an_object_with_another_owner_stays_and_forgets_the_one_that_is_gone(api: Client):
    first, second = api.post(MAPS, named("first")).body, api.post(MAPS, named("second")).body
    child = owned_by(first, "child")
    child["metadata"]["ownerReferences"] += owned_by(second, "x")["metadata"]["ownerReferences"]
    api.post(MAPS, child)

    api.delete(f"{MAPS}/first")

    def owners() -> list[str]:
        return [one["name"] for one in api.get(f"{MAPS}/child").body["metadata"]["ownerReferences"]]

    eventually(lambda: owners() == ["second"])


def test_an_object_whose_owner_does_not_exist_is_collected(api: Client):
    api.post(MAPS, owned_by(config_map("never") | {"metadata": {"name": "never", "uid": "none"}}, "child"))

    eventually(lambda: gone(api, f"{MAPS}/child"))


def test_in_the_foreground_the_owner_waits_for_its_dependents(api: Client):
    owner = api.post(MAPS, named("owner")).body
    child = owned_by(owner, "child")
    child["metadata"]["finalizers"] = ["example.com/hold"]
    api.post(MAPS, child)

    marked = api.delete(f"{MAPS}/owner", {"propagationPolicy": "Foreground"}).body
    assert marked["metadata"]["finalizers"] == ["foregroundDeletion"]
    eventually(lambda: "deletionTimestamp" in api.get(f"{MAPS}/child").body["metadata"])
    assert not gone(api, f"{MAPS}/owner")

    api.merge(f"{MAPS}/child", {"metadata": {"finalizers": None}})
    eventually(lambda: gone(api, f"{MAPS}/owner"))


def test_an_orphaning_deletion_leaves_the_dependents(api: Client):
    owner = api.post(MAPS, named("owner")).body
    api.post(MAPS, owned_by(owner, "child"))

    api.delete(f"{MAPS}/owner", {"propagationPolicy": "Orphan"})

    eventually(lambda: gone(api, f"{MAPS}/owner"))
    assert "ownerReferences" not in api.get(f"{MAPS}/child").body["metadata"]


def test_jobs_leave_their_pods_unless_told_otherwise(api: Client):
    path = "/apis/batch/v1/namespaces/default/jobs"
    containers = [{"name": "c", "image": "i"}]
    template = {"spec": {"restartPolicy": "Never", "containers": containers}}
    job = api.post(path, named("j", spec={"template": template})).body
    api.post(PODS, {**pod(), "metadata": owned_by(job, "p")["metadata"]})

    warning = api.delete(f"{path}/j").headers["Warning"]

    assert "child pods are preserved by default" in warning
    eventually(lambda: gone(api, f"{path}/j"))
    assert "ownerReferences" not in api.get(f"{PODS}/p").body["metadata"]


def test_a_collection_is_deleted_as_far_as_it_is_selected(api: Client):
    for name, labels in {"a": {"app": "x"}, "b": {"app": "y"}}.items():
        api.post(MAPS, {"metadata": {"name": name, "labels": labels}})

    assert api.delete(MAPS, labelSelector="app=x").names == ["a"]
    assert api.get(MAPS).names == ["b"]


def test_a_namespace_goes_with_everything_in_it(api: Client):
    api.post(NAMESPACES, named("n"))
    api.post(f"{NAMESPACES}/n/configmaps", named("a"))
    api.post("/apis/example.com/v1/namespaces/n/widgets", widget())

    reply = api.delete(f"{NAMESPACES}/n")

    assert reply.body["status"]["phase"] == "Terminating"
    eventually(lambda: gone(api, f"{NAMESPACES}/n"))
    assert api.get("/api/v1/configmaps").names == []
    assert api.get("/apis/example.com/v1/widgets").names == []


def test_a_terminating_namespace_takes_nothing_new_and_waits_for_what_is_held(api: Client):
    api.post(NAMESPACES, named("n"))
    maps = f"{NAMESPACES}/n/configmaps"
    api.post(maps, {"metadata": {"name": "held", "finalizers": ["example.com/hold"]}})
    api.delete(f"{NAMESPACES}/n")

    refused = api.post(maps, named("new"))
    applied = api.apply(f"{maps}/new", config_map("new"))
    assert refused.status == applied.status == 403
    assert refused.body["details"]["causes"][0]["reason"] == "NamespaceTerminating"
    assert "because it is being terminated" in refused.message

    eventually(lambda: "deletionTimestamp" in api.get(f"{maps}/held").body["metadata"])
    api.merge(f"{maps}/held", {"metadata": {"finalizers": None}})
    eventually(lambda: gone(api, f"{NAMESPACES}/n"))


def test_a_namespace_waits_for_pods_that_a_kubelet_still_holds(api: Client):
    api.post(NAMESPACES, named("n"))
    api.post(f"{NAMESPACES}/n/pods", pod(node="n1"))
    api.delete(f"{NAMESPACES}/n")

    eventually(lambda: "deletionTimestamp" in api.get(f"{NAMESPACES}/n/pods/p").body["metadata"])
    api.delete(f"{NAMESPACES}/n/pods/p", gracePeriodSeconds=0)

    eventually(lambda: gone(api, f"{NAMESPACES}/n"))


@pytest.mark.parametrize("name", ["default", "kube-system", "kube-public"])
def test_some_namespaces_may_not_be_deleted(api: Client, name: str):
    reply = api.delete(f"{NAMESPACES}/{name}")

    assert (reply.status, "this namespace may not be deleted" in reply.message) == (403, True)


def test_a_namespace_may_also_be_finalized_by_hand(api: Client):
    namespace = api.post(NAMESPACES, named("n")).body
    without: dict[str, Any] = {**namespace, "spec": {"finalizers": []}}

    assert "finalizers" not in api.put(f"{NAMESPACES}/n/finalize", without).body["spec"]
