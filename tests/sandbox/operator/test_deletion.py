"""How custom resources and their pods go."""

from __future__ import annotations

import pytest

from apigeectl.sandbox.operator import pods as kubelets
from tests.sandbox.cluster import NAMESPACE, ORG_ID, in_memory, until


def is_gone(change, live):
    return change == "DELETED"


def test_a_deleted_resource_is_deleting_until_its_pods_are_gone(world):
    world.apply("ApigeeDatastore")
    world.until_running("ApigeeDatastore")

    states = world.states("ApigeeDatastore", lambda: world.delete("ApigeeDatastore", "default"), is_gone)

    assert states[-1] == "deleting"
    assert not world.pods("apigee-cassandra")
    assert not world.all("StatefulSet")


def test_volumes_survive_the_datastore(world):
    world.apply("ApigeeDatastore")
    world.until_running("ApigeeDatastore")

    world.delete("ApigeeDatastore", "default")
    until(lambda: world.get("ApigeeDatastore", "default") is None)

    (claim,) = world.all("PersistentVolumeClaim")
    assert claim["metadata"]["name"] == "cassandra-data-apigee-cassandra-default-0"
    assert claim["status"]["phase"] == "Bound"


def test_the_agent_says_a_slow_goodbye(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(kubelets.GOODBYE_SECONDS, "apigee-mart", 0.0)
    monkeypatch.setitem(kubelets.GOODBYE_SECONDS, "apigee-connect-agent", 0.8)
    with in_memory(speed=1e-6) as world:
        world.install()
        world.apply("ApigeeDatastore", "ApigeeOrganization")
        world.until_running("ApigeeOrganization")
        monkeypatch.setattr(world.operator._world, "speed", 1.0)
        world.delete("ApigeeOrganization", ORG_ID)

        (pod,) = until(lambda: [p for p in world.pods("apigee-connect-agent") if is_terminating(p)])
        until(lambda: not world.pods("apigee-mart"))

        assert world.pods("apigee-connect-agent")
        assert world.get("ApigeeOrganization", ORG_ID)["status"]["state"] == "deleting"
        assert world.operator.streams() == []
        until(lambda: world.get("ApigeeOrganization", ORG_ID) is None)
        assert world.get("Pod", pod["metadata"]["name"]) is None


def test_everything_goes_at_once(world):
    world.apply()
    world.until_running()

    for kind in (
        "ApigeeOrganization",
        "ApigeeEnvironment",
        "ApigeeTelemetry",
        "ApigeeRedis",
        "ApigeeDatastore",
    ):
        for live in world.all(kind):
            world.delete(kind, live["metadata"]["name"])

    until(lambda: not world.all("Pod"))
    until(lambda: not world.all("ApigeeDeployment") + world.all("ApigeeEnvironment"))


def test_a_deleted_pod_is_replaced(world):
    world.apply("ApigeeDatastore", "ApigeeRedis")
    world.until_running("ApigeeRedis")
    (old,) = world.pods("apigee-redis-envoy")

    world.delete("Pod", old["metadata"]["name"])

    until(
        lambda: (
            (new := world.pods("apigee-redis-envoy")) and new[0]["metadata"]["uid"] != old["metadata"]["uid"]
        )
    )


def test_a_namespace_goes_with_all_that_is_in_it(world):
    world.apply("ApigeeTelemetry")
    world.until_running("ApigeeTelemetry")

    world.client.request("DELETE", f"/api/v1/namespaces/{NAMESPACE}")

    until(lambda: NAMESPACE not in [each["metadata"]["name"] for each in world.all("Namespace", "")])


def is_terminating(pod):
    return "deletionTimestamp" in pod["metadata"]
