"""Custom resources from creating to running, and what becomes of them."""

from __future__ import annotations

import hashlib

import pytest

from tests.sandbox.cluster import (
    ENV_ID,
    NAMESPACE,
    ORG,
    ORG_ID,
    RESOURCES,
    SPECS,
    component,
    deployment,
    in_memory,
    until,
)


def is_running(change, live):
    status = live.get("status", {})
    generation = live["metadata"]["generation"]
    return status.get("state") == "running" and status.get("lastAppliedGeneration") == generation


def test_nothing_is_reconciled_before_the_operator_is_available():
    with in_memory(faults=["operator=pending"]) as world:
        world.install()
        world.apply("ApigeeDatastore")
        until(lambda: world.pods("apigee-controller", "apigee-system"))
        until(lambda: "conditions" in world.pods("apigee-controller", "apigee-system")[0].get("status", {}))

        datastore = world.get("ApigeeDatastore", "default")

    assert "status" not in datastore
    assert "finalizers" not in datastore["metadata"]


def test_a_new_resource_goes_from_creating_to_running(world):
    act = lambda: world.apply("ApigeeDatastore")  # noqa: E731

    assert world.states("ApigeeDatastore", act, is_running) == ["creating", "running"]


def test_everything_runs_at_its_own_generation(installed):
    for kind, name in RESOURCES.items():
        live = installed.get(kind, name)

        assert live["status"]["lastAppliedGeneration"] == live["metadata"]["generation"], kind


def test_force_update_is_set_back_by_the_operator_itself(installed):
    organization = installed.get("ApigeeOrganization", ORG_ID)
    managers = {
        entry["manager"]
        for entry in organization["metadata"]["managedFields"]
        if "f:forceUpdate" in entry["fieldsV1"].get("f:release", {})
    }

    assert organization["release"] == {"forceUpdate": False}
    assert managers == {"manager"}


def test_another_image_is_released_without_losing_the_old_pods_first(world):
    world.apply("ApigeeDatastore", "ApigeeRedis")
    world.until_running("ApigeeRedis")
    envoy = component("apigee-redis-envoy", version="1104")
    patch = {"spec": {"components": {"redisEnvoy": envoy}}, "release": {"forceUpdate": True}}

    states = world.states("ApigeeRedis", lambda: world.patch("ApigeeRedis", "default", patch), is_running)

    assert states == ["releasing", "running"]
    (pod,) = until(lambda: len(pods := world.pods("apigee-redis-envoy")) == 1 and pods)
    assert pod["metadata"]["name"].startswith("apigee-redis-envoy-default-1104-")


def test_more_replicas_alone_are_scaling(world):
    world.apply("ApigeeDatastore")
    world.until_running("ApigeeDatastore")
    patch = {"spec": {"replicas": 3}}

    act = lambda: world.patch("ApigeeDatastore", "default", patch)  # noqa: E731

    assert world.states("ApigeeDatastore", act, is_running) == ["scaling", "running"]
    assert len(world.pods("apigee-cassandra")) == 3


def test_a_component_that_left_the_spec_is_removed(world):
    world.apply("ApigeeTelemetry")
    world.until_running("ApigeeTelemetry")

    world.patch("ApigeeTelemetry", "apigee-telemetry", {"spec": {"components": {"metricsApp": None}}})

    until(lambda: not world.all("ApigeeDeployment"))
    until(lambda: not world.pods("apigee-prometheus-app"))
    assert world.pods("apigee-logger")


def test_an_environment_waits_for_its_organization(world):
    world.apply("ApigeeEnvironment")
    until(lambda: world.state("ApigeeEnvironment") == "creating")

    assert not world.all("ApigeeDeployment")


@pytest.mark.parametrize("app", ["apigee-mart", "apigee-runtime", "apigee-synchronizer"])
def test_pods_wait_in_init_for_the_schema(app):
    with in_memory(faults=["schema-setup=crash-loop"]) as world:
        world.install()
        world.apply("ApigeeDatastore", "ApigeeRedis", "ApigeeOrganization", "ApigeeEnvironment")
        (pod,) = until(lambda: world.pods(app))
        until(lambda: world.pods(app)[0].get("status", {}).get("initContainerStatuses"))
        until(lambda: world.pods("apigee-cassandra-schema-setup")[0]["status"].get("phase") == "Running")

        first = world.get("Pod", pod["metadata"]["name"])["status"]["initContainerStatuses"][0]

    assert first["name"] == "apigee-cassandra-schema-readiness"
    assert "running" in first["state"]


