"""Faults on request."""

from __future__ import annotations

import time

import pytest

from apigeectl.errors import UsageError
from apigeectl.sandbox.faults import COMPONENT_APPS, FAULTS, POD_FAULTS, Faults, fault_lines
from apigeectl.sandbox.operator.components import COMPONENTS, GATEWAY
from apigeectl.sandbox.operator.logbook import LogOptions
from tests.sandbox.cluster import NAMESPACE, ORG, in_memory, until

ORGANIZATION = ("ApigeeDatastore", "ApigeeOrganization")


def waiting_reason(pod):
    statuses = pod.get("status", {}).get("containerStatuses", [{}])
    return statuses[0].get("state", {}).get("waiting", {}).get("reason")


def agent_log(world, pod):
    container = (NAMESPACE, pod["metadata"]["name"], "apigee-connect-agent")
    lines = [b"".join(world.operator.read_log(container, LogOptions(previous=old))) for old in (True, False)]
    return b"".join(lines).decode()


def test_a_denied_agent_crash_loops_with_its_fatal_line():
    with in_memory(faults=["connect-agent=permission-denied"]) as world:
        world.install()
        world.apply(*ORGANIZATION)
        until(
            lambda: [p for p in world.pods("apigee-connect-agent") if waiting_reason(p) == "CrashLoopBackOff"]
        )
        pod = until(
            lambda: [
                p
                for p in world.pods("apigee-connect-agent")
                if p["status"]["containerStatuses"][0]["restartCount"]
            ]
        )[0]

        assert (
            "tether.go:29] failed to register stream with Apigee Connect, got 'PermissionDenied'"
            in agent_log(world, pod)
        )
        assert world.operator.streams() == []
        assert world.state("ApigeeOrganization") == "creating"


def test_an_agent_that_is_let_in_again_recovers():
    refusals = ["denied", "denied"]
    with in_memory(refusal=lambda project, account: refusals.pop() if refusals else None) as world:
        world.install()
        world.apply(*ORGANIZATION)
        world.until_running("ApigeeOrganization")

        assert [each.count for each in world.operator.streams()] == [4]


def agent_lines(world):
    pod = until(lambda: world.pods("apigee-connect-agent"))[0]
    return until(lambda: agent_log(world, pod))


def test_an_agent_that_reaches_nobody_runs_without_a_stream():
    with in_memory(faults=["agent-not-connecting"]) as world:
        world.install()
        world.apply(*ORGANIZATION)
        world.until_running("ApigeeOrganization")

        lines = agent_lines(world)
        assert 'code = Unavailable desc = connection error: desc = "transport: Error while dialing' in lines
        assert "listening on tether" not in lines
        assert world.operator.streams() == []
        assert not world.operator.serve(ORG, "/v1/organizations/hybrid-demo/developers")


def test_an_agent_under_the_name_of_another_cluster():
    with in_memory(faults=["foreign-cluster"]) as world:
        world.install()
        world.apply(*ORGANIZATION)
        world.until_running("ApigeeOrganization")

        (streams,) = world.operator.streams()
        assert (streams.cluster, streams.region) == ("other-cluster", "europe-west1")
        assert '"cluster_name": other-cluster' in agent_lines(world)
        world.delete("Pod", world.pods("apigee-connect-agent")[0]["metadata"]["name"])
        until(lambda: [each.cluster for each in world.operator.streams()] == ["demo-cluster"])


def test_an_agent_with_a_revoked_key_gets_no_token():
    reason = 'transport: oauth2: cannot fetch token: 400 Bad Request Response: {"error":"invalid_grant"}'
    with in_memory(refusal=lambda project, account: reason) as world:
        world.install()
        world.apply(*ORGANIZATION)

        pod = until(lambda: world.pods("apigee-connect-agent"))[0]
        until(
            lambda: "got 'Unauthenticated': rpc error: code = Unauthenticated desc" in agent_log(world, pod)
        )


def test_an_image_that_cannot_be_pulled():
    with in_memory(faults=["mart=image-pull"]) as world:
        world.install()
        world.apply(*ORGANIZATION)

        until(lambda: [p for p in world.pods("apigee-mart") if waiting_reason(p) == "ImagePullBackOff"])

        def told() -> bool:
            events = world.client.request("GET", f"/api/v1/namespaces/{NAMESPACE}/events")["items"]
            words = [event["message"] for event in sorted(events, key=lambda event: event["lastTimestamp"])]
            return words[-1:] == ["Error: ImagePullBackOff"] and words[-2].startswith("Failed to pull image")

        until(told)


def test_a_container_that_crashes_exits_with_1_and_no_word_of_its_own():
    with in_memory(faults=["schema-setup=crash-loop"]) as world:
        world.install()
        world.apply(*ORGANIZATION)

        pod = until(
            lambda: [
                p
                for p in world.pods("apigee-cassandra-schema-setup")
                if waiting_reason(p) == "CrashLoopBackOff"
            ]
        )[0]

    ended = pod["status"]["containerStatuses"][0]["lastState"]["terminated"]
    assert (ended["exitCode"], ended.get("message")) == (1, None)


def test_a_pod_that_finds_no_node():
    with in_memory(faults=["cassandra=pending"]) as world:
        world.install()
        world.apply("ApigeeDatastore")

        (pod,) = until(
            lambda: [p for p in world.pods("apigee-cassandra") if p.get("status", {}).get("conditions")]
        )
        assert pod["status"]["conditions"][0]["reason"] == "Unschedulable"
        assert "nodeName" not in pod["spec"]


def test_an_operator_that_is_down_reconciles_nothing():
    def available() -> bool:
        live = world.get("Deployment", "apigee-controller-manager", "apigee-system")
        return any(
            one["type"] == "Available" and one["status"] == "True"
            for one in (live.get("status") or {}).get("conditions") or ()
        )

    with in_memory(faults=["operator-down"]) as world:
        world.install()
        until(available)
        world.apply("ApigeeDatastore")
        time.sleep(0.1)

        assert "status" not in world.get("ApigeeDatastore", "default")


def test_an_unknown_fault_names_those_that_exist():
    with pytest.raises(UsageError) as caught:
        Faults.parse(["mart=on-fire"])

    assert "mart=on-fire" in caught.value.message
    assert any(line.startswith("COMPONENT=image-pull:") for line in caught.value.details)


@pytest.mark.parametrize(
    ("short", "whole"),
    [
        ("http-503", "kubernetes=http-503"),
        ("permission-denied", "connect-agent=permission-denied"),
        ("api-disabled", "connect-api=disabled"),
        ("wrong-project", "org=wrong-project"),
        ("slow-iam", "iam=slow"),
    ],
)
def test_short_forms(short, whole):
    assert whole in Faults.parse([short])


@pytest.mark.parametrize("name", [*FAULTS, *(f"mart={fault}" for fault in POD_FAULTS)])
def test_every_fault_can_be_asked_for_and_has_a_meaning(name):
    faults = Faults.parse([name])

    assert faults.named or faults.pods
    assert any(
        line.startswith((f"{name}:", f"COMPONENT={name.partition('=')[2]}:")) for line in fault_lines()
    )


def test_faults_strike_components_that_exist():
    apps = {component.app for rows in COMPONENTS.values() for component in rows} | {GATEWAY.app}
    around = {"apigee-controller", "apigee-ingressgateway-manager"}

    assert {app for apps in COMPONENT_APPS.values() for app in apps} <= apps | around
