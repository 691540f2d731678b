from __future__ import annotations

import pathlib
from typing import Any

import pytest

from apigeectl.components.platform import ANY_PLATFORM, Platform
from apigeectl.components.release_facts import MINORS
from apigeectl.components.releases import release
from apigeectl.components.render import render_init
from apigeectl.yaml import load_all
from tests.components.samples import MINIMAL, overrides

CWD = pathlib.Path()


def rendered(text: str = "", version: str = "1.10", platform: Platform = ANY_PLATFORM) -> dict[str, Any]:
    found = render_init(overrides(MINIMAL + text), release(version), cwd=CWD, platform=platform).manifests
    return {f"{one.kind}/{one.name}": one.body for one in found}


@pytest.mark.parametrize("minor", MINORS, ids=str)
def test_every_release_has_what_its_apply_needs(minor: tuple[int, int]):
    found = rendered(version=".".join(map(str, minor)))

    assert {"Deployment/apigee-controller-manager", "ClusterIssuer/apigee-ca-issuer"} <= set(found)
    assert ("Deployment/apigee-ingressgateway-manager" in found) == (minor >= (1, 9))


def test_in_1_8_only_a_file_with_gateways_wants_the_ingress_manager():
    assert "Deployment/apigee-ingressgateway-manager" not in rendered(version="1.8")
    found = rendered("ingressGateways:\n- name: ig\n", version="1.8")
    assert found["Deployment/apigee-ingressgateway-manager"]["spec"]["replicas"] == 2
    assert "HorizontalPodAutoscaler/apigee-ingressgateway-manager" not in found