def test_init_containers_run_one_after_the_other():
    with in_memory(faults=["redis-envoy=pending"]) as world:
        world.install()
        world.apply("ApigeeDatastore", "ApigeeRedis", "ApigeeOrganization", "ApigeeEnvironment")

        def states() -> list[str]:
            found = [
                p.get("status", {}).get("initContainerStatuses") or () for p in world.pods("apigee-runtime")
            ]
            return [next(iter(one["state"])) for statuses in found for one in statuses]

        until(lambda: states() == ["terminated", "running"])


def test_a_load_balancer_has_an_address(installed):
    (service,) = [s for s in installed.all("Service") if s["spec"].get("type") == "LoadBalancer"]

    until(lambda: installed.get("Service", service["metadata"]["name"])["status"].get("loadBalancer"))


def test_names_of_what_the_operator_makes(installed):
    names = {live["metadata"]["name"] for live in installed.all("ApigeeDeployment")}

    assert names == {
        "apigee-redis-envoy-default",
        f"apigee-connect-agent-{ORG_ID}",
        f"apigee-mart-{ORG_ID}",
        f"apigee-watcher-{ORG_ID}",
        f"apigee-ingressgateway-main-{ORG_ID}",
        f"apigee-runtime-{ENV_ID}",
        f"apigee-synchronizer-{ENV_ID}",
        f"apigee-udca-{ENV_ID}",
        "apigee-metrics-apigee-telemetry-app",
    }


def test_pods_carry_the_labels_that_scripts_select_by(installed):
    (runtime,) = installed.pods("apigee-runtime")
    gateways = installed.pods("apigee-ingressgateway")

    labels = runtime["metadata"]["labels"]
    assert (labels["org"], labels["env"], labels["revision"]) == (ORG, "test", "1103")
    assert labels["apigee.cloud.google.com/platform"] == "apigee"
    assert [pod["metadata"]["labels"]["ingress_name"] for pod in gateways] == ["main", "main"]


def test_pods_have_the_known_containers_with_the_images_of_the_resource(installed):
    (udca,) = installed.pods("apigee-udca")

    containers = {each["name"]: each["image"] for each in udca["spec"]["containers"]}
    assert containers["apigee-fluentd"] == "registry.example/apigee-fluentd:1.10.3"
    assert list(containers) == ["apigee-udca", "apigee-fluentd"]
    assert [each["name"] for each in udca["spec"]["initContainers"]] == ["apigee-tls-readiness"]


def test_udca_runs_once_for_the_organization_when_it_is_scoped_so(world):
    parts = SPECS["ApigeeOrganization"]["components"] | {"udca": component("apigee-udca")}
    scoped = {"ApigeeOrganization": {"udcaEnabled": True, "components": parts}}
    world.apply("ApigeeDatastore", "ApigeeRedis", "ApigeeOrganization", "ApigeeEnvironment", **scoped)
    world.until_running("ApigeeOrganization", "ApigeeEnvironment")

    (udca,) = world.pods("apigee-udca")

    assert "env" not in udca["metadata"]["labels"]


def test_components_report_their_state_and_replicas(installed):
    components = installed.get("ApigeeOrganization", ORG_ID)["status"]["components"]

    assert set(components) == {"connectAgent", "mart", "watcher", "ingressGateways"}
    assert components["ingressGateways"]["main"]["replicas"]["ready"] == 2
    assert components["mart"]["state"] == "running"


def test_a_virtual_host_becomes_a_route_with_a_hashed_name(installed):
    stem = f"{ORG}-test-group-000"
    (route,) = installed.all("ApigeeRoute")

    assert route["metadata"]["name"] == f"{stem}-{hashlib.sha256(stem.encode()).hexdigest()[:7]}"
    assert route["spec"]["hostnames"] == ["test-group.example.com"]


def test_certificates_get_their_secrets(installed):
    certificate = installed.get("Certificate", f"apigee-mart-{ORG_ID}")
    secret = installed.get("Secret", f"apigee-mart-{ORG_ID}-tls")

    assert certificate["status"]["conditions"][0]["status"] == "True"
    assert set(secret["data"]) == {"tls.crt", "tls.key", "ca.crt"}


def test_a_deployment_of_the_user_gets_pods_too(world):
    world.create("Deployment", deployment("web", NAMESPACE, {"app": "web"}, ("web",), replicas=2))

    until(lambda: world.get("Deployment", "web").get("status", {}).get("readyReplicas") == 2)
    assert len(world.pods("web")) == 2


def test_agents_are_replaced_when_their_cluster_gets_another_name():
    with in_memory() as world:
        world.install()
        world.apply("ApigeeDatastore", "ApigeeOrganization")
        world.until_running("ApigeeOrganization")
        world.patch("ApigeeOrganization", ORG_ID, {"spec": {"clusterName": "renamed"}})

        until(lambda: [each.cluster for each in world.operator.streams()] == ["renamed"])
