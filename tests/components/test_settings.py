"""What a property does to a manifest, where a golden file would not show the rule."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from apigeectl.components.names import env_id
from apigeectl.components.releases import release
from apigeectl.components.render import Rendering, render_init, render_runtime
from apigeectl.components.values import merged, quantities, text, text_map, whole
from apigeectl.errors import OverridesError
from apigeectl.overrides.scope import Scope
from tests.components.samples import MINIMAL, overrides

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def render(text: str, version: str = "1.10", cwd: pathlib.Path = pathlib.Path()) -> Rendering:
    return render_runtime(overrides(MINIMAL + text), release(version), Scope(), cwd=cwd)


def bodies(rendering: Rendering, kind: str) -> list[Any]:
    return [manifest.body for manifest in rendering.manifests if manifest.kind == kind]


def organization(text: str, version: str = "1.10") -> Any:
    (body,) = bodies(render(text, version), "ApigeeOrganization")
    return body["spec"]


def environment(text: str, version: str = "1.10") -> Any:
    return bodies(render(text, version), "ApigeeEnvironment")[0]["spec"]["components"]


def route_config(text: str, version: str = "1.10") -> Any:
    (body,) = bodies(render(f"virtualhosts: [{{name: api, {text}}}]\n", version), "ApigeeRouteConfig")
    return body["spec"]


@pytest.mark.parametrize(
    ("version", "written", "expected", "flag"),
    [
        ("1.8", "", [PREFERRED], None),
        ("1.8", "nodeSelector: {requiredForScheduling: false}\n", [PREFERRED], None),
        ("1.8", "nodeSelector: {requiredForScheduling: true}\n", [REQUIRED], True),
        ("1.10", "", [REQUIRED, PREFERRED], None),
        ("1.10", "nodeSelector: {requiredForScheduling: true}\n", [REQUIRED, PREFERRED], None),
        ("1.10", "nodeSelector: {requiredForScheduling: false}\n", [PREFERRED], None),
    ],
)
def test_node_affinity_follows_the_file_and_the_release(
    version: str, written: str, expected: list[str], flag: bool | None
) -> None:
    mart = organization(written, version)["components"]["mart"]

    assert list(mart["nodeAffinity"]) == expected
    assert mart.get("nodeAffinityRequired") is flag


def test_a_revision_becomes_the_version_of_every_component() -> None:
    components = organization("revision: Blue.7\n")["components"]

    assert {component["version"] for component in components.values()} == {"blue7"}
    assert organization("", "1.8.3")["components"]["mart"]["version"] == "183"


@pytest.mark.parametrize(
    ("written", "image"),
    [
        ("", "gcr.io/apigee-release/hybrid/apigee-mart-server:1.10.3"),
        ("mart: {image: {url: my/mart, tag: 9}}\n", "my/mart:9"),
        ("mart: {image: {url: my/mart}}\n", "my/mart:1.10.3"),
        ("hub: my.hub/apigee\nmart: {image: {url: x, tag: 9}}\n", "my.hub/apigee/apigee-mart-server:9"),
    ],
)
def test_images_come_from_url_tag_and_hub(written: str, image: str) -> None:
    assert organization(written)["components"]["mart"]["containers"][0]["image"] == image


def test_workload_identity_makes_accounts_and_reads_no_keys() -> None:
    identity = "gcp: {workloadIdentity: {enabled: true, gsa: all@x}, "
    text = MINIMAL.replace("gcp: {", identity) + "mart: {gsa: mart@x, serviceAccountPath: missing.json}\n"
    rendering = render_runtime(overrides(text), release("1.10"), Scope(), cwd=pathlib.Path())
    accounts = {body["metadata"]["name"]: body["metadata"] for body in bodies(rendering, "ServiceAccount")}
    mart = bodies(rendering, "ApigeeOrganization")[0]["spec"]["components"]["mart"]

    annotation = "iam.gke.io/gcp-service-account"
    assert mart["podServiceAccountName"] == "apigee-mart-hybrid-example-6a82f8a-sa"
    assert "appServiceAccountSecretName" not in mart
    assert accounts["apigee-mart-hybrid-example-6a82f8a-sa"]["annotations"] == {annotation: "mart@x"}
    assert accounts["apigee-watcher-hybrid-example-6a82f8a-sa"]["annotations"] == {annotation: "all@x"}
    assert "annotations" not in accounts["apigee-datastore-default-sa"]
    assert "apigee-metrics-sa" in accounts


def test_a_reference_wins_over_a_key_file() -> None:
    rendering = render("watcher: {serviceAccountRef: mine, serviceAccountPath: missing.json}\n")
    watcher = bodies(rendering, "ApigeeOrganization")[0]["spec"]["components"]["watcher"]

    assert watcher["appServiceAccountSecretName"] == "mine"
    assert not any(body["metadata"]["name"].endswith("svc-account") for body in bodies(rendering, "Secret"))


def test_an_environment_without_keys_uses_those_of_the_component(tmp_path: pathlib.Path) -> None:
    (tmp_path / "s.json").write_text("{}")
    rendering = render("synchronizer: {serviceAccountPath: s.json}\n", cwd=tmp_path)

    name = f"apigee-synchronizer-{env_id('hybrid-example', 'test')}-svc-account"
    assert name in [body["metadata"]["name"] for body in bodies(rendering, "Secret")]


def test_a_new_key_restarts_the_pods_where_the_release_knows_how(tmp_path: pathlib.Path) -> None:
    def annotations(content: str, version: str) -> Any:
        (tmp_path / "m.json").write_text(content)
        rendering = render("mart: {serviceAccountPath: m.json}\n", version, tmp_path)
        return bodies(rendering, "ApigeeOrganization")[0]["spec"]["components"]["mart"].get("annotations")

    assert annotations("a", "1.10") != annotations("b", "1.10")
    assert annotations("a", "1.8") is None


def test_replicas_that_an_autoscaler_owns_are_not_sent() -> None:
    for component in environment("").values():
        assert "autoScaler" in component
        assert "replicas" not in component


def test_an_environment_may_have_its_own_replicas_since_1_9() -> None:
    text = "  components: {runtime: {replicaCountMin: 3}}\n"

    assert environment(text)["runtime"]["autoScaler"]["minReplicas"] == 3
    assert environment(text)["runtime"]["autoScaler"]["maxReplicas"] == 4
    assert environment(text, "1.8")["runtime"]["autoScaler"]["minReplicas"] == 1


def test_the_cpu_target_of_the_runtime_wins_over_the_one_of_its_metrics() -> None:
    def target(text: str) -> Any:
        cpu = environment(text)["runtime"]["autoScaler"]["metrics"][0]
        return cpu["resource"]["target"]["averageUtilization"]

    assert target("runtime: {hpaMetrics: {targetCPUUtilizationPercentage: 40}}\n") == 40
    assert target("runtime: {targetCPUUtilizationPercentage: 30, hpaMetrics: {x: 1}}\n") == 30


def test_a_proxy_password_needs_its_user() -> None:
    override = environment("  httpProxy: {host: p, password: secret}\n")["runtime"]["configOverride"]

    assert override["conf/http.properties+HTTPClient.proxy.port"] == "80"
    assert not any(key.endswith(("user", "password")) for key in override)


@pytest.mark.parametrize(
    ("version", "selector", "app", "namespace"),
    [
        ("1.8", "", "istio-ingressgateway", "istio-system"),
        ("1.8", "selector: {app: apigee-ingressgateway}, ", "apigee-ingressgateway", "apigee"),
        ("1.9", "", "apigee-ingressgateway", "apigee"),
        ("1.10", "selector: {app: istio-ingressgateway}, ", "istio-ingressgateway", "apigee"),
    ],
)
def test_a_certificate_goes_where_its_gateway_looks_for_it(
    tmp_path: pathlib.Path, version: str, selector: str, app: str, namespace: str
) -> None:
    (tmp_path / "c").write_text("c")
    text = f"virtualhosts: [{{name: api, {selector}sslCertPath: c, sslKeyPath: c}}]\n"
    rendering = render(text, version, tmp_path)
    (secret,) = (
        body for body in bodies(rendering, "Secret") if body["metadata"]["name"] == "hybrid-example-api"
    )
    (config,) = bodies(rendering, "ApigeeRouteConfig")

    assert config["spec"]["selector"]["app"] == app
    assert config["spec"]["tls"]["secretNameRef"] == "hybrid-example-api"
    assert secret["metadata"]["namespace"] == namespace
    assert list(secret["data"]) == ["cert", "key"]


def test_a_named_certificate_wins_over_files() -> None:
    spec = route_config("sslSecret: mine, sslCertPath: missing, sslKeyPath: missing")

    assert spec["tls"] == {"mode": "SIMPLE", "secretNameRef": "mine"}


@pytest.mark.parametrize(
    ("written", "expected"),
    [("1.0", "TLSV1_0"), ("1.2", "TLSV1_2"), ('"1.3"', "TLSV1_3"), ("AUTO", "TLS_AUTO")],
)
def test_tls_versions_have_the_names_of_the_operator(written: str, expected: str) -> None:
    assert route_config(f"minTLSProtocolVersion: {written}")["tls"]["minProtocolVersion"] == expected


def test_an_unknown_tls_version_is_refused() -> None:
    with pytest.raises(OverridesError, match=r"virtualhosts\[0\]\.maxTLSProtocolVersion is no TLS version"):
        route_config("maxTLSProtocolVersion: 2")


def test_fields_of_a_later_release_are_not_rendered() -> None:
    written = "requestTimeout: 30, cipherSuites: [A], connectTimeout: 5"

    assert route_config(written)["requestTimeout"] == 30
    assert route_config(written)["tls"]["cipherSuites"] == ["A"]
    assert "requestTimeout" not in route_config(written, "1.9")
    assert "cipherSuites" not in route_config(written, "1.8")["tls"]


@pytest.mark.parametrize(
    ("text", "components"),
    [
        ("metrics: {enabled: false}\n", None),
        ("", ["metricsApp", "metricsProxy", "metricsAdapter"]),
        ("metrics: {enabled: false}\nlogger: {enabled: true}\n", ["containerLogs"]),
    ],
)
def test_a_half_of_telemetry_that_is_off_has_no_components(text: str, components: list[str] | None) -> None:
    (body,) = bodies(render(text), "ApigeeTelemetry")

    rendered = body["spec"].get("components")
    assert (list(rendered) if rendered else None) == components


def test_the_operator_runs_with_the_arguments_of_its_release() -> None:
    def arguments(version: str) -> list[str]:
        manifests = render_init(overrides(MINIMAL), release(version), cwd=pathlib.Path()).manifests
        (deployment,) = (m.body for m in manifests if m.name == "apigee-controller-manager")
        found: list[str] = deployment["spec"]["template"]["spec"]["containers"][1]["args"]
        return found

    assert "--disable-istio-config-in-apiserver=true" in arguments("1.8")
    assert set(arguments("1.10")) - set(arguments("1.8")) == {
        "--disable-fluentd-size-limit=false",
        "--disable-managed-clusterroles=false",
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a", "a"),
        (True, "true"),
        (False, "false"),
        (7, "7"),
        (1.2, "1.2"),
        (None, None),
        ([], None),
        ({}, None),
    ],
)
def test_text_is_what_a_string_field_needs(value: Any, expected: str | None) -> None:
    assert text(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [("12", 12), (12, 12), ("1.5", "1.5"), ("²", "²"), (None, None)]
)
def test_whole_numbers_may_be_quoted(value: Any, expected: Any) -> None:
    assert whole(value) == expected


def test_maps_of_text_have_text_for_keys_too() -> None:
    assert text_map({1: True, "a": None, "b": 2}) == {"1": "true", "b": "2"}
    assert text_map({}) is text_map("x") is None


def test_fractions_of_a_quantity_become_text() -> None:
    assert quantities({"requests": {"cpu": 0.5, "memory": 1}, "limits": {}}) == {
        "requests": {"cpu": "0.5", "memory": 1}
    }


def test_merging_goes_key_by_key_and_null_is_not_written() -> None:
    default = {"a": {"x": 1, "y": 2}, "b": [1], "c": 3}

    assert merged(default, {"a": {"y": 5}, "b": [], "c": None}) == {"a": {"x": 1, "y": 5}, "b": [], "c": 3}
    assert default == {"a": {"x": 1, "y": 2}, "b": [1], "c": 3}


def test_another_probe_handler_takes_the_place_of_the_default_one() -> None:
    probe = {"httpGet": {"path": "/"}, "periodSeconds": 5}

    assert merged({"p": probe}, {"p": {"exec": {"command": ["x"]}}})["p"] == {
        "periodSeconds": 5,
        "exec": {"command": ["x"]},
    }
    assert merged({"p": probe}, {"p": {"httpGet": {"port": 1}}})["p"]["httpGet"] == {"path": "/", "port": 1}


@pytest.mark.parametrize(
    ("component", "written", "expected"),
    [
        ("connectAgent", "replicaCountMin: 3", (3, 3)),
        ("mart", "replicaCountMin: 3", (3, 5)),
        ("mart", "replicaCountMin: 3, replicaCountMax: 4", (3, 4)),
    ],
)
def test_a_maximum_by_default_follows_a_higher_minimum(
    component: str, written: str, expected: tuple[int, int]
) -> None:
    scaler = organization(f"{component}: {{{written}}}\n")["components"][component]["autoScaler"]

    assert (scaler["minReplicas"], scaler["maxReplicas"]) == expected


@pytest.mark.parametrize(
    "written",
    [
        "ingressGateways: [{name: main, replicaCountMax: 1}]\n",
        "ingressGateways: [{name: main}]\napigeeIngressGateway: {replicaCountMax: 1}\n",
    ],
)
def test_a_minimum_by_default_gives_way_to_a_lower_maximum(written: str) -> None:
    (gateway,) = organization(written)["components"]["ingressGateways"]

    assert gateway["autoScaler"] == {"minReplicas": 1, "maxReplicas": 1}


def test_the_certificate_authority_is_where_cert_manager_runs() -> None:
    sample = overrides(MINIMAL + "certManager: {namespace: certificates}\n")
    manifests = render_init(sample, release("1.10"), cwd=pathlib.Path()).manifests

    assert [one.namespace for one in manifests if one.name == "apigee-ca"] == ["certificates"]