def test_where_an_autoscaler_owns_the_replicas_they_are_not_sent():
    found = rendered("istiod: {replicaCountMin: 3, replicaCountMax: 7, targetCPUUtilizationPercentage: 60}\n")

    assert "replicas" not in found["Deployment/apigee-ingressgateway-manager"]["spec"]
    spec = found["HorizontalPodAutoscaler/apigee-ingressgateway-manager"]["spec"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (3, 7)
    assert spec["metrics"][0]["resource"]["target"]["averageUtilization"] == 60


def test_the_ingress_manager_has_the_images_of_the_release():
    pod = rendered()["Deployment/apigee-ingressgateway-manager"]["spec"]["template"]["spec"]

    images = {one["name"]: one["image"].rpartition("/")[2] for one in pod["containers"]}
    assert images == {
        "discovery": "apigee-asm-istiod:1.17.2-asm.8-distroless",
        "manager": "apigee-operators:1.10.3",
        "kube-rbac-proxy": "apigee-kube-rbac-proxy:v0.14.2",
    }


def test_what_the_file_says_of_istiod_reaches_it():
    found = rendered(
        "istiod:\n  image: {url: example.com/istiod, tag: v1}\n  annotations: {a: b}\n"
        "  tolerations: [{key: x, operator: Exists}]\n  resources: {requests: {cpu: 1m}}\n"
    )

    template = found["Deployment/apigee-ingressgateway-manager"]["spec"]["template"]
    assert template["metadata"]["annotations"] == {"a": "b"}
    assert template["spec"]["tolerations"] == [{"key": "x", "operator": "Exists"}]
    discovery = template["spec"]["containers"][0]
    assert discovery["image"] == "example.com/istiod:v1"
    assert discovery["resources"]["requests"] == {"cpu": "1m", "memory": "512Mi"}


def mesh(text: str = "") -> Any:
    (config,) = load_all(rendered(text)["ConfigMap/apigee-istio-mesh-config"]["data"]["mesh"])
    return config


def test_gateways_find_the_ingress_manager_in_the_namespace_of_the_file():
    config = mesh("namespace: prod\n")

    assert config["defaultConfig"]["discoveryAddress"] == "apigee-ingressgateway-manager.prod.svc:15012"
    assert config["rootNamespace"] == "prod"


@pytest.mark.parametrize(
    ("written", "encoding"),
    [("", "JSON"), ('{"at": "%START_TIME%"}', "JSON"), ("%START_TIME%\n: {{x}}", "TEXT")],
)
def test_the_access_log_is_written_as_the_file_says(written: str, encoding: str):
    import json

    config = mesh(f"istiod: {{accessLogFile: /dev/stderr, accessLogFormat: {json.dumps(written)}}}\n")

    assert config["accessLogFile"] == "/dev/stderr"
    assert config.get("accessLogFormat", "") == written
    assert config["accessLogEncoding"] == encoding


def test_client_certificates_are_forwarded_as_the_file_says():
    config = mesh("istiod: {forwardClientCertDetails: APPEND_FORWARD}\n")

    assert config["defaultConfig"]["gatewayTopology"] == {"forwardClientCertDetails": "APPEND_FORWARD"}


def test_since_1_13_cluster_wide_names_end_in_the_namespace():
    found = rendered("namespace: prod\n", version="1.13")

    for name in (
        "ClusterRole/apigee-manager-role-prod",
        "ClusterRoleBinding/apigee-proxy-rolebinding-prod",
        "MutatingWebhookConfiguration/apigee-mutating-webhook-configuration-prod",
        "ClusterRole/apigee-ingressgateway-manager-prod",
        "Role/apigee-ingressgateway-sds-prod",
    ):
        assert name in found
    assert "ClusterIssuer/apigee-ca-issuer" in found


def test_webhooks_match_the_versions_that_are_written():
    def matched(version: str) -> dict[str, list[str]]:
        hooks = rendered(version=version)[
            "ValidatingWebhookConfiguration/apigee-validating-webhook-configuration"
        ]
        return {
            hook["rules"][0]["resources"][0]: hook["rules"][0]["apiVersions"] for hook in hooks["webhooks"]
        }

    assert matched("1.4")["apigeeorganizations"] == ["v1alpha1"]
    assert "apigeeredis" not in matched("1.4")
    assert matched("1.8")["apigeeorganizations"] == ["v1alpha2"]


def test_older_operators_get_only_the_arguments_and_probes_that_they_know():
    def manager(version: str) -> dict[str, Any]:
        pod = rendered(version=version)["Deployment/apigee-controller-manager"]["spec"]["template"]["spec"]
        found: dict[str, Any] = pod["containers"][1]
        return found

    assert not any("enable-api-client" in one for one in manager("1.5")["args"])
    assert not any("istio-config" in one for one in manager("1.6")["args"])
    assert "livenessProbe" not in manager("1.7")
    assert manager("1.8")["livenessProbe"]["httpGet"]["port"] == 8081


@pytest.mark.parametrize(("version", "watches"), [("1.10", False), ("1.16", True)])
def test_the_operator_of_1_16_may_watch_deployments(version: str, watches: bool):
    found = rendered(version=version)
    (role,) = (body for name, body in found.items() if name.startswith("ClusterRole/apigee-manager-role"))

    assert (
        any("deployments" in rule["resources"] and "watch" in rule["verbs"] for rule in role["rules"])
        is watches
    )


def test_openshift_gets_its_security_constraints():
    found = rendered("namespace: prod\n", platform=Platform(openshift=True))

    names = [name.partition("/")[2] for name in found if name.startswith("SecurityContextConstraints/")]
    assert names == ["prod", "apigee-system", "prod-apigee-datastore", "prod-apigee-logger"]
    cassandra = found["SecurityContextConstraints/prod-apigee-datastore"]
    assert cassandra["allowedCapabilities"] == ["IPC_LOCK", "SYS_RESOURCE"]
    assert cassandra["allowHostNetwork"] is True
    assert found["SecurityContextConstraints/prod"]["groups"] == ["system:serviceaccounts:prod"]
    assert found["SecurityContextConstraints/prod"]["runAsUser"]["uidRangeMin"] == 999


def test_inside_a_mesh_apigees_own_tls_is_left_alone():
    assert "PeerAuthentication/apigee" in rendered(version="1.7", platform=Platform(mesh=True))
    assert "PeerAuthentication/apigee" not in rendered(version="1.9", platform=Platform(mesh=True))
    assert not [name for name in rendered(version="1.7") if name.startswith("PeerAuthentication/")]


def test_the_key_of_the_authority_is_never_renewed_by_cert_manager():
    assert rendered()["Certificate/apigee-ca"]["spec"]["privateKey"]["rotationPolicy"] == "Never"
